// transformers' multimodal autoencoder: sound and frames in, a label out, and points of the film that
// are reconstructed when someone asks.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A film with sound goes through transformers' multimodal autoencoder")
struct MultimodalTests {
  private static let folder = fixtures.appending(path: "huggingface")

  private static func model() throws -> Perceiver {
    let checkpoint = try Checkpoint(path: folder.appending(path: "multimodal").path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    return try checkpoint.model(try checkpoint.describe(given: given).configuration)
  }

  private static func film(_ seed: UInt64 = 1) -> (frames: Tensor, sound: Tensor) {
    var generator = TorchGenerator(seed: seed)
    return (
      generator.uniform(shape: [2, 8, 12, 3], low: 0, high: 1),
      generator.uniform(shape: [128], low: -1, high: 1)
    )
  }

  @Test(
    "Tokens, queries, outputs of points and label, every attention and every hidden state match",
    arguments: ["multimodal", "multimodal_half"])
  func matches(_ name: String) throws {
    let comparisons = try ReferenceCase(
      folder: Self.folder.appending(path: name).path, checkpoint: "model.safetensors"
    ).compare()
    let names = Set(comparisons.map(\.name))
    #expect(
      names.isSuperset(of: [
        "logits.audio", "logits.image", "logits.label", "cross_attention.0", "cross_attention.1",
        "self_attention.0", "hidden_state.0", "last_hidden_state", "preprocessed", "decoder_query",
      ]))
    for comparison in comparisons {
      #expect(comparison.error < 2e-5, "\(comparison.name), item \(comparison.item)")
    }
  }

  @Test("image_size may be height and width, as transformers 5 has it")
  func imageSizes() throws {
    func model(_ size: String) throws -> Perceiver {
      try withTemporaryFolder { folder in
        let source = Self.folder.appending(path: "multimodal")
        try FileManager.default.copyItem(
          at: source.appending(path: "model.safetensors"),
          to: folder.appending(path: "model.safetensors"))
        let text = try String(contentsOf: source.appending(path: "config.json"), encoding: .utf8)
        let changed = text.replacing("\"image_size\": 4,", with: "\"image_size\": \(size),")
        #expect(changed != text)
        try Data(changed.utf8).write(to: folder.appending(path: "config.json"))
        let checkpoint = try Checkpoint(path: folder.path)
        let given = try #require(try GivenHyperparameters.of(checkpoint))
        return try checkpoint.model(try checkpoint.describe(given: given).configuration)
      }
    }
    let (frames, sound) = Self.film()
    let own = try Self.model()
    let square = try model("[4, 4]")
    #expect(square.configuration == own.configuration)
    #expect(try square(frames, sound: sound) == own(frames, sound: sound))
    let (low, high) = (try model("[3, 4]"), try model("[4, 3]"))
    #expect(low.configuration != high.configuration)
    #expect(try low(frames, sound: sound) != high(frames, sound: sound))
  }

  @Test("The label alone is decoded unless points are asked for, and is the same then")
  func label() throws {
    let model = try Self.model()
    let (frames, sound) = Self.film()
    var run = try model.begin(frames, sound: sound)
    while try run.next() != nil {}
    #expect(run.stages.last?.outputs?.shape == [1, 387])
    let output = try #require(run.output)
    #expect(output.shape == [5])
    let last = run.stages[run.stages.count - 2].latents
    #expect(run.logits(from: last) == output)
    let more = try model(
      frames, sound: sound, queries: .points(FilmPoints(sound: [7], pixels: [0, 191])))
    #expect(relativeError(more, output) < 1e-5)
  }

