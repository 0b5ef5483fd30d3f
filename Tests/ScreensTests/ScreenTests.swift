// The grid: clipping, wide and combining characters, what never can happen to it.

import Screens
import Testing

@Suite struct ScreenTests {
  @Test("text is cut at the edges of its area and nothing outside changes")
  func clipping() {
    var screen = Screen(width: 10, height: 3)
    screen.fill(screen.bounds, with: ".")
    let end = screen.write(
      "abcdefgh", x: 1, y: 1, within: Rect(x: 3, y: 1, width: 4, height: 1))
    #expect(end == 9)
    #expect(screen.plainText == "..........\n...cdef...\n..........\n")
    screen.write("above", x: 0, y: -1)
    screen.write("below", x: 0, y: 3)
    screen.write("zz", x: -1, y: 0)
    #expect(screen.plainText == "z.........\n...cdef...\n..........\n")
  }

  @Test(
    "areas of every size and place are safe to draw in",
    arguments: [(0, 0), (1, 1), (0, 5), (5, 0), (2, 2), (7, 3)])
  func anySize(size: (Int, Int)) {
    var screen = Screen(width: size.0, height: size.1)
    let before = screen
    for x in stride(from: -4, through: 8, by: 3) {
      for y in stride(from: -4, through: 8, by: 3) {
        for side in 0...6 {
          let area = Rect(x: x, y: y, width: side, height: 6 - side)
          screen.drawBox(area, title: "title 日本", symbols: .unicode)
          screen.drawRule(across: area, row: 2, title: "t", symbols: .ascii)
          screen.drawBar(0.6, in: area, symbols: .unicode)
          screen.drawColumns([0.1, .nan, 2, -1], in: area, symbols: .unicode)
          screen.write("日本語", in: area, .centre, symbols: .unicode)
          PixelCanvas(depth: .direct, symbols: .unicode)
            .draw(in: area, on: &screen) { _, _ in .white }
        }
      }
    }
    #expect(screen.cells.count == size.0 * size.1)
    #expect((screen == before) == (size.0 * size.1 == 0))
    expectWhole(screen)
  }

  @Test("negative and absurd sizes become sizes that can be held")
  func absurdSizes() {
    #expect(Screen(width: -1, height: 5).cells.isEmpty)
    let screen = Screen(width: .max, height: 1)
    #expect(screen.cells.count == screen.width)
  }

  @Test("a wide character takes two cells, and none at an edge that has one left")
  func wide() {
    var screen = Screen(width: 5, height: 1)
    #expect(screen.write("日本語", x: 0, y: 0) == 6)
    #expect(screen.plainRow(0) == "日本")
    #expect(screen[0, 0].span == .leading && screen[1, 0].span == .trailing)
    #expect(screen[4, 0] == .blank)
    #expect(screen.put("語", x: 4, y: 0) == 0)
    screen.write("日", x: -1, y: 0, style: .bold)
    #expect(screen[0, 0].character == " " && screen[0, 0].style == .bold)
  }

  @Test("writing over half of a wide character leaves a space for the other half")
  func halfOverwritten() {
    var left = Screen(width: 4, height: 1)
    left.write("日本", x: 0, y: 0)
    var right = left
    left.put("x", x: 0, y: 0)
    #expect(left.plainRow(0) == "x 本")
    right.put("x", x: 1, y: 0)
    #expect(right.plainRow(0) == " x本")
    var middle = Screen(width: 4, height: 1)
    middle.write("日本", x: 0, y: 0)
    middle.put("語", x: 1, y: 0)
    #expect(middle.plainRow(0) == " 語")
    var filled = Screen(width: 4, height: 1)
    filled.write("日本", x: 0, y: 0)
    filled.fill(Rect(x: 1, y: 0, width: 2, height: 1), with: "-")
    #expect(filled.plainRow(0) == " --")
    var copied = Screen(width: 4, height: 1)
    copied.write("日本", x: 0, y: 0)
    copied.copy(left, to: Point(x: 1, y: 0))
    #expect(copied.plainRow(0) == " x")
    for screen in [left, right, middle, filled, copied] { expectWhole(screen) }
  }

