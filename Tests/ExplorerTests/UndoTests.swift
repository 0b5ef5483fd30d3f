// Undo and redo reach every change of parameters, view and selection.

import Explorer
import Perceiver
import Testing

@Suite struct UndoTests {
  @Test(
    "each key that changes something is undone by u and done again by Ctrl-R",
    arguments: [
      "]", "}", "m", "p", "s", "c", "o", "v", "g", "+", ">", "<", "r", "H", "h",
    ])
  func keys(key: String) {
    var scenario = Scenario()
    // A latent stage has heads to choose; zoom, overlay and grid are cross-attention's.
    if ["H", "h"].contains(key) { scenario.press("→") }
    let before = scenario.state.choices
    scenario.press(key)
    let after = scenario.state.choices
    #expect(after != before, "\(key) changes nothing")
    scenario.press("u")
    #expect(scenario.state.choices == before)
    scenario.press("Ctrl-R")
    #expect(scenario.state.choices == after)
  }

  @Test("any sequence of changes is undone to the beginning and redone to the end")
  func sequences() {
    let keys = [
      "]", "s", "c", ">", "m", "o", "j", "}", "v", "p", "<", "H", "g", "r", "a", "x", "f",
    ]
    var generator = SplitMix(state: 17)
    for _ in 0..<12 {
      var scenario = Scenario()
      let before = scenario.state.choices
      for _ in 0..<12 {
        scenario.press(keys[Int(generator.next() % UInt64(keys.count))])
      }
      let after = scenario.state.choices
      var steps = 0
      while scenario.state.history.canUndo {
        scenario.press("u")
        steps += 1
      }
      #expect(scenario.state.choices == before)
      #expect(scenario.state.run?.model.configuration == before.settings.configuration)
      for _ in 0..<steps { scenario.press("Ctrl-R") }
      #expect(scenario.state.choices == after)
    }
  }

  @Test("undoing a change of the model brings its stages back without computing")
  func modelsComeBack() {
    var scenario = Scenario()
    scenario.press("End")
    scenario.command("seed 3")
    scenario.isHolding = true
    scenario.press("u")
    #expect(scenario.state.run?.model.origin == .untrained(seed: 0))
    #expect(scenario.state.run?.isComplete == true)
    #expect(!scenario.state.isBuilding)
  }

  @Test("a change after undo forgets what could be redone")
  func redoIsForgotten() {
    var scenario = Scenario()
    scenario.press("]", "u", "s")
    #expect(!scenario.state.history.canRedo)
    scenario.press("Ctrl-R")
    #expect(scenario.status.contains("nothing to redo"))
  }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
