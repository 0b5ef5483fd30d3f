// What a terminal says of its background: whole, in pieces, late, and never as keys.

import Screens
import Testing

@Suite struct TerminalBackgroundTests {
  static let answers: [(text: String, colour: Colour?)] = [
    ("11;rgb:ffff/ffff/ffff", .white), ("11;rgb:0000/0000/0000", .black),
    ("11;rgb:fdfd/f6f6/e3e3", Colour(0xFD, 0xF6, 0xE3)), ("11;rgb:1e/1e/2e", Colour(30, 30, 46)),
    ("11;rgb:f/0/8", Colour(255, 0, 136)), ("11;rgb:fff/000/800", Colour(255, 0, 128)),
    ("11;rgba:ffff/ffff/ffff/8000", .white), ("11;#ffffff", .white),
    ("11;#00000000ffff", Colour(0, 0, 255)),
    // Other answers, and none.
    ("10;rgb:ffff/ffff/ffff", nil), ("11;rgb:ffff/ffff", nil), ("11;rgb:fffff/0/0", nil),
    ("11;rgb:/0/0", nil), ("11;rgb:+1/0/0", nil), ("11;rgb:gg/00/00", nil), ("11;?", nil),
    ("11;", nil), ("11;#", nil), ("11;#ff", nil), ("11;white", nil), ("4;1;rgb:0/0/0", nil),
    ("11;rgb:" + String(repeating: "f", count: 300), nil),
  ]

  static let ends = ["\u{07}", "\u{1B}\\"]

  private func finish(_ parser: inout TerminalInputParser) -> [InputEvent] {
    var events: [InputEvent] = []
    while parser.patience != nil { events += parser.timeOut() }
    return events
  }

  @Test("an answer is a colour and no key", arguments: answers, ends)
  func whole(answer: (text: String, colour: Colour?), end: String) {
    for start in ["\u{1B}]", "\u{9D}"] {
      var parser = TerminalInputParser()
      parser.expectAnswer()
      let events = parser.take(Array((start + answer.text + end).utf8))
      #expect(events + finish(&parser) == [])
      #expect(parser.isAnswerAwaited == (answer.colour == nil))
      #expect(parser.takeBackground() == answer.colour)
      #expect(parser.takeBackground() == nil)
      #expect(parser.take(Array("q".utf8)) == [.key(.character("q"))])
    }
  }

  @Test("an answer in pieces with pauses as long as a slow network's is no key", arguments: ends)
  func pieces(end: String) {
    let bytes = Array(("\u{1B}]11;rgb:ffff/ffff/ffff" + end).utf8)
    for first in 1..<bytes.count {
      for second in first..<bytes.count {
        var parser = TerminalInputParser()
        parser.expectAnswer()
        var events: [InputEvent] = []
        for piece in [bytes[..<first], bytes[first..<second], bytes[second...]] {
          events += parser.take(piece)
          // A pause of 100 ms, which more than a lone Escape waits for.
          while let patience = parser.patience, patience < .milliseconds(100) {
            events += parser.timeOut()
          }
        }
        events += finish(&parser)
        // An Escape that waits longer than a key may is taken for one.
        let isEscapeAlone = first == 1
        #expect(events == (isEscapeAlone ? [.key(.escape)] : []), "cut at \(first), \(second)")
        #expect(parser.takeBackground() == .white, "cut at \(first), \(second)")
      }
    }
  }

  @Test("a rest that comes seconds later is waited for, while an answer is awaited")
  func late() {
    for cut in 3..<20 {
      let bytes = Array("\u{1B}]11;rgb:0000/0000/0000\u{07}".utf8)
      var parser = TerminalInputParser()
      parser.expectAnswer()
      #expect(parser.take(bytes[..<cut]) == [])
      #expect(parser.patience.map { $0 >= .seconds(5) } == true)
      #expect(parser.take(bytes[cut...]) == [])
      #expect(parser.takeBackground() == .black)
    }
    // An answer that nobody waits for any more is still one.
    var parser = TerminalInputParser()
    parser.expectAnswer()
    parser.expectNoAnswer()
    #expect(parser.take(Array("\u{1B}]11;rgb:0/0/0\u{07}".utf8)) == [])
    #expect(parser.takeBackground() == .black)
  }

