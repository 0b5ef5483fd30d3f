// The files that were opened last: kept, offered first by Tab and by :recent.

import Explorer
import Screens
import Synchronization
import Tensors
import Testing

@Suite struct RecentFilesTests {
  private static func recent(_ inputs: [String], weights: [String] = []) throws -> RecentFiles {
    var files = RecentFiles()
    for path in inputs.reversed() { files.add(try #require(RecentFiles.File(path, as: .inputs))) }
    for path in weights.reversed() { files.add(try #require(RecentFiles.File(path, as: .weights))) }
    return files
  }

  @Test("the latest stands first, each once, and no more than twenty of each kind")
  func adding() throws {
    var files = try Self.recent(["/c", "/b", "/a"], weights: ["/w"])
    files.add(try #require(RecentFiles.File("/a", as: .inputs)))
    #expect(files[.inputs] == ["/a", "/c", "/b"] && files[.weights] == ["/w"])
    for number in 0..<30 { files.add(try #require(RecentFiles.File("/\(number)", as: .inputs))) }
    #expect(files[.inputs].count == 20 && files[.inputs][0] == "/29")
    #expect(files[.weights] == ["/w"])
    #expect(RecentFiles(files.json) == files)
  }

  @Test("standard input is no file, nor is nothing", arguments: ["-", "", nil])
  func noFile(path: String?) {
    #expect(RecentFiles.File(path, as: .inputs) == nil)
  }

  @Test(
    "what else stands in the file is passed over",
    arguments: ["[]", "{}", "{\"inputs\": 3}", "{\"inputs\": [1, null], \"weights\": {}}"])
  func damaged(text: String) throws {
    #expect(RecentFiles(try JSONValue(parsing: Array(text.utf8))) == RecentFiles())
  }

  /// A scenario that knows files of former sessions.
  private static func scenario(_ recent: RecentFiles) -> Scenario {
    var scenario = Scenario(
      width: 160, files: MemoryFiles(inputs: ["ramp.ppm": Scenario.picture()]))
    scenario.send(.remembered(recent))
    return scenario
  }

  @Test("Tab behind :open and :weights offers them first, then what lies in the folder")
  func completion() throws {
    var scenario = Self.scenario(
      try Self.recent(["/a b.ppm", "/c.ppm"], weights: ["/w.safetensors"]))
    scenario.press(":", "'open '", "Tab", "Tab")
    #expect(scenario.status.hasPrefix(":open /a b.ppm"), "\(scenario.status)")
    scenario.press("Tab")
    #expect(scenario.status.hasPrefix(":open /c.ppm"))
    scenario.press("Tab")
    #expect(scenario.status.hasPrefix(":open ramp.ppm"))
    scenario.press("Esc", ":", "'weights '", "Tab", "Tab")
    #expect(scenario.status.hasPrefix(":weights /w.safetensors"))
    // Who types a beginning looks for what lies there.
    scenario.press("Esc", ":", "'open r'", "Tab")
    #expect(scenario.status.hasPrefix(":open ramp.ppm"))
  }

  @Test(":recent opens a line with the latest, and Tab goes on")
  func command() throws {
    var scenario = Self.scenario(try Self.recent(["ramp.ppm", "/c.ppm"], weights: ["/w.pt"]))
    scenario.command("recent")
    #expect(scenario.status.hasPrefix(":open ramp.ppm"))
    scenario.press("Tab", "Tab")
    #expect(scenario.status.hasPrefix(":weights /w.pt"))
    scenario.press("Tab", "Enter")
    #expect(scenario.said.hasPrefix("opened ramp.ppm"))
    var empty = Scenario()
    empty.command("recent")
    #expect(empty.said == "no file has been opened yet")
  }
}
