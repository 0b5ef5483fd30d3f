// Models that end in a decoder: which latents answer, what is read through it, and predicted bytes.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import TestSupport
import Testing

@Suite("A decoder's rows, and what is read of the input through it")
struct DecoderScreenTests {
  /// A classifier of pictures, whose decoder has one output.
  private static func classifier(
    _ name: String = "image_fourier", width: Int = 120, height: Int = 40,
    depth: ColourDepth = .indexed256
  ) throws -> Scenario {
    Scenario(
      width: width, height: height, depth: depth,
      input: Scenario.picture(width: 16, height: 12), weights: try LoadedWeights.fixture(name))
  }

  /// A masked language model on a text.
  static func language(
    _ text: String = "The [MASK] sat.", width: Int = 120, height: Int = 40,
    depth: ColourDepth = .indexed256, window: InputWindow? = nil,
    files: MemoryFiles = MemoryFiles()
  ) throws -> Scenario {
    let weights = try LoadedWeights.fixture("masked_lm")
    return Scenario(
      width: width, height: height, depth: depth,
      input: try input(text, weights, window: window), weights: weights, files: files)
  }

  private static func input(
    _ text: String, _ weights: LoadedWeights, window: InputWindow? = nil
  ) throws -> Input {
    let form = try #require(weights.model.configuration.textForm)
    let tokens = ByteTokenizer(form).tokens(of: Array(text.utf8), longest: 32).tokens
    return Input(
      name: "t.txt",
      tensor: Tensor(shape: [tokens.numbers.count], values: tokens.numbers.map { Float($0) }),
      content: .text(tokens.text), source: window == nil ? nil : .file("t.txt"), window: window)
  }

  private static func largest(_ values: [Float]) throws -> Int {
    try #require(values.indices.max { values[$0] < values[$1] })
  }

  @Test("A classifier's decoder shows which latents answer, and Enter goes to the map of one")
  func answering() throws {
    var scenario = try Self.classifier()
    scenario.press("End")
    #expect(scenario.text.contains("what the answer reads"))
    #expect(scenario.text.contains("on latents 1 to 6"))
    let attention = try #require(scenario.state.stage?.attention)
    let most = try Self.largest(attention.received(byKey: 0, as: .probabilities).row(0).values)
    // The cursor begins at the latent that answers most.
    scenario.press("i")
    #expect(scenario.text.contains("latent \(most + 1) as a key"))
    scenario.press("→", "Enter")
    let chosen = min(most + 1, 5)
    #expect(scenario.state.choices.selection.latent == chosen)
    #expect(scenario.state.stageID?.name == "cross 1")
    #expect(scenario.text.contains("latent \(chosen + 1) of 6"))
    #expect(scenario.status.contains("goes back to the decoder"))
  }

  @Test("v goes from the row to the matrix and back; keys for one latent say why they do nothing")
  func views() throws {
    var scenario = try Self.classifier()
    scenario.press("End", "v")
    #expect(scenario.text.contains("latents × outputs"))
    scenario.press("v", "]")
    #expect(scenario.status.contains("every latent is shown"))
    scenario.press("m")
    #expect(scenario.status.contains("every latent is shown"))
    scenario.command("output 2")
    #expect(scenario.status.contains("the decoder has one output"))
  }

  @Test("Bytes that are predicted stand before and after what is hidden or switched off")
  func changedBytes() throws {
    var scenario = try Self.language(width: 140)
    scenario.press("→")
    #expect(!scenario.text.contains("before → after"))
    scenario.command("switch-stage")
    #expect(!scenario.state.choices.changes.isEmpty, "\(scenario.said)")
    scenario.press("End")
    #expect(scenario.text.contains("bytes before → after"), "\(scenario.text)")
    let run = try #require(scenario.state.run)
    let last = run.stageIDs.count - 1
    let changed = try run.changed(by: [.skip(.attention, at: 1), .skip(.feedForward, at: 1)])
      .completed()
    let form = try #require(run.model.configuration.textForm)
    for (mark, run) in [("5", run), ("→", changed)] {
      let best = try #require(run.predictions(at: [5], after: last).first?.best.first)
      let words = "\(mark) \(form.shown(best.token)) \(Figures.number(best.probability, digits: 2))"
      #expect(scenario.text.contains(words), "\(words): \(scenario.text)")
    }
  }

  @Test(
    "d shows what the answer reads of the picture, computing the stages it needs; d again leaves")
  func through() throws {
    for (width, height) in [(60, 18), (80, 24), (120, 40)] {
      var scenario = try Self.classifier(width: width, height: height)
      scenario.press("d")
      #expect(scenario.state.run?.isComplete == true)
      #expect(scenario.text.contains("through the decoder"))
      scenario.press("d")
      #expect(!scenario.text.contains("through the decoder ·"))
    }
  }