  @Test("combining marks stay with their letter; marks alone, joiners and controls cannot act")
  func combining() {
    var screen = Screen(width: 12, height: 1)
    let end = screen.write("e\u{301}x\u{200B}y", x: 0, y: 0)
    #expect(end == 9)
    #expect(screen.plainRow(0) == "e\u{301}x\\u200by")
    #expect("\u{301}".displayWidth == 0)
    #expect(screen.put("\u{1B}", x: 0, y: 0) == 1)
    #expect(screen[0, 0].character == "\u{FFFD}")
    screen.write("a\u{9B}31m\u{202E}c", x: 0, y: 0)
    #expect(screen.plainRow(0) == "a\\u009b31m\\u")
    let family: Character = "👩‍👩‍👧"
    #expect(family.displayWidth == 2)
    screen.put(family, x: 0, y: 0)
    #expect(screen[0, 0].character == "👩")
    // Any number of marks is cut to what a terminal cell holds.
    screen.put(Character("e" + String(repeating: "\u{301}", count: 50)), x: 4, y: 0)
    #expect(screen[4, 0].character.unicodeScalars.count == 5)
  }

  @Test("a line is shortened by its width on the screen, and aligned")
  func lines() {
    var screen = Screen(width: 8, height: 3)
    screen.write("日本語の文", in: screen.bounds.row(0), symbols: .unicode)
    screen.write("ab", in: screen.bounds.row(1), .centre, symbols: .unicode)
    screen.write("abcdefghi", in: screen.bounds.row(2), .trailing, symbols: .ascii)
    #expect(screen.plainText == "日本語…\n   ab\nabcde...\n")
    #expect("abc".truncated(toWidth: 3) == "abc")
    #expect("abcd".truncated(toWidth: 3) == "ab…")
    #expect("abcd".truncated(toWidth: 0) == "")
    #expect("abcd".truncated(toWidth: 2, ellipsis: "...") == "..")
    #expect("/home/a/photo.png".truncatedAtStart(toWidth: 10) == "…photo.png")
    #expect("日本".padded(toWidth: 7, .trailing) == "   日本")
  }

  @Test("wrapping breaks at spaces, inside a word only when it must, and keeps newlines")
  func wrapping() {
    #expect("the quick brown fox".wrapped(toWidth: 10) == ["the quick", "brown fox"])
    #expect("a\n\nb".wrapped(toWidth: 5) == ["a", "", "b"])
    #expect("abcdefgh i".wrapped(toWidth: 3) == ["abc", "def", "gh", "i"])
    #expect("日本語".wrapped(toWidth: 4) == ["日本", "語"])
    #expect("abc".wrapped(toWidth: 0) == [])
    for width in 1...30 {
      let lines = "Every line fits, whatever 日本語 the widths are.".wrapped(toWidth: width)
      #expect(lines.allSatisfy { $0.displayWidth <= max(width, 2) })
    }
  }

  @Test("widths agree with the C library's wherever it knows a character")
  func widthsAgree() throws {
    let locale = try #require(newUTF8Locale(), "no UTF-8 locale")
    defer { free(locale) }
    var differing: [String] = []
    for value in UInt32(0xA0)..<0x2FFFE {
      guard let scalar = Unicode.Scalar(value) else { continue }
      switch scalar.properties.generalCategory {
      case .unassigned, .privateUse, .control, .surrogate: continue
      default: break
      }
      let theirs = width(of: scalar, locale)
      // What cannot be seen is spelled out, and has the width of that.
      let isSpelled = "a\(scalar)".visible != "a\(scalar)"
      guard theirs >= 0, !isSpelled else { continue }
      if Character(scalar).displayWidth != theirs {
        differing.append("\(String(value, radix: 16)): \(theirs)")
      }
    }
    // A few format characters have a width there.
    #expect(differing.count < 20, "\(differing)")
  }

  @Test("a screen spelled in ASCII has the same columns and only ASCII")
  func ascii() {
    var screen = Screen(width: 40, height: 4)
    screen.drawBox(screen.bounds, title: "café · 3×4 …", symbols: .unicode)
    screen.write("▸ ● ○ → ← ▇ é Ü 日", x: 2, y: 1)
    let ascii = screen.spelledInASCII()
    #expect(ascii.plainText.utf8.allSatisfy { $0 < 0x80 })
    #expect(ascii.plainRow(0).hasPrefix("+ cafe - 3x4 ~ ---"))
    #expect(ascii.plainRow(1).hasPrefix("| > * o > < : e U ??  "))
    #expect(Symbols.ascii.spell("3×4 … é") == "3x4 ... e")
    #expect(Symbols.unicode.spell("3×4 …") == "3×4 …")
  }
}

/// Expects that every wide character has both its halves and no half stands alone.
func expectWhole(_ screen: Screen, sourceLocation: SourceLocation = #_sourceLocation) {
  for y in 0..<screen.height {
    for x in 0..<screen.width {
      switch screen[x, y].span {
      case .single: break
      case .leading:
        #expect(screen[x + 1, y].span == .trailing, sourceLocation: sourceLocation)
      case .trailing:
        #expect(screen[x - 1, y].span == .leading, sourceLocation: sourceLocation)
      }
    }
  }
}
