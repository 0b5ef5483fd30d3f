// The bytes that :link sends to the terminal's clipboard, read as a terminal reads them.

import Foundation
import Testing

@Suite struct ExploreClipboardTests {
  @Test(":link sends the line that it shows by OSC 52, whole and once")
  func link() throws {
    let environment = [
      "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": "/nonexistent",
      "XDG_STATE_HOME": "/dev/null",
    ]
    let replay = try Program.run(
      ["explore", Explore.cat] + Explore.small + [
        "--keys", "':link' Enter", "--screen", "160x40", "--screen-colours",
      ],
      environment: environment)
    let said = try #require(
      replay.text.replacing(#/\u{1B}\[[0-9;]*m/#, with: "").split(separator: "\n")
        .first { $0.contains("perceiver-tui ") }
    ).trimmingCharacters(in: .whitespaces)

    let pseudo = try #require(PseudoTerminal(width: 120, height: 40))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try Program.path)
    process.arguments = [Explore.cat] + Explore.small
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let terminal = FileHandle(fileDescriptor: pseudo.terminal, closeOnDealloc: false)
    (process.standardInput, process.standardOutput) = (terminal, terminal)
    process.standardError = FileHandle.nullDevice
    try process.run()
    var written = ""
    defer {
      // By a key: what the thread of a test starts may have signals blocked. It gives the terminal
      // back before it ends, which somebody must read.
      pseudo.type("q")
      let end = Date(timeIntervalSinceNow: 10)
      while process.isRunning, Date() < end {
        _ = pseudo.output()
        usleep(5000)
      }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
    /// Reads until something is there, or for so many seconds nothing new.
    func read(until words: String? = nil, quiet seconds: Double = 120) {
      var end = Date(timeIntervalSinceNow: seconds)
      while Date() < end {
        let new = pseudo.output()
        written += new
        if !new.isEmpty { end = Date(timeIntervalSinceNow: seconds) }
        if let words, written.contains(words) { return }
        usleep(5000)
      }
    }
    // The first map is there once nothing more is written.
    read(quiet: 4)
    pseudo.type(":link\r")
    let sequence = "\u{1B}]52;c;\(Data(said.utf8).base64EncodedString())\u{7}"
    read(until: sequence, quiet: 10)
    #expect(written.contains(sequence), "\(written.suffix(300).debugDescription)")
    #expect(written.components(separatedBy: "\u{1B}]52;").count == 2)
  }
}
