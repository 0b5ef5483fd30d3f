// The tour: a key goes on, Esc leaves, :tour goes on from there, and its lines are there at any size.

import Explorer
import Foundation
import Screens
import TestSupport
import Testing

@Suite struct TourTests {
  private static func files() -> MemoryFiles {
    MemoryFiles(inputs: ["sample.ppm": Scenario.picture(name: "sample.ppm")])
  }

  @Test("the tour opens the sample, and pressing the key that it names goes through all of it")
  func walk() throws {
    var scenario = Scenario(width: 120, height: 40, files: Self.files())
    scenario.command("tour")
    #expect(scenario.lines[0].contains("sample.ppm"))
    for (index, step) in TourStep.all.enumerated() {
      #expect(scenario.state.tour?.step == index)
      #expect(
        scenario.text.contains("Tour, \(index + 1) of \(TourStep.all.count): "), "\(scenario.text)")
      let key = try #require(scenario.lines.first { $0.hasPrefix(" Press ") }).split(
        separator: " ")[
          1]
      scenario.press(String(key.dropLast()))
      #expect(scenario.state.message?.kind != .error, "\(step.command): \(scenario.said)")
    }
    #expect(!scenario.text.contains("Tour, "))
    #expect(scenario.text.contains("┌ help ─"))
    // It can be taken again.
    scenario.press("Esc")
    scenario.command("tour")
    #expect(scenario.text.contains("Tour, 1 of "))
  }

  @Test("at 80 columns every step's sentences are whole", arguments: [true, false])
  func whole(hasSample: Bool) {
    var scenario = Scenario(
      width: 80, height: 24, files: hasSample ? Self.files() : MemoryFiles())
    scenario.command("tour")
    for (index, step) in TourStep.all.enumerated() {
      scenario.command("tour \(index + 1)")
      let shown = scenario.lines[1...2].map { $0.trimmingCharacters(in: .whitespaces) }
        .joined(separator: " ").trimmingCharacters(in: .whitespaces)
      #expect(shown.hasSuffix(step.text(scenario.state)), "\(scenario.text)")
    }
  }

  @Test("Esc leaves the tour, :tour goes on where it was left, and undo brings back what was open")
  func leaving() {
    var scenario = Scenario(width: 120, height: 40, files: Self.files())
    scenario.command("tour")
    scenario.press("→", "End")
    #expect(scenario.text.contains("Tour, 3 of "))
    scenario.press("Esc")
    #expect(!scenario.text.contains("Tour, ") && scenario.said.contains(":tour goes on with it"))
    scenario.press("]", "s")
    scenario.command("tour")
    #expect(scenario.text.contains("Tour, 3 of "))
    scenario.command("tour 5")
    #expect(scenario.text.contains("Tour, 5 of "))
    scenario.press("Enter")
    #expect(scenario.text.contains("Tour, 6 of "))
    scenario.press("Esc")
    while scenario.state.history.canUndo { scenario.press("u") }
    #expect(scenario.lines[0].contains("ramp.ppm"))
  }

  @Test("without the sample the tour goes on with what is open, and says so")
  func withoutSample() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("tour")
    #expect(scenario.said.contains("the sample is not installed"))
    scenario.press("→")
    #expect(scenario.text.contains("Tour, 2 of "))
    #expect(scenario.lines[0].contains("ramp.ppm"))
  }

  @Test("without the sample the texts keep to the facts: heads, random weights, no class names")
  func untrainedWords() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("tour")
    func said(_ step: Int, at stage: String) -> String {
      scenario.command("tour \(step)")
      scenario.press(stage)
      return TourStep.all[step - 1].text(scenario.state)
    }
    #expect(said(3, at: "End").contains("would be the answer, but the weights are random"))
    #expect(said(5, at: "Home").contains("Every latent has one head at cross 1."))
    #expect(!said(6, at: "Home").contains("next head"))
    #expect(said(5, at: "End").contains("Every latent has 4 heads"))
    #expect(said(5, at: "End").contains("these are random"))
    #expect(said(6, at: "End").contains("next head"))
    #expect(said(11, at: "End").contains("of random weights"))
    scenario.command("weights small.safetensors")
    #expect(said(5, at: "End").contains("Training lets some look at the object"))
    #expect(!said(3, at: "End").contains("random"))
  }

  @Test("a key that means something else at the moment is not asked for")
  func elsewhere() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("tour")
    scenario.press("i")
    // → moves the cursor now, and n still goes on.
    #expect(scenario.text.contains("Press n: it goes on to the next stage"))
    scenario.command("tour 2")
    #expect(!scenario.state.isProbing)
    scenario.command("config keys.last-stage Right")
    scenario.press("i", "s")
    #expect(
      scenario.text.contains(":tour makes its key free. :tour next skips"), "\(scenario.text)")
    scenario.command("tour")
    #expect(scenario.text.contains("Press →: it runs to the last stage"), "\(scenario.text)")
    scenario.command("config keys.last-stage default")
    scenario.press("Home")
    scenario.command("tour 5")
    // Cross-attentions of the small model have one head.
    #expect(scenario.text.contains("Not now: cross 1 has one head. Enter skips this step."))
  }

  @Test("Esc leaves the tour before what was opened in it, and a further Esc leaves that")
  func escape() {
    var scenario = Scenario(width: 120, height: 40, files: Self.files())
    scenario.command("tour 3")
    scenario.press("y")
    #expect(scenario.text.contains("this step is about the last stage; something else is shown."))
    #expect(
      scenario.text.contains(":tour goes back to it. Enter skips it. Esc leaves the tour."),
      "\(scenario.text)")
    scenario.press("Esc")
    #expect(scenario.said == "the tour is left; :tour goes on with it")
    #expect(scenario.state.choices.view.replacement == .why)
    scenario.press("Esc")
    #expect(scenario.state.choices.view.replacement == nil)
    // Where Esc is the key that goes on, it does that, and the next one leaves the tour.
    scenario.command("tour 9")
    #expect(
      scenario.text.contains("Press Esc: it puts the cursor away. Esc again leaves the tour."))
    scenario.command("leave-tour")
    #expect(!scenario.text.contains("Tour, ") && scenario.state.isProbing)
    scenario.command("tour")
    scenario.press("Esc")
    #expect(scenario.text.contains("Tour, 10 of ") && !scenario.state.isProbing)
    scenario.press("Esc")
    #expect(!scenario.text.contains("Tour, "))
  }

  @Test(
    "from wherever it is taken, a step is brought to what it speaks of",
    arguments: ["y", "E", "L", "g", "m", "i", "O", "B", "F", "v", "Tab", "I", "End"])
  func arranged(key: String) {
    for step in TourStep.all.indices {
      var scenario = Scenario(width: 120, height: 40, files: Self.files())
      scenario.command("open sample.ppm")
      scenario.press("o", "o", "o", key)
      scenario.command("tour \(step + 1)")
      let text = scenario.text
      #expect(text.contains("Tour, \(step + 1) of "), "\(text)")
      #expect(!text.contains("something else is shown"), "\(key), \(step + 1): \(text)")
      #expect(text.contains(" Press ") || text.contains(" Not now: "), "\(text)")
      let state = scenario.state
      if [0, 1, 2, 3, 5, 7, 8, 10].contains(step) {
        #expect((state.choices.view.replacement == .why) == (step == 10), "\(key), \(step + 1)")
      }
      if [6, 7, 8].contains(step) {
        #expect(state.isProbing == (step == 8), "\(key), \(step + 1)")
      }
      if [0, 3, 5, 6, 7, 8].contains(step) {
        #expect((state.mapView == .grid) == (step == 6), "\(key), \(step + 1)")
        #expect(state.stageID?.kind == .crossAttention && state.choices.selection.latents == .one)
      }
      if step == 1 { #expect(state.mapView == .matrix, "\(key)") }
      if step == 2 { #expect(state.position == state.stageIDs.count - 1) }
    }
  }

  @Test("skipping every step goes through all of them, each with what it speaks of")
  func skipped() {
    var scenario = Scenario(width: 120, height: 40, files: Self.files())
    scenario.press("y")
    scenario.command("tour")
    for step in 1...TourStep.all.count {
      #expect(scenario.text.contains("Tour, \(step) of "), "\(scenario.text)")
      #expect(!scenario.text.contains("something else is shown"), "\(step): \(scenario.text)")
      scenario.command("tour next")
    }
    #expect(!scenario.text.contains("Tour, "))
  }

  @Test("what the tour changed is one step that undo goes back, and that is said")
  func undone() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "y")
    let before = scenario.state.choices
    scenario.command("tour 4")
    #expect(scenario.state.choices != before)
    scenario.press("Esc")
    scenario.command("tour")
    #expect(scenario.text.contains("Tour, 4 of "))
    scenario.press("u")
    #expect(scenario.state.choices == before && scenario.state.position == 5)
    #expect(scenario.text.contains("this step is about the last reading"), "\(scenario.text)")
    scenario.command("tour")
    #expect(scenario.said.contains("u brings back what was shown before"))
    #expect(scenario.state.stageID?.name == "cross 3")
  }

  @Test("sentences say what the present model and state have")
  func dependent() {
    var configuration = Scenario.small
    configuration.depth = 1
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.command("latent 3")
    scenario.command("tour 1")
    #expect(
      scenario.text.replacing("\n", with: "").contains("Latent 3 reads this: bright = more."))
    scenario.command("tour 4")
    #expect(scenario.text.contains("cross 1: here the latents read the picture, once."))
    scenario.command("tour 11")
    scenario.command("why direct-pixels")
    #expect(scenario.text.contains(#/Warm pixels speak for class \d, cold ones for class \d\./#))
    scenario.command("why rollout-half")
    #expect(scenario.text.contains("Tour, 11 of 12: rollout-half: "), "\(scenario.text)")

    // Several latents' stages behind the last reading: the key goes back one, the tour further.
    configuration.depth = 2
    configuration.selfPerCrossAttn = 2
    scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.command("tour 3")
    #expect(scenario.text.contains("Press ←: it goes back, the tour to cross 2."))
    scenario.press("←")
    #expect(scenario.text.contains("cross 2: here the latents read the picture for the last time"))

    configuration.finalClassifierHead = false
    scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.command("tour 3")
    #expect(scenario.text.contains("what it gives is the model's output"))
  }

  @Test("stages that are computed for something else are no step on its way")
  func elsewhereComputed() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("tour 1")
    scenario.isHolding = true
    scenario.press("y")
    #expect(scenario.state.isComputingStage)
    #expect(
      scenario.text.contains("this step is about the first reading; something else is shown."))
    scenario.command("tour 3")
    #expect(
      scenario.text.contains("The last stage will be here as soon as it is computed."),
      "\(scenario.text)")
    scenario.release()
    #expect(scenario.text.contains("Press ←: it goes back one stage"), "\(scenario.text)")
  }

  @Test("while its model is being built a step says that it comes, and then it is there")
  func building() {
    var scenario = Scenario(width: 120, height: 40, isStarted: .notYet)
    scenario.isHolding = true
    scenario.send(.start)
    scenario.command("tour 9")
    #expect(
      scenario.text.contains("Tour, 9 of 12: The cursor will be here as soon as it is computed."),
      "\(scenario.text)")
    scenario.release()
    #expect(scenario.state.isProbing && scenario.state.stageID?.name == "cross 3")
    #expect(scenario.text.contains("Press Esc: it puts the cursor away."), "\(scenario.text)")
  }

  @Test(
    "every step has its key's line at every size, and its sentences whole from 80 columns on",
    arguments: [(60, 18), (80, 24), (120, 40), (200, 60)])
  func sizes(width: Int, height: Int) {
    for step in 1...TourStep.all.count {
      var scenario = Scenario(width: width, height: height, files: Self.files())
      scenario.command("tour")
      scenario.command("tour \(step)")
      scenario.press("s")
      let lines = scenario.lines
      #expect(lines[1].hasPrefix(" Tour, \(step) of "))
      let last = lines.firstIndex { $0.hasPrefix("┌") } ?? 0
      #expect(lines[last - 1].contains(#/^ (Press|Not now)/#), "\(lines[last - 1])")
      let said = lines[1..<last - 1].joined(separator: " ").trimmingCharacters(in: .whitespaces)
      // What does not fit is marked.
      if width < 80 { #expect(said.last.map { ".?…".contains($0) } == true, "\(said)") }
      if width >= 120 { #expect(said.last.map { ".?".contains($0) } == true, "\(said)") }
    }
  }

  @Test("wrong steps are refused")
  func wrong() {
    var scenario = Scenario()
    scenario.command("tour 99")
    #expect(scenario.said.contains("tour: expected a step from 1 to "))
    scenario.command("tour")
    scenario.command("tour next")
    #expect(scenario.state.tour?.step == 1)
  }
}

@Suite struct InputSequenceTests {
  @Test("several inputs are gone through by keys, and the ends are said")
  func walk() {
    let names = ["a.ppm", "b.ppm", "c.ppm"]
    let inputs = Dictionary(
      uniqueKeysWithValues: names.map { ($0, Scenario.picture(name: $0)) })
    var scenario = Scenario(
      width: 120, input: inputs["a.ppm"], files: MemoryFiles(inputs: inputs),
      inputs: InputSequence(names))
    #expect(scenario.lines[0].contains("a.ppm") && scenario.lines[0].contains("1 of 3 inputs"))
    scenario.press("Ctrl-N")
    #expect(scenario.lines[0].contains("b.ppm") && scenario.lines[0].contains("2 of 3 inputs"))
    scenario.press("Ctrl-N", "Ctrl-N")
    #expect(scenario.lines[0].contains("c.ppm") && scenario.said == "this is the last of 3 inputs")
    scenario.press("Ctrl-P")
    #expect(scenario.lines[0].contains("b.ppm"))
    // Latent and head are kept from one to the next.
    scenario.press("]", "Ctrl-P")
    #expect(scenario.state.choices.selection.latent == 1)
  }

  @Test("one that cannot be read is passed")
  func broken() {
    let inputs = [
      "a.ppm": Scenario.picture(name: "a.ppm"), "c.ppm": Scenario.picture(name: "c.ppm"),
    ]
    var scenario = Scenario(
      input: inputs["a.ppm"], files: MemoryFiles(inputs: inputs),
      inputs: InputSequence(["a.ppm", "b.ppm", "c.ppm"]))
    scenario.press("Ctrl-N")
    #expect(scenario.said == "b.ppm: no such file")
    scenario.press("Ctrl-N")
    #expect(scenario.lines[0].contains("c.ppm"))
  }

  @Test("with one input the keys say why they do nothing")
  func one() {
    var scenario = Scenario()
    scenario.press("Ctrl-N")
    #expect(scenario.said.contains("one input is open"))
  }

  @Test("a folder that is opened is gone through in natural order, and its pictures are counted")
  func folder() throws {
    try withTemporaryFolder { folder in
      for name in ["img10.ppm", "img2.ppm", "notes.txt"] {
        let picture = SmallFiles.ppm(
          width: 6, height: 4, SmallFiles.colours(width: 6, height: 4, frame: name.count))
        try Data(picture).write(to: folder.appending(path: name))
      }
      var scenario = Scenario(width: 160, hints: .on)
      #expect(!scenario.lines[2].contains("the next input"))
      scenario.command("open \(folder.path)")
      #expect(scenario.lines[0].contains("img2.ppm") && scenario.lines[0].contains("1 of 2 inputs"))
      #expect(scenario.said.hasPrefix("opened img2.ppm; \(folder.path): 1 of 2 inputs"))
      #expect(scenario.said.hasSuffix("Ctrl-N and Ctrl-P go through them"))
      #expect(scenario.lines[2].contains("Ctrl-N the next input"))
      scenario.press("Ctrl-N")
      #expect(scenario.lines[0].contains("img10.ppm"))
      // A folder that is dropped on the terminal is pasted.
      scenario.send(.input(.paste(folder.path + "/")))
      #expect(scenario.lines[0].contains("img2.ppm") && scenario.lines[0].contains("1 of 2 inputs"))
    }
  }

  @Test("a folder without pictures says so, and what is open stays")
  func emptyFolder() throws {
    try withTemporaryFolder { folder in
      var scenario = Scenario()
      scenario.command("open \(folder.path)")
      #expect(
        scenario.said == "\(folder.path): expected photos or arrays in the folder, found none")
      #expect(scenario.state.message?.kind == .error && !scenario.state.history.canUndo)
      #expect(scenario.state.inputs == nil)
    }
  }

  @Test("a file that is read again and has not changed is no step for undo; one that has is")
  func again() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "a.ppm")
      func write(_ frame: Int) throws {
        try Data(
          SmallFiles.ppm(
            width: 6, height: 4, SmallFiles.colours(width: 6, height: 4, frame: frame))
        ).write(to: file)
      }
      try write(0)
      var scenario = Scenario()
      scenario.command("open \(file.path)")
      let steps = scenario.state.history.pastCount
      scenario.command("open \(file.path)")
      #expect(scenario.said == "read a.ppm again: nothing in it has changed")
      #expect(scenario.state.history.pastCount == steps)
      try write(1)
      scenario.command("open \(file.path)")
      #expect(scenario.said == "opened a.ppm")
      #expect(scenario.state.history.pastCount == steps + 1)
    }
  }
}
