// What cannot be seen is spelled out, and what can stays as it is.

import Screens
import Testing

@Suite("visible text")
struct VisibleTextTests {
  @Test(
    "what commands a terminal or hides in a line is spelled out",
    arguments: [
      ("\u{1B}[31m", "\\u001b[31m"), ("a\u{7}b", "a\\u0007b"), ("\0", "\\u0000"),
      ("one\ntwo\r\tx", "one\\u000atwo\\u000d\\u0009x"), ("\r\n", "\\u000d\\u000a"),
      ("\u{7F}", "\\u007f"), ("\u{9B}31m\u{85}", "\\u009b31m\\u0085"),
      ("x\u{202E}gpj.exe", "x\\u202egpj.exe"), ("\u{2066}a\u{2069}", "\\u2066a\\u2069"),
      ("a\u{200B}b\u{FEFF}c\u{AD}d\u{2060}", "a\\u200bb\\ufeffc\\u00add\\u2060"),
      ("\u{200E}\u{200F}\u{61C}", "\\u200e\\u200f\\u061c"), ("a\u{2028}b", "a\\u2028b"),
      ("a\u{E0041}b", "a\\udb40\\udc41b"), ("a\u{E0100}", "a\\udb40\\udd00"),
      ("a\u{FE0F}", "a\\ufe0f"), ("a\u{200D}b", "a\\u200db"), ("\u{3164}", "\\u3164"),
      ("\u{34F}\u{FFF9}", "\\u034f\\ufff9"), ("👩\u{200D}", "👩\\u200d"),
    ])
  func spelled(text: String, visible: String) {
    #expect(text.visible == visible)
    // Spelling again changes nothing, so that it does not matter how often a text comes by.
    #expect(visible.visible == visible)
    #expect(text.displayWidth == visible.displayWidth)
    var screen = Screen(width: 60, height: 1)
    let end = screen.write(text, x: 0, y: 0)
    #expect(end == text.displayWidth)
    #expect(
      !screen.plainRow(0).unicodeScalars.contains { $0.properties.isDefaultIgnorableCodePoint })
  }

  @Test(
    "what can be seen stays as it is",
    arguments: [
      "", "cross 2 · 3 × 4 …", "Äpfel e\u{301} naïve", "中文 кириллица العربية עברית",
      "👩‍👩‍👧 ❤️ 🏳️‍🌈 1️⃣ 👍🏽", "می\u{200C}خواهم", "क्\u{200D}ष", "\\u001b", "\u{A0}",
    ])
  func kept(text: String) {
    #expect(text.visible == text)
  }

  @Test("newlines between lines stay where a text has lines")
  func lines() {
    #expect("a\nb\u{1B}\tc\n".visibleLines == "a\nb\\u001b\\u0009c\n")
  }

  @Test("every scalar of every control and format category is spelled out")
  func categories() {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let isControl = scalar.properties.generalCategory == .control
      let isHidden = scalar.properties.isDefaultIgnorableCodePoint
      guard isControl || isHidden else { continue }
      let shown = "a\(scalar)b".visible
      #expect(!shown.unicodeScalars.contains(scalar), "U+\(String(value, radix: 16))")
    }
  }
}
