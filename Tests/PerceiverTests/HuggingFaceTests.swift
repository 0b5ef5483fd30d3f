// transformers' Perceiver classes against what transformers computes of the same files.
// Fixtures/huggingface/README.md says how the values were made.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Folders of transformers give what transformers gives")
struct HuggingFaceTests {
  /// A folder of the fixtures, with its stages.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let stages: Int
    let parameters: Int
    var testDescription: String { name }
    var folder: URL { fixtures.appending(path: "huggingface/\(name)") }

    static let all = [
      Case(name: "bare", stages: 7, parameters: 8404),
      Case(name: "bare_queries", stages: 4, parameters: 22_708),
      Case(name: "image_fourier", stages: 6, parameters: 162_874),
      Case(name: "image_conv", stages: 4, parameters: 27_131),
      Case(name: "image_conv_even", stages: 3, parameters: 16_843),
      Case(name: "image_learned", stages: 4, parameters: 151_655),
      Case(name: "masked_lm", stages: 5, parameters: 29_062),
      Case(name: "masked_lm_full", stages: 4, parameters: 12_454),
      Case(name: "optical_flow", stages: 4, parameters: 240_304),
      Case(name: "sequence_classification", stages: 4, parameters: 8_275),
    ]
  }

  private static func opened(_ path: String) throws -> Perceiver {
    let checkpoint = try Checkpoint(path: path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    return try checkpoint.model(try checkpoint.describe(given: given).configuration)
  }

  @Test("Tokens, outputs, every attention and every hidden state match", arguments: Case.all)
  func matches(_ test: Case) throws {
    let comparisons = try ReferenceCase(
      folder: test.folder.path, checkpoint: "model.safetensors"
    ).compare()
    let names = Set(comparisons.map(\.name))
    #expect(names.isSuperset(of: ["last_hidden_state", "hidden_state.0", "cross_attention.0"]))
    #expect(names.contains("preprocessed") != test.name.hasPrefix("bare"))
    #expect(names.contains("self_attention.\(test.stages - (names.contains("logits") ? 3 : 2))"))
    for comparison in comparisons {
      #expect(comparison.error < 1e-5, "\(comparison.name), item \(comparison.item)")
    }
  }

  @Test(
    "A folder opens as the file in it does; blocks repeat, and their weights count once",
    arguments: Case.all)
  func opens(_ test: Case) throws {
    let model = try Self.opened(test.folder.path)
    #expect(model.parameterCount == test.parameters)
    let file = try Self.opened(test.folder.appending(path: "model.safetensors").path)
    #expect(file.configuration == model.configuration)
    let axes =
      model.configuration.readsTokens ? [5] : [2, 32, 32].suffix(model.configuration.inputAxes)
    let costs = try model.configuration.stageCosts(inputAxes: Array(axes))
    #expect(costs.count == test.stages)
    #expect(
      costs.filter { $0.id.kind == .latentSelfAttention }.map(\.id.name).first
        == "latent 1.1")
  }

  @Test("Frames of pixels are read as their patches are")
  func framesAndPatches() throws {
    let model = try Self.opened(fixtures.appending(path: "huggingface/optical_flow").path)
    var generator = TorchGenerator(seed: 6)
    let (height, width) = (6, 10)
    let frames = generator.uniform(shape: [2, height, width, 3], low: -1, high: 1)
    let patches = Tensor(
      shape: [2, height, width, 27],
      values: (0..<2 * height * width * 27).map { index in
        let (id, number) = index.quotientAndRemainder(dividingBy: 27)
        let (frame, at) = id.quotientAndRemainder(dividingBy: height * width)
        let (y, x) = (at / width + number / 9 - 1, at % width + number / 3 % 3 - 1)
        guard (0..<height).contains(y), (0..<width).contains(x) else { return 0 }
        return frames.values[((frame * height + y) * width + x) * 3 + number % 3]
      })
    let flow = try model(frames)
    #expect(flow.shape == [height, width, 2])
    #expect(try model(patches) == flow)
    #expect(throws: ConfigurationError.self) { try model(Tensor(shape: [2, 5, 10, 3])) }
  }

  @Test(
    "Gradients of an input go through what prepares it",
    arguments: [("image_conv", [13, 15, 3]), ("image_learned", [16, 16, 3])])
  func preparedGradients(_ name: String, _ shape: [Int]) throws {
    let model = try Self.opened(fixtures.appending(path: "huggingface/\(name)").path)
    var generator = TorchGenerator(seed: 7)
    let photo = generator.uniform(shape: shape, low: -1, high: 1)
    var run = try model.begin(photo)
    while try run.next() != nil {}
    func direction(_ output: Tensor) -> Tensor {
      Tensor(shape: output.shape, values: output.values.indices.map { $0 == 1 ? 1 : 0 })
    }
    let gradient = try #require(run.gradients(of: [.input], direction: direction).input)
    #expect(gradient.shape == shape)
    let largest = gradient.values.indices.max {
      abs(gradient.values[$0]) < abs(gradient.values[$1])
    }
    for element in [try #require(largest), 5] {
      func logit(_ step: Float) throws -> Double {
        var values = photo.values
        values[element] += step
        return Double(try model(Tensor(shape: shape, values: values)).values[1])
      }
      let difference = (try logit(1e-2) - logit(-1e-2)) / 2e-2
      #expect(
        abs(difference - Double(gradient.values[element])) < 1e-3 + 0.03 * abs(difference),
        "element \(element)")
    }
  }

  @Test("The decoder's logits of the last latents are the output")
  func logitsOfLatents() throws {
    let model = try Self.opened(fixtures.appending(path: "huggingface/image_fourier").path)
    var generator = TorchGenerator(seed: 3)
    let photo = generator.uniform(shape: [6, 7, 3], low: -1, high: 1)
    var run = try model.begin(photo)
    while try run.next() != nil {}
    let output = try #require(run.output)
    #expect(output.shape == [7])
    #expect(run.logits(from: run.stages[run.stages.count - 2].latents) == output)
    #expect(run.logits(from: run.stages[0].latents) != output)
  }

  @Test("A head of zeros is zero columns of the layer behind the heads, in one stage of a block's")
  func zeroHead() throws {
    let model = try Self.opened(fixtures.appending(path: "huggingface/bare").path)
    var generator = TorchGenerator(seed: 4)
    let input = generator.normal(shape: [8, 10])
    var plain = try model.begin(input)
    while try plain.next() != nil {}
    // Stages 1, 3 and 5 share their weights.
    var edited = try model.begin(
      input, interventions: [.edit(.headOutputs, .zero, head: 2, at: 3)], reusing: plain)
    while try edited.next() != nil {}
    #expect(edited.stages[2].latents == plain.stages[2].latents)
    #expect(edited.stages[3].latents != plain.stages[3].latents)
    guard case .numbers(let heads) = try plain.value(of: .headOutputs, at: 3),
      case .numbers(let output) = try edited.value(of: .attentionOutput, at: 3)
    else {
      Issue.record("expected numbers")
      return
    }
    #expect(heads.shape == [6, 24])
    let dense = "encoder.self_attends.0.attention.output.dense"
    let weight = try #require(model.parameter(named: dense + ".weight"))
    let bias = try #require(model.parameter(named: dense + ".bias"))
    for latent in 0..<6 {
      for channel in 0..<24 {
        let sum = (0..<24).filter { !(12..<18).contains($0) }.reduce(Double(bias.values[channel])) {
          $0 + Double(heads.values[latent * 24 + $1]) * Double(weight.values[channel * 24 + $1])
        }
        #expect(abs(sum - Double(output.values[latent * 24 + channel])) < 1e-4)
      }
    }
  }

  @Test("Gradients of the input are those of finite differences")
  func inputGradients() throws {
    let model = try Self.opened(fixtures.appending(path: "huggingface/image_fourier").path)
    var generator = TorchGenerator(seed: 5)
    let photo = generator.uniform(shape: [5, 4, 3], low: -1, high: 1)
    var run = try model.begin(photo)
    while try run.next() != nil {}
    let gradients = try run.gradients(of: [.input]) { output in
      Tensor(shape: output.shape, values: output.values.indices.map { $0 == 2 ? 1 : 0 })
    }
    let gradient = try #require(gradients.input)
    #expect(gradient.shape == [5, 4, 3])
    for id in [0, 17, 44] {
      func logit(_ step: Float) throws -> Double {
        var values = photo.values
        values[id] += step
        return Double(try model(Tensor(shape: photo.shape, values: values)).values[2])
      }
      let difference = (try logit(1e-2) - logit(-1e-2)) / 2e-2
      #expect(abs(difference - Double(gradient.values[id])) < 2e-3 * max(1, abs(difference)))
    }
  }

  @Test(
    "What does not fit is said in one line",
    arguments: [
      ("{", "config.json: byte 1: expected"),
      (#"{"model_type": "bert"}"#, "model_type: expected perceiver, found bert"),
      (#"{"model_type": "perceiver", "num_latents": 7}"#, "num_latents: expected 6 (rows of the"),
      (
        #"{"model_type": "perceiver", "num_self_attention_heads": 5}"#, "num_self_attention_heads: "
      ),
      (#"{"model_type": "perceiver", "num_blocks": 999999}"#, "num_blocks: "),
      (#"{"model_type": "perceiver", "hidden_act": "relu"}"#, "hidden_act: expected gelu"),
      (
        #"{"model_type": "perceiver", "architectures": ["PerceiverForMaskedLM"]}"#,
        "architectures: expected PerceiverModel"
      ),
      (
        #"{"model_type": "perceiver", "qk_channels": 12, "num_cross_attention_heads": 2, "#
          + #""num_self_attention_heads": 4}"#,
        "expected the tensors of PerceiverModel: encoder.cross_attention"
      ),
    ])
  func refuses(_ config: String, _ message: String) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: fixtures.appending(path: "huggingface/bare/model.safetensors"),
        to: folder.appending(path: "model.safetensors"))
      try config.write(
        to: folder.appending(path: "config.json"), atomically: true, encoding: .utf8)
      let error = #expect(throws: (any Error).self) { try Self.opened(folder.path) }
      let text = error.map { "\($0)" } ?? ""
      #expect(text.contains(message) && !text.contains("\n"), "\(text)")
    }
  }

  @Test("Without config.json heads and blocks are not guessed, and an empty folder is refused")
  func refusesFolders() throws {
    try withTemporaryFolder { folder in
      #expect(throws: ModelFolderError.self) { try Self.opened(folder.path) }
      try FileManager.default.copyItem(
        at: fixtures.appending(path: "huggingface/bare/model.safetensors"),
        to: folder.appending(path: "model.safetensors"))
      let missing = #expect(throws: ModelFolderError.self) { try Self.opened(folder.path) }
      #expect(missing?.description.contains("with config.json, found none") ?? false)
      let path = folder.appending(path: "model.safetensors").path
      let error = #expect(throws: CheckpointError.self) { try Self.opened(path) }
      #expect(error?.description.contains("expected config.json beside it") ?? false)
    }
  }

  @Test("An untrained one cannot be drawn, and training it is refused")
  func isNotDrawn() throws {
    let model = try Self.opened(fixtures.appending(path: "huggingface/bare").path)
    #expect(throws: ConfigurationError.self) {
      try Perceiver(model.configuration, seed: 0)
    }
    #expect(throws: TrainingError.self) {
      try Trainer(
        model: model, task: .reconstruction(of: Tensor(shape: [4, 4, 3])), recipe: TrainingRecipe())
    }
  }
}
