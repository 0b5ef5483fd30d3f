// Reading through a decoder, against products of the matrices that transformers computed.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Through the decoder: its weights on latents times theirs on the input")
struct ThroughDecoderTests {
  /// A folder of transformers opened on the first item of its batch, with what was captured there.
  struct Case {
    let input: Tensor
    let run: PerceiverRun
    private let expected: TensorFile

    init(_ name: String) throws {
      let folder = fixtures.appending(path: "huggingface/\(name)")
      let checkpoint = try Checkpoint(path: folder.path)
      let given = try GivenHyperparameters.of(checkpoint) ?? .init()
      let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
      expected = try TensorFile(path: folder.appending(path: "expected.safetensors").path)
      // A film's frames, and its sound beside them.
      let isFilm = expected.entry(named: "input.image") != nil
      var input = try expected.numbers(named: isFilm ? "input.image" : "input").row(0)
      let sound = try isFilm ? expected.numbers(named: "input.audio").row(0) : nil
      if !model.configuration.readsTokens {
        // Channels stand before height and width there, behind frames.
        let axes = Array(input.shape.dropLast(3) + input.shape.suffix(2))
        let channels = input.shape[input.shape.count - 3]
        let plane = axes.suffix(2).reduce(1, *)
        let values = input.values
        input = Tensor(
          shape: axes + [channels],
          values: (0..<values.count).map {
            let (pixel, channel) = $0.quotientAndRemainder(dividingBy: channels)
            let (frame, at) = pixel.quotientAndRemainder(dividingBy: plane)
            return values[(frame * channels + channel) * plane + at]
          })
      }
      self.input = input
      var mask: TokenMask?
      if expected.entry(named: "attention_mask") != nil {
        let keeps = try expected.numbers(named: "attention_mask").row(0).values.map { $0 != 0 }
        mask = TokenMask(shape: [keeps.count], keeps: keeps)
      }
      run = try model.begin(
        input, sound: sound.map { $0.reshaped([$0.count]) }, mask: mask,
        queries: isFilm ? .none : model.configuration.ownQueries
      ).completed()
    }

    /// A captured attention with its heads averaged: `[queries][keys]`.
    func captured(_ name: String) throws -> [[Double]] {
      let all = try expected.numbers(named: name).row(0)
      let (heads, queries, keys) = (all.shape[0], all.shape[1], all.shape[2])
      let values = all.values
      return (0..<queries).map { query in
        (0..<keys).map { key in
          (0..<heads).reduce(0) {
            $0 + Double(values[($1 * queries + query) * keys + key]) / Double(heads)
          }
        }
      }
    }
  }

  private static func times(_ weights: [Double], _ rows: [[Double]]) -> [Double] {
    rows[0].indices.map { key in zip(weights, rows).reduce(0) { $0 + $1.0 * $1.1[key] } }
  }

  @Test(
    "What outputs read is the product of the captured matrices",
    arguments: [
      ("image_fourier", [0], [12, 16]), ("image_conv", [0], [4, 5]),
      ("image_learned", [0], nil), ("sequence_classification", [0], nil),
      ("masked_lm", [3], [20]), ("masked_lm", [0, 7, 19], [20]),
    ] as [(String, [Int], [Int]?)])
  func product(name: String, outputs: [Int], axes: [Int]?) throws {
    let test = try Case(name)
    let decoder = try test.captured("cross_attention.1")
    let rows = decoder[0].indices.map { latent in
      outputs.reduce(0) { $0 + decoder[$1][latent] }
    }
    let expected = Self.times(rows, try test.captured("cross_attention.0"))
    let map = try ThroughDecoder(reading: outputs).map(test.run)
    if let axes { #expect(map.values.shape == axes) }
    #expect(relativeError(map.values.values, expected.map { Float($0) }) < 1e-5)
    // Weights of a row sum to one, and so do those of what it reads.
    #expect(abs(map.sum - Double(outputs.count)) < 1e-4)
    #expect(map.sentence.contains("past the layers between"))
  }

  @Test("What a class rests on has the class's parts of the latents for weights, and sums to them")
  func classes() throws {
    let test = try Case("image_fourier")
    let matrix = try test.captured("cross_attention.0")
    for number in 0..<3 {
      let question = ThroughDecoder(of: ExplanationTarget(.number(number)))
      let parts = try question.latents(test.run).values.map { Double($0) }
      let map = try question.map(test.run)
      let expected = Self.times(parts, matrix)
      #expect(relativeError(map.values.values, expected.map { Float($0) }) < 1e-5)
      let logit = try #require(test.run.output).values[number]
      let rest = try #require(map.remainders.first)
      #expect(abs(map.sum + rest.value - Double(logit)) < 1e-4)
    }
    let against = ThroughDecoder(of: ExplanationTarget(.number(0), against: .number(1)))
    let difference = try zip(
      ThroughDecoder(of: .init(.number(0))).latents(test.run).values,
      ThroughDecoder(of: .init(.number(1))).latents(test.run).values
    ).map { $0 - $1 }
    #expect(try relativeError(against.latents(test.run).values, difference) < 1e-5)
  }

  @Test(
    "Without a feed-forward, the parts are all that the output loses with the decoder's reading")
  func exact() throws {
    let configuration = PerceiverConfiguration.small {
      $0.variant = .io
      $0.queriesDim = $0.positionFeatures
      $0.logitsDim = 3
      $0.decoderFF = false
    }
    let model = try Perceiver(configuration, seed: 3)
    let run = try model.begin(configuration.input(), queries: configuration.ownQueries)
      .completed()
    let last = run.stageIDs.count - 1
    let silent = try model.begin(
      configuration.input(), queries: configuration.ownQueries,
      interventions: [.edit(.headOutputs, .zero, at: last)]
    ).completed()
    for number in [0, 4, 7] {
      let parts = try ThroughDecoder(of: ExplanationTarget(.number(number))).latents(run)
      let with = try #require(run.output)
      let without = try #require(silent.output)
      let lost = Double(with.values[number]) - Double(without.values[number])
      let sum = parts.values.reduce(0.0) { $0 + Double($1) }
      #expect(abs(sum - lost) <= 1e-5 * max(1, abs(lost)))
    }
  }

  @Test("A model without a decoder, and outputs or stages that are not there, are refused")
  func refused() throws {
    let plain = try Perceiver(.small(), seed: 1).begin(PerceiverConfiguration.small().input())
    #expect(
      throws: ConfigurationError(
        "through the decoder: the model has no decoder that reads its latents")
    ) { try ThroughDecoder(of: .answer).map(plain) }
    let run = try Case("masked_lm").run
    #expect(
      throws: ConfigurationError("through the decoder: expected an output from 0 to 31, found 32")
    ) { try ThroughDecoder(reading: [32]).map(run) }
    #expect(
      throws: ConfigurationError(
        "through the decoder: expected a cross-attention, found stage 1 of 5")
    ) { try ThroughDecoder(reading: [0], at: 1).map(run) }
  }
}
