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

@Suite struct UndoWordTests {
  @Test("undo and redo say what they did")
  func said() {
    var scenario = Scenario()
    scenario.command("depth 5")
    scenario.press("u")
    #expect(scenario.said == "undone: depth 5 → 3")
    scenario.press("Ctrl-R")
    #expect(scenario.said == "done again: depth 3 → 5")
    scenario.press("s", "u")
    #expect(scenario.said == "undone: scale log → linear")
    scenario.press("r", "u")
    #expect(scenario.said == "undone: weights untrained, seed 1 → untrained, seed 0")
    scenario.press("g", "u")
    #expect(scenario.said == "undone: grid of latents → one map")
    scenario.press("L", "u")
    #expect(scenario.said == "undone: back from the table of heads")
    scenario.press("Ctrl-R")
    #expect(scenario.said == "done again: the table of heads")
    scenario.press("u")
    scenario.press("Tab", ">", "u")
    #expect(scenario.said == "undone: depth 6 → 5 (not applied)")
  }

  @Test("every change of choices has words of its own")
  func words() {
    var scenario = Scenario()
    for key in ["]", "m", "p", "s", "S", "c", "o", "v", "g", "+", ">", "r", "z", "Z", "l"] {
      scenario.press(key, "u")
      #expect(scenario.said.hasPrefix("undone: "), "\(key): \(scenario.said)")
      #expect(!scenario.said.contains("a choice"), "\(key): \(scenario.said)")
    }
  }

