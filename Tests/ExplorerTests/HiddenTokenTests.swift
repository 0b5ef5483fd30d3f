// Hiding by hand what is no picture: samples of a sound, bytes of a text, frames of a film.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import Testing

@Suite("Hiding by hand, of sound, films and texts")
struct HiddenTokenTests {
  private static func sound(_ depth: ColourDepth = .indexed256) -> Scenario {
    let samples = (0..<40).map { Float(sin(Double($0) / 3)) }
    return Scenario(
      width: 120, height: 40, depth: depth,
      input: Input(
        name: "tone.wav", tensor: Tensor(shape: [40, 1], values: samples),
        content: .sound(rate: 8000)))
  }

  private static func text(_ fixture: String) throws -> Scenario {
    let weights = try LoadedWeights.fixture(fixture)
    let form = try #require(weights.model.configuration.textForm)
    let tokens = ByteTokenizer(form).tokens(of: Array("The cat sat.".utf8), longest: 32).tokens
    return Scenario(
      width: 120, height: 40,
      input: Input(
        name: "t.txt",
        tensor: Tensor(shape: [tokens.numbers.count], values: tokens.numbers.map { Float($0) }),
        content: .text(tokens.text)), weights: weights)
  }

  private func hidden(_ scenario: Scenario) -> [Int] {
    let marks = scenario.state.choices.changes.hidden?.hidden ?? []
    return marks.indices.filter { marks[$0] }
  }

  /// Whether the classes after the change are those of a run that does not read what is hidden.
  private func expectClasses(_ scenario: Scenario) throws {
    let run = try #require(scenario.state.run)
    let marks = try #require(scenario.state.choices.changes.hidden?.hidden)
    let logits = try #require(try run.hiding(marks).completed().output).values
    let scores = try #require(scenario.state.open.changed?.scores.last ?? nil)
    #expect(!scores.top.isEmpty)
    for entry in scores.top { #expect(entry.logit == logits[entry.index]) }
  }

  @Test("samples of a sound are hidden by their numbers and from the cursor on, and hatched")
  func sound() throws {
    var scenario = Self.sound()
    scenario.command("hide 3-7")
    #expect(hidden(scenario) == [3, 4, 5, 6, 7])
    #expect(scenario.said.contains("5 of 40 samples hidden"), "\(scenario.said)")
    #expect(scenario.lines[0].contains("12.5 % hidden"))
    #expect(scenario.screen.plainText.contains("╱"))
    try expectClasses(scenario)
    scenario.command("hide clear")
    #expect(!scenario.screen.plainText.contains("╱"))
    scenario.command("cursor 20 0")
    scenario.press("X", "Shift-→", "Shift-→", "Enter")
    #expect(hidden(scenario) == [20, 21, 22])
    scenario.press("Esc", "y")
    #expect(scenario.screen.plainText.contains("╱"))
    #expect(scenario.text.contains("on hidden samples"))
  }

  @Test("bytes of a text are hidden, hatched, and the classes are those without them")
  func text() throws {
    var scenario = try Self.text("sequence_classification")
    #expect(scenario.text.contains("The cat"))
    scenario.command("hide 1-3")
    #expect(hidden(scenario) == [1, 2, 3])
    #expect(scenario.text.contains("╱╱╱ cat"), "\(scenario.text)")
    try expectClasses(scenario)
    scenario.press("x")
    #expect(!hidden(scenario).contains(2) && hidden(scenario).contains(0))
    scenario.press("u", "u")
    #expect(hidden(scenario).isEmpty && scenario.text.contains("The cat"))
    scenario.command("cursor 5")
    scenario.press("X", "→", "Enter")
    #expect(hidden(scenario) == [5, 6])
  }

  @Test("a frame of a film is hidden for itself")
  func film() throws {
    var generator = TorchGenerator(seed: 5)
    let tensor = generator.uniform(shape: [3, 8, 12, 3], low: 0, high: 1)
    let frames = (0..<3).map {
      PixelImage(width: 12, height: 8, channels: 3, samples: tensor.row($0).values)
    }
    var scenario = Scenario(
      width: 140, height: 40,
      input: Input(name: "film.y4m", tensor: tensor, content: .frames(frames)))
    scenario.press(".")
    scenario.command("hide 0,0,1x2")
    #expect(hidden(scenario) == [96, 97])
    try expectClasses(scenario)
  }

  @Test("where several kinds of tokens are read together, it is said why nothing is hidden")
  func both() throws {
    var generator = TorchGenerator(seed: 6)
    let tensor = generator.uniform(shape: [2, 8, 12, 3], low: 0, high: 1)
    let frames = (0..<2).map {
      PixelImage(width: 12, height: 8, channels: 3, samples: tensor.row($0).values)
    }
    var scenario = Scenario(
      width: 140, height: 40,
      input: Input(
        name: "film", tensor: tensor,
        content: .film(
          frames, sound: generator.uniform(shape: [128], low: -1, high: 1))),
      weights: try LoadedWeights.fixture("multimodal"))
    scenario.command("hide 0,0,1x1")
    #expect(
      scenario.said.contains("nothing is hidden by hand of an input of several kinds of tokens: "),
      "\(scenario.said)")
    #expect(hidden(scenario).isEmpty)
    scenario.press("i", "X")
    #expect(scenario.said.contains("several kinds of tokens"))
  }

  @Test(
    "what is no run of samples is refused in a sentence",
    arguments: ["", "7-3", "0-40", "-1", "a", "1-2-3", "0,0,1x4", "3-"])
  func refused(text: String) {
    var scenario = Self.sound()
    scenario.command("hide \(text)")
    #expect(
      scenario.said.contains("hide: expected samples from 0 to 39 such as 3-7, or clear, found "),
      "\(scenario.said)")
    #expect(hidden(scenario).isEmpty)
  }
}
