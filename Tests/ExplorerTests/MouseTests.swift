// The mouse on what people see: the wheel in lists, and clicks on rows, cells, dialogs and keys.

import Explorer
import Perceiver
import Screens
import Testing

extension Scenario {
  /// Where a text stands on the screen.
  func place(of text: String) throws -> Point {
    let lines = lines
    let y = try #require(lines.firstIndex { $0.contains(text) }, "\(text)")
    let line = lines[y]
    let start = try #require(line.firstRange(of: text)).lowerBound
    return Point(x: String(line[..<start]).displayWidth, y: y)
  }

  /// Does something with the mouse where a text stands.
  mutating func mouse(_ action: MouseEvent.Action, on text: String) throws {
    send(.input(.mouse(MouseEvent(action, at: try place(of: text)))))
  }

  /// Clicks on a text.
  mutating func click(_ text: String) throws { try mouse(.press(.left), on: text) }
}

@Suite struct ClickTests {
  @Test("a click on the last line's words or keys presses the key")
  func keys() throws {
    var scenario = Scenario(width: 300, height: 40)
    try scenario.click("export")
    #expect(scenario.text.contains("┌ export ─"))
    scenario.press("Esc")
    // Of two keys that stand together, each is itself; the words are the command's own.
    let stages = try scenario.place(of: "←→ stage")
    func click(_ column: Int) {
      scenario.send(
        .input(.mouse(MouseEvent(.press(.left), at: Point(x: stages.x + column, y: stages.y)))))
    }
    click(1)
    #expect(scenario.state.position == 1)
    click(4)
    #expect(scenario.state.position == 2)
    click(0)
    #expect(scenario.state.position == 1)
  }

  @Test("a click on a pane or on its title presses the key that the title shows")
  func titles() throws {
    var scenario = Scenario(width: 120, height: 40)
    try scenario.click("legend [s]")
    #expect(scenario.state.choices.view.transfer == .log)
    // The pane itself does the same.
    try scenario.click("log · probabilities")
    #expect(scenario.state.choices.view.transfer == .percentile)
    try scenario.click("readout [i]")
    #expect(scenario.state.isProbing)
    // With the cursor out the title shows no key.
    let cursor = scenario.state.probedKey
    try scenario.click("readout")
    #expect(scenario.state.isProbing && scenario.state.probedKey == cursor)
    scenario.press("Esc")
    try scenario.click("hyperparameters [Shift-Tab]")
    #expect(scenario.state.focus == .hyperparameters)
  }

  @Test("a click on the figures of a training leaves it running, one on its title pauses it")
  func training() throws {
    var scenario = Scenario(width: 120, height: 40, configuration: Scenario.io)
    scenario.press("t")
    scenario.train(3)
    try scenario.click("3 of 1500")
    #expect(scenario.state.training?.phase == .running)
    try scenario.click("training [t]")
    #expect(scenario.state.training?.phase == .paused)
  }

