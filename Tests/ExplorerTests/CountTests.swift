// Numbers before keys, ends of lists, Esc, and values that typing replaces.

import Explorer
import Perceiver
import Screens
import Testing

@Suite struct CountTests {
  @Test(
    "a number before a key repeats it", arguments: [("3]", 3), ("10]", 7), ("2}", 7), ("5]2[", 3)])
  func repeats(keys: String, latent: Int) {
    var scenario = Scenario()
    for key in keys { scenario.press("\(key)") }
    #expect(scenario.state.choices.selection.latent == latent)
  }

  @Test("4→ goes four stages on, 3> three steps up, 2u undoes two steps")
  func others() {
    var scenario = Scenario()
    scenario.press("4", "→")
    #expect(scenario.state.position == 4)
    scenario.press("Tab", "2", ">")
    #expect(scenario.text.contains("◂ 5 ▸*"))
    scenario.press("s", "2", "u")
    #expect(!scenario.state.choices.hasDraftChanges)
  }

  @Test("a number is shown, is dropped by Esc, and is gone after any key")
  func shown() {
    var scenario = Scenario()
    scenario.press("1", "2")
    #expect(scenario.said.contains("12 times the next key"))
    scenario.press("Esc")
    #expect(scenario.said == "the number 12 is dropped")
    scenario.press("]")
    #expect(scenario.state.choices.selection.latent == 1)
    scenario.press("3", "s", "]")
    #expect(scenario.state.choices.selection.latent == 2)
    scenario.press("0")
    #expect(scenario.said.contains("0 does nothing here"))
  }

  @Test("3 Ctrl-N goes three inputs on, 9 Ctrl-P to the first")
  func inputs() {
    let names = ["a.ppm", "b.ppm", "c.ppm", "d.ppm", "e.ppm"]
    let files = MemoryFiles(
      inputs: Dictionary(uniqueKeysWithValues: names.map { ($0, Scenario.picture(name: $0)) }))
    var scenario = Scenario(
      width: 120, input: Scenario.picture(name: "a.ppm"), files: files,
      inputs: InputSequence(names))
    scenario.press("3", "Ctrl-N")
    #expect(scenario.lines[0].contains("d.ppm") && scenario.lines[0].contains("4 of 5 inputs"))
    scenario.press("9", "Ctrl-P")
    #expect(scenario.lines[0].contains("a.ppm") && scenario.lines[0].contains("1 of 5 inputs"))
    scenario.press("2", "Ctrl-P")
    #expect(scenario.said == "this is the first of 5 inputs")
  }

  @Test(
    "a number before a key is as good as the key so many times",
    arguments: [
      (["Tab", "Tab"], "2", "Ctrl-D"), (["Tab", "Tab", "G"], "2", "Ctrl-U"), ([], "2", "+"),
      (["+", "+", "+"], "2", "-"), (["End"], "3", "E"), ([], "3", "r"),
      (["?"], "5", "j"), (["?", "G"], "5", "k"), (["?"], "2", "Ctrl-D"), (["?"], "3", "PgDn"),
    ])
  func counted(before: [String], count: String, key: String) throws {
    let input = Scenario.picture(width: 48, height: 48)
    var (counted, pressed) = (Scenario(input: input), Scenario(input: input))
    for key in before {
      counted.press(key)
      pressed.press(key)
    }
    let start = counted.text
    counted.press(count, key)
    for _ in 0..<(try #require(Int(count))) { pressed.press(key) }
    #expect(counted.text == pressed.text && counted.text != start, "\(counted.text)")
    #expect(!counted.said.contains("takes no count"))
  }

  @Test("a key that cannot use a number says so, and acts once")
  func uncounted() {
    var scenario = Scenario()
    scenario.press("3", "p")
    #expect(scenario.said == "p takes no count")
    #expect(scenario.state.choices.selection.value == .scores)
    scenario.press("End", "2", "y")
    #expect(scenario.said.hasPrefix("y takes no count; "), "\(scenario.said)")
    scenario.press("Esc", "?", "4", "g")
    #expect(scenario.said == "g takes no count")
    scenario.press("4", "Esc")
    #expect(scenario.said == "the number 4 is dropped" && scenario.state.mode != .normal)
    scenario.press("j")
    #expect(scenario.said.isEmpty)
  }

  @Test("G goes to the last latent, and with a number to that one")
  func lastLatent() {
    var scenario = Scenario()
    scenario.press("G")
    #expect(scenario.state.choices.selection.latent == 7)
    scenario.press("3", "G")
    #expect(scenario.state.choices.selection.latent == 2)
  }

  @Test("gg and G go to the ends of lists, Ctrl-D and Ctrl-U half a page")
  func lists() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("Tab", "Tab")
    let first = scenario.state.hyperparameterIndex
    scenario.press("G")
    let last = scenario.state.hyperparameterIndex
    #expect(first != last)
    scenario.press("g", "g")
    #expect(scenario.state.hyperparameterIndex == first)
    scenario.press("Ctrl-D")
    #expect(scenario.state.hyperparameterIndex != first)
    scenario.press("Ctrl-U")
    #expect(scenario.state.hyperparameterIndex == first)
    scenario.press("4", "G")
    #expect(scenario.state.hyperparameterIndex == 3)
  }

  @Test(
    "Esc leaves whatever is open",
    arguments: [
      ["g"], ["F"], ["i"], ["L"], ["y"], ["i", "I"], ["Tab"], ["P", "]", "D"], ["i", "X"],
    ])
  func leaving(keys: [String]) {
    var scenario = Scenario()
    for key in keys { scenario.press(key) }
    for _ in 0..<3 { scenario.press("Esc") }
    #expect(scenario.said == "nothing is open here; q quits")
    #expect(scenario.state.mapView == .one && scenario.state.focus == .map)
    #expect(scenario.state.choices.view.replacement == nil && !scenario.state.isProbing)
  }

  @Test("the first digit replaces a value, and other keys edit it")
  func replacing() {
    var scenario = Scenario()
    scenario.press("Tab", "Enter")
    #expect(scenario.status.contains("depth = 3"))
    scenario.press("1", "2")
    #expect(scenario.status.contains("depth = 12"))
    scenario.press("Esc", "Enter", "End", "0")
    #expect(scenario.status.contains("depth = 30"))
  }

  @Test(
    "pasted text replaces a value as typed digits do, and goes where the cursor is after other keys",
    arguments: [
      (["Tab", "Enter"], "12", "depth = 12"), (["Tab", "Enter", "End"], "1", "depth = 31"),
      (["Tab", "Enter", "4"], "2", "depth = 42"), (["Tab", "Enter"], "\n", "depth = 3"),
    ])
  func pasting(keys: [String], text: String, line: String) {
    var scenario = Scenario()
    for key in keys { scenario.press(key) }
    scenario.send(.input(.paste(text)))
    #expect(scenario.status.contains(line + " "), "\(scenario.status)")
  }

  @Test("the width of a figure is replaced as values are, and pasted digits go into it")
  func width() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("F", "e", "Tab", "Tab", "8", "0", "0")
    #expect(scenario.text.contains("◂ 800 pixels ▸"), "\(scenario.text)")
    scenario.press("→")
    scenario.send(.input(.paste("640\n")))
    #expect(scenario.text.contains("◂ 640 pixels ▸"))
  }

  @Test("Backspace, which is Ctrl-H, goes to the previous head, round the ends")
  func previousHead() {
    var scenario = Scenario()
    scenario.press("→", "Backspace")
    #expect(scenario.state.choices.selection.latentHead == 3)
    scenario.press("h")
    #expect(scenario.state.choices.selection.latentHead == 0)
  }
}
