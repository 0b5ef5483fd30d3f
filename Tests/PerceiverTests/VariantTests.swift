// What every class's stages show: maps against the matrix they come from, masks, corrections.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Every class is stepped and shown alike")
struct VariantTests {
  private static func configuration(_ variant: Variant) -> PerceiverConfiguration {
    .small {
      ($0.variant, $0.depth, $0.crossHeads, $0.latentHeads) = (variant, 2, 2, 2)
      ($0.queriesDim, $0.logitsDim) = ($0.positionFeatures, 3)
      ($0.numTokens, $0.maxSeqLen, $0.dim) = (11, 9, 6)
    }
  }

  private static func input(_ configuration: PerceiverConfiguration) -> Tensor {
    configuration.variant == .languageModel
      ? Tensor(shape: [7], values: [3, 1, 4, 1, 5, 9, 2]) : configuration.input()
  }

  private static func run(
    _ variant: Variant, mask: TokenMask? = nil
  ) throws -> PerceiverRun {
    let configuration = configuration(variant)
    let model = try Perceiver(configuration, seed: 5)
    var run = try model.begin(input(configuration), mask: mask, queries: .positions)
    while try run.next() != nil {}
    return run
  }

  @Test(
    "Stages by name",
    arguments: [
      (Variant.perceiver, ["cross 1", "latent 1.1", "cross 2", "latent 2.1"]),
      (.gated, ["cross 1", "latent 1.1", "cross 2", "latent 2.1"]),
      (.mixedLatents, ["cross 1", "mixing 1", "cross 2", "mixing 2"]),
      (
        .bottomUp,
        ["cross 1", "linear 1", "reverse 1", "latent 1.1", "cross 2", "latent 2.1"]
      ),
      (.io, ["cross 1", "latent 1.1", "latent 1.2", "decoder"]),
      (.languageModel, ["cross 1", "latent 1.1", "latent 1.2", "decoder"]),
    ])
  func stageIDs(_ variant: Variant, _ names: [String]) throws {
    let run = try Self.run(variant)
    #expect(run.stageIDs.map(\.name) == names)
    #expect(run.stages.map(\.id) == run.stageIDs)
    for stage in run.stages {
      #expect((stage.attention == nil) == (stage.id.kind == .latentMixing))
      #expect(stage.attention.map { $0.heads == stage.id.heads } ?? true)
    }
  }

  @Test(
    "A map is its part of the matrix, whichever side the latents are on",
    arguments: Variant.allCases)
  func maps(_ variant: Variant) throws {
    for stage in try Self.run(variant).stages {
      guard let attention = stage.attention else { continue }
      for value in AttentionValue.allCases {
        let matrix = try attention.matrix(as: value)
        #expect(matrix.shape == [attention.heads, attention.queries, attention.keys])
        for head in 0..<attention.heads {
          for index in 0..<attention.mapCount {
            let map = attention.map(head: head, query: index, as: value)
            #expect(map.shape == attention.mapShape)
            let part = (0..<attention.mapSize).map { id in
              attention.reader == .latents
                ? matrix[head, index, id] : matrix[head, id, index]
            }
            #expect(relativeError(map.values, part) < 1e-5)
          }
          for id in [0, attention.mapSize - 1] {
            let received = attention.received(byKey: id, as: value).row(head).values
            let part = (0..<attention.mapCount).map { index in
              attention.reader == .latents
                ? matrix[head, index, id] : matrix[head, id, index]
            }
            #expect(relativeError(received, part) < 1e-5)
          }
        }
      }
    }
  }

  @Test(
    "Each query's probabilities sum to 1 and are the softmax of its scores",
    arguments: Variant.allCases)
  func softmax(_ variant: Variant) throws {
    for stage in try Self.run(variant).stages {
      guard let attention = stage.attention else { continue }
      let probabilities = try attention.matrix(as: .probabilities)
      let scores = try attention.matrix(as: .scores)
      for head in 0..<attention.heads {
        for query in 0..<attention.queries {
          let row = probabilities.row(head).row(query).values
          #expect(abs(row.reduce(0.0) { $0 + Double($1) } - 1) < 2e-6)
          let weights = plainSoftmax(scores.row(head).row(query).values.map { Double($0) })
          #expect(relativeError(row, weights.map { Float($0) }) < 1e-5)
        }
      }
    }
  }

