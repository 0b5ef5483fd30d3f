// Asking why of what is no picture: sound and arrays of one axis, films, texts, and kinds of tokens that
// are read together.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import Testing

@Suite("Why, over sound, films and texts")
struct WhyGroundTests {
  static func sound(_ depth: ColourDepth = .direct) -> Scenario {
    let samples = (0..<40).map { Float(sin(Double($0) / 3)) }
    return Scenario(
      width: 120, height: 40, depth: depth,
      input: Input(
        name: "tone.wav", tensor: Tensor(shape: [40, 1], values: samples),
        content: .sound(rate: 8000)))
  }

  static func film() -> Scenario {
    var generator = TorchGenerator(seed: 5)
    let tensor = generator.uniform(shape: [3, 8, 12, 3], low: 0, high: 1)
    let frames = (0..<3).map {
      PixelImage(width: 12, height: 8, channels: 3, samples: tensor.row($0).values)
    }
    return Scenario(
      width: 140, height: 40, depth: .direct,
      input: Input(name: "film.y4m", tensor: tensor, content: .frames(frames)))
  }

  /// - Parameter other: A second text, which can be opened as `other.txt`.
  static func text(
    _ fixture: String, depth: ColourDepth = .direct, other: String? = nil
  ) throws -> Scenario {
    let weights = try LoadedWeights.fixture(fixture)
    func input(_ words: String, _ name: String) throws -> Input {
      let form = try #require(weights.model.configuration.textForm)
      let tokens = ByteTokenizer(form).tokens(of: Array(words.utf8), longest: 32).tokens
      return Input(
        name: name,
        tensor: Tensor(shape: [tokens.numbers.count], values: tokens.numbers.map { Float($0) }),
        content: .text(tokens.text))
    }
    return Scenario(
      width: 120, height: 40, depth: depth, input: try input("The cat sat.", "t.txt"),
      weights: weights,
      files: MemoryFiles(inputs: try other.map { ["other.txt": try input($0, "other.txt")] } ?? [:])
    )
  }

  static func both() throws -> Scenario {
    var generator = TorchGenerator(seed: 6)
    let tensor = generator.uniform(shape: [2, 8, 12, 3], low: 0, high: 1)
    let frames = (0..<2).map {
      PixelImage(width: 12, height: 8, channels: 3, samples: tensor.row($0).values)
    }
    return Scenario(
      width: 140, height: 40,
      input: Input(
        name: "film", tensor: tensor,
        content: .film(
          frames, sound: generator.uniform(shape: [128], low: -1, high: 1))),
      weights: try LoadedWeights.fixture("multimodal"))
  }

