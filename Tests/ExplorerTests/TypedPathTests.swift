// Paths as people type them and as terminals paste them, and Tab behind them.

import Explorer
import Screens
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
    #expect(scenario.text.contains("│  car.ppm ") && scenario.text.contains("│  cat.ppm "))
    #expect(scenario.status.hasSuffix("↑↓ choose"), "\(scenario.status)")
    #expect(!scenario.text.contains("hidden"))
    scenario.press("Tab")
    #expect(scenario.status.contains(":open Samples/car.ppm"))
    #expect(scenario.text.contains("│▸ car.ppm ") && scenario.text.contains("1 of 2 files"))
    scenario.press("Tab")
    #expect(scenario.status.contains(":open Samples/cat.ppm"))
    scenario.press("Enter")
    #expect(scenario.lines[0].contains("ramp.ppm 6×6×3"))
    scenario.press(":", "'open '", "Tab", "Tab", "Tab", "Tab")
    #expect(scenario.status.contains("Samples/") && !scenario.status.contains("README"))
    scenario.press("Esc", ":", "'open READ'", "Tab")
    #expect(scenario.said == "no file begins so, among inputs")
    #expect(scenario.status.hasSuffix(scenario.said), "\(scenario.status)")
    scenario.press("Esc", ":", "'train READ'", "Tab")
    #expect(scenario.status.hasPrefix(":train README.md"))
    scenario.press("Esc")
    scenario.press(":", "'weights nothing'", "Tab")
    #expect(scenario.said == "no file begins so, among weights")
    #expect(scenario.state.mode != .normal)
  }

  @Test("Tab completes inside an open quote, which a file's name closes", arguments: ["'", "\""])
  func quoted(quote: String) {
    let picture = Scenario.picture(width: 6, height: 6, name: "cat.ppm")
    var scenario = Scenario(
      width: 120, height: 30, files: MemoryFiles(inputs: ["my pics/cat.ppm": picture]))
    scenario.press(":", "'open '")
    scenario.send(.input(.paste(quote + "my")))
    scenario.press("Tab")
    #expect(scenario.status.hasPrefix(":open \(quote)my pics/ "), "\(scenario.status)")
    scenario.press("Tab")
    #expect(scenario.status.hasPrefix(":open \(quote)my pics/cat.ppm\(quote)"))
    scenario.press("Enter")
    #expect(scenario.lines[0].contains("cat.ppm 6×6×3"))
  }

  @Test("Tab lists what a command can open, and says so where a folder has nothing of it")
  func offered() {
    var scenario = Scenario(
      files: MemoryFiles(
        inputs: ["half.png": Scenario.picture(name: "half.png")],
        contents: [
          "README.md": [], "model.json": [], "a.safetensors": [], "b.ckpt": [],
          "notes/README.md": [],
          "notes/c.json": [],
        ]))
    scenario.press(":", "'weights '", "Tab")
    #expect(scenario.text.contains("│  a.safetensors") && scenario.text.contains("b.ckpt"))
    #expect(!scenario.text.contains("README.md") && !scenario.text.contains("half.png"))
    scenario.press("Esc", "Esc", ":", "'mask half'", "Tab")
    #expect(scenario.status.hasPrefix(":mask half.png"), "\(scenario.status)")
    scenario.press("Esc", ":", "'mask notes/'", "Tab")
    #expect(scenario.said == "no folders and no pictures or arrays in notes/")
  }

  /// A scenario in whose folder there are so many files, and a folder.
  private func folder(_ count: Int) -> Scenario {
    var inputs = ["deep/inside.ppm": Scenario.picture(width: 6, height: 6, name: "inside.ppm")]
    inputs["deep/other.ppm"] = Scenario.picture(width: 5, height: 5, name: "other.ppm")
    for number in 0..<count {
      inputs["f\(number + 10).ppm"] = Scenario.picture(width: 6, height: 6, name: "f\(number + 10)")
    }
    return Scenario(width: 80, height: 24, files: MemoryFiles(inputs: inputs))
  }

  @Test(
    "the list of files scrolls to the chosen one; arrows choose round the ends, pages go further")
  func listScrolls() {
    var scenario = folder(30)
    scenario.press(":", "'open '", "Tab")
    #expect(scenario.text.contains("31 files"))
    #expect(scenario.text.contains("│  deep/") && !scenario.text.contains("f39.ppm"))
    scenario.press("Up")
    #expect(scenario.status.hasPrefix(":open f39.ppm"))
    #expect(scenario.text.contains("31 of 31 files") && scenario.text.contains("│▸ f39.ppm"))
    #expect(!scenario.text.contains("│  deep/"))
    scenario.press("Down", "Down")
    #expect(scenario.status.hasPrefix(":open f10.ppm"))
    scenario.press("PageDown")
    #expect(scenario.status.hasPrefix(":open f20.ppm"))
    scenario.press("PageUp", "PageUp")
    #expect(scenario.status.hasPrefix(":open deep/"))
    // Escape leaves the line and its list.
    scenario.press("Esc")
    #expect(scenario.state.mode == .normal && !scenario.text.contains(" files"))
  }

  @Test("Enter looks into a chosen folder and opens a chosen file; typing leaves what begins so")
  func listEnter() {
    var scenario = folder(3)
    scenario.press(":", "'open '", "Tab", "Tab")
    #expect(scenario.status.hasSuffix("Enter looks into it"), "\(scenario.status)")
    scenario.press("Enter")
    #expect(scenario.status.hasPrefix(":open deep/"))
    #expect(scenario.text.contains("│  inside.ppm") && scenario.text.contains("2 files"))
    scenario.press("Down")
    #expect(scenario.status.hasSuffix("Enter takes it"), "\(scenario.status)")
    scenario.press("Enter")
    #expect(scenario.lines[0].contains("inside.ppm 6×6×3"))
    scenario.press(":", "'open '", "Tab", "f")
    #expect(scenario.text.contains("3 files") && !scenario.text.contains("deep/"))
    scenario.press("Backspace")
    #expect(!scenario.text.contains(" files"))
  }

  @Test("a click chooses a file, a click on the chosen one opens it, and the wheel moves")
  func listMouse() throws {
    var scenario = folder(3)
    scenario.press(":", "'open '", "Tab")
    let row = try #require(scenario.lines.firstIndex { $0.contains("│  f11.ppm") })
    let at = Point(x: 6, y: row)
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: at))))
    #expect(scenario.status.hasPrefix(":open f11.ppm"))
    scenario.send(.input(.mouse(MouseEvent(.scrollDown, at: at))))
    #expect(scenario.status.hasPrefix(":open f12.ppm"))
    scenario.send(.input(.mouse(MouseEvent(.scrollUp, at: at))))
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: at))))
    #expect(scenario.lines[0].contains("f11"))
  }
}
