// Leaving: by key, by signal, by a crash, and for a while; the terminal is as it was each time.

import Foundation
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreEndTests {
  /// A shell in which the program runs in the foreground, and what the shell had before.
  private final class Shell {
    let session: TmuxSession
    let folder: TemporaryFolder

    init(_ options: [String] = Explore.small) throws {
      folder = try TemporaryFolder()
      session = try TmuxSession(
        [],
        environment: Explore.environment.merging([
          // Nobody answers the backtrace's question here.
          "P": try Program.path, "SWIFT_BACKTRACE": "interactive=no",
        ]) { $1 })
      try session.waitFor("$")
      try session.type("clear; stty -g > \(folder.path("before")); echo marked")
      try session.press("Enter")
      try session.waitUntil("the shell is ready") { $0.hasPrefix("marked") }
      // The program's own number is written down for signals.
      try session.type(
        "sh -c 'echo $$ > \(folder.path("pid")); exec \"$P\" \"$@\"' sh \(Explore.cat) "
          + "\(options.joined(separator: " ")); echo \"status $?\"; "
          + "stty -g > \(folder.path("after")); echo over")
      try session.press("Enter")
    }

    func signal(_ signal: Int32) throws {
      let text = try String(contentsOfFile: folder.path("pid"), encoding: .utf8)
      let identifier = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
      #expect(kill(identifier, signal) == 0)
    }

    /// Waits for the end and expects the terminal to be as before.
    func expectRestored(status: Int) throws {
      let screen = try session.waitUntil("the shell goes on") {
        $0.split(separator: "\n").contains { $0.trimmingCharacters(in: .whitespaces) == "over" }
      }
      #expect(screen.contains("status \(status)"), "\(screen)")
      // The shell's own screen is back, without a trace of the program's.
      #expect(screen.hasPrefix("marked") && !screen.contains("▀") && !screen.contains("legend"))
      #expect(try !session.isOnAlternateScreen() && !session.hasMouse())
      #expect(try session.cursor().isVisible)
      let before = try String(contentsOfFile: folder.path("before"), encoding: .utf8)
      let after = try String(contentsOfFile: folder.path("after"), encoding: .utf8)
      #expect(before == after)
      // What is typed is seen again.
      try session.type("echo $((40 + 2))")
      try session.waitFor("echo $((40 + 2))")
      try session.press("Enter")
      try session.waitUntil("commands are run") {
        $0.split(separator: "\n").contains { $0.trimmingCharacters(in: .whitespaces) == "42" }
      }
    }
  }

  @Test(
    "q, :quit and Ctrl-C twice leave with status 0", arguments: [["q"], [":quit"], ["C-c", "C-c"]])
  func quit(keys: [String]) throws {
    let shell = try Shell()
    try shell.session.waitForStage(1)
    #expect(try shell.session.isOnAlternateScreen())
    if keys == [":quit"] {
      try shell.session.command("quit")
    } else {
      try shell.session.press(keys[0])
      if keys.count > 1 {
        try shell.session.waitForFooter("Ctrl-C again quits")
        try shell.session.press(keys[1])
      }
    }
    try shell.expectRestored(status: 0)
  }

  @Test("another key between them takes the first Ctrl-C back")
  func disarmed() throws {
    let session = try Explore.open()
    try session.press("C-c")
    try session.waitForFooter("Ctrl-C again quits")
    try session.press("s")
    try session.waitUntilParts("log") { $0.legend.contains("log") }
    try session.press("C-c")
    try session.waitForFooter("Ctrl-C again quits")
    #expect(session.exitStatus() == nil)
    try session.press("C-c")
    #expect(try session.waitForExit() == 0)
  }

  @Test(
    "a signal ends it with the signal's number and the terminal as it was",
    arguments: [SIGTERM, SIGHUP, SIGINT])
  func signals(signal: Int32) throws {
    let shell = try Shell()
    try shell.session.waitForStage(1)
    try shell.signal(signal)
    try shell.expectRestored(status: 128 + Int(signal))
  }

  @Test("a signal while a stage is computed and a dialog is open ends it as well")
  func signalWhileBusy() throws {
    let shell = try Shell(["--num-latents", "512", "--depth", "40"])
    try shell.session.waitForStage(1)
    try shell.session.press("End")
    try shell.session.press("e")
    try shell.session.waitFor("Esc leaves")
    try shell.signal(SIGTERM)
    try shell.expectRestored(status: 143)
  }

  @Test("a crash leaves the terminal as it was", arguments: [SIGSEGV, SIGILL, SIGABRT])
  func crash(signal: Int32) throws {
    let shell = try Shell()
    try shell.session.waitForStage(1)
    try shell.signal(signal)
    // Swift may write a backtrace, so the screen is not asked to be clean; the modes are.
    let session = shell.session
    let end = try session.waitUntil("the shell goes on") {
      $0.split(separator: "\n").contains { $0.trimmingCharacters(in: .whitespaces) == "over" }
    }
    #expect(end.contains("status \(128 + Int(signal))"))
    #expect(try !session.isOnAlternateScreen() && !session.hasMouse())
    #expect(try session.cursor().isVisible)
    let before = try String(contentsOfFile: shell.folder.path("before"), encoding: .utf8)
    #expect(try String(contentsOfFile: shell.folder.path("after"), encoding: .utf8) == before)
  }

  @Test("Ctrl-Z gives the shell its screen; fg paints the program's anew, in the size there is")
  func suspend() throws {
    let session = try TmuxSession(
      [], environment: Explore.environment.merging(["P": try Program.path]) { $1 })
    try session.waitFor("$")
    try session.type(
      "clear; echo marked; $P \(Explore.cat) \(Explore.small.joined(separator: " "))")
    try session.press("Enter")
    try session.waitForStage(1)
    try session.press("Right")
    let before = try session.waitForStage(2)
    try session.press("C-z")
    let shell = try session.waitFor("Stopped")
    #expect(shell.contains("marked") && !shell.contains("legend"))
    #expect(try !session.isOnAlternateScreen() && !session.hasMouse())
    try session.type("echo $((40 + 2))")
    try session.press("Enter")
    try session.waitUntil("the shell answers") { $0.contains("\n42") }
    try session.type("fg")
    try session.press("Enter")
    let after = try session.waitForStage(2)
    #expect(after.looks.dropLast() == before.looks.dropLast())
    #expect(try session.isOnAlternateScreen() && session.hasMouse())
    // Again, and the window changes while the program is away.
    try session.press("C-z")
    try session.waitForAbsence(of: "legend")
    try session.resize(width: 80, height: 24)
    try session.type("fg")
    try session.press("Enter")
    try session.waitUntilParts("it is drawn in the new size") {
      $0.rows.count == 24 && $0.title.contains("2 of 4") && $0.isSettled
    }
    try session.press("q")
    try session.waitForAbsence(of: "legend")
    try session.type("echo status $?")
    try session.press("Enter")
    try session.waitUntil("status 0") { $0.contains("\nstatus 0") }
  }
}