  private func written(_ name: String, _ scenario: Scenario) throws -> Tensor {
    try NumPyFile.tensor(try #require(scenario.files[name], "\(scenario.said)"))
  }

  @Test("y colours the waveform of a sound, at every stage, and the cursor reads its numbers")
  func sound() throws {
    var scenario = Self.sound()
    for keys in [["y"], ["→"], ["End"]] {
      for key in keys { scenario.press(key) }
      #expect(scenario.lines[1].contains("relevance"))
      #expect(scenario.text.contains("the sound, coloured by the map, positions 1 to 40"))
      #expect(scenario.text.contains("rests on"))
      #expect(scenario.lines[1].contains("16 half inputs"), "\(scenario.lines[1])")
    }
    scenario.press("i")
    #expect(scenario.text.contains("sample 20"))
    #expect(scenario.text.contains("value "))
    scenario.press("Esc")
    scenario.command("why rollout-half")
    scenario.command("export why.npy")
    let run = try #require(scenario.state.run)
    let map = try Rollout(.half).map(run).values
    #expect(try written("why.npy", scenario).values == map.values)
    scenario.command("why-figure why.svg")
    #expect(scenario.files["why.svg"] != nil)
  }

  @Test("columns of a signed map stand above and below zero, warm and cold")
  func signed() throws {
    let values = (0..<80).map { Float($0 % 7) - 3 }
    var scenario = Scenario(
      width: 120, height: 40, depth: .direct,
      input: Input(array: Tensor(shape: [40, 2], values: values), name: "numbers.npy"))
    scenario.command("why presence")
    #expect(scenario.text.contains("over positions 1 to 40"))
    #expect(scenario.text.contains("warm "))
    let screen = scenario.screen
    // The strip of colours is red where a column stands above the middle, blue where below.
    let strip = (1..<60).compactMap { x in
      (20..<36).compactMap { screen[x, $0].style.background }.last.map { (x, $0) }
    }
    #expect(strip.contains { $0.1.red > $0.1.blue } && strip.contains { $0.1.blue > $0.1.red })
  }

  @Test("y lies over the frame of a film that is seen, and its export is that frame's")
  func film() throws {
    var scenario = Self.film()
    scenario.command("why rollout-half")
    #expect(scenario.lines[1].contains("frame 1 of 3"), "\(scenario.lines[1])")
    let first = scenario.screen
    scenario.press(".")
    #expect(scenario.lines[1].contains("frame 2 of 3"), "\(scenario.lines[1])")
    #expect(scenario.screen != first)
    // At stages of latents too.
    scenario.press("→")
    #expect(scenario.lines[1].contains("frame 2 of 3"), "\(scenario.lines[1])")
    scenario.command("export why.npy")
    let run = try #require(scenario.state.run)
    let map = try Rollout(.half, after: scenario.state.position).map(run).values
    #expect(map.shape == [3, 8, 12])
    #expect(try written("why.npy", scenario).values == map.row(1).values)
    scenario.press("i")
    #expect(scenario.text.contains("frame 2"))
    scenario.command("why-figure why.svg")
    let svg = String(decoding: scenario.files["why.svg"] ?? [], as: UTF8.self)
    #expect(svg.contains("frame 3"))
    scenario.command("why relevance")
    #expect(scenario.text.contains("half films"))
  }

  @Test("y colours the characters of a text, with the cursor on them")
  func text() throws {
    for depth in [ColourDepth.direct, .monochrome] {
      var scenario = try Self.text("sequence_classification", depth: depth)
      scenario.press("y")
      #expect(scenario.lines[1].contains("relevance"), "\(scenario.lines[1])")
      #expect(scenario.text.contains("rests on"), "\(scenario.text)")
      #expect(scenario.lines[1].contains("16 half texts"), "\(scenario.lines[1])")
      #expect(scenario.text.contains("The cat sat."))
      scenario.press("i", "→", "→")
      #expect(scenario.text.contains("value "))
      scenario.press("Esc", "Esc")
      #expect(!scenario.text.contains("half texts"))
    }
  }

  @Test("a language model has no one answer: y shows from where all stages read the text")
  func language() throws {
    var scenario = try Self.text("masked_lm")
    scenario.press("y")
    #expect(scenario.lines[1].contains("rollout-residual"), "\(scenario.lines[1])")
    #expect(scenario.said.contains("no output is chosen"), "\(scenario.said)")
    #expect(scenario.text.contains("tokens"))
    #expect(scenario.text.contains("The cat sat."))
  }

  @Test("who asks for a method without having chosen an output is told how to choose one")
  func noOutputChosen() throws {
    var scenario = try Self.text("masked_lm")
    for line in ["why relevance", "why presence", "why gradient"] {
      scenario.command(line)
      #expect(scenario.lines[1].contains("rollout-residual"), "\(scenario.lines[1])")
      #expect(scenario.said.contains("no output is chosen: i puts the cursor"), "\(scenario.said)")
      #expect(scenario.said.contains("until then rollout-residual"), "\(scenario.said)")
    }
    scenario.command("why-class")
    #expect(scenario.said.contains("no output is chosen"), "\(scenario.said)")
    // A method that is about no output is shown as it is asked for.
    scenario.command("why rollout-half")
    #expect(scenario.lines[1].contains("rollout-half"), "\(scenario.lines[1])")
    #expect(!scenario.said.contains("no output is chosen"), "\(scenario.said)")
  }

  @Test("the likeliest byte at the masked token is explained, and title and legend name it")
  func masked() throws {
    var scenario = try DecoderScreenTests.language(width: 160)
    scenario.press("y")
    let run = try #require(scenario.state.run)
    let last = run.stageIDs.count - 1
    let best = try #require(run.predictions(at: [5], after: last).first?.best.first?.token)
    let form = try #require(run.model.configuration.textForm)
    let words = "\(form.shown(best)) at token 5"
    #expect(scenario.lines[1].contains("relevance · \(words)"), "\(scenario.lines[1])")
    for method in ["presence", "through-decoder"] {
      scenario.command("why \(method)")
      #expect(scenario.lines[1].contains("\(method) · \(words)"), "\(scenario.lines[1])")
      #expect(scenario.text.contains("warm for \(words)"), "\(scenario.text)")
    }
    scenario.command("why gradient")
    #expect(scenario.lines[1].contains("gradient · \(words)"), "\(scenario.lines[1])")
    scenario.command("export why.npy")
    let target = ExplanationTarget(.number(5 * 262 + best))
    let map = try InputGradient(of: target).map(run).values
    #expect(try written("why.npy", scenario).values == map.values)
  }

  @Test(
    "the cursor's token has its likeliest byte explained, and another output by its number or name")
  func chosenOutput() throws {
    var scenario = try Self.text("masked_lm")
    scenario.press("y", "i")
    #expect(scenario.lines[1].contains("relevance"), "\(scenario.lines[1])")
    #expect(scenario.lines[1].contains(" at token \(scenario.state.probedKey)"))
    scenario.press("→")
    #expect(scenario.lines[1].contains(" at token \(scenario.state.probedKey)"))
    scenario.press("Esc")
    let number = 2 * 262 + 6 + 97
    for words in ["2:a", "2:103", "\(number)"] {
      scenario.command("why-class answer")
      scenario.command("why-class \(words)")
      #expect(scenario.state.choices.view.why.choice == .number(number), "\(scenario.said)")
      #expect(scenario.lines[1].contains("relevance · a at token 2"), "\(scenario.lines[1])")
    }
    scenario.command("against 2:b")
    #expect(scenario.lines[1].contains("a at token 2 against b at token 2"), "\(scenario.lines[1])")
    scenario.command("against nothing")
    scenario.command("why-class 99999")
    #expect(scenario.said.contains("why-class: expected a number from 0 to "), "\(scenario.said)")
    scenario.command("why-class 2:magic")
    #expect(
      scenario.said.contains(
        "expected 2: and then a number from 0 to 261, a byte such as a, answer or second, found 2:magic"
      ),
      "\(scenario.said)")
  }

