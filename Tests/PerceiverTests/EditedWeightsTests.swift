// Each edit of a value within a stage against the same change made to weights or tokens, which no
// intervention takes part in.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Every edit is a change of weights or tokens")
struct EditedWeightsTests {
  private static let configuration = PerceiverConfiguration.small {
    ($0.depth, $0.crossHeads) = (2, 2)
  }
  private static let factor: Float = 1.7

  /// A stage, its parameters' prefixes, and the width of its two heads.
  struct Place: Sendable, CustomTestStringConvertible {
    let stage: Int
    let attention: String
    let feedForward: String
    let width: Int
    var testDescription: String { attention }

    static let all = [
      Place(stage: 0, attention: "layers.0.cross_attn", feedForward: "layers.0.cross_ff", width: 6),
      Place(
        stage: 1, attention: "layers.0.self_attns.0.0", feedForward: "layers.0.self_attns.0.1",
        width: 4),
      Place(stage: 2, attention: "layers.1.cross_attn", feedForward: "layers.1.cross_ff", width: 6),
      Place(
        stage: 3, attention: "layers.1.self_attns.0.0", feedForward: "layers.1.self_attns.0.1",
        width: 4),
    ]
  }

  /// The part of a layer that a point is linear in.
  enum Part: Sendable { case rows, columns, all }

  /// A point, and the layer whose weights' change is its own.
  struct Equality: Sendable, CustomTestStringConvertible {
    let point: StagePoint
    let layer: String
    let part: Part
    /// Edits of heads are of the head's part.
    var heads: [Int?] = [nil, 0, 1]
    /// The head in the part that comes first: values come behind two heads of keys.
    var first = 0
    var testDescription: String { "\(point.rawValue), \(layer)" }

    static let all = [
      Equality(point: .queries, layer: "to_q", part: .rows),
      Equality(point: .keys, layer: "to_kv", part: .rows),
      Equality(point: .scores, layer: "to_q", part: .rows),
      Equality(point: .scores, layer: "to_kv", part: .rows),
      Equality(point: .weights, layer: "to_kv", part: .rows, first: 2),
      Equality(point: .weights, layer: "to_out", part: .columns),
      Equality(point: .headOutputs, layer: "to_kv", part: .rows, first: 2),
      Equality(point: .headOutputs, layer: "to_out", part: .columns),
      Equality(point: .attentionOutput, layer: "to_out", part: .all, heads: [nil]),
      Equality(point: .feedForwardOutput, layer: "net.2", part: .all, heads: [nil]),
    ]

    /// The change of the layer's weight or bias.
    func change(_ tensor: inout Tensor, head: Int?, width: Int, by factor: Float) {
      guard part != .all else { return tensor.scale(by: factor) }
      let own = (head ?? 0) + first..<(head.map { $0 + 1 } ?? 2) + first
      let range = own.lowerBound * width..<own.upperBound * width
      for row in part == .rows ? range : 0..<tensor.shape[0] {
        for column in part == .columns ? range : 0..<tensor.shape[1] {
          tensor[row, column] *= factor
        }
      }
    }
  }

