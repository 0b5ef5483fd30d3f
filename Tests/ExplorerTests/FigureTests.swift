// Numbers that say what they are worth: spread in pixels, classes against chance, bars from zero.

import Explorer
import Foundation
import Perceiver
import Screens
import Tensors
import Testing

@Suite struct FigureTests {
  @Test(
    "half the weight lies in as few numbers as hold it",
    arguments: [
      ([1, 1, 1, 1], 2), ([4, 1, 1, 1], 1), ([1, 2, 3, 4], 2), ([0, 0, 5], 1), ([2, 2, 2], 2),
    ] as [([Float], Int)])
  func half(values: [Float], count: Int) {
    #expect(MeasuredMap(Tensor(shape: [values.count], values: values)).halfCount == count)
  }

  @Test(
    "numbers that are no weights have no half", arguments: [[-1, 2], [0, 0], []] as [[Float]])
  func noHalf(values: [Float]) {
    #expect(MeasuredMap(Tensor(shape: [values.count], values: values)).halfCount == nil)
  }

  @Test("the readout says it in pixels, in latents, and briefly where there is little room")
  func readout() {
    var scenario = Scenario(width: 120, height: 40)
    #expect(scenario.text.contains(#/half the weight lies in \d+ of 96 pixels/#))
    scenario.press("→", "v")
    #expect(scenario.text.contains(#/half the weight lies in \d of 8 latents/#))
    #expect(Scenario().text.contains(#/half the weight in \d+ of 96/#))
  }

  @Test("classes are drawn against chance, on bars that begin at zero")
  func chance() throws {
    let scenario = Scenario(width: 120, height: 40)
    #expect(scenario.text.contains("classes at this stage, chance 0.1 [Y] "))
    let rows = scenario.lines.drop { !$0.contains("classes at") }.dropFirst().prefix(5)
    // Untrained, every class is near chance: the mark stands near the end of every bar.
    for row in rows {
      let cells = Array(row)
      let bar = try #require(cells.lastIndex(of: "▇"))
      let mark = try #require(cells.dropLast(2).lastIndex(of: "│"))
      #expect(abs(bar - mark) <= 12, "\(row)")
    }
  }
}

@Suite struct ChosenHyperparameterTests {
  @Test("the chosen hyperparameter says what it is, what it may be, and what a change does")
  func explained() {
    var scenario = Scenario(width: 120, height: 50)
    scenario.press("Tab", "Tab")
    #expect(scenario.text.contains("A change to 4 draws "), "\(scenario.text)")
    #expect(scenario.text.contains("parameters"))
    scenario.command("set max_freq 12")
    #expect(scenario.text.contains("A change keeps the weights"), "\(scenario.text)")
  }