  @Test("Tokens that a mask hides are read by no one, in the bottom-up variant's layers too")
  func mask() throws {
    let keeps = (0..<24).map { $0 % 3 != 0 }
    let hidden = keeps.indices.filter { !keeps[$0] }
    let mask = TokenMask(shape: [4, 6], keeps: keeps)
    let run = try Self.run(.bottomUp, mask: mask)
    for stage in run.stages where [.crossAttention, .linearAttention].contains(stage.id.kind) {
      let matrix = try stage.attended().matrix(as: .probabilities)
      for head in 0..<matrix.shape[0] {
        for query in 0..<matrix.shape[1] {
          #expect(hidden.allSatisfy { matrix[head, query, $0] == 0 })
        }
      }
    }
    // What is hidden may be anything: nothing changes.
    let configuration = Self.configuration(.bottomUp)
    let model = try Perceiver(configuration, seed: 5)
    var changed = configuration.input()
    for token in hidden { changed[token / 6, token % 6, 0] = 1e3 }
    let output = try model(changed, mask: mask)
    #expect(relativeError(output, try #require(run.output)) < 1e-6)
  }

  @Test("A mask that keeps nothing leaves the linear attention nothing to take")
  func emptyMask() throws {
    let mask = TokenMask(shape: [4, 6], keeps: [Bool](repeating: false, count: 24))
    let run = try Self.run(.bottomUp, mask: mask)
    let linear = try #require(run.stages.first { $0.id.kind == .linearAttention })
    #expect(try linear.attended().matrix(as: .probabilities).values.allSatisfy { $0 == 0 })
    #expect(run.output?.values.allSatisfy(\.isFinite) == true)
  }

  @Test("A run is the same bits for any number of threads", arguments: Variant.allCases)
  func threads(_ variant: Variant) throws {
    let configuration = Self.configuration(variant)
    let model = try Perceiver(configuration, seed: 2)
    let runs = try [1, 2, 3].map { threads in
      var run = try model.begin(Self.input(configuration), queries: .positions)
      while try run.next(workers: Workers(threads: threads)) != nil {}
      return run
    }
    for run in runs.dropFirst() {
      #expect(run.output == runs[0].output)
      #expect(run.stages.map(\.latents) == runs[0].stages.map(\.latents))
    }
  }

  @Test(
    "Only the bottom-up variant changes tokens; only decoders have outputs",
    arguments: Variant.allCases)
  func streams(_ variant: Variant) throws {
    for stage in try Self.run(variant).stages {
      let changes = [.linearAttention, .reverseCrossAttention].contains(stage.id.kind)
      #expect((stage.tokens != nil) == changes)
      #expect((stage.outputs != nil) == (stage.id.kind == .decoderCrossAttention))
    }
  }

  @Test("Perceiver IO's output has a row for each query, or is the latents where none is asked")
  func queries() throws {
    let configuration = Self.configuration(.io)
    let model = try Perceiver(configuration, seed: 1)
    let input = configuration.input()
    #expect(try model(input, queries: .positions).shape == [4, 6, 3])
    let given = Tensor(shape: [5, configuration.queriesDim], repeating: 0.5)
    #expect(try model(input, queries: .given(given)).shape == [5, 3])
    #expect(try model(input).shape == [5, 8])
    let wrong = Tensor(shape: [5, configuration.queriesDim + 1])
    let error = #expect(throws: ConfigurationError.self) {
      try model(input, queries: .given(wrong))
    }
    #expect(error?.description.hasPrefix("queries: expected shape [queries, 10]") == true)
  }

  @Test(
    "Tokens that are none are refused",
    arguments: [
      ([0, 11], "tokens from 0 to 10 (num_tokens), found 11.0 at position 1"),
      ([-1], "tokens from 0 to 10 (num_tokens), found -1.0 at position 0"),
      ([0.5], "tokens from 0 to 10 (num_tokens), found 0.5 at position 0"),
      ([.nan], "tokens from 0 to 10 (num_tokens), found nan at position 0"),
      ([Float](repeating: 1, count: 10), "at most 9 tokens (max_seq_len), found 10"),
      ([], "at least one token, found shape [0]"),
    ] as [([Float], String)])
  func tokens(_ values: [Float], _ message: String) throws {
    let model = try Perceiver(Self.configuration(.languageModel), seed: 0)
    let error = #expect(throws: ConfigurationError.self) {
      try model.begin(Tensor(shape: [values.count], values: values))
    }
    #expect(error?.description == "input: expected \(message)")
  }

  @Test("The bottom-up variant's correction is said where the original does not run")
  func correction() throws {
    func notes(_ release: String, _ encodes: Bool) throws -> [String] {
      var given = GivenHyperparameters()
      given.values = [
        "variant": .choice("bottom-up"), "release": .choice(release),
        "fourier_encode_data": .toggle(encodes),
      ]
      return try ModelDescription(given: given, inputChannels: 3, inputAxes: 2).notes
    }
    #expect(try notes("0.11.0", true).first?.contains("counts input_channels twice") == true)
    #expect(try notes("0.11.0", false).isEmpty)
    #expect(try notes("0.8.7", true).isEmpty)
  }
}
