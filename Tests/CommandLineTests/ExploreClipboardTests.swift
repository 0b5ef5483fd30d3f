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
      ["explore", Explore.cat] + Explore.small + ["--keys", "':link' Enter", "--screen", "400x40"],
      environment: environment)
    let said = try #require(
      replay.text.split(separator: "\n").first { $0.contains("perceiver-tui ") }
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
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    var written = ""
    /// Reads until something is there.
    func wait(for words: String) {
      let end = Date(timeIntervalSinceNow: 120)
      while !written.contains(words), Date() < end {
        written += pseudo.output()
        usleep(5000)
      }
      #expect(written.contains(words), "\(words): \(written.suffix(300).debugDescription)")
    }
    // The legend's numbers stand there once the first map does.
    wait(for: "probabilities · viridis")
    pseudo.type(":link\r")
    let sequence = "\u{1B}]52;c;\(Data(said.utf8).base64EncodedString())\u{7}"
    wait(for: sequence)
    #expect(written.components(separatedBy: "\u{1B}]52;").count == 2)
  }
}