  @Test(
    "Scales and zeros are those of a layer's rows or columns", arguments: Equality.all, Place.all)
  func layers(_ equality: Equality, _ place: Place) throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    let plain = try InterventionTests.complete(model, input)
    let layer =
      (equality.point == .feedForwardOutput ? place.feedForward : place.attention) + ".fn."
      + equality.layer
    let names = [layer + ".weight"] + (equality.part == .all ? [layer + ".bias"] : [])
    for (edit, factor) in [(Intervention.Edit.scale(Self.factor), Self.factor), (.zero, 0)] {
      for head in equality.heads {
        let ours = try InterventionTests.complete(
          model, input, [.edit(equality.point, edit, head: head, at: place.stage)])
        let theirs = try InterventionTests.complete(
          InterventionTests.changed(model, names) {
            equality.change(&$0, head: head, width: place.width, by: factor)
          }, input)
        for stage in plain.stageIDs.indices {
          #expect(
            relativeError(ours.stages[stage].latents, theirs.stages[stage].latents) < 1e-6,
            "stage \(stage), head \(head ?? -1), times \(factor)")
        }
        #expect(
          relativeError(
            ours.stages[place.stage].latents, plain.stages[place.stage].latents) > 1e-5,
          "head \(head ?? -1), times \(factor)")
      }
    }
  }

  @Test(
    "Latents are those that a model of the layers behind begins with",
    arguments: [Intervention.Edit.scale(1.7), .zero, .mean], [nil, 0, 3])
  func latents(_ edit: Intervention.Edit, _ row: Int?) throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    let plain = try InterventionTests.complete(model, input)
    func edited(_ latents: Tensor) -> Tensor {
      var latents = latents
      let mean = latents.meanOfRows()
      for index in row.map({ $0..<$0 + 1 }) ?? 0..<latents.shape[0] {
        for column in 0..<latents.shape[1] {
          switch edit {
          case .scale(let factor): latents[index, column] *= factor
          case .mean: latents[index, column] = mean[0, column]
          default: latents[index, column] = 0
          }
        }
      }
      return latents
    }
    // Before the first stage they are a parameter.
    let first = try InterventionTests.complete(
      model, input, [.edit(.latents, edit, row: row, at: Intervention.beforeStages)])
    let begun = try InterventionTests.complete(
      InterventionTests.changed(model, ["latents"]) { $0 = edited($0) }, input)
    #expect(haveSameBits(first.stages.map(\.latents), begun.stages.map(\.latents)))
    // Behind the first layer they are that of a model that lacks it.
    let middle = try InterventionTests.complete(
      model, input, [.edit(.latents, edit, row: row, at: 1)])
    var shorter = Self.configuration
    shorter.depth = 1
    let tensors: [StoredTensor] = model.storedTensors.compactMap { stored in
      if stored.name == "latents" {
        return StoredTensor("latents", edited(plain.stages[1].latents))
      }
      guard !stored.name.hasPrefix("layers.0."), let own = model.parameter(named: stored.name)
      else { return nil }
      return StoredTensor(stored.name.replacing("layers.1.", with: "layers.0."), own)
    }
    let tail = try withTemporaryFile(safetensorsBytes(tensors)) {
      try Checkpoint(path: $0).model(ModelConfiguration(shorter))
    }
    let rest = try InterventionTests.complete(tail, input)
    #expect(haveSameBits(middle.stages.suffix(2).map(\.latents), rest.stages.map(\.latents)))
    // Behind the last they make the logits.
    let last = try InterventionTests.complete(
      model, input, [.edit(.latents, edit, row: row, at: 3)])
    let logits = try #require(plain.logits(from: edited(plain.stages[3].latents)))
    #expect(try #require(last.output).hasSameBits(as: logits))
  }

  @Test("A row's edit changes that row as the edit of all does, and no other", arguments: Place.all)
  func rows(_ place: Place) throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    let plain = try InterventionTests.complete(model, input).stages[place.stage].latents
    for equality in Equality.all where equality.point != .keys {
      for edit in [Intervention.Edit.scale(Self.factor), .zero] {
        for head in equality.heads {
          func latents(row: Int?) throws -> Tensor {
            try InterventionTests.complete(
              model, input, [.edit(equality.point, edit, head: head, row: row, at: place.stage)]
            ).stages[place.stage].latents
          }
          let (all, one) = (try latents(row: nil), try latents(row: 3))
          for row in 0..<5 {
            let expected = row == 3 ? all : plain
            #expect(
              relativeError(one.rows(row..<row + 1), expected.rows(row..<row + 1)) < 1e-6,
              "\(equality.point), head \(head ?? -1), row \(row)")
          }
        }
      }
    }
  }

  @Test("A key's edit changes its scores", arguments: Place.all, [nil, 1])
  func keys(_ place: Place, _ head: Int?) throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    func scores(_ edits: [Intervention]) throws -> Tensor {
      let run = try InterventionTests.complete(model, input, edits)
      return try run.stages[place.stage].attended().matrix(as: .scores)
    }
    var expected = try scores([])
    for own in head.map({ $0..<$0 + 1 }) ?? 0..<2 {
      for query in 0..<5 { expected[own, query, 4] *= Self.factor }
    }
    let ours = try scores([.edit(.keys, .scale(Self.factor), head: head, row: 4, at: place.stage)])
    #expect(relativeError(ours, expected) < 1e-6)
  }

  @Test(
    "Masked keys are tokens that the input has not",
    arguments: [
      PerceiverConfiguration.small {
        ($0.fourierEncodeData, $0.inputAxes, $0.inputChannels, $0.crossHeads) = (false, 1, 6, 2)
      },
      .small {
        ($0.fourierEncodeData, $0.inputAxes, $0.inputChannels) = (false, 1, 6)
        ($0.numLatents, $0.weightTieLayers) = (40, true)
      },
      .small {
        ($0.fourierEncodeData, $0.inputAxes, $0.inputChannels) = (false, 1, 6)
        $0.invertedCrossAttn = .all
      },
      .small {
        ($0.fourierEncodeData, $0.inputAxes, $0.inputChannels) = (false, 1, 6)
        ($0.variant, $0.queriesDim) = (.io, 5)
      },
    ])
  func lackedTokens(_ configuration: PerceiverConfiguration) throws {
    let model = try Perceiver(configuration, seed: 3)
    let input = configuration.input([30])
    let keeps = (0..<30).map { $0 % 3 != 1 }
    let kept = keeps.indices.filter { keeps[$0] }
    let fewer = Tensor(
      shape: [kept.count, 6], values: kept.flatMap { input.row($0).values })
    let theirs = try InterventionTests.complete(model, fewer)
    let stages = theirs.stageIDs.filter { $0.kind == .crossAttention }.map(\.index)
    let ours = try InterventionTests.complete(
      model, input, stages.map { .maskKeys(keeping: keeps, at: $0) })
    for (mine, other) in zip(ours.stages, theirs.stages) {
      #expect(relativeError(mine.latents, other.latents) < 1e-6, "\(mine.id.name)")
    }
    for stage in stages {
      let weights = try ours.stages[stage].attended().matrix(as: .probabilities)
      let others = try theirs.stages[stage].attended().matrix(as: .probabilities)
      let spread = others.reshaped([weights.shape[0] * weights.shape[1], kept.count])
        .spreadingColumns(to: kept.map { Int32($0) }, of: 30, elsewhere: 0)
      #expect(relativeError(weights, spread.reshaped(weights.shape)) < 1e-6)
    }
  }
}
