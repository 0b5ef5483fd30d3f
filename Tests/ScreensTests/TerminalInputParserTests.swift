// What terminals send, as keys: whole, cut into pieces, and without any meaning.

import Screens
import Testing

@Suite struct TerminalInputParserTests {
  private func read(_ text: String, by parser: TerminalInputParser = .init()) -> [InputEvent] {
    read(Array(text.utf8), by: parser)
  }

  /// All that comes of bytes, and of silence after them.
  private func read(
    _ bytes: [UInt8], by parser: TerminalInputParser = .init()
  ) -> [InputEvent] {
    var parser = parser
    var events = parser.take(bytes)
    while parser.patience != nil { events += parser.timeOut() }
    return events
  }

  private func keys(_ names: [String]) throws -> [InputEvent] {
    try names.map { .key(try #require(Key($0), "\($0)")) }
  }

  static let sequences: [(bytes: String, keys: [String])] = [
    ("x", ["x"]), ("é", ["é"]), ("日", ["日"]), ("\u{1B}é", ["alt-é"]), ("\r", ["enter"]),
    ("\n", ["enter"]), ("\t", ["tab"]), ("\u{7F}", ["backspace"]), ("\u{08}", ["backspace"]),
    ("\u{00}", ["ctrl-space"]), ("\u{1A}", ["ctrl-z"]), ("\u{1C}", ["ctrl-\\"]),
    ("\u{1B}", ["escape"]), ("\u{1B}\u{1B}", ["escape", "escape"]), ("\u{1B}x", ["alt-x"]),
    ("\u{1B}[", ["alt-["]), ("\u{1B}O", ["alt-O"]), ("\u{1B}P", ["alt-P"]),
    ("\u{1B}]", ["alt-]"]), ("\u{1B}]x", ["alt-]", "x"]), ("\u{1B}\r", ["alt-enter"]),
    // Arrows and their like, in both modes, with others held, and with Escape for Alt.
    ("\u{1B}[A", ["up"]), ("\u{1B}OA", ["up"]), ("\u{1B}[1;5D", ["ctrl-left"]),
    ("\u{1B}[1;2C", ["shift-right"]), ("\u{1B}[1;9H", ["alt-home"]), ("\u{1B}O5B", ["ctrl-down"]),
    ("\u{1B}\u{1B}[A", ["alt-up"]), ("\u{1B}\u{1B}OA", ["alt-up"]), ("\u{1B}[Z", ["backtab"]),
    ("\u{1B}[5~", ["pgup"]), ("\u{1B}[3;5~", ["ctrl-delete"]), ("\u{1B}[7~", ["home"]),
    ("\u{9B}A", ["up"]), ("\u{8F}P", ["f1"]),
    // rxvt, PuTTY, the Linux console.
    ("\u{1B}[a", ["shift-up"]), ("\u{1B}Oa", ["ctrl-up"]), ("\u{1B}[7$", ["shift-home"]),
    ("\u{1B}[5^", ["ctrl-pgup"]), ("\u{1B}[3@", ["ctrl-shift-delete"]), ("\u{1B}[11~", ["f1"]),
    ("\u{1B}[14~", ["f4"]), ("\u{1B}[15~", ["f5"]), ("\u{1B}[24~", ["f12"]),
    ("\u{1B}[25~", ["shift-f1"]), ("\u{1B}[11^", ["ctrl-f1"]), ("\u{1B}[[A", ["f1"]),
    ("\u{1B}[[E", ["f5"]), ("\u{1B}[1;2P", ["shift-f1"]), ("\u{1B}OP", ["f1"]),
    // The number pad.
    ("\u{1B}OM", ["enter"]), ("\u{1B}Ok", ["+"]), ("\u{1B}Ow", ["7"]), ("\u{1B}Op", ["0"]),
    ("\u{1B}OX", ["="]), ("\u{1B}O ", ["space"]), ("\u{1B}OI", ["tab"]), ("\u{1B}OE", []),
    ("\u{1B}[E", []), ("\u{1B}[1;5E", []),
    // What a terminal tells of itself: sizes, attributes, positions, modes, colours, names, focus.
    ("\u{1B}[8;24;80t", []), ("\u{1B}[?62;22c", []), ("\u{1B}[>41;380;0c", []),
    ("\u{1B}[24;80R", []), ("\u{1B}[?1;2$y", []), ("\u{1B}[0n", []), ("\u{1B}[I", []),
    ("\u{1B}[O", []), ("\u{1B}]11;rgb:1111/2222/3333\u{07}", []),
    ("\u{1B}]4;1;rgb:00/00/00\u{1B}\\", []), ("\u{1B}]lname\u{1B}\\", []),
    ("\u{1B}P1+r544e\u{1B}\\", []), ("\u{1B}P>|XTerm(380)\u{1B}\\", []),
    ("\u{1B}P1\u{07}q\u{1B}\\", []), ("\u{1B}_Gi=1;OK\u{1B}\\", []), ("\u{1B}^qq\u{1B}\\", []),
    ("\u{1B}Xqq\u{1B}\\", []), ("\u{9D}11;rgb:1/2/3\u{07}", []),
    // Keys in ways that were not asked for, and what nobody knows.
    ("\u{1B}[97;5u", []), ("\u{1B}[27;5;97~", []), ("\u{1B}[1;5:2A", []), ("\u{1B}[2;2A", []),
    ("\u{1B}[99~", []), ("\u{1B}[ q", []), ("\u{1B}[?25h", []), ("\u{1B}[[q", []),
    ("\u{1B}[" + String(repeating: "1;", count: 500) + "q", []), ("\u{1B}[M   ", []),
    // The mouse where there is none.
    ("\u{1B}[<0;0;5M", []), ("\u{1B}[<;;M", []), ("\u{1B}[<0;1M", []), ("\u{1B}[32;10;10M", []),
    ("\u{1B}[<999;1;1M", []),
    // Stray ends of what never began.
    ("\u{1B}[201~", []),
  ]

  @Test("sequences are keys, or nothing, whole", arguments: sequences)
  func whole(bytes: String, names: [String]) throws {
    #expect(read(bytes) == (try keys(names)))
    // Nothing of it stays behind.
    var parser = TerminalInputParser()
    var events = parser.take(Array(bytes.utf8))
    while parser.patience != nil { events += parser.timeOut() }
    #expect(parser.take(Array("q".utf8)) == (try keys(["q"])))
  }

  @Test("sequences are the same in pieces that come soon after one another", arguments: sequences)
  func pieces(bytes: String, names: [String]) throws {
    let bytes = Array(bytes.utf8)
    for cut in bytes.indices {
      var parser = TerminalInputParser()
      var events = parser.take(bytes[..<cut])
      events += parser.take(bytes[cut...])
      while parser.patience != nil { events += parser.timeOut() }
      #expect(events == (try keys(names)), "cut at \(cut)")
    }
  }

  @Test("a pause of 100 ms inside a sequence changes nothing but for an Escape before it")
  func pauses() throws {
    for (text, names) in Self.sequences where text.unicodeScalars.count > 2 {
      let bytes = Array(text.utf8)
      for cut in 1..<bytes.count {
        var parser = TerminalInputParser()
        var events = parser.take(bytes[..<cut])
        let isEscape = bytes[..<cut] == [0x1B]
        // Strings that cannot be told from letters are not waited for behind a lone Escape.
        if isEscape, !"[".utf8.contains(bytes[1]) { continue }
        if bytes.starts(with: [0x1B, 0x1B]) { continue }
        if let patience = parser.patience, patience <= .milliseconds(100) {
          events += parser.timeOut()
        }
        events += parser.take(bytes[cut...])
        while parser.patience != nil { events += parser.timeOut() }
        let expected = try keys(names)
        if isEscape {
          let rest = Array(events.dropFirst())
          #expect(events.first == .key(.escape))
          // A key may be lost to the pause; none may come of it.
          #expect(
            rest == expected || rest.isEmpty || isTypedLater(text), "\(text.debugDescription)")
        } else {
          #expect(events == expected, "\(text.debugDescription) cut at \(cut)")
        }
      }
    }
  }

  @Test("a key of the number pad that a pause cut behind its Escape is no letter, least of all q")
  func cutNumberPad() throws {
    for letter in "jklmnopqrstuvwxyEMIX ".utf8 {
      var parser = TerminalInputParser()
      var events = parser.take([0x1B])
      events += parser.timeOut()
      #expect(events == [.key(.escape)])
      let whole = read([0x1B, 0x4F, letter])
      #expect(parser.take([0x4F, letter]) == whole, "O and \(letter)")
      #expect(!whole.contains(.key(.character("q"))))
    }
  }

  /// Console keys and numbers without a meaning end in letters that nobody can tell from typing.
  private func isTypedLater(_ text: String) -> Bool {
    text.hasPrefix("\u{1B}[[q") || text.hasPrefix("\u{1B}[E") || text.hasPrefix("\u{1B}[ q")
  }

  @Test(
    "bytes that are no character are dropped, and what follows is not",
    arguments: [
      [0x80], [0xE9], [0xC3], [0xE4, 0xB8], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5], [0xFF],
      [0xF4, 0x90, 0x80, 0x80], [0x90], [0x9B], [0x9D], [0xE0, 0x80, 0x80], [0xA0, 0xBF],
    ] as [[UInt8]])
  func noCharacters(bytes: [UInt8]) throws {
    #expect(read(bytes + [0x71]) == (try keys(["q"])))
    #expect(read(bytes).isEmpty)
  }

