// Photos prepared like the data that a model was trained on: what the title says, and `:fit`.

import Explorer
import Inputs
import Perceiver
import Testing

@Suite struct FitTests {
  /// Weights of a model that was trained on pictures of 6 × 6 pixels.
  private static func weights(_ preprocessing: Preprocessing?) throws -> LoadedWeights {
    var configuration = Scenario.small
    (configuration.inputChannels, configuration.inputAxes) = (3, 2)
    configuration.preprocessing = preprocessing
    return LoadedWeights(model: try Perceiver(configuration, seed: 9), name: "small.safetensors")
  }

  private static let small = Preprocessing(
    mean: [0.25], deviation: [0.5], size: .init(height: 6, width: 6), channelOrder: .rgb)

  @Test(
    "the title says that the photo is not as in training, :fit prepares the photo so, undo goes back"
  )
  func fit() throws {
    var scenario = Scenario(width: 160, height: 40, weights: try Self.weights(Self.small))
    let before = scenario.state.choices.input
    #expect(scenario.lines[0].contains("not as in training (6 × 6 RGB), :fit"))
    scenario.command("fit")
    let fitted = scenario.state.choices.input
    #expect(fitted.tensor.shape == [6, 6, 3])
    // Blue is 0.5 everywhere.
    #expect(abs((fitted.tensor.values.last ?? 0) - 0.5) < 1e-6)
    #expect(scenario.lines[0].contains("fitted: 6 × 6 RGB"), "\(scenario.lines[0])")
    #expect(!scenario.lines[0].contains(":fit"))
    #expect(scenario.said.contains("made from 12 × 8"), "\(scenario.said)")
    scenario.command("fit")
    #expect(scenario.said.contains("like the training data already: 6 × 6 RGB"))
    #expect(scenario.state.choices.input == fitted)
    scenario.press("u")
    #expect(scenario.state.choices.input == before)
    scenario.press("Ctrl-R")
    #expect(scenario.state.choices.input == fitted)
  }

  @Test("a narrow title says so in fewer words, before the whole names of files")
  func narrow() throws {
    let weights = try Self.weights(Self.small)
    let narrow = Scenario(width: 100, height: 24, weights: weights).lines[0]
    #expect(
      narrow.contains(" · not as in training, :fit · Perceiver · small.safetensors"), "\(narrow)")
    let brief = Scenario(width: 80, height: 24, weights: weights).lines[0]
    #expect(brief.hasPrefix(" perceiver  ramp.ppm · not as in training"), "\(brief)")
    let name = String(repeating: "long", count: 20) + ".ppm"
    let long = Scenario(
      width: 80, height: 24, input: Scenario.picture(name: name), weights: weights
    ).lines[0]
    #expect(long.contains(#/perceiver  long.* · not as in training/#), "\(long)")
  }

  @Test("how the photo was made for the model is said before the size and the model's class")
  func made() throws {
    let ramp = Scenario.picture()
    let input = Input(
      name: ramp.name, tensor: ramp.tensor, content: ramp.content,
      notes: [
        InputNote(brief: "made 12 × 8 from 224 × 224"), InputNote(brief: "converted to grey"),
      ])
    let title = Scenario(width: 108, height: 40, input: input).lines[0]
    #expect(
      title.contains(
        " ramp.ppm · made 12 × 8 from 224 × 224, converted to grey · untrained  "), "\(title)")
  }

  @Test("where only the scaling differs, the title names that")
  func scaling() throws {
    let scaled = Preprocessing(mean: [0.25], deviation: [0.5])
    let scenario = Scenario(width: 160, height: 40, weights: try Self.weights(scaled))
    #expect(scenario.lines[0].contains("not as in training (mean 0.25, std 0.5), :fit"))
  }

  @Test("what is like the training data is not remarked on")
  func alike() throws {
    let same = Preprocessing(size: .init(height: 8, width: 12), channelOrder: .rgb)
    let scenario = Scenario(width: 160, height: 40, weights: try Self.weights(same))
    #expect(!scenario.lines[0].contains("not as in training"))
  }

  @Test(
    "a model that says its own hyperparameters leaves the keys in view; what was assumed is said",
    arguments: [
      ([], nil), (["hyperparameters are read from small.json beside it"], nil),
      (["softmax was assumed"], ":notes lists where the model is from and what was assumed"),
    ] as [([String], String?)])
  func reminder(notes: [String], said: String?) throws {
    let model = try Self.weights(Self.small).model
    let scenario = Scenario(
      width: 120, height: 40,
      weights: LoadedWeights(model: model, name: "small.safetensors", notes: notes))
    #expect(scenario.state.message?.text == said)
  }

  @Test("a model without training data has a sentence that says so")
  func without() throws {
    var untrained = Scenario()
    untrained.command("fit")
    #expect(untrained.said == "an untrained model has no training data to prepare a photo like")
    var silent = Scenario(weights: try Self.weights(nil))
    silent.command("fit")
    #expect(silent.said.contains("small.safetensors does not say what pictures it was trained on"))
  }

  @Test("the link to a fitted photo leaves out the options that :fit set aside")
  func link() throws {
    let weights = try Self.weights(Self.small)
    var options = ReadingOptions()
    (options.longestSide, options.isRaw) = (.pixels(32), true)
    (options.arrayName, options.refusesFlaws) = ("x", true)
    options.scaling.mean = [0]
    let fitted = try InputReader(options).likeTraining(
      Scenario.picture(), of: InputDemand(weights.model.configuration))
    let state = ExplorerState(
      choices: Choices(
        input: fitted,
        settings: ModelSettings(
          configuration: weights.model.configuration, source: .weights(weights))),
      terminal: TerminalFacts(width: 120, height: 40, depth: .indexed256, symbols: .unicode))
    let words = ViewLink(state).words
    #expect(words.contains("--array") && words.contains("x") && words.contains("--strict"))
    #expect(!words.contains { ["--max-side", "32", "--mean", "0", "--raw"].contains($0) })
  }

  @Test(
    "in few words it goes after the model's class and the stage's time, whatever the file is called",
    arguments: [80, 100, 120],
    ["cat.ppm", "a-photo-with-a-very-long-name-of-the-second-of-may.ppm"])
  func became(width: Int, name: String) throws {
    let ramp = Scenario.picture()
    let input = Input(
      name: name, tensor: ramp.tensor, content: ramp.content,
      notes: [
        InputNote(
          brief: "scaled from 224 × 224 to 28 × 28",
          change: .init("28 × 28", from: "224 × 224")),
        InputNote(brief: "converted to grey", change: .init("grey", from: "colour")),
      ])
    let weights = LoadedWeights(
      model: try Perceiver(Scenario.small, seed: 1), name: "fashion.safetensors")
    let title = Scenario(width: width, height: 24, input: input, weights: weights).lines[0]
    #expect(title.contains(" · 28×28 grey from colour · "), "\(title)")
    #expect(title.contains("fashion") || title.contains("fashi"), "\(title)")
    if width >= 100, name == "cat.ppm" {
      #expect(title.contains("colour · Perceiver · "), "\(title)")
    }
  }
}
