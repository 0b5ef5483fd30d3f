// Keys in the grid of latents and in Figure 3: cell by cell, row by row, into a cell and out.

import Explorer
import Perceiver
import Screens
import Testing

@Suite struct GridKeyTests {
  /// Latents side by side in the grid, by the lines of their names.
  private func columns(_ scenario: Scenario) throws -> Int {
    let names = try #require(scenario.lines.first { $0.contains("[1]") })
    let own = names.prefix(upTo: try #require(names.firstRange(of: "││")).lowerBound)
    return own.split(separator: " ").count { Int($0) != nil || $0 == "[1]" }
  }

  @Test("arrows, j and k go by cells and rows, and stay at the ends", arguments: ["g", "F"])
  func moving(opening: String) throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press(opening)
    let columns = try columns(scenario)
    try #require((2..<8).contains(columns), "\(scenario.text)")
    func latent() -> Int { scenario.state.choices.selection.latent }
    scenario.press("→")
    #expect(latent() == 1)
    scenario.press("←", "←")
    #expect(latent() == 0)
    scenario.press("↓")
    #expect(latent() == columns)
    scenario.press("k", "j", "↑", "↑")
    #expect(latent() == 0)
    #expect(scenario.state.position == 0)
    // A number before a key repeats it; a row that is not there is not gone to.
    scenario.press("3", "→")
    #expect(latent() == 3)
    for _ in 0..<8 { scenario.press("j") }
    #expect(latent() < 8 && latent() + columns >= 8)
  }

  @Test("Enter opens the chosen cell large, Esc leaves, and heads and stages keep their keys")
  func opening() {
    var configuration = Scenario.small
    configuration.crossHeads = 2
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.press("g", "→", "→", "h")
    #expect(scenario.state.choices.selection.crossHead == 1)
    scenario.press("Enter")
    #expect(scenario.state.mapView == .one && scenario.state.choices.selection.latent == 2)
    scenario.press("g", "n", "n")
    #expect(scenario.state.position == 2 && scenario.state.mapView == .grid)
    scenario.press("b", "b", "Esc")
    #expect(scenario.state.position == 0 && scenario.state.mapView == .one)
    // There the arrows are those of stages again.
    scenario.press("→")
    #expect(scenario.state.position == 1)
  }

  @Test("Enter in Figure 3 opens one latent's scores")
  func figure() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("F")
    #expect(scenario.said.contains("n goes on"))
    scenario.press("→", "Enter")
    #expect(scenario.state.choices.view.replacement == nil && scenario.state.mapView == .one)
    #expect(scenario.state.choices.selection.latent == 1)
  }

  @Test("the last line and the help say what the keys do in the grid")
  func said() throws {
    var scenario = Scenario(width: 160, height: 40)
    scenario.press("g", "n", "b")
    let status = scenario.status
    #expect(status.contains("←→↑↓ move") && status.contains("Enter large"), "\(status)")
    #expect(status.contains("bn stage"), "\(status)")
    scenario.press("?")
    let help = HelpText(scenario.state).lines.map { $0.map(\.text).joined() }
    let grid = try #require(help.firstIndex(of: "in the grid of latents"))
    #expect(grid < help.firstIndex { $0.hasPrefix("move in time") } ?? 0)
  }

  @Test("a click on a small map chooses it, a second opens it, the wheel goes by rows")
  func mouse() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("g")
    let columns = try columns(scenario)
    // The last of the first row.
    let y = try scenario.place(of: "[1]").y
    let line = scenario.lines[y]
    let name = try #require(line.firstRange(of: " \(columns) ")).lowerBound
    let at = Point(x: String(line[..<name]).displayWidth + 1, y: y)
    let click = MouseEvent(.press(.left), at: at)
    scenario.send(.input(.mouse(click)))
    #expect(
      scenario.state.choices.selection.latent == columns - 1 && scenario.state.mapView == .grid)
    scenario.send(.input(.mouse(MouseEvent(.scrollDown, at: at))))
    #expect(scenario.state.choices.selection.latent == 2 * columns - 1)
    scenario.send(.input(.mouse(MouseEvent(.scrollUp, at: at))))
    scenario.send(.input(.mouse(click)))
    #expect(scenario.state.mapView == .one)
    #expect(scenario.state.choices.selection.latent == columns - 1)
  }

  @Test("the keys are the grid's while it is shown, even where the cursor was out")
  func cursor() {
    var scenario = Scenario(width: 120, height: 40, hints: .on)
    scenario.press("i")
    #expect(scenario.state.isProbing)
    scenario.press("g", "→")
    #expect(scenario.state.mapView == .grid && !scenario.state.isProbing)
    #expect(scenario.text.contains("Next: arrows go through the small maps"))
    #expect(scenario.status.contains("Enter large"), "\(scenario.status)")
    #expect(scenario.state.choices.selection.latent == 1)
    scenario.press("Enter")
    #expect(scenario.state.mapView == .one && scenario.state.choices.selection.latent == 1)
  }

  @Test("a pixel that was clicked leaves the mouse and Enter to the grid")
  func clickedCursor() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: Point(x: 20, y: 10)))))
    scenario.send(.input(.mouse(MouseEvent(.release(.left), at: Point(x: 20, y: 10)))))
    #expect(scenario.state.isProbing)
    scenario.press("g")
    let at = try scenario.place(of: "   3   ")
    let cell = Point(x: at.x + 3, y: at.y)
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: cell))))
    #expect(scenario.state.choices.selection.latent == 2 && scenario.state.mapView == .grid)
    scenario.send(.input(.mouse(MouseEvent(.release(.left), at: cell))))
    scenario.press("Enter")
    #expect(scenario.state.mapView == .one && scenario.state.choices.selection.latent == 2)
  }

  @Test("gg shows the first latent of what was shown, and g by itself goes between grid and map")
  func first() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("4", "]", "g", "g")
    #expect(scenario.state.mapView == .one && scenario.state.choices.selection.latent == 0)
    #expect(scenario.said == "one map, latent 1 of 8")
    scenario.press("G", "g")
    #expect(scenario.state.mapView == .grid && scenario.state.choices.selection.latent == 7)
    scenario.letTimersGoOff()
    scenario.press("g")
    #expect(scenario.state.mapView == .one && scenario.state.choices.selection.latent == 7)
    // With another key between them they are two.
    scenario.letTimersGoOff()
    scenario.press("g", "←", "g")
    #expect(scenario.state.mapView == .one && scenario.state.choices.selection.latent == 6)
  }

  @Test(
    "Esc leaves side by side where it was opened, and not where the screen is wide enough for it")
  func sideBySide() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("v", "v")
    #expect(scenario.state.mapView == .sideBySide)
    scenario.press("Esc")
    #expect(scenario.state.mapView == .one && scenario.said == "one map")
    scenario.press("Esc")
    #expect(scenario.said.contains("nothing is open here"))
    var wide = Scenario(width: 200, height: 60)
    #expect(wide.state.mapView == .sideBySide)
    wide.press("Esc")
    #expect(wide.state.mapView == .sideBySide && wide.said.contains("nothing is open here"))
  }
}
