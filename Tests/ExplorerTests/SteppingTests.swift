// Moving in time: stages are computed when they are first asked for, and kept.

import Explorer
import Screens
import Testing

@Suite struct SteppingTests {
  @Test("the program opens on the first stage with its map")
  func start() {
    let scenario = Scenario(width: 120, height: 40)
    #expect(scenario.state.stage?.id.name == "cross 1")
    #expect(scenario.lines[1].contains("cross 1 · head 1 of 1 · latent 1 of 8"))
    #expect(scenario.lines[0].contains("untrained, seed 0"))
  }

  @Test("the photo is drawn while the model is being built")
  func photoFirst() {
    var scenario = Scenario(isStarted: .notYet)
    scenario.isHolding = true
    scenario.send(.start)
    #expect(scenario.state.stage == nil && scenario.state.isBuilding)
    #expect(scenario.text.contains("building model"))
    let colours = Set(scenario.screen.cells.compactMap(\.style.background))
    #expect(colours.count > 8, "a photo has many colours, found \(colours.count)")
    scenario.release()
    #expect(scenario.state.stage?.id.index == 0)
  }

  @Test(
    "keys move among the stages",
    arguments: [
      (["→"], 1), (["n", "n"], 2), (["→", "→", "←"], 1), (["End"], 5), (["End", "Home"], 0),
      (["b"], 0), (["End", "→"], 5), (["End", "b", "b", "n"], 4),
    ])
  func moving(keys: [String], position: Int) {
    var scenario = Scenario()
    for key in keys { scenario.press(key) }
    #expect(scenario.state.position == position)
    #expect(scenario.state.stage?.id.index == position)
  }

  @Test("going back computes nothing anew")
  func backIsFree() {
    var scenario = Scenario()
    scenario.press("End")
    let computed = scenario.state.run?.stages.map(\.seconds)
    scenario.isHolding = true
    scenario.press("Home", "→", "→", "b")
    #expect(scenario.state.run?.stages.map(\.seconds) == computed)
    let stages = scenario.held.filter { if case .computeStage = $0 { true } else { false } }
    #expect(stages.isEmpty)
  }

  @Test("each press during a computation counts, and only one stage is computed at a time")
  func pressesAreCounted() {
    var scenario = Scenario()
    scenario.isHolding = true
    scenario.press("→", "→", "→")
    #expect(scenario.held.count { if case .computeStage = $0 { true } else { false } } == 1)
    #expect(scenario.state.position == 0)
    scenario.release()
    #expect(scenario.state.position == 3)
  }

  @Test("Ctrl-C cancels a computation, and twice quits")
  func cancelling() {
    var scenario = Scenario()
    scenario.isHolding = true
    scenario.press("End", "Ctrl-C")
    #expect(scenario.status.contains("cancelled"))
    #expect(scenario.own.isEmpty)
    scenario.send(.stageComputed(.cancelled, generation: scenario.state.open.generation))
    #expect(scenario.state.target == nil && !scenario.state.isComputingStage)
    scenario.press("Ctrl-C")
    #expect(scenario.own == ["quit"])
  }

  @Test("a key between two Ctrl-C keeps the program")
  func quittingIsDisarmed() {
    var scenario = Scenario()
    scenario.press("Ctrl-C", "s", "Ctrl-C")
    #expect(scenario.own.isEmpty)
  }

  @Test("autoplay goes to the last stage and stops there")
  func autoplay() {
    var scenario = Scenario()
    scenario.press("Space")
    #expect(scenario.state.isPlaying && scenario.state.position == 1)
    for _ in 0..<8 { scenario.letTimersGoOff() }
    #expect(scenario.state.position == 5 && !scenario.state.isPlaying)
  }

  @Test("the last stage names the output's classes")
  func output() {
    var scenario = Scenario()
    scenario.press("End")
    #expect(scenario.text.contains("the output, chance 0.1 [Y] "))
    scenario.press("Home")
    #expect(scenario.text.contains("so far, chance 0.1 [Y] "))
  }

  @Test("many stages stand in blocks, of which the shown one is open; keys and clicks go by block")
  func blocks() throws {
    var configuration = Scenario.small
    configuration.depth = 8
    configuration.selfPerCrossAttn = 6
    configuration.weightTieLayers = true
    var scenario = Scenario(width: 80, height: 24, configuration: configuration)
    func timeline() -> String { scenario.lines[22] }
    #expect(timeline().contains("[● cross 1]"))
    scenario.press(")")
    #expect(scenario.state.position == 7)
    #expect(timeline().contains("● 1 ─ [● cross 2]"), "\(timeline())")
    #expect(scenario.lines[0].contains("cross 2, 8 of 56 · block 2 of 8"))
    // The first layer has parameters of its own; the other seven share theirs.
    #expect(scenario.text.contains("weights shared by 7 stages"))
    scenario.press("→", "→", "→", "(")
    #expect(scenario.state.position == 7)
    scenario.press("(")
    #expect(scenario.state.position == 0)
    scenario.press("(")
    #expect(scenario.status.contains("this is the first block"))
    scenario.press("End")
    #expect(scenario.state.position == 55)
    let column = try #require(timeline().range(of: "● 7")).lowerBound
    let x = timeline().distance(from: timeline().startIndex, to: column)
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: Point(x: x, y: 22)))))
    #expect(scenario.state.position == 42, "\(timeline())")
  }
}