  @Test("Y lists the bytes of the explained token")
  func listedOutputs() throws {
    var scenario = try DecoderScreenTests.language()
    scenario.press("y", "Y")
    #expect(scenario.text.contains("explain which output"), "\(scenario.text)")
    #expect(scenario.text.contains("the largest of token 5"), "\(scenario.text)")
    scenario.press("'~ at'", "Enter")
    #expect(scenario.state.choices.view.why.choice == .number(5 * 262 + 6 + 126))
    #expect(scenario.lines[1].contains("relevance · ~ at token 5"), "\(scenario.lines[1])")
  }

  @Test("of outputs at the positions of a picture a chosen one is explained")
  func pictureOutput() {
    var scenario = Scenario(width: 140, height: 40, configuration: Scenario.io)
    scenario.command("why relevance")
    #expect(scenario.said.contains("no output is chosen: :output N"), "\(scenario.said)")
    scenario.command("why-class 4")
    #expect(scenario.lines[1].contains("relevance · output 4"), "\(scenario.lines[1])")
    scenario.command("why presence")
    #expect(scenario.text.contains("warm for output 4, cold against"), "\(scenario.text)")
    // What hiding does is told of its number, which is no probability.
    #expect(scenario.text.contains("gain ") && scenario.text.contains("│y "), "\(scenario.text)")
    #expect(scenario.text.contains(", 1/8 hidden"), "\(scenario.text)")
  }

  @Test("of frames and sound together V chooses over which y lies, and each has its share")
  func kinds() throws {
    var scenario = try Self.both()
    scenario.command("why rollout-half")
    #expect(scenario.lines[1].contains("over frames"), "\(scenario.lines[1])")
    #expect(scenario.text.contains("sound ") && scenario.text.contains(" %"))
    let run = try #require(scenario.state.run)
    let map = try Rollout(.half).map(run).values.values
    let kinds = run.model.configuration.modalities(inputAxes: [2, 8, 12])
    scenario.press("End")
    for _ in kinds {
      scenario.press("V")
      let kind = try #require(
        kinds.first { scenario.lines[1].contains("over \($0.name)") }, "\(scenario.lines[1])")
      scenario.command("export \(kind.name).npy")
      let part = kind.axes.count == 3 ? kind.axes[1...].reduce(1, *) : kind.tokens.count
      #expect(
        try written("\(kind.name).npy", scenario).values
          == Array(map[kind.tokens].prefix(part)), "\(kind.name)")
    }
    // Slopes by pixels are of the frames alone.
    scenario.command("modality sound")
    scenario.command("why gradient-times-input")
    #expect(scenario.text.contains("this method's map is of the frames alone"))
    scenario.command("why-figure why.svg")
    #expect(scenario.files["why.svg"] != nil, "\(scenario.said)")
  }

  @Test("a model without an answer and without a reading that can be followed shows where it looks")
  func looks() {
    var configuration = Scenario.small
    (configuration.variant, configuration.finalClassifierHead) = (.mixedLatents, false)
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.press("y")
    #expect(scenario.lines[1].contains("presence"), "\(scenario.text)")
  }
}
