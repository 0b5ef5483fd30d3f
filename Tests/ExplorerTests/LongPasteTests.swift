// A paste of any length: the line takes it, and the next key is answered as soon as ever.

import Explorer
import Screens
import Testing

@Suite struct LongPasteTests {
  /// Lines that text can be pasted into, by the keys that open them.
  static let lines: [(name: String, keys: [String])] = [
    ("command", [":"]), ("search", ["/"]), ("latent", ["J"]), ("export", ["e"]),
    ("editing", ["Tab", "Enter"]),
  ]

  @Test(
    "a frame of a long line takes as long as one of a short line",
    arguments: lines.map(\.name), ["x", "中", "e\u{301}", "\u{202E}", "word "])
  func frames(line: String, piece: String) throws {
    let keys = try #require(Self.lines.first { $0.name == line }?.keys)
    var scenario = Scenario()
    for key in keys { scenario.press(key) }
    try #require(scenario.state.mode != .normal)
    scenario.send(.input(.paste(String(repeating: piece, count: 100_000 / piece.count))))
    let clock = ContinuousClock()
    var cache = RenderCache()
    _ = scenario.state.screen(cache: &cache)
    let times = (0..<5).map { _ in
      clock.measure {
        scenario.press("y")
        _ = scenario.state.screen(cache: &cache)
      }
    }
    // Debug builds take ten times what is asked of the program; the former way took minutes.
    #expect((times.min() ?? .zero) < .milliseconds(500), "\(times)")
  }

  @Test("the cursor is seen at the end of a line longer than the screen, and at its beginning")
  func cursor() throws {
    var scenario = Scenario()
    scenario.press(":")
    scenario.send(.input(.paste("begin" + String(repeating: "-", count: 5000) + "end")))
    var screen = scenario.screen
    let row = screen.height - 1
    #expect(screen.plainRow(row).contains("end"))
    #expect(screen.cursor?.y == row)
    scenario.press("Home")
    screen = scenario.screen
    #expect(screen.plainRow(row).hasPrefix(":begin"))
    #expect(screen.cursor == Point(x: 1, y: row))
  }

  @Test("pastes together make no line longer than the longest")
  func longest() {
    var line = LineEditor()
    for _ in 0..<3 { line.insert(String(repeating: "x", count: 500_000)) }
    #expect(line.characters.count == LineEditor.longest)
    #expect(line.cursor == LineEditor.longest)
  }

  @Test("a word of any length is broken into lines in one pass")
  func wrapping() {
    let word = String(repeating: "ab中", count: 50_000)
    let clock = ContinuousClock()
    var lines: [String] = []
    let time = clock.measure { lines = word.wrapped(toWidth: 10) }
    #expect(lines.joined() == word)
    #expect(lines.allSatisfy { $0.displayWidth <= 10 })
    #expect(time < .seconds(5), "\(time)")
  }
}
