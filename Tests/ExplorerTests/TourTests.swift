// The tour: a key goes on, Esc leaves, :tour goes on from there, and its lines are there at any size.

import Explorer
import Foundation
import Screens
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
    #expect(said(5, at: "End").contains("In this model some look at the object"))
    #expect(!said(3, at: "End").contains("random"))
  }

  @Test("a key that means something else at the moment is not asked for: Esc comes first")
  func elsewhere() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("tour")
    scenario.press("i")
    // → moves the cursor now, and n still goes on.
    #expect(scenario.text.contains("Press n: it goes on to the next stage"))
    scenario.command("tour 2")
    scenario.command("config keys.last-stage Right")
    scenario.press("s")
    #expect(scenario.text.contains("Esc goes back to where the tour goes on"), "\(scenario.text)")
    scenario.command("config keys.last-stage default")
    scenario.command("tour 1")
    scenario.press("Esc")
    #expect(scenario.text.contains("Press →"))
    scenario.command("tour 5")
    // cross 1 of the small model has one head.
    #expect(scenario.text.contains("Not now: cross 1 has one head. Enter skips this step."))
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
      #expect(lines[last - 1].contains(#/^ (Press|Not now|Esc)/#), "\(lines[last - 1])")
      let said = lines[1..<last - 1].joined(separator: " ").trimmingCharacters(in: .whitespaces)
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
    #expect(scenario.said.contains("one input was given"))
  }
}
