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