  @Test("The map through the decoder is the library's, over tokens that are not pixels too")
  func throughConvolution() throws {
    let weights = try LoadedWeights.fixture("image_conv")
    var scenario = Scenario(
      width: 120, height: 40, input: Scenario.picture(width: 24, height: 19), weights: weights)
    scenario.press("d")
    let run = try #require(scenario.state.run)
    let map = try ThroughDecoder(reading: [0]).map(run)
    let statistics = MapStatistics(map.values)
    let largest = Figures.number(try #require(statistics.largest))
    #expect(scenario.text.contains("max \(largest)"), "\(scenario.text)")
  }

  @Test(
    "What is read through the decoder is exported as it is seen, of a text too, and as a figure")
  func exports() throws {
    var scenario = try Self.classifier()
    scenario.press("d")
    let run = try #require(scenario.state.run)
    scenario.command("export map.npy")
    let written = try NumPyFile.tensor(try #require(scenario.files["map.npy"]))
    #expect(written == (try ThroughDecoder(reading: [0]).map(run)).values)
    scenario.press("e", "Enter")
    #expect(scenario.files["ramp-through-decoder-the-answer-overlay.png"] != nil)
    scenario.command("through-decoder LABEL_3")
    scenario.command("why-figure figure.svg")
    let svg = String(decoding: try #require(scenario.files["figure.svg"]), as: UTF8.self)
    #expect(svg.contains("Method: through-decoder, by cross 1. Explained: class 3 (LABEL_3)."))
    #expect(svg.contains(">0</text>"))
    var text = try Self.language()
    text.press("d")
    text.command("export map.csv")
    let table = try WrittenTable(text.files["map.csv"])
    #expect(table.columns == ["token", "id", "text", "through-decoder"])
    #expect(table.rows.count == text.state.choices.input.tensor.count)
    text.press("e", "→", "Enter")
    let path = try #require(text.files.paths.first { $0.hasSuffix("-figure.png") })
    #expect(try PixelImage(reading: try #require(text.files[path])).width == 1200)
  }

  @Test("through-decoder CLASS shows what speaks for a class, by number or name")
  func classes() throws {
    var scenario = try Self.classifier()
    scenario.command("through-decoder LABEL_3")
    #expect(scenario.text.contains("for and against LABEL_3"))
    #expect(scenario.text.contains("warm for, cold against"))
    scenario.command("through-decoder 2")
    #expect(scenario.text.contains("for and against LABEL_2"))
    scenario.command("through-decoder 7")
    #expect(
      scenario.status.contains("expected a number from 0 to 6, found 7"),
      "\(scenario.status)")
    scenario.press("u")
    #expect(!scenario.text.contains("LABEL_2 ·"))
  }

  @Test("A model without a decoder says so")
  func none() {
    var scenario = Scenario()
    scenario.press("d")
    #expect(scenario.status.contains("the model has no decoder"))
    scenario.command("output 1")
    #expect(scenario.status.contains("the model has no decoder"))
  }

  @Test("Signed maps of why are drawn too")
  func signed() {
    var configuration = Scenario.small
    configuration.variant = .mixedLatents
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.press("y")
    #expect(scenario.text.contains("of a warm pixel"), "\(scenario.text)")
  }

  @Test(":notes lists class, file, numbers, labels, answers and photos, and where each is from")
  func notes() throws {
    let folder = LoadedWeights.fixtureFolder("image_fourier")
    let request = ModelRequest(weights: folder)
    let source = try ModelSource(request)
    let description = try source.describeAlone(inputAxes: nil)
    let weights = try LoadedWeights(
      source, description, name: "image_fourier", request: request)
    var scenario = Scenario(
      width: 120, height: 40, input: Scenario.picture(width: 16, height: 12), weights: weights)
    scenario.command("notes")
    for words in [
      "transformers PerceiverForImageClassificationFourier", "(from its tensors' names)",
      "F32 (from the file's header)",
      "LABEL_0, LABEL_1", "(from config.json)", "softmax: one of the classes is right",
      "the middle 224 of 256 parts", "(from what the class does where no file says)",
      "ramp.ppm", "nothing was assumed",
    ] {
      #expect(scenario.text.contains(words), "\(words): \(scenario.text)")
    }
    // Where the path of the file wraps depends on the folder that the checkout stands in.
    let file = try source.sheet(description).first { $0.name == "file" }
    #expect(file?.value.hasSuffix("image_fourier/model.safetensors") == true)
    scenario.press("Esc")
    #expect(!scenario.text.contains("nothing was assumed"))
    let language = try ModelSource(
      ModelRequest(weights: LoadedWeights.fixtureFolder("masked_lm")))
    let rows = try language.sheet(try language.describeAlone(inputAxes: nil))
    #expect(
      rows.first { $0.name == "text" }?.value
        == "bytes of UTF-8 from 6 on, between [CLS] and [SEP], at most 32 tokens")
  }

  // MARK: - Language

  @Test("Masked bytes are predicted after every stage, with five tokens and their probabilities")
  func predictions() throws {
    for width in [60, 80] {
      let narrow = try Self.language(width: width)
      #expect(narrow.text.contains(#/(predicted )?bytes so far /#), "\(narrow.text)")
    }
    var scenario = try Self.language(width: 160)
    #expect(scenario.text.contains("predicted bytes after this stage"))
    scenario.press("End")
    #expect(scenario.text.contains("predicted bytes"))
    #expect(!scenario.text.contains("after this stage"))
    let run = try #require(scenario.state.run)
    let best = try run.predictions(at: [5], after: run.stages.count - 1)[0].best
    let form = try #require(run.model.configuration.textForm)
    for candidate in best {
      let words =
        "\(form.shown(candidate.token)) \(Figures.number(candidate.probability, digits: 2))"
      #expect(scenario.text.contains(words), "\(words): \(scenario.text)")
    }
    #expect(best.count == 5)
    // Their logits are those of the output.
    let logits = try #require(run.output).row(5).values
    #expect(best[0].token == (try Self.largest(logits)))
  }

  @Test("The cursor's byte is predicted as well, and its latents are said")
  func cursor() throws {
    var scenario = try Self.language("cat", width: 160)
    #expect(scenario.text.contains("none masked"))
    scenario.press("End", "i", "→", "→")
    #expect(scenario.text.contains("token 2"))
    #expect(scenario.text.contains("top sources: latents"))
    let run = try #require(scenario.state.run)
    let best = try run.predictions(at: [2], after: run.stages.count - 1)[0].best[0]
    let form = try #require(run.model.configuration.textForm)
    #expect(scenario.text.contains("2 \(form.shown(best.token)) "))
    // The row of the byte under the cursor.
    scenario.press("v", "v")
    #expect(scenario.text.contains("what token 2 a reads"), "\(scenario.text)")
  }

  @Test("Selected bytes are read together: their maps through the decoder are summed")
  func selected() throws {
    var scenario = try Self.language("The cat sat.")
    scenario.press("i", "→", "d", "Space", "→", "→", "Space")
    #expect(scenario.state.choices.selection.tokens == [1, 3])
    #expect(scenario.text.contains("2 outputs"))
    #expect(scenario.text.contains("selected 2 tokens"))
    let run = try #require(scenario.state.run)
    let map = try ThroughDecoder(reading: [1, 3]).map(run)
    let both = Figures.number(Double(map.values.values[1]) + Double(map.values.values[3]))
    #expect(scenario.text.contains("sum \(both)"), "\(scenario.text)")
    scenario.press("Space")
    #expect(scenario.state.choices.selection.tokens == [1])
    scenario.command("select 2-4 6")
    #expect(scenario.state.choices.selection.tokens == [2, 3, 4, 6])
    scenario.command("select 99")
    #expect(scenario.status.contains("expected numbers or ranges from 0 to 13, found 99"))
    scenario.command("select none")
    #expect(scenario.state.choices.selection.tokens.isEmpty)
    var picture = Scenario()
    picture.command("select 1")
    #expect(picture.status.contains("only tokens of a text are selected"))
  }

  @Test("Every size and depth draws it")
  func sizes() throws {
    for depth in [ColourDepth.monochrome, .indexed256, .direct] {
      for (width, height) in [(60, 18), (80, 24), (200, 60)] {
        var scenario = try Self.language(width: width, height: height, depth: depth)
        scenario.press("d", "i", "→", "Space", "End", "d", "v", "v", "i", "↓", "→", "Enter")
        #expect(scenario.text.contains("perceiver"))
        var picture = try Self.classifier(width: width, height: height, depth: depth)
        picture.press("End", "i", "d", "o", "o", "s", "y", "d", "n", "←", "v", "g", "F")
        picture.command("through-decoder 1")
        #expect(picture.text.contains("perceiver"))
      }
    }
  }

  // MARK: - Parts of a long text

  @Test("w and W go through the parts of a long text; the footer lists them only there")
  func parts() throws {
    let weights = try LoadedWeights.fixture("masked_lm")
    let second = try Self.input("second", weights, window: InputWindow(1, of: 2))
    var scenario = try Self.language(
      "first", window: InputWindow(0, of: 2), files: MemoryFiles(inputs: ["t.txt": second]))
    #expect(scenario.status.contains("Ww part"))
    scenario.press("W")
    #expect(scenario.status.contains("this is the first of 2 parts"))
    scenario.press("w")
    #expect(scenario.state.choices.input == second)
    scenario.press("w")
    #expect(scenario.status.contains("this is the last of 2 parts"))
    var short = try Self.language()
    #expect(!short.status.contains("part"))
    short.press("w")
    #expect(short.status.contains("the model reads all of this input"))
  }

  @Test("why there are no classes is said in whole, on as many lines as it takes")
  func noClasses() {
    let scenario = Scenario(width: 120, height: 40, configuration: Scenario.io)
    #expect(scenario.text.contains("no classes: the decoder's outputs are "), "\(scenario.text)")
    #expect(scenario.text.contains("│the output "))
  }
}
