// Kinds of terminals: colours, none, ASCII.

import Foundation
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreTerminalTests {
  /// What a screen's sequences ask for.
  private enum Colours { case direct, indexed256, indexed8, none }

  private func colours(_ screen: String) -> Colours {
    if screen.contains(/\u{1B}\[[0-9;]*[34]8;2;/) { return .direct }
    if screen.contains(/\u{1B}\[[0-9;]*[34]8;5;/) { return .indexed256 }
    return screen.contains(/\u{1B}\[([0-9;]*;)?([349]|10)[0-7][;m]/) ? .indexed8 : .none
  }

  @Test("colours are those that the terminal has")
  func colourDepths() throws {
    let cases: [(term: String, environment: [String: String?], colours: Colours)] = [
      ("xterm-256color", [:], .indexed256),
      ("tmux-256color", [:], .indexed256),
      ("tmux-256color", ["COLORTERM": "truecolor"], .direct),
      ("xterm-256color", ["COLORTERM": "24bit"], .direct),
      ("xterm", [:], .indexed8),
      ("vt100", [:], .none),
      ("xterm-256color", ["NO_COLOR": "1"], .none),
      ("tmux-256color", ["NO_COLOR": "1", "COLORTERM": "truecolor"], .none),
      ("xterm-256color", ["NO_COLOR": ""], .indexed256),
    ]
    for (term, environment, expected) in cases {
      let session = try Explore.open(term: term, environment: environment)
      let seen = colours(try session.screen(.colours))
      #expect(seen == expected, "\(term) \(environment)")
      let screen = try session.parts()
      #expect(screen.legend.contains("linear · probabilities"), "\(term)")
      // Without pictures in colour the photo is shades of glyphs, and not all of one.
      let pane = screen.rows[2..<30].joined()
      if expected == .none || expected == .indexed8 {
        #expect(Set(pane.filter { "░▒▓█·:-=+*".contains($0) }).count >= 4, "\(term)")
        #expect(!pane.contains(where: "▀▄".contains), "\(term)")
      } else {
        #expect(pane.count(where: "▀▄█".contains) > 100, "\(term)")
      }
      try session.press("Right")
      try session.waitForStage(2)
      try session.press("q")
      #expect(try session.waitForExit() == 0, "\(term)")
    }
  }

  @Test("plain ASCII where the locale has no more, in every view")
  func ascii() throws {
    let session = try TmuxSession(
      [try Program.path, Explore.cat] + Explore.small, width: 100, height: 40,
      environment: Explore.environment.merging(["LC_ALL": "C", "LANG": "C"]) { $1 })
    func expectASCII(_ what: String) throws {
      let screen = try session.screen()
      let strange = Set(screen.unicodeScalars.filter { $0.value > 0x7E })
      #expect(strange.isEmpty, "\(what): \(strange)")
    }
    try session.waitForStage(1)
    try expectASCII("one map")
    for (key, mark) in [
      ("?", "Esc closes"), ("?", "? help"), ("e", "Esc leaves"), ("Escape", "? help"),
      ("v", "grid of latents"), ("v", "side by side"), ("v", "one map"), ("Right", "2 of 4"),
      ("v", "one map"), ("v", "latent matrix"), ("Left", "1 of 4"), ("i", "pixel ("),
      ("Escape", "i: cursor"), ("p", "scores"), (">", "< 3 >*"), ("a", "1 of 6"),
    ] {
      if key == "Escape" {
        // The footer may stand under a dialog that is still there.
        try session.escape(until: mark) { screen in
          screen.rows.contains { $0.contains(mark) }
            && !screen.rows.contains { $0.contains("Esc leaves") }
        }
      } else {
        try session.press(key)
        try session.waitFor(mark)
      }
      try expectASCII(key)
    }
    try session.press("q")
    #expect(try session.waitForExit() == 0)
  }

  @Test("an unknown terminal is said in one line, with status 64")
  func unknown() throws {
    let session = try Explore.start(environment: ["TERM": "no-such-terminal"])
    #expect(try session.waitForExit() == 64)
    #expect(try session.screen().contains("no-such-terminal"))
  }
}