  @Test(
    "going from head to head is one step; heads that read the picture are others than latents', and undo says both"
  )
  func heads() {
    var configuration = Scenario.small
    configuration.crossHeads = 3
    var scenario = Scenario(configuration: configuration)
    scenario.press("h", "h", "→", "h", "h", "h", "Backspace")
    #expect(scenario.state.choices.selection.latentHead == 2)
    scenario.press("u")
    #expect(
      scenario.said
        == "undone: stage latent 1.1 → cross 1, head of cross-attention 3 → 1, head of self-attention 3 → 1"
    )
    #expect(!scenario.state.history.canUndo)
    // The mean over heads is another choice than the next head.
    scenario.press("h", "H", "h", "u")
    #expect(scenario.state.choices.selection.headsAreAveraged)
  }

  @Test("going from stage to stage is one step, however one goes, and undo shows the stage again")
  func stages() {
    var scenario = Scenario()
    scenario.press("→", "→", "→", "←", "u")
    #expect(scenario.said == "undone: stage cross 2 → cross 1")
    #expect(scenario.state.position == 0)
    #expect(!scenario.state.history.canUndo)
    scenario.press("Ctrl-R")
    #expect(scenario.said == "done again: stage cross 1 → cross 2")
    #expect(scenario.state.stageID?.name == "cross 2")
    scenario.press("End", "]", "Home")
    scenario.command("stage 2")
    scenario.press("u")
    #expect(scenario.said == "undone: stage latent 1.1 → cross 2, latent 2 → 1")
    #expect(scenario.state.stageID?.name == "cross 2")
    scenario.press("u")
    #expect(scenario.state.position == 0)
    scenario.press("u")
    #expect(scenario.said == "nothing to undo")
  }

  @Test("a key that goes to a stage and chooses there is one step, and says both")
  func stageAndChoice() {
    var scenario = Scenario()
    scenario.press("L", "G", "Enter")
    #expect(scenario.state.stageID?.name == "latent 3.1")
    #expect(scenario.state.choices.selection.latentHead == 3)
    scenario.press("u")
    #expect(
      scenario.said.hasPrefix(
        "undone: stage latent 3.1 → cross 1, head of self-attention 4 → 1"))
    #expect(scenario.state.position == 0)
    #expect(scenario.state.choices.selection.latentHead == 0)
  }

  @Test("what plays of itself is one step, and undo stops it")
  func playing() {
    var scenario = Scenario()
    scenario.press("Space")
    for _ in 0..<3 { scenario.letTimersGoOff() }
    #expect(scenario.state.position > 1)
    scenario.press("u")
    #expect(scenario.state.position == 0 && !scenario.state.isPlaying)
    #expect(scenario.said.hasSuffix(" → cross 1"))
    #expect(!scenario.state.history.canUndo)
  }

  @Test("undo of another model goes to the stage that was shown, and says nothing of stages")
  func stageOfModel() {
    var scenario = Scenario()
    scenario.press("End")
    scenario.command("depth 1")
    #expect(scenario.state.position == 1)
    scenario.press("u")
    #expect(scenario.said == "undone: depth 1 → 3")
    #expect(scenario.state.stageID?.name == "latent 3.1")
  }

  @Test("a stage that is given up is no step of its own")
  func cancelled() throws {
    var scenario = Scenario()
    scenario.isHolding = true
    scenario.press("End")
    let generation = try #require(
      scenario.held.compactMap {
        if case .computeStage(_, let generation) = $0 { generation } else { nil }
      }.first)
    scenario.send(.stageComputed(.cancelled, generation: generation))
    #expect(scenario.state.position == 0)
    scenario.press("u")
    #expect(!scenario.state.history.canUndo)
    #expect(scenario.state.position == 0)
  }

  @Test("going from latent to latent is one step, and anything else between makes two")
  func browsing() {
    var scenario = Scenario()
    scenario.press("]", "]", "]", "}", "u")
    #expect(scenario.state.choices.selection.latent == 0)
    #expect(scenario.said == "undone: latent 8 → 1")
    #expect(!scenario.state.history.canUndo)
    scenario.press("]", "]", "s", "]", "]", "u")
    #expect(scenario.state.choices.selection.latent == 2)
    scenario.press("u", "u")
    #expect(scenario.state.choices.selection.latent == 0)
    // After undo a new walk is a step of its own.
    scenario.press("]", "u", "]", "u")
    #expect(scenario.state.choices.selection.latent == 0)
  }

  @Test("stages, latents and heads in any mix are one step, and anything else between makes two")
  func mixed() {
    var scenario = Scenario(width: 100)
    scenario.press("]", "→", "]", "→", "]", "→", "h")
    scenario.command("undo list")
    #expect(
      scenario.text.contains(
        "1 stage cross 1 → latent 2.1, latent 1 → 4, head of self-attention 1 → 2"),
      "\(scenario.text)")
    scenario.press("Esc", "s", "[", "←", "u")
    #expect(scenario.said == "undone: stage cross 2 → latent 2.1, latent 3 → 4")
    scenario.press("u")
    #expect(scenario.said == "undone: scale log → linear")
    scenario.press("u")
    #expect(
      scenario.said
        == "undone: stage latent 2.1 → cross 1, latent 4 → 1, head of self-attention 2 → 1")
    #expect(scenario.state.position == 0)
    #expect(!scenario.state.history.canUndo)
  }

  @Test("going about and coming back to where one was is no step")
  func thereAndBack() {
    var scenario = Scenario()
    scenario.press("s", "]", "→", "[", "←", "u")
    #expect(scenario.said == "undone: scale log → linear")
    #expect(!scenario.state.history.canUndo)
    scenario.press("]", "[", "]", "u")
    #expect(scenario.said == "undone: latent 2 → 1")
  }

  @Test("undo names the part that was switched, and how it was off")
  func parts() {
    var scenario = Scenario(width: 120, height: 40)
    for (line, words) in [
      ("off cross 1 head 1", "cross 1 head 1 off → on"),
      ("off cross 1 head 1 flat", "cross 1 head 1 flat → on"),
      ("off cross 2", "cross 2 off → on"),
      ("off latent 1.1 attention", "latent 1.1 attention off → on"),
      ("off latent 3 removed", "latent 3 removed → there"),
    ] {
      scenario.command(line)
      scenario.press("u")
      #expect(scenario.said == "undone: \(words)", "\(line)")
    }
    scenario.press("z", "l")
    scenario.command("off latent 1 averaged")
    scenario.press("u")
    #expect(scenario.said == "undone: latent 1 averaged → removed")
    scenario.command("all-on")
    scenario.press("u")
    #expect(scenario.said == "undone: latent 1 there → removed, cross 1 head 1 on → off")
    scenario.command("off cross 1 head 1")
    scenario.command("undo list")
    #expect(scenario.text.contains("1 cross 1 head 1 off → on"), "\(scenario.text)")
  }

  @Test("of many parts that are switched at once undo says how many are off")
  func manyParts() {
    var scenario = Scenario()
    for latent in 1...5 { scenario.command("off latent \(latent) removed") }
    scenario.command("all-on")
    scenario.press("u")
    #expect(scenario.said == "undone: parts off 0 → 5")
  }

  @Test("undo says which class was explained, against which, and by which method")
  func question() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "y")
    scenario.command("why-class 3")
    scenario.press("u")
    #expect(scenario.said == "undone: explained class 3 → the answer")
    scenario.command("why rise")
    scenario.command("against nothing")
    scenario.press("u")
    #expect(scenario.said == "undone: compared with nothing → what the method takes")
    scenario.press("u")
    #expect(scenario.said == "undone: method rise → relevance")
    scenario.press("Ctrl-R")
    #expect(scenario.said == "done again: method relevance → rise")
    scenario.command("undo list")
    #expect(scenario.text.contains("method relevance → rise"), "\(scenario.text)")
  }

  @Test("undo says whose numbers the scale was fitted to, and which pixels were hidden where")
  func scaleAndPixels() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("S", "u")
    #expect(scenario.said == "undone: scale locked → per map")
    scenario.command("hide 0,0,2x2")
    scenario.command("hide-at cross 2")
    scenario.press("u")
    #expect(scenario.said == "undone: pixels hidden at cross 2 → all stages")
    scenario.press("u")
    #expect(scenario.said == "undone: hidden pixels 4 → 0")
  }

  @Test(":undo list shows the steps, the latest first, and what can be done again")
  func list() throws {
    var scenario = Scenario(width: 100)
    scenario.press("s", "]")
    scenario.command("depth 5")
    scenario.press("u")
    scenario.command("undo list")
    let lines = scenario.lines.filter { $0.contains("→") && $0.contains("│") }
    #expect(lines.count == 3)
    #expect(lines[0].contains("depth 3 → 5  (undone; Ctrl-R does it again)"))
    #expect(lines[1].contains("1 latent 1 → 2"))
    #expect(lines[2].contains("2 scale linear → log"))
    scenario.press("Esc")
    #expect(scenario.text.contains("latent 2"))
  }

  @Test("undoing that a change was applied says that, and the change waits again")
  func applying() {
    var scenario = Scenario()
    scenario.press(">", "a", "u")
    #expect(scenario.said == "undone: applying depth 4")
    #expect(scenario.state.choices.draft.perceiverPytorch?.depth == 4)
    scenario.press("Ctrl-R")
    #expect(scenario.said == "done again: depth 3 → 4")
    scenario.press("u", "u")
    #expect(scenario.said == "undone: depth 4 → 3 (not applied)")
  }
}
