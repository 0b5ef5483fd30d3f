// The map of a table's chosen line, beside the table on wide screens.

import Explorer
import Perceiver
import Screens
import Testing

@Suite struct RowMapTests {
  @Test(
    "a wide screen shows the chosen line's map beside the table",
    arguments: [
      ("L", "cross 1 · head 1 · mean of latents · probabilities"),
      ("E", "cross 1 · mean of latents · probabilities"),
      ("I", " · head 1 · latent "),
    ])
  func beside(key: String, title: String) {
    var wide = Scenario(width: 200, height: 60)
    wide.press(key)
    #expect(wide.text.contains(title), "\(wide.text)")
    var narrow = Scenario(width: 120, height: 40)
    narrow.press(key)
    #expect(!narrow.text.contains(title), "\(narrow.text)")
  }

  @Test("it follows the list, and has the numbers of the map that Enter goes to")
  func following() throws {
    var scenario = Scenario(width: 200, height: 60)
    scenario.press("L", "j")
    #expect(scenario.text.contains("latent 1.1 · head 1 · latents × latents · probabilities"))
    scenario.press("k")
    let ends = try #require(scenario.text.firstMatch(of: #/(\S+) to (\S+), linear/#))
    let (least, largest) = (String(ends.1), String(ends.2))
    scenario.press("Enter", "m")
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(scenario.text.contains(least) && scenario.text.contains(largest), "\(scenario.text)")
  }

  @Test("a click on the map chooses no line")
  func click() throws {
    var scenario = Scenario(width: 200, height: 60)
    scenario.press("L")
    let at = try scenario.place(of: " · mean of latents")
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: Point(x: at.x, y: at.y + 5)))))
    #expect(scenario.text.contains("cross 1 · head 1 · mean of latents"))
    let line = try scenario.place(of: "latent 1.1")
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: line))))
    #expect(scenario.text.contains("latent 1.1 · head 1 · latents × latents"))
  }
}
