// Keys and their names.

import Screens
import Testing

@Suite struct KeyTests {
  @Test(
    "names are printed and read as people write them",
    arguments: [
      ("ctrl-r", Key.control("r"), "Ctrl-R", "Ctrl-R"), ("C-r", .control("r"), "Ctrl-R", "Ctrl-R"),
      ("Ctrl+R", .control("r"), "Ctrl-R", "Ctrl-R"), ("→", .right, "→", "Right"),
      ("right", .right, "→", "Right"), ("Shift-Tab", .backTab, "Shift-Tab", "Shift-Tab"),
      ("backtab", .backTab, "Shift-Tab", "Shift-Tab"), ("space", .space, "Space", "Space"),
      (" ", .space, "Space", "Space"), ("H", .character("H"), "H", "H"),
      ("shift-h", .character("H"), "H", "H"), ("-", .character("-"), "-", "-"),
      ("+", .character("+"), "+", "+"), ("ctrl--", .control("-"), "Ctrl--", "Ctrl--"),
      ("alt-x", Key(.character("x"), .alt), "Alt-x", "Alt-x"),
      ("ctrl-alt-left", Key(.left, [.control, .alt]), "Ctrl-Alt-←", "Ctrl-Alt-Left"),
      ("f12", Key(.function(12)), "F12", "F12"), ("pgup", .pageUp, "PageUp", "PageUp"),
      ("Esc", .escape, "Esc", "Esc"), ("ctrl-i", .tab, "Tab", "Tab"),
      ("ctrl-m", .enter, "Enter", "Enter"), ("[", .character("["), "[", "["),
      ("é", .character("é"), "é", "é"), ("F", .character("F"), "F", "F"),
      ("shift-left", Key(.left, .shift), "Shift-←", "Shift-Left"),
    ])
  func names(text: String, key: Key, printed: String, ascii: String) {
    #expect(Key(text) == key)
    #expect(key.name(.unicode) == printed)
    #expect(key.name(.ascii) == ascii)
  }

  @Test("every key is read back from both its names")
  func roundTrip() {
    let bases: [Key.Base] =
      [
        .left, .right, .up, .down, .home, .end, .pageUp, .pageDown, .insert, .delete, .backspace,
        .tab, .backTab, .enter, .escape, .function(1), .function(12),
      ] + "abzAZ09 +-^[]{}<>:/?é日".map { .character($0) }
    for base in bases {
      for held in 0..<8 {
        let key = Key(base, Key.Modifiers(rawValue: UInt8(held)))
        #expect(Key(key.name(.unicode)) == key)
        #expect(Key(key.name(.ascii)) == key)
      }
    }
  }

  @Test("what is no key has none", arguments: ["", "ctrl-", "nokey", "F0", "F99", "x-y", "\u{1B}"])
  func unknown(name: String) {
    #expect(Key(name) == nil)
  }

  @Test("only bare characters are typed")
  func typed() {
    #expect(Key("x")?.typed == "x")
    #expect(Key("alt-x")?.typed == nil && Key.enter.typed == nil)
  }
}
