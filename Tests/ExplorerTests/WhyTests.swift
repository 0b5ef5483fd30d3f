// Asking why the model answered so, over the picture.

import Explorer
import Perceiver
import Screens
import Testing

@Suite struct WhyTests {
  @Test("y shows what the answer rests on, refined over half pictures; y again shows the map")
  func shows() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("y")
    #expect(scenario.state.choices.view.replacement == .why)
    #expect(scenario.text.contains("16 half pictures"))
    #expect(scenario.text.contains("rests on"))
    scenario.press("y")
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(!scenario.text.contains("half pictures"))
  }

  @Test("only one view takes the map's place: the figure, or why")
  func replaces() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("F", "y")
    #expect(scenario.text.contains("half pictures"))
    scenario.press("F")
    #expect(scenario.state.choices.view.replacement == .figure)
    #expect(!scenario.text.contains("half pictures"))
  }

  @Test("a model that ends with its latents says that it has no answer to explain")
  func noAnswer() {
    var configuration = Scenario.small
    configuration.finalClassifierHead = false
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.press("y")
    #expect(scenario.status.contains("no answer to explain"))
    #expect(scenario.state.choices.view.replacement == nil)
  }

  @Test("changing the model asks again, of the new one")
  func asksAgain() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("y")
    let former = scenario.text
    scenario.command("seed 5")
    #expect(scenario.text.contains("16 half pictures"))
    #expect(scenario.text != former)
  }

  @Test("it fits small screens and terminals without colours")
  func small() {
    for depth in [ColourDepth.monochrome, .indexed256] {
      var scenario = Scenario(width: 60, height: 18, depth: depth)
      scenario.press("y")
      #expect(scenario.text.contains("why"))
    }
  }
}