  @Test("Points of a film are reconstructed from any latents, whichever others are asked for")
  func reconstruction() throws {
    let model = try Self.model()
    let (frames, sound) = Self.film()
    var run = try model.begin(frames, sound: sound)
    while try run.next() != nil {}
    var told: [Double] = []
    let all = try run.reconstruction(
      of: FilmPoints(sound: Array(0..<8), pixels: Array(0..<192))
    ) { told.append($0) }
    #expect(all.sound.shape == [8, 16] && all.pixels.shape == [192, 3])
    #expect(told.first == 0)
    let some = try run.reconstruction(of: FilmPoints(pixels: [5, 100]))
    #expect(some.sound.shape == [0, 16])
    #expect(relativeError(some.pixels.row(1), all.pixels.row(100)) < 1e-5)
    let early = try run.reconstruction(of: FilmPoints(pixels: [5]), from: run.stages[0].latents)
    #expect(early.pixels.row(0) != some.pixels.row(0))
    #expect(throws: ConfigurationError.self) {
      try run.reconstruction(of: FilmPoints(pixels: [192]))
    }
    #expect(throws: ConfigurationError.self) {
      try model.begin(frames, queries: .points(FilmPoints(sound: [8])))
    }
  }

  @Test("Shares of attention are the sums of its weights over sound, frames and label")
  func shares() throws {
    let model = try Self.model()
    let (frames, sound) = Self.film()
    var run = try model.begin(frames, sound: sound)
    let stage = try #require(try run.next())
    let attention = try #require(stage.attention)
    let modalities = model.configuration.modalities(inputAxes: [2, 8, 12])
    #expect(modalities.map(\.name) == ["sound", "frames", "label"])
    #expect(modalities.map(\.tokens) == [0..<8, 8..<20, 20..<21])
    #expect(modalities.map(\.axes) == [[8], [2, 2, 3], [1]])
    let shares = try attention.shares(of: modalities, head: .one(0))
    let matrix = try attention.matrix(as: .probabilities)
    for latent in 0..<6 {
      for (column, modality) in modalities.enumerated() {
        let sum = modality.tokens.reduce(0.0) { $0 + Double(matrix[0, latent, $1]) }
        #expect(abs(sum - Double(shares[latent, column])) < 1e-6)
      }
      #expect(abs((0..<3).reduce(0) { $0 + shares[latent, $1] } - 1) < 1e-5)
    }
  }

  @Test("Without sound it is silent; other lengths and sizes are refused in one line")
  func silence() throws {
    let model = try Self.model()
    let (frames, _) = Self.film()
    #expect(try model(frames) == model(frames, sound: Tensor(shape: [128])))
    #expect(try model(frames) != model(frames, sound: Self.film().sound))
    for (sound, frames) in [
      (Tensor(shape: [127]), frames), (Tensor(shape: [64]), frames),
      (Tensor(shape: [128]), Tensor(shape: [2, 8, 10, 3])),
      (Tensor(shape: [128]), Tensor(shape: [2, 8, 12, 1])),
    ] {
      let error = #expect(throws: ConfigurationError.self) { try model(frames, sound: sound) }
      #expect(error?.description.contains("expected") ?? false)
    }
    let other = try Perceiver(.init(depth: 1, numLatents: 4), seed: 0)
    #expect(throws: ConfigurationError.self) {
      try other(Tensor(shape: [4, 4, 3]), sound: Tensor(shape: [4]))
    }
  }

  @Test("A run with other sound reads its tokens anew, one with the same takes them over")
  func reuse() throws {
    let model = try Self.model()
    let (frames, sound) = Self.film()
    var run = try model.begin(frames, sound: sound)
    while try run.next() != nil {}
    #expect(try model.begin(frames, sound: sound, reusing: run).stages.count == run.stages.count)
    #expect(try model.begin(frames, reusing: run).stages.isEmpty)
  }

  @Test("Gradients of the pixels are those of finite differences")
  func gradients() throws {
    let model = try Self.model()
    let (frames, sound) = Self.film()
    var run = try model.begin(frames, sound: sound)
    while try run.next() != nil {}
    let gradient = try #require(
      run.gradients(of: [.input]) { output in
        Tensor(shape: output.shape, values: output.values.indices.map { $0 == 1 ? 1 : 0 })
      }.input)
    #expect(gradient.shape == [2, 8, 12, 3])
    let largest = gradient.values.indices.max {
      abs(gradient.values[$0]) < abs(gradient.values[$1])
    }
    for position in [try #require(largest), 301] {
      func logit(_ step: Float) throws -> Double {
        var values = frames.values
        values[position] += step
        return Double(
          try model(Tensor(shape: frames.shape, values: values), sound: sound).values[1])
      }
      let difference = (try logit(1e-2) - logit(-1e-2)) / 2e-2
      #expect(
        abs(difference - Double(gradient.values[position])) < 1e-3 + 0.03 * abs(difference),
        "position \(position)")
    }
  }
}