  @Test("what is said to be drawn anew is what is drawn anew once the change is applied")
  func drawn() throws {
    for name in ["depth", "num_latents", "latent_dim", "num_classes", "cross_heads"] {
      var scenario = Scenario(width: 200, height: 60)
      scenario.command("help \(name)")
      let said = try #require(
        scenario.text.firstMatch(
          of: #/A change to (\d+) draws ([^ ]+) of ([^ ]+) parameters anew/#)
      ).output
      scenario.press("Esc")
      scenario.command("\(name) \(said.1)")
      #expect(
        scenario.said.hasPrefix("\(said.2) of \(said.3) parameters drawn anew"),
        "\(name): \(said.0), \(scenario.said)")
    }
  }

  @Test("a value that weights fix has its reason and the costs, where there is room for both")
  func fixed() {
    var scenario = Scenario(width: 120, height: 50)
    scenario.command("weights small.safetensors")
    scenario.press("Tab", "Tab", "j")
    for words in ["= set by the loaded weights", "│parameters ", "│arithmetic ", "│memory "] {
      #expect(scenario.text.contains(words), "\(words): \(scenario.text)")
    }
  }

  @Test(
    "on small screens it has its reason and the costs in the pane, and what it is under the title",
    arguments: [(80, 24), (100, 30)])
  func fixedOnSmallScreens(_ width: Int, _ height: Int) {
    var scenario = Scenario(width: width, height: height, hints: .on)
    scenario.command("weights small.safetensors")
    while scenario.state.focus != .hyperparameters { scenario.press("Tab") }
    scenario.press("j")
    for words in ["= set by the loaded weights", "│parameters ", "│arithmetic ", "│memory "] {
      #expect(scenario.text.contains(words), "\(words): \(scenario.text)")
    }
    let chosen = scenario.state.hyperparameter
    #expect(scenario.lines[1].contains("\(chosen.name): \(chosen.help)"), "\(scenario.text)")
  }

  @Test("while a change waits at 80 × 24, what the hyperparameter is stands under the title")
  func waiting() {
    var scenario = Scenario(width: 80, height: 24, hints: .on)
    while scenario.state.focus != .hyperparameters { scenario.press("Tab") }
    scenario.press("j", "j", "j", ">")
    let chosen = scenario.state.hyperparameter
    #expect(scenario.state.choices.hasDraftChanges, "\(scenario.text)")
    #expect(scenario.lines[1].contains("\(chosen.name): "), "\(scenario.text)")
    // Where the pane has room for it, the picture is spoken of.
    var large = Scenario(width: 160, height: 60, hints: .on)
    while large.state.focus != .hyperparameters { large.press("Tab") }
    #expect(!large.lines[1].contains("\(large.state.hyperparameter.name): "), "\(large.text)")
  }

  @Test(
    "each chosen hyperparameter says what a change does at 120 × 40, what it may be at 80 × 24 too",
    arguments: [(120, 40), (80, 24)])
  func all(width: Int, height: Int) {
    var scenario = Scenario(width: width, height: height)
    while scenario.state.focus != .hyperparameters { scenario.press("Tab") }
    let domains = [
      " whole number from ", " a number from ", " yes or no", " one of ", " or a list like ",
    ]
    for index in 0..<22 {
      let column = scenario.lines.dropFirst().map { line in
        String(line.split(separator: "│").last ?? "").trimmingCharacters(in: .whitespaces)
      }.joined(separator: " ")
      #expect(domains.contains(where: column.contains), "\(index): \(column)")
      if height >= 40 { #expect(column.contains("A change "), "\(index): \(column)") }
      scenario.press("j")
    }
  }

  @Test("where rows are few the list stays")
  func small() {
    var scenario = Scenario(width: 80, height: 24)
    scenario.press("Tab")
    #expect(scenario.text.contains("num_latents"))
  }
}

@Suite struct DrawnAnewTests {
  @Test("a change that redraws weights says how many, and one that keeps them says nothing")
  func said() throws {
    var scenario = Scenario()
    let before = try #require(scenario.state.run?.model)
    scenario.command("depth 5")
    let after = try #require(scenario.state.run?.model)
    #expect(scenario.said.contains("drawn anew from seed 0"))
    #expect(scenario.said.hasSuffix("; the others are as they were"))
    let parts = after.parts(unlike: before)
    #expect(parts.count == 3 && parts.starts(with: ["layers.3", "layers.4"]), "\(parts)")
    #expect(parts[2].hasPrefix("to_logits"))
    #expect(scenario.said.contains(" (\(parts.joined(separator: ", ")));"), "\(scenario.said)")
    // The layers before the new ones are drawn first, and so from the same numbers.
    let shared = after.parameterCount(sharedWith: before)
    #expect(shared > 0 && shared < before.parameterCount)
    #expect(before.parameterCount(sharedWith: before) == before.parameterCount)
    scenario.command("max_freq 12")
    #expect(scenario.said == "")
    scenario.command("num_freq_bands 4")
    #expect(scenario.said.contains("drawn anew from seed 0"))
  }
}
