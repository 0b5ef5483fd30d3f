// Keys that are pressed while the model is being built: none is dropped, and what is said of them goes.

import Explorer
import Perceiver
import Screens
import Testing

@Suite struct WaitingCommandTests {
  /// A program whose model is being built.
  private func building() -> Scenario {
    var scenario = Scenario(width: 120, height: 40, isStarted: .notYet)
    scenario.isHolding = true
    scenario.send(.start)
    return scenario
  }

  /// Lets the model be built, and all that is asked for then.
  private func built(_ scenario: inout Scenario) {
    #expect(scenario.state.isBuilding)
    scenario.release()
    #expect(!scenario.state.isBuilding && !scenario.state.isBusy)
  }

  @Test("why waits for the model and answers when it is there, and is a step that undo goes back")
  func why() {
    var scenario = building()
    scenario.press("y")
    #expect(
      scenario.said == "the model is still being built: y waits for it, Esc drops it")
    #expect(scenario.state.choices.view.replacement == nil)
    built(&scenario)
    #expect(scenario.state.choices.view.replacement == .why)
    #expect(scenario.state.shownWhy != nil)
    #expect(!scenario.said.contains("being built"), "\(scenario.said)")
    scenario.press("u")
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(!scenario.state.history.canUndo)
  }

  @Test(
    "tables, heads and stages wait too, in the order of their keys",
    arguments: [("E", "answer without each stage"), ("L", "heads · by stage")])
  func tables(key: String, title: String) {
    var scenario = building()
    scenario.press("End", key)
    built(&scenario)
    #expect(scenario.state.position == 5)
    #expect(scenario.lines[1].contains(title), "\(scenario.lines[1])")
  }

  @Test("steps add up with their numbers, and any other key pressed twice is meant once")
  func again() {
    var scenario = building()
    scenario.press("→", "→", "2", "→")
    built(&scenario)
    #expect(scenario.state.position == 4)
    scenario = building()
    scenario.press("y", "y", "y")
    built(&scenario)
    #expect(scenario.state.choices.view.replacement == .why)
    #expect(scenario.state.choices.view.why.method == nil)
  }

  @Test("a line that was typed waits as a key does, and what it says stays")
  func line() {
    var scenario = building()
    scenario.command("stage latent 2.1")
    #expect(scenario.said.hasPrefix("the model is still being built: :stage latent 2.1 waits"))
    scenario.command("why rollout-half")
    built(&scenario)
    #expect(scenario.state.stageID?.name == "latent 2.1")
    #expect(scenario.state.choices.view.why.method == "rollout-half")
    #expect(scenario.said.hasPrefix("rollout-half: "), "\(scenario.said)")
  }

  @Test("Esc drops what waits, and so does what keeps the model from being built")
  func dropped() {
    var scenario = building()
    scenario.press("y", "Esc")
    #expect(scenario.said == "nothing waits for the model any more")
    built(&scenario)
    #expect(scenario.state.choices.view.replacement == nil)

    scenario.isHolding = true
    scenario.command("depth 2")
    scenario.press("y", "Ctrl-C")
    scenario.send(.built(.cancelled, generation: scenario.state.open.generation))
    scenario.isHolding = false
    scenario.press("]")
    #expect(scenario.state.choices.view.replacement == nil)

    // Ctrl-C drops what waits for stages too.
    scenario = building()
    scenario.press("End", "y")
    scenario.releaseOnce()
    #expect(!scenario.state.isBuilding && scenario.state.isComputingStage)
    scenario.press("Ctrl-C")
    scenario.send(.stageComputed(.cancelled, generation: scenario.state.open.generation))
    scenario.release()
    #expect(scenario.state.choices.view.replacement == nil && scenario.state.position == 0)
  }

  @Test("what the model turns out not to have is said when it is there")
  func refused() {
    var configuration = Scenario.small
    configuration.finalClassifierHead = false
    var scenario = Scenario(
      width: 120, height: 40, configuration: configuration, isStarted: .notYet)
    scenario.isHolding = true
    scenario.send(.start)
    scenario.command("table heads")
    built(&scenario)
    #expect(scenario.said.contains("table heads: the model scores no classes"), "\(scenario.said)")
  }
}
