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

  @Test(
    "what has no option of its own is said as commands",
    arguments: [
      (["i", "→", "↓"], ["cursor "]), (["i", "I"], ["cursor ", "readers"]),
      (["i", "+"], ["zoom 2 ", "cursor "]), (["S"], ["scale locked"]),
      (["L", "v"], ["head-maps"]), (["L", "v", "S"], ["head-maps", "scale shared"]),
      (["+", "L", "v"], ["head-maps"]),
      (["B", "→", "→"], ["channels 3", "open-channel"]), (["B", "→", "Enter"], ["channels 2"]),
      (["B", "→", "Enter", "+"], ["channels 2", "zoom 2 "]),
      (
        ["End", "':why-class 3'", "Enter", "':against second'", "Enter"],
        ["why-class 3", "against second"]
      ),
      (["]", "':table heads'", "Enter"], ["table heads"]),
      (["]", "':why-latent 3'", "Enter"], ["why-latent 3"]),
      (["z"], ["off cross 1 head 1"]), (["→", "Z"], ["off latent 1.1"]),
      (["]", "':switch-latent average'", "Enter"], ["off latent 2 averaged"]),
      (["':hide 2,3,4x5'", "Enter", "!"], ["hide 2,3,4x5", "toggle-changes without"]),
      (["':hide 2,3,4x5'", "Enter", "':hide-at cross 2'", "Enter"], ["hide ", "hide-at cross 2"]),
      (["End", "':why-class 3'", "Enter", "L"], ["why-class 3", "heads"]),
    ])
  func commands(keys: [String], begins: [String]) {
    var scenario = Scenario(
      width: 120, height: 40, input: Scenario.picture(width: 32, height: 24))
    for key in keys { scenario.press(key) }
    let link = ViewLink(scenario.state)
    let commands = link.parts.filter { $0.option == "do" }.map(\.line)
    #expect(commands.count == begins.count, "\(commands)")
    #expect(zip(commands, begins).allSatisfy { $0.hasPrefix($1) }, "\(commands)")
    let opened = Scenario(
      width: 120, height: 40, input: Scenario.picture(width: 32, height: 24),
      lines: link.parts.map(\.line))
    #expect(opened.said == "", "\(opened.said)")
    #expect(opened.state.isProbing == scenario.state.isProbing)
    #expect(opened.state.probedKey == scenario.state.probedKey)
    if commands.contains(where: { $0.hasPrefix("zoom") }) {
      #expect(opened.state.choices.view.zoom == scenario.state.choices.view.zoom)
      #expect(opened.state.choices.view.centre == scenario.state.choices.view.centre)
    }
    #expect(opened.state.choices.changes == scenario.state.choices.changes)
    #expect(opened.state.choices.view.scaleScope == scenario.state.choices.view.scaleScope)
    let (asked, why) = (opened.state.choices.view.why, scenario.state.choices.view.why)
    #expect(asked.choice == why.choice && asked.against == why.against)
    #expect(opened.lines[1] == scenario.lines[1])
  }

  @Test(
    "what it cannot say is named",
    arguments: [
      (["P", "]"], "the pinned view is not in it"),
      (["P", "]", "D"], "the pinned view and its difference are not in it"),
      (["S"], "its scale is locked at what that view shows"),
      (["→", "i"], "the cursor is not in it"),
    ])
  func gaps(keys: [String], gap: String) {
    var scenario = Scenario(width: 120, height: 40)
    for key in keys { scenario.press(key) }
    #expect(
      ViewLink(scenario.state).gap
        == "the input is from no file; \(gap); :session save FILE keeps all of it")
  }

  @Test("a session is named only where it keeps what the link cannot say")
  func gapOfSessions() {
    #expect(ViewLink(Scenario().state).gap == "the input is from no file")
  }

  @Test("a class of the decoder, an output and chosen tokens are in it")
  func decoder() {
    var configuration = Scenario.io
    configuration.logitsDim = 3
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.press("End")
    scenario.command("output 5")
    #expect(ViewLink(scenario.state).parts.map(\.line).contains("output 5"))
  }

  @Test(
    "cursor and zoom say what they expect",
    arguments: [
      ("cursor 12 0", "expected a column from 0 to 11 and a row from 0 to 7, found 12 0"),
      ("cursor 1", "expected a column from 0 to 11"), ("cursor a b", "expected a column"),
      ("zoom 99", "zoom: expected in, out, fit, or 1 to 3"), ("zoom 2 0.5", "and a point such as"),
      ("zoom 2 0.5 7", "and a point such as"),
    ])
  func refused(line: String, said: String) {
    var scenario = Scenario()
    scenario.command(line)
    #expect(scenario.said.contains(said), "\(scenario.said)")
    #expect(!scenario.state.isProbing && scenario.state.choices.view.zoom == 1)
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
      ("3Right", [.character("3"), .right]), ("12h", ["1", "2", "h"].map { .character($0) }),
      ("0.5", ["0", ".", "5"].map { .character($0) }),
      (
        "':d 4' Enter",
        [.character(":"), .character("d"), .character(" "), .character("4"), .enter]
      ),
      ("  g   g ", [.character("g"), .character("g")]), ("''", []),
    ] as [(String, [Key])])
  func reading(text: String, keys: [Key]) throws {
    #expect(try KeyScript(text).keys == keys)
  }

  @Test("what is no key is named", arguments: ["Entr", "'open", "→ depth", "Hyper-Q", "3Rigth"])
  func wrong(text: String) {
    #expect(throws: KeyScriptError.self) { try KeyScript(text) }
  }
}