  @Test("keys around an answer are keys, and ] is one behind an Escape that was pressed")
  func keys() {
    var parser = TerminalInputParser()
    parser.expectAnswer()
    let events = parser.take(Array("a\u{1B}]11;rgb:0/0/0\u{07}b".utf8))
    #expect(events == [.key(.character("a")), .key(.character("b"))])

    parser = TerminalInputParser()
    parser.expectAnswer()
    #expect(parser.take([0x1B]) == [])
    #expect(parser.timeOut() == [.key(.escape)])
    #expect(parser.take(Array("]".utf8)) == [])
    #expect(parser.timeOut() == [.key(.character("]"))])
    #expect(parser.take(Array("x".utf8)) == [.key(.character("x"))])

    parser = TerminalInputParser()
    parser.expectAnswer()
    _ = parser.take([0x1B])
    _ = parser.timeOut()
    _ = parser.take(Array("]".utf8))
    #expect(
      parser.take(Array("x".utf8)) == [.key(.character("]")), .key(.character("x"))])
  }

  @Test(
    "light and dark are told apart by which text is read better",
    arguments: [
      (Colour.white, TerminalBackground.light), (.black, .dark),
      (Colour(0xFD, 0xF6, 0xE3), .light), (Colour(0x00, 0x2B, 0x36), .dark),
      (Colour(0x28, 0x2A, 0x36), .dark), (Colour(grey: 0xD3), .light), (Colour(grey: 100), .dark),
    ])
  func kinds(colour: Colour, background: TerminalBackground) {
    #expect(TerminalBackground(colour) == background)
  }

  @Test(
    "COLORFGBG is read as terminals write it",
    arguments: [
      ("15;0", .dark), ("0;15", .light), ("0;default;15", .light), ("12;8", .dark), ("0;7", .light),
      ("default;default", nil), ("0;16", nil), ("", nil), (nil, nil), ("0;", nil), ("7", .light),
    ] as [(String?, TerminalBackground?)])
  func environment(text: String?, background: TerminalBackground?) {
    #expect(TerminalBackground(colorFGBG: text) == background)
  }

  @Test(
    "only terminals are asked that answer, or pass the question over",
    arguments: [
      ("xterm-256color", [:], true), ("tmux-256color", [:], true), ("foot", [:], true),
      ("rxvt-unicode", [:], true), ("st-256color", [:], true), ("xterm-kitty", [:], true),
      ("screen-256color", ["TMUX": "/tmp/x,1,0"], true), ("screen", [:], false),
      ("dumb", [:], false), ("vt100", [:], false), ("linux", [:], false), ("ansi", [:], false),
      ("xterm", ["NO_COLOR": "1"], false), ("xterm", ["NO_COLOR": ""], true), ("", [:], false),
      ("stv52", [:], false), ("screen.linux", ["TMUX": "/tmp/x,1,0"], true), ("iterm2", [:], true),
    ] as [(String, [String: String], Bool)])
  func asked(type: String, environment: [String: String], isAsked: Bool) {
    #expect(TerminalBackground.isAsked(ofType: type, environment: environment) == isAsked)
  }

  @Test(
    "contrast is WCAG's",
    arguments: [
      (Colour.white, Colour.black, 21.0), (.white, .white, 1), (Colour(grey: 0x77), .white, 4.48),
      (Colour(255, 0, 0), .white, 4.0),
    ])
  func contrast(first: Colour, second: Colour, ratio: Double) {
    #expect(abs(first.contrast(with: second) - ratio) < 0.01)
    #expect(abs(second.contrast(with: first) - ratio) < 0.01)
  }

  @Test("black or white contrasts with a colour, whichever has the larger ratio")
  func contrasting() {
    for level in UInt8.min...UInt8.max {
      for colour in [Colour(grey: level), Colour(level, 0, 0), Colour(0, level, 255)] {
        let other: Colour = colour.contrasting == .black ? .white : .black
        #expect(colour.contrast(with: colour.contrasting) >= colour.contrast(with: other))
      }
    }
  }
}
