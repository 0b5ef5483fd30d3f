// The link to a view, and keys as a line of text.

import Explorer
import Screens
import Testing

@Suite struct LinkTests {
  @Test(
    "what the link says opens the very same view",
    arguments: [
      [], ["→"], ["→", "h", "h"], ["→", "v"], ["]", "]", "s", "p"], ["m"], ["]", "m", "m"], ["g"],
      ["c", "o"], ["→", "→", "H", "g"], ["F"], ["L"], ["y"], ["End", "y", "y"], ["B"],
    ])
  func roundTrip(keys: [String]) {
    var scenario = Scenario(width: 120, height: 40)
    for key in keys { scenario.press(key) }
    let link = ViewLink(scenario.state)
    let opened = Scenario(width: 120, height: 40, lines: link.parts.map(\.line))
    #expect(opened.said == "", "\(opened.said)")
    #expect(opened.state.stageID == scenario.state.stageID)
    #expect(opened.state.choices.selection.latent == scenario.state.choices.selection.latent)
    #expect(opened.state.choices.view.replacement == scenario.state.choices.view.replacement)
    #expect(opened.lines[1] == scenario.lines[1], "\(link.commandLine)")
    // What the program was started with is no change to be undone.
    #expect(!opened.state.history.canUndo)
  }

  @Test("the line names input, model and view, and says what it cannot say")
  func line() {
    var scenario = Scenario()
    scenario.command("depth 2")
    scenario.command("seed 5")
    scenario.press("→", "h", "]")
    let link = ViewLink(scenario.state)
    #expect(link.commandLine.hasPrefix("perceiver-tui ramp.ppm --seed 5 --depth 2 "))
    #expect(link.commandLine.hasSuffix(" --stage 'latent 1.1' --head 2 --latent 2"))
    #expect(link.gap == "the input is from no file")
    scenario.command("link")
    #expect(scenario.said.hasPrefix(link.commandLine))
    #expect(scenario.own == ["copy \(link.commandLine)"])
  }

  @Test("a line that cannot be done is said, and the rest is left")
  func wrong() {
    let scenario = Scenario(lines: ["stage cross 9", "latent 3"])
    #expect(scenario.said.contains("stage: expected 1 to 6"))
    #expect(scenario.state.choices.selection.latent == 0)
  }

  @Test("a later stage is waited for")
  func waiting() {
    var scenario = Scenario(isStarted: .notYet, lines: ["stage 4", "head 3", "view one"])
    scenario.isHolding = true
    scenario.send(.start)
    #expect(scenario.state.choices.selection.latentHead == 0)
    scenario.release()
    #expect(scenario.state.position == 3)
    #expect(scenario.state.choices.selection.latentHead == 2)
    #expect(scenario.state.mapView == .one)
  }
}

@Suite struct KeyScriptTests {
  @Test(
    "keys are read by their names, text in quotes is typed",
    arguments: [
      ("", []), ("Right → n", [.right, .right, .character("n")]),
      ("3] Ctrl-R", [.character("3"), .character("]"), .control("r")]),
      (
        "':d 4' Enter",
        [.character(":"), .character("d"), .character(" "), .character("4"), .enter]
      ),
      ("  g   g ", [.character("g"), .character("g")]), ("''", []),
    ] as [(String, [Key])])
  func reading(text: String, keys: [Key]) throws {
    #expect(try KeyScript(text).keys == keys)
  }

  @Test("what is no key is named", arguments: ["Entr", "'open", "→ depth", "Hyper-Q"])
  func wrong(text: String) {
    #expect(throws: KeyScriptError.self) { try KeyScript(text) }
  }
}