  @Test("a click on a message puts it away, and presses no key under it")
  func message() {
    var scenario = Scenario()
    scenario.press("Q")
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: Point(x: 3, y: 23)))))
    #expect(scenario.said == "" && scenario.state.position == 0)
  }

  @Test("every key of the last line can be clicked, at every size", arguments: [60, 80, 120, 200])
  func allKeys(width: Int) throws {
    var before = Scenario(width: width, height: 40)
    // Where there is something on either side.
    before.press("→", "→", "]", "]")
    for entry in FooterKeys.entries(before.state) {
      let words = "\(entry.keys) \(entry.words)"
      guard before.status.contains(words) else { continue }
      var clicked = before
      try clicked.click(words)
      #expect(
        clicked.state.mode != before.state.mode || clicked.own != before.own
          || clicked.screen != before.screen || clicked.state.choices != before.state.choices,
        "\(words)")
    }
  }

  @Test("a line of the table of heads is chosen by a click, and opened by the next")
  func heads() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "L")
    let row = try scenario.place(of: "latent 2.1  ")
    let third = MouseEvent(.press(.left), at: Point(x: row.x, y: row.y + 2))
    scenario.send(.input(.mouse(third)))
    #expect(scenario.state.choices.view.replacement == .heads)
    scenario.send(.input(.mouse(third)))
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(scenario.state.stageID?.name == "latent 2.1")
    #expect(scenario.state.choices.selection.latentHead == 2)
  }

  @Test("a reader is chosen by a click, and its map shown by the next")
  func readers() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("i", "I", "↓", "↓")
    var keyed = scenario
    keyed.press("Enter")
    scenario.press("↑", "↑")
    let heading = try scenario.place(of: "times uniform")
    let third = MouseEvent(.press(.left), at: Point(x: heading.x, y: heading.y + 3))
    scenario.send(.input(.mouse(third)))
    #expect(scenario.state.choices.view.replacement == .readers)
    scenario.send(.input(.mouse(third)))
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(scenario.state.choices.selection == keyed.state.choices.selection)
  }

  @Test("what / finds is chosen by a click, and gone to by the next")
  func search() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("/", "'latent'")
    // Below the hyperparameters' own pane.
    let y = try #require(scenario.lines.lastIndex { $0.contains("  latent_heads ") })
    let row = MouseEvent(.press(.left), at: Point(x: 6, y: y))
    scenario.send(.input(.mouse(row)))
    #expect(scenario.status.contains("Enter goes to latent_heads"))
    scenario.send(.input(.mouse(row)))
    #expect(scenario.state.mode == .normal && scenario.state.focus == .hyperparameters)
  }

  @Test("lines of the export dialog are chosen by a click, their choices go on, its words are keys")
  func export() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("e")
    try scenario.click("format")
    #expect(scenario.text.contains("◂ png ▸"))
    try scenario.click("png ▸")
    #expect(scenario.text.contains("◂ ppm ▸"), "\(scenario.text)")
    try scenario.click("◂ ppm")
    #expect(scenario.text.contains("◂ png ▸"))
    try scenario.click("Enter writes")
    #expect(scenario.files.paths.count == 1)
    scenario.press("e", "Enter")
    #expect(scenario.text.contains("Replace it?"))
    let answers = try scenario.place(of: "y / n")
    scenario.send(
      .input(.mouse(MouseEvent(.press(.left), at: Point(x: answers.x + 4, y: answers.y)))))
    #expect(scenario.said == "nothing was written")
    try scenario.click("Esc leaves")
    #expect(scenario.state.mode == .normal)
  }

  @Test("classes are chosen by clicks: in the dialog, and in the list of classes")
  func classes() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "Y")
    try scenario.click("the second class")
    try scenario.click("the second class")
    #expect(scenario.state.mode == .normal)
    #expect(scenario.state.choices.view.why.against == .choice(.second))
    #expect(scenario.state.choices.view.replacement == .why)
    let titles = try #require(scenario.lines.lastIndex { $0.contains("classes: the output") })
    let second = try #require(scenario.state.shownScores?.top.dropFirst().first)
    scenario.send(
      .input(.mouse(MouseEvent(.press(.left), at: Point(x: 110, y: titles + 2)))))
    #expect(scenario.state.choices.view.why.choice == .number(second.index))
  }

  @Test("a value is typed after the second click on its line")
  func values() throws {
    var scenario = Scenario(width: 120, height: 40)
    try scenario.click("num_latents")
    #expect(scenario.state.mode == .normal)
    try scenario.click("num_latents")
    #expect(scenario.status.hasPrefix("num_latents = 8"))
  }

  @Test("a click on the point before or behind the chosen value steps it")
  func points() throws {
    var (clicked, pressed) = (Scenario(width: 120, height: 40), Scenario(width: 120, height: 40))
    try clicked.click("num_latents")
    try pressed.click("num_latents")
    try clicked.click("◂ 8 ▸")
    pressed.press("<")
    #expect(clicked.state.choices.draft == pressed.state.choices.draft)
    #expect(clicked.state.choices.hasDraftChanges && clicked.state.mode == .normal)
    try clicked.click("▸*")
    pressed.press(">")
    #expect(clicked.state.choices.draft == pressed.state.choices.draft)
    #expect(!clicked.state.choices.hasDraftChanges && clicked.state.mode == .normal)
  }
}

@Suite struct WheelTests {
  @Test("the wheel scrolls the table of heads and the list of readers, and leaves the zoom alone")
  func lists() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "L")
    let first = scenario.text
    try scenario.mouse(.scrollDown, on: "latent 1.1 ")
    #expect(scenario.text != first)
    try scenario.mouse(.scrollUp, on: "latent 1.1 ")
    #expect(scenario.text == first)
    #expect(scenario.state.choices.view.zoom == 1)
    scenario.press("Esc", "Home", "i", "I", "↓", "↓", "↓")
    let third = scenario.screen
    scenario.press("↑", "↑", "↑")
    #expect(scenario.screen != third)
    try scenario.mouse(.scrollDown, on: "times uniform")
    #expect(scenario.screen == third)
    #expect(scenario.state.choices.view.zoom == 1)
  }

  @Test("the wheel on the stages goes to the next or the previous one, and stays at the first")
  func stages() throws {
    var scenario = Scenario(width: 120, height: 40)
    try scenario.mouse(.scrollDown, on: "○ latent 2.1")
    #expect(scenario.state.position == 1)
    for _ in 0..<2 { try scenario.mouse(.scrollUp, on: "○ latent 2.1") }
    #expect(scenario.state.position == 0)
  }

  @Test(
    "+ says which view has no picture to be zoomed into",
    arguments: [
      (["L"], "zoom is for maps; L shows them"), (["i", "I"], "zoom is for maps; I shows them"),
      (["B"], "the grid shows whole maps; Enter opens one"), (["g"], "the grid shows whole maps"),
    ])
  func zoom(keys: [String], said: String) {
    var scenario = Scenario()
    for key in keys { scenario.press(key) }
    scenario.press("+")
    #expect(scenario.said == said)
    #expect(scenario.state.choices.view.zoom == 1)
  }
}
