// Paths as people type them and as terminals paste them, and Tab behind them.

import Explorer
import Testing

@Suite struct TypedPathTests {
  @Test(
    "quotes, backslashes and file URLs are the path that is meant",
    arguments: [
      ("a b.png", "a b.png"), ("'a b.png'", "a b.png"), ("\"a b.png\"", "a b.png"),
      (#"a\ b.png"#, "a b.png"), (#"a\'b\(1\).png"#, "a'b(1).png"),
      (#"'it'\''s.png'"#, "it's.png"), (#""a \"b\" \$c.png""#, #"a "b" $c.png"#),
      ("'a'\"b\"c", "abc"), ("file:///tmp/a%20b.png", "/tmp/a b.png"),
      ("file://localhost/tmp/caf%C3%A9.png", "/tmp/café.png"),
      ("file:///tmp/100%.png", "/tmp/100%.png"),
      ("~/a", "~/a"),
      // What is not whole, or is none of these, is a name.
      ("it's.png", "it's.png"), ("'open", "'open"), (#"a\b"#, #"a\b"#), ("file:x", "file:x"),
      ("''a' b", "''a' b"), ("", ""),
    ])
  func parses(typed: String, path: String) {
    #expect(TypedPath.parse(typed) == path)
    #expect(TypedPath.parse(TypedPath.typed(path)) == path)
  }

  @Test("a path in quotes is opened, and a quoted export has its ending")
  func opens() {
    let other = Scenario.picture(width: 6, height: 6, name: "other.ppm")
    var scenario = Scenario(files: MemoryFiles(inputs: ["a b/other.ppm": other]))
    scenario.press(":")
    for character in "open 'a b/other.ppm'" { scenario.send(.input(.key(.character(character)))) }
    scenario.press("Enter")
    #expect(scenario.lines[0].contains("other.ppm 6×6×3"))
    scenario.command("export \"a map.npy\"")
    #expect(scenario.files["a map.npy"] != nil)
  }

  @Test("Tab completes a path, looks into folders, shows several and goes round them")
  func completes() {
    let picture = Scenario.picture(width: 6, height: 6)
    let files = MemoryFiles(inputs: [
      "Samples/cat.ppm": picture, "Samples/car.ppm": picture, "Samples/.hidden": picture,
      "x.ppm": picture, "README.md": picture,
    ])
    var scenario = Scenario(width: 120, height: 30, files: files)
    scenario.press(":", "'open Sam'", "Tab")
    #expect(
      scenario.status.hasPrefix(":open Samples/ ") || scenario.status.hasPrefix(":open Samples/"))
    scenario.press("Tab")
    #expect(scenario.status.contains(":open Samples/ca"))
    #expect(scenario.status.contains("car.ppm  cat.ppm"))
    #expect(!scenario.status.contains("hidden"))
    scenario.press("Tab")
    #expect(scenario.status.contains(":open Samples/car.ppm"))
    scenario.press("Tab")
    #expect(scenario.status.contains(":open Samples/cat.ppm"))
    scenario.press("Enter")
    #expect(scenario.lines[0].contains("ramp.ppm 6×6×3"))
    scenario.press(":", "'open '", "Tab", "Tab", "Tab", "Tab")
    #expect(scenario.status.contains("Samples/") && !scenario.status.contains("README"))
    scenario.press("Esc", ":", "'open READ'", "Tab")
    #expect(scenario.said == "nothing there begins so")
    scenario.press("Esc", ":", "'train READ'", "Tab")
    #expect(scenario.status.hasPrefix(":train README.md"))
    scenario.press("Esc")
    scenario.press(":", "'weights nothing'", "Tab")
    #expect(scenario.said == "nothing there begins so")
    #expect(scenario.state.mode != .normal)
  }
}
