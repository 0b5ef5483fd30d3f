// What was opened is kept in the folder for states of programs, and only by sessions of people.

import Foundation
import Testing

struct KeptRecentFilesTests {
  @Test("what was opened is kept with its whole path, and offered by the next session")
  func kept() throws {
    let folder = try TemporaryFolder()
    let environment: [String: String?] = ["XDG_STATE_HOME": folder.url.path]
    let session = try Explore.open(environment: environment)
    try session.press("q")
    #expect(try session.waitForExit() == 0)
    let file = folder.url.appending(path: "perceiver-tui/recent.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.contains("/") && text.contains("cat.ppm"), "\(text)")
    try Data("no JSON".utf8).write(to: file)
    let next = try Explore.open(environment: environment)
    try next.press("q")
    #expect(try next.waitForExit() == 0)
    #expect(try String(contentsOf: file, encoding: .utf8) == text)
  }

  @Test("a screen that is printed keeps nothing")
  func replayed() throws {
    let folder = try TemporaryFolder()
    let result = try Program.run(
      ["explore", Explore.cat] + Explore.small + ["--keys", "]"],
      environment: ["XDG_CONFIG_HOME": "/nonexistent", "XDG_STATE_HOME": folder.url.path])
    #expect(result.status == 0, "\(result.standardError)")
    #expect(!FileManager.default.fileExists(atPath: folder.url.path + "/perceiver-tui"))
  }

  @Test(
    "a screen that is printed follows :config and :hints, and leaves the configuration as it is",
    arguments: ["hints off", "config hints off", "config keys.pin F5"])
  func replayedConfiguration(line: String) throws {
    let folder = try TemporaryFolder()
    let result = try Program.run(
      ["explore", Explore.cat] + Explore.small
        + ["--keys", "':\(line)' Enter ':config' Enter", "--screen", "100x200"],
      environment: ["XDG_CONFIG_HOME": folder.url.path, "XDG_STATE_HOME": folder.url.path])
    #expect(result.status == 0, "\(result.standardError)")
    let value = line.split(separator: " ").last ?? ""
    #expect(result.text.split(separator: "\n").contains { $0.contains("* ") && $0.contains(value) })
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
  }
}