  @Test("control characters act although a sequence was broken off by them")
  func brokenOff() throws {
    #expect(read("\u{1B}[1;\u{03}") == (try keys(["ctrl-c"])))
    #expect(read("\u{1B}[<0;1\u{1B}[B") == (try keys(["down"])))
    #expect(read("\u{1B}]11;rgb\u{1B}[B") == (try keys(["down"])))
    #expect(read("\u{1B}O\u{1A}") == (try keys(["ctrl-z"])))
  }

  @Test("the mouse is read in both its forms, and pastes are one event without commands")
  func mouseAndPaste() {
    let mouse: [MouseEvent] = [
      MouseEvent(.press(.left), at: Point(x: 10, y: 5)),
      MouseEvent(.drag(.left), at: Point(x: 11, y: 5)),
      MouseEvent(.release(.left), at: Point(x: 299, y: 5)),
      MouseEvent(.scrollDown, at: Point(x: 0, y: 0)),
      MouseEvent(.press(.left), at: Point(x: 0, y: 0), modifiers: [.shift, .control]),
    ]
    let reports = "\u{1B}[<0;11;6M\u{1B}[<32;12;6M\u{1B}[<0;300;6m\u{1B}[<65;1;1M\u{1B}[<20;1;1M"
    #expect(read(reports) == mouse.map { .mouse($0) })
    let old: [MouseEvent] = [
      MouseEvent(.press(.right), at: Point(x: 0, y: 222)),
      MouseEvent(.release(.right), at: Point(x: 1, y: 1)),
    ]
    let oldReports: [UInt8] = [
      0x1B, 0x5B, 0x4D, 0x22, 0x21, 0xFF, 0x1B, 0x5B, 0x4D, 0x23, 0x22, 0x22,
    ]
    #expect(read(oldReports) == old.map { .mouse($0) })
    let pasted =
      "\u{1B}[200~one\rtwo\u{1B}[A3\u{03}\u{1B}]0;t\u{07}é\u{1B}[<0;1;1M\u{1B}[201~b"
    #expect(read(pasted) == [.paste("one\ntwo3é"), .key(.character("b"))])
    // One that never ends, and one beyond all use.
    #expect(read("\u{1B}[200~abc") == [.paste("abc")])
    // One whose end was cut: a second without more is enough, whatever was begun in it.
    for begun in ["", "\u{1B}", "\u{1B}[20", "\u{1B}]0;t", "\u{1B}O1"] {
      var parser = TerminalInputParser()
      var events = parser.take(Array("\u{1B}[200~abc\(begun)".utf8))
      events += parser.timeOut()
      #expect(events == [.paste("abc")])
      #expect(parser.take(Array("q".utf8)) == [.key(.character("q"))])
    }
    let long = String(repeating: "a", count: 2 << 20)
    #expect(
      read("\u{1B}[200~\(long)\u{1B}[201~")
        == [.paste(String(repeating: "a", count: TerminalInputParser.mostPaste))])
  }

  @Test("an entry's keys come before those of xterm's kind, and Ctrl-Z stays what it is")
  func terminfo() throws {
    let entry: [(name: String, bytes: [UInt8])] = [
      ("kspd", [0x1A]), ("kcbt", [0x1B, 0x09]), ("kf1", [0x01, 0x40, 0x0D]),
      ("kcuu1", [0x0B]), ("kcub1", [0x08]), ("kbs", [0x08]), ("kf2", [0x1B, 0x5B, 0x4D]),
      ("khome", [0x9B, 0x48]), ("kUP5", [0x1B, 0x4F, 0x61]), ("kfnd", [0x1B, 0x5B, 0x31, 0x7E]),
      ("kf3", [0x61]), ("ka1", [0x1B, 0x4F, 0x77]), ("kmous", [0x1B, 0x5B, 0x3C]),
      ("kf4", [0x1B, 0x70]), ("kf5", [0x1B, 0x70, 0x70]),
    ]
    let parser = TerminalInputParser(keys: TerminalKeys(entry))
    func read(_ bytes: [UInt8]) -> [InputEvent] { self.read(bytes, by: parser) }
    #expect(read([0x1A]) == (try keys(["ctrl-z"])))
    #expect(read([0x1B, 0x09]) == (try keys(["backtab"])))
    #expect(read([0x01, 0x40, 0x0D]) == (try keys(["f1"])))
    #expect(read([0x01]) == (try keys(["ctrl-a"])))
    #expect(read([0x01, 0x40, 0x71]) == (try keys(["ctrl-a", "@", "q"])))
    #expect(read([0x0B, 0x08]) == (try keys(["up", "backspace"])))
    #expect(read([0x1B, 0x5B, 0x4D]) == (try keys(["f2"])))
    #expect(read([0x9B, 0x48]) == (try keys(["home"])))
    #expect(read([0x9B, 0x3F, 0x36, 0x63, 0x9D, 0x31, 0x07, 0x9B]).isEmpty)
    #expect(read([0x1B, 0x4F, 0x61]) == (try keys(["ctrl-up"])))
    #expect(read([0x1B, 0x5B, 0x31, 0x7E]).isEmpty)
    #expect(read([0x61, 0x1B, 0x4F, 0x77]) == (try keys(["a", "7"])))
    #expect(read([0x1B, 0x70]) == (try keys(["f4"])))
    #expect(read([0x1B, 0x70, 0x70]) == (try keys(["f5"])))
    #expect(read([0x1B, 0x70, 0x71]) == (try keys(["f4", "q"])))
  }

  @Test("a million random bytes are read, and a key behind them is that key")
  func random() {
    var numbers = SplitMix(state: 20_261_128)
    var parser = TerminalInputParser()
    // Escapes, brackets and digits more often than chance would have them.
    let frequent = Array("\u{1B}\u{1B}\u{1B}[[[O]P_<;;0123456789~$M?c\u{07}\\".utf8)
    var count = 0
    var events = 0
    while count < 1_000_000 {
      let length = Int(numbers.next() % 40)
      let bytes = (0..<length).map { _ in
        let number = numbers.next()
        return number & 1 == 0
          ? UInt8(truncatingIfNeeded: number >> 8)
          : frequent[Int(truncatingIfNeeded: number >> 8) % frequent.count]
      }
      events += parser.take(bytes).count
      count += length
      var silences = 0
      if numbers.next() % 4 == 0 {
        while parser.patience != nil {
          events += parser.timeOut().count
          silences += 1
        }
        // Silence ends anything, after a few waits at most.
        #expect(silences <= 4)
        #expect(parser.take([0x71]) == [.key(.character("q"))])
      }
    }
    #expect(events > 100_000)
  }

  private struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
      return mixed ^ mixed >> 31
    }
  }
}
