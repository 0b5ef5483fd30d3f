// Answers to questions that are no longer asked never land.

import Explorer
import Perceiver
import Tensors
import Testing

@Suite struct LateAnswerTests {
  @Test("a stage of a former model is dropped")
  func lateStage() throws {
    var scenario = Scenario()
    scenario.isHolding = true
    scenario.press("→")
    let late = try #require(
      scenario.held.first { if case .computeStage = $0 { true } else { false } })
    scenario.isHolding = false
    scenario.command("seed 7")
    let stages = scenario.state.run?.stages.count
    let files = MemoryFiles()
    let answer = try #require(
      EffectPerformer(files: files.files).perform(late, cancellation: Cancellation()))
    scenario.send(answer)
    #expect(scenario.state.run?.stages.count == stages)
    #expect(scenario.state.run?.model.origin == .untrained(seed: 7))
  }

  @Test("a model that was asked for before another is dropped")
  func lateModel() throws {
    var scenario = Scenario()
    scenario.isHolding = true
    scenario.command("seed 1")
    scenario.command("seed 2")
    scenario.release()
    #expect(scenario.state.run?.model.origin == .untrained(seed: 2))
    #expect(scenario.state.stage != nil)
  }

  @Test("a map of a former model is not shown")
  func lateMap() throws {
    var scenario = Scenario()
    let generation = scenario.state.open.generation
    scenario.command("seed 5")
    let wanted = scenario.text
    scenario.send(
      .answered(
        MapRequest(stage: 0, value: .probabilities, subject: .map(.one(0), .one(0))),
        .success(.map(MeasuredMap(Tensor(shape: [8, 12], repeating: 1)))), generation: generation))
    #expect(scenario.text == wanted)
  }

  @Test("timers of a former autoplay do nothing")
  func lateTimer() {
    var scenario = Scenario()
    scenario.press("Space", "Space")
    let position = scenario.state.position
    scenario.letTimersGoOff()
    #expect(scenario.state.position == position)
  }

  @Test(
    "while a file is opened, Ctrl-C cancels that; then nothing is being computed",
    arguments: ["open ramp.png", "weights small.safetensors", "mask half.png", "train bars"])
  func reading(_ command: String) {
    var scenario = Scenario(
      files: MemoryFiles(inputs: ["ramp.png": Scenario.picture(width: 4, height: 4)]))
    #expect(!scenario.state.isBusy)
    scenario.isHolding = true
    scenario.command(command)
    #expect(scenario.state.isReading && scenario.state.isBusy)
    scenario.press("Ctrl-C")
    #expect(scenario.said == "cancelled; Ctrl-C again quits")
    scenario.release()
    #expect(!scenario.state.isReading)
  }
}
