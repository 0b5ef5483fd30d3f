// Session files: what was saved comes back as it was, and what is no session is refused.

import Explorer
import Foundation
import Screens
import Testing

@Suite struct SessionTests {
  /// Opens a session, does something, saves it, and opens what was saved.
  private func roundTrip(
    _ files: SessionFiles, _ fields: String, _ keys: [String]
  ) throws -> (before: Scenario, after: Scenario) {
    var before = Scenario(try files.session(fields))
    for key in keys {
      if key.hasPrefix(":") { before.command(String(key.dropFirst())) } else { before.press(key) }
    }
    let path = files.path("saved.json")
    before.command("session save \(path)")
    try files.write("saved.json", try #require(before.files[path], "\(before.said)"))
    var after = Scenario(try OpenedSession(path))
    // A key that does nothing: what was said before is gone.
    before.press("F9")
    after.press("F9")
    return (before, after)
  }

  static let shown: [[String]] = [
    [], ["→"], ["→", "→", "]", "]", "h", "s", "p"], ["End", "←", "←"], ["m"], ["]", "m", "m"],
    ["g"], ["→", "v"], ["c", "o"], ["H"], ["F"], ["L", "s", "↓"], ["End", "y"], ["y", "y"],
    ["i", "→", "↓"], ["→", "i", "↓"], ["i", "I"], ["P", "→"], ["P", "]", "]", "D"],
    ["S", "S"], ["z"], ["→", "Z"], ["Tab", "j", "j"], [":hints off"],
    ["i", "X", "→", "↓", "Enter", "Esc"], [":scale locked", "]"], [":set attn_dropout 0.2"],
    ["L", "v", "↓", "→"], ["L", "v", "S"], ["B", "→", "→"], ["B", "→", "Enter"],
    ["S", "]"], ["+"], [":why presence", ":against nothing"], [":why-class 3"],
    [":table parts", "s", "↓"], [":table latents"], [":why-latent 3"], ["]", "l"],
    [":switch-head average"], ["→", ":switch-stage feed-forward", ":switch-latent zero"],
    [":hide 1,1,2x3", ":hide-at cross 2"], [":hide 1,1,2x3", ":object keep"],
    [":hide 1,1,2x3", "!"], [":hide 1,1,2x3", "P", "→", ":hide clear"], [":table alignment", "↓"],
  ]

  @Test("an untrained model comes back as it was seen", arguments: shown)
  func untrained(keys: [String]) throws {
    let (before, after) = try roundTrip(SessionFiles(), SessionFiles.small, keys)
    // The title says how long the stage took, which differs.
    #expect(after.lines.dropFirst() == before.lines.dropFirst())
    #expect(after.state.position == before.state.position)
    #expect(!after.state.history.canUndo)
  }

  @Test("a trained model comes back as it was seen", arguments: shown)
  func trained(keys: [String]) throws {
    let (before, after) = try roundTrip(SessionFiles(), SessionFiles.trained, keys)
    // The title says how long the stage took, which differs.
    #expect(after.lines.dropFirst() == before.lines.dropFirst())
    #expect(after.state.position == before.state.position)
  }

  @Test(
    "masks, other hyperparameters and how a photo is read come back",
    arguments: [
      (SessionFiles.small, [":depth 3"]), (SessionFiles.small, [":seed 7"]),
      (SessionFiles.small, [":set depth 5"]),
      (SessionFiles.trained, [":attention_temperature 2"]), (SessionFiles.trained, [":seed 3"]),
      (
        """
        "input": {"file": "ramp.ppm", "max-side": 6, "mean": [0.25], "std": [0.25, 0.5, 1]},
        "model": {"seed": 3, "hyperparameters": {"depth": 1, "num_latents": 8, "latent_dim": 16}}
        """, ["→"]
      ),
      (
        """
        "input": {"file": "ramp.ppm", "mask": "half.pgm"}, "model": {"seed":
        "18446744073709551615", "hyperparameters": {"depth": 1, "num_latents": 8,
        "latent_dim": 16, "weight_tie_layers": true}}
        """, ["]"]
      ),
    ] as [(String, [String])])
  func others(fields: String, keys: [String]) throws {
    let (before, after) = try roundTrip(SessionFiles(), fields, keys)
    if keys == [":seed 3"] {
      // The boot was made small and grey for weights that are not open any more.
      #expect(before.state.choices.input.channels == 1)
    } else {
      #expect(after.text == before.text)
    }
    #expect(after.state.choices.settings.mask?.name == before.state.choices.settings.mask?.name)
    #expect(after.state.choices.hasDraftChanges == before.state.choices.hasDraftChanges)
  }

  @Test("a session is opened in the program, and undo goes back")
  func inside() throws {
    let files = try SessionFiles()
    var scenario = Scenario(try files.session(SessionFiles.small))
    scenario.press("→", "]")
    let path = files.path("trained.json")
    _ = try files.session(
      SessionFiles.trained + #", "show": {"stage": "cross 2", "latent": 5}"#,
      named: "trained.json")
    scenario.command("session open \(path)")
    #expect(scenario.said.hasPrefix("opened "), "\(scenario.said)")
    #expect(scenario.lines[0].contains("fashion-boot.png"))
    #expect(scenario.state.stageID?.name == "cross 2")
    #expect(scenario.state.choices.selection.latent == 4)
    scenario.press("u")
    #expect(scenario.lines[0].contains("ramp.ppm"))
  }

  @Test("a session that is opened while the figure shows keeps its own value")
  func whileFigureShows() throws {
    let files = try SessionFiles()
    var scenario = Scenario(try files.session(SessionFiles.small))
    scenario.press("F")
    _ = try files.session(
      SessionFiles.small + #", "show": {"stage": "cross 2", "value": "scores"}"#,
      named: "scores.json")
    scenario.command("session open \(files.path("scores.json"))")
    #expect(scenario.said.hasPrefix("opened "), "\(scenario.said)")
    #expect(scenario.state.choices.selection.value == .scores)
  }

  @Test("a folder with a session and its files can be moved")
  func moved() throws {
    let files = try SessionFiles()
    var scenario = Scenario(try files.session(SessionFiles.trained))
    let inner = files.path("sessions/a.json")
    scenario.command("session save \(inner)")
    let text = String(decoding: try #require(scenario.files[inner]), as: UTF8.self)
    // The folder of the session is not there, so that nothing is known of where it lies.
    #expect(text.contains(files.path("fashion-boot.png")))
    try FileManager.default.createDirectory(
      atPath: files.path("sessions"), withIntermediateDirectories: true)
    scenario.command("session save \(files.path("sessions/b.json"))")
    let bytes = try #require(scenario.files[files.path("sessions/b.json")])
    let saved = String(decoding: bytes, as: UTF8.self)
    #expect(saved.contains(#""../fashion-boot.png""#), "\(saved)")
    #expect(saved.contains(#""../fashion.safetensors""#))
    let other = files.folder + "-moved"
    try FileManager.default.copyItem(atPath: files.folder, toPath: other)
    defer { try? FileManager.default.removeItem(atPath: other) }
    try Data(bytes).write(to: URL(fileURLWithPath: other + "/sessions/b.json"))
    try FileManager.default.removeItem(atPath: files.path("fashion-boot.png"))
    #expect(Scenario(try OpenedSession(other + "/sessions/b.json")).lines[0].contains("boot"))
  }

  @Test("a file that is there is asked about, unless it is the session's own")
  func asks() throws {
    let files = try SessionFiles()
    var scenario = Scenario(try files.session(SessionFiles.small))
    let path = files.path("x.json")
    scenario.command("session save \(path)")
    #expect(scenario.said == "wrote \(path)")
    let first = scenario.files[path]
    scenario.press("]")
    scenario.command("session save")
    #expect(scenario.said == "wrote \(path)")
    #expect(scenario.files[path] != first)
    // Another program's file.
    scenario.command("export \(files.path("y.npy"))")
    scenario.command("session save \(files.path("y.npy"))")
    #expect(scenario.text.contains("is there already. Replace it? y / n"))
    scenario.press("n", "Esc")
    #expect(scenario.files[files.path("y.npy")]?.starts(with: [0x93]) == true)
  }

  @Test("what is in no file is said, and no session is written")
  func gone() {
    var scenario = Scenario()
    scenario.command("session save x.json")
    #expect(scenario.said.contains("ramp.ppm is in no file that can be read again"))
    scenario.command("session")
    #expect(scenario.said == "session: expected save [FILE] or open FILE, found nothing")
    #expect(scenario.files.paths.isEmpty)
  }

  @Test("Tab completes the two words, and then a path")
  func completes() {
    let files = MemoryFiles(contents: ["Views/cat.json": [], "Views/dog.json": []])
    var scenario = Scenario(files: files)
    scenario.press(":", "'session o'", "Tab")
    #expect(scenario.status.hasPrefix(":session open"))
    scenario.press("'Vi'", "Tab")
    #expect(scenario.status.hasPrefix(":session open Views/"), "\(scenario.status)")
    scenario.press("'c'", "Tab")
    #expect(scenario.status.hasPrefix(":session open Views/cat.json"), "\(scenario.status)")
  }

  @Test("the README's tables have every field as it is")
  func documented() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(
      contentsOf: folder.appending(path: "Sources/Explorer/Sessions/README.md"), encoding: .utf8)
    let lines = Set(readme.split(separator: "\n").map(String.init))
    for row in SessionFile.tableRows { #expect(lines.contains(row), "\(row)") }
  }
}
