// Hiding pixels with the hand, and what becomes of the answer.

import Explorer
import Perceiver
import Pictures
import Screens
import Testing

@Suite struct MarkTests {
  /// The cell that shows a pixel of the scenario's picture.
  private func cell(column: Int, row: Int) throws -> Point {
    let area = try #require(
      ScreenLayout(width: 120, height: 40, pictures: PictureShape(columns: 12, rows: 8))
    ).map
    let cells = PixelCanvas(depth: .indexed256, symbols: .unicode).fitted(
      width: 12, height: 8, in: area)
    return Point(
      x: cells.x + (2 * column + 1) * cells.width / 24,
      y: cells.y + (2 * row + 1) * cells.height / 16)
  }

  private func hidden(_ scenario: Scenario) -> Set<Int> {
    let marks = scenario.state.choices.changes.hidden?.hidden ?? []
    return Set(marks.indices.filter { marks[$0] })
  }

  /// The pixels of a rectangle of the 12 × 8 picture.
  private func rectangle(rows: ClosedRange<Int>, columns: ClosedRange<Int>) -> Set<Int> {
    Set(rows.flatMap { row in columns.map { row * 12 + $0 } })
  }

  @Test("a rectangle from the cursor is grown with arrows and hidden with Enter; u shows it again")
  func keys() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("i", "X", "Shift-→", "Shift-→", "Shift-↓", "Enter")
    #expect(hidden(scenario) == rectangle(rows: 4...5, columns: 6...8))
    #expect(scenario.said.contains("6 of 96 pixels hidden"))
    #expect(scenario.lines[0].contains("6.25 % hidden"))
    #expect(scenario.screen.plainText.contains("╱"))
    scenario.press("u")
    #expect(hidden(scenario).isEmpty)
    #expect(!scenario.screen.plainText.contains("╱"))
    scenario.press("Ctrl-R")
    #expect(hidden(scenario).count == 6)
  }

  @Test("Esc leaves the rectangle and then the cursor; X without a cursor puts it out")
  func leaving() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("X")
    #expect(
      scenario.said == "go to a corner; X begins the rectangle there, and Enter then hides it")
    scenario.press("X", "Shift-→", "Esc")
    #expect(scenario.state.isProbing)
    #expect(hidden(scenario).isEmpty)
    scenario.press("Esc")
    #expect(!scenario.state.isProbing)
  }

  @Test("dragging hides a rectangle, and shows it again from a hidden pixel on; a click does not")
  func mouse() throws {
    var scenario = Scenario(width: 120, height: 40)
    func drag(from: (Int, Int), to: (Int, Int)) throws {
      for (action, at) in [
        (MouseEvent.Action.press(.left), from), (.drag(.left), to), (.release(.left), to),
      ] {
        let point = try cell(column: at.0, row: at.1)
        scenario.send(.input(.mouse(MouseEvent(action, at: point))))
      }
    }
    try drag(from: (9, 5), to: (2, 1))
    #expect(hidden(scenario) == rectangle(rows: 1...5, columns: 2...9))
    try drag(from: (3, 2), to: (4, 3))
    #expect(hidden(scenario).count == 36)
    #expect(hidden(scenario).isDisjoint(with: rectangle(rows: 2...3, columns: 3...4)))
    let point = try cell(column: 0, row: 0)
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: point))))
    scenario.send(.input(.mouse(MouseEvent(.release(.left), at: point))))
    #expect(hidden(scenario).count == 36)
  }

  @Test("the classes before and after are those of a run that does not read the pixels")
  func classes() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("hide 2,3,4x5")
    #expect(hidden(scenario) == rectangle(rows: 2...5, columns: 3...7))
    let run = try #require(scenario.state.run)
    let marks = try #require(scenario.state.choices.changes.hidden?.hidden)
    let expected = try run.hiding(marks).completed()
    for index in run.stageIDs.indices {
      scenario.command("stage \(index + 1)")
      let changed = try #require(scenario.state.open.changed?.scores[index])
      let theirs = try #require(expected.logits(from: expected.stages[index].latents))
      for entry in changed.top { #expect(entry.logit == theirs.values[entry.index]) }
    }
    #expect(scenario.text.contains("before → after, KL "))
    let before = try #require(scenario.state.shownScores?.top[0])
    #expect(scenario.text.contains(Figures.number(before.answer, digits: 2)))
    #expect(!scenario.state.isBusy)
  }

  @Test("x inverts while pixels are hidden, and drops changes among the hyperparameters")
  func inverting() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("hide 0,0,2x12")
    scenario.press("x")
    #expect(hidden(scenario) == rectangle(rows: 2...7, columns: 0...11))
    scenario.press("Tab", "Tab", ">", "x")
    #expect(scenario.said.contains("changes dropped"))
    #expect(hidden(scenario).count == 72)
    scenario.command("hide clear")
    #expect(hidden(scenario).isEmpty)
    #expect(scenario.state.open.changed == nil)
  }

  @Test("what cannot be hidden is told in a sentence, and everything may be")
  func edges() {
    var scenario = Scenario(width: 120, height: 40)
    for (line, words) in [
      ("hide 0,0,9x1", "inside 8 rows and 12 columns"), ("hide 7,11,1x2", "inside 8 rows"),
      ("hide 1,2,3", "expected ROW,COLUMN,HEIGHTxWIDTH or clear"), ("hide", "found nothing"),
      ("hide 0,0,0x4", "expected ROW"),
    ] {
      scenario.command(line)
      #expect(scenario.said.contains(words), "\(line)")
      #expect(hidden(scenario).isEmpty, "\(line)")
    }
    scenario.command("hide 0,0,8x12")
    #expect(scenario.said.contains("everything is hidden"))
    #expect(scenario.state.open.changed?.scores.count == scenario.state.stageIDs.count)
    scenario.press("→", "X")
    #expect(scenario.said.contains("latents have no pixels"))
  }

  @Test("marks go with the picture that they are of, and another model is asked anew")
  func otherInputs() throws {
    let files = MemoryFiles(inputs: [
      "small.ppm": Scenario.picture(width: 6, height: 5, name: "small.ppm")
    ])
    var scenario = Scenario(width: 120, height: 40, files: files)
    scenario.command("hide 0,0,2x12")
    let former = try #require(scenario.state.open.changed?.scores[0])
    scenario.command("seed 5")
    #expect(hidden(scenario).count == 24)
    #expect(scenario.state.open.changed?.scores[0] != former)
    scenario.command("open small.ppm")
    #expect(hidden(scenario).isEmpty)
  }

  @Test("a why map is hatched and marked as attention is, also at stages of latents")
  func why() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("→", "y", "i", "X", "Shift-→", "Enter")
    #expect(hidden(scenario).count == 2)
    #expect(scenario.screen.plainText.contains("╱"))
  }

  @Test("it fits small screens and terminals without colours")
  func small() {
    for depth in [ColourDepth.monochrome, .indexed256] {
      var scenario = Scenario(width: 60, height: 18, depth: depth, symbols: .ascii)
      scenario.command("hide 0,0,4x4")
      #expect(scenario.screen.plainText.contains("////"))
      #expect(scenario.lines[0].contains("16.7 % hidden"))
    }
  }
}
