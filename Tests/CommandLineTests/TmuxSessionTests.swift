// The harness itself: what it says of programs whose behaviour is known.

import Foundation
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct TmuxSessionTests {
  @Test("it types, reads the screen with and without colours, and reports the exit status")
  func shell() throws {
    let session = try TmuxSession([], width: 60, height: 12)
    try session.waitFor("$")
    try session.type("printf '\\033[31mred\\033[0m %s %s\\n' \"$TERM\" $(stty size | tr ' ' x)")
    try session.press("Enter")
    try session.waitFor("red tmux-256color 12x60")
    #expect(try session.screen(.colours).contains("\u{1B}[31mred"))
    #expect(try !session.isOnAlternateScreen() && !session.hasMouse())
    #expect(session.exitStatus() == nil)
    try session.resize(width: 90, height: 20)
    try session.type("clear; stty size; exit 7")
    try session.press("Enter")
    #expect(try session.waitForExit() == 7)
    #expect(try session.screen().contains("20 90"))
  }

  @Test("environment and arguments reach the program untouched, and signals end it")
  func command() throws {
    let session = try TmuxSession(
      ["sh", "-c", "echo \"[$1] [$COLORTERM] [${NO_COLOR-unset}]\"; exec cat", "sh", "a $b 'c'"],
      term: "vt100", environment: ["COLORTERM": "truecolor"])
    try session.waitFor("[a $b 'c'] [truecolor] [unset]")
    try session.signal(SIGTERM)
    #expect(try session.waitForExit() == 128 + Int(SIGTERM))
  }

  @Test("a wait that fails says what it saw")
  func failure() throws {
    let session = try TmuxSession(["sh", "-c", "echo seen; exec cat"])
    try session.waitFor("seen")
    let error = #expect(throws: TmuxSession.Failure.self) {
      try session.waitFor("never", within: .milliseconds(50))
    }
    #expect(error?.description.contains("seen") == true)
  }
}
