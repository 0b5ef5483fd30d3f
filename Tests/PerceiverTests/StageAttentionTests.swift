// Maps of a stage's attention: every way of asking gives the same numbers, and they are a softmax.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Every way of asking for attention gives the same numbers")
struct StageAttentionTests {
  /// The stages of a model on its input, masked or not.
  private static func stages(_ test: SmallModel, mask: TokenMask? = nil) throws -> [Stage] {
    let model = try Perceiver(test.configuration, seed: 3)
    var run = try model.begin(test.configuration.input(test.axes), mask: mask)
    while try run.next() != nil {}
    return run.stages
  }

  /// Keeps two tokens of three.
  private static func mask(_ axes: [Int]) -> TokenMask {
    let count = axes.reduce(1, *)
    return TokenMask(shape: axes, keeps: (0..<count).map { $0 % 3 != 1 })
  }

  private static func isInverted(_ stage: Stage, _ test: SmallModel) -> Bool {
    stage.id.kind == .crossAttention
      && test.configuration.invertedCrossAttn.isOn(inLayer: stage.id.layer)
  }

  @Test("Maps whose queries and keys are made again have the bits of those that were kept")
  func remade() throws {
    // Queries, keys and values of three megabytes at each stage.
    let model = try Perceiver(
      .init(
        depth: 1, numLatents: 512, latentDim: 32, latentHeads: 8, latentDimHead: 64,
        numClasses: 3, selfPerCrossAttn: 4), seed: 1)
    let photo = Tensor(shape: [4, 5, 3], values: (0..<60).map { Float($0 * 7 % 13) / 13 })
    var run = try model.begin(photo)
    while try run.next() != nil {}
    // Where something is edited, if only by a factor of one, all is kept.
    var edited = try model.begin(
      photo,
      interventions: (1...4).map { .edit(.attentionOutput, .scale(1), at: $0) })
    while try edited.next() != nil {}
    for stage in 1...4 {
      let (made, kept) = (
        try run.stages[stage].attended(), try edited.stages[stage].attended()
      )
      #expect(made.heads == 8 && made.mapCount == 512 && made.keys == 512)
      for value in AttentionValue.allCases {
        let map = made.map(head: 7, query: 300, as: value)
        #expect(map == kept.map(head: 7, query: 300, as: value))
        #expect(map.values.contains { $0 != map.values[0] })
        #expect(made.received(byKey: 5, as: value) == kept.received(byKey: 5, as: value))
      }
    }
    // The first one's, which others have taken the place of, once more.
    #expect(
      try run.stages[1].attended().map(head: 0, query: 0, as: .scores)
        == edited.stages[1].attended().map(head: 0, query: 0, as: .scores))
  }

  @Test(
    "One map, several, means, maxima and columns are parts of the matrix",
    arguments: SmallModel.all, [false, true])
  func agreement(_ test: SmallModel, _ isMasked: Bool) throws {
    let stages = try Self.stages(test, mask: isMasked ? Self.mask(test.axes) : nil)
    for stage in stages.prefix(4) {
      let attention = try stage.attended()
      let (heads, queries, keys) = (attention.heads, attention.queries, attention.keys)
      #expect(keys == attention.mapShape.reduce(1, *))
      for value in AttentionValue.allCases {
        let matrix = try attention.matrix(as: value)
        #expect(matrix.shape == [heads, queries, keys])
        let mean = Self.mean((0..<heads).map { matrix.row($0) })
        for head in 0..<heads {
          let query = (head * 3 + stage.id.index) % queries
          let theirs = matrix.row(head).row(query).reshaped(attention.mapShape)
          expectEqual(attention.map(head: head, query: query, as: value), theirs)
          expectEqual(try attention.map(head: .one(head), query: .one(query), as: value), theirs)
        }
        for (selection, plane) in [
          (HeadSelection.mean, mean), (.one(heads - 1), matrix.row(heads - 1)),
        ] {
          let rows = (0..<queries).map { plane.row($0).reshaped(attention.mapShape) }
          let range = queries / 2..<queries
          expectEqual(
            try attention.maps(head: selection, queries: range, as: value),
            plane.rows(range).reshaped([range.count] + attention.mapShape))
          expectEqual(
            try attention.map(head: selection, query: .one(queries / 2), as: value),
            rows[queries / 2])
          expectEqual(
            try attention.map(head: selection, query: .mean, as: value), Self.mean(rows))
        }
        let peaks = (0..<heads).map { head in Self.maximum(matrix.row(head), keys: keys) }
        expectEqual(
          try attention.map(head: .one(0), query: .maximum, as: value),
          peaks[0].reshaped(attention.mapShape))
        expectEqual(
          try attention.map(head: .mean, query: .maximum, as: value),
          Self.mean(peaks).reshaped(attention.mapShape))
        for key in Set([0, 1 % keys, keys / 2, keys - 1]) {
          let column = (0..<heads * queries).map { matrix.values[$0 * keys + key] }
          expectEqual(
            attention.received(byKey: key, as: value),
            Tensor(shape: [heads, queries], values: column))
        }
      }
    }
  }

  @Test("Many pixels with Fourier positions are read separably, few are not")
  func methods() throws {
    for test in SmallModel.all {
      let isSeparable = SmallModel.separable.contains { $0.description == test.description }
      let attention = try Self.stages(test)[0].attended()
      #expect((attention.method == .separable) == isSeparable, "\(test)")
      #expect(attention.method == test.configuration.crossAttentionMethod(inputAxes: test.axes))
    }
  }

  @Test("Probabilities are the softmax of the scores", arguments: SmallModel.all, [false, true])
  func softmax(_ test: SmallModel, _ isMasked: Bool) throws {
    for stage in try Self.stages(test, mask: isMasked ? Self.mask(test.axes) : nil) {
      let scores = try stage.attended().matrix(as: .scores)
      let probabilities = try stage.attended().matrix(as: .probabilities)
      for head in 0..<probabilities.shape[0] {
        let rows = (0..<probabilities.shape[1]).map { query in
          scores.row(head).row(query).values.map { Double($0) }
        }
        let theirs =
          Self.isInverted(stage, test) ? plainInvertedSoftmax(rows) : rows.map(plainSoftmax)
        let expected = Tensor(
          shape: probabilities.row(head).shape, values: theirs.flatMap { $0.map { Float($0) } })
        #expect(relativeError(probabilities.row(head), expected) < 3e-6)
      }
    }
  }

  @Test("Each query's probabilities sum to 1", arguments: SmallModel.all, [false, true])
  func sums(_ test: SmallModel, _ isMasked: Bool) throws {
    for stage in try Self.stages(test, mask: isMasked ? Self.mask(test.axes) : nil) {
      let probabilities = try stage.attended().matrix(as: .probabilities)
      for head in 0..<probabilities.shape[0] {
        for query in 0..<probabilities.shape[1] {
          let row = probabilities.row(head).row(query).values
          #expect(abs(row.reduce(0.0) { $0 + Double($1) } - 1) < 2e-6)
          #expect(row.allSatisfy { $0 >= 0 })
        }
      }
    }
  }

  @Test(
    "Keys that a mask hides have probability 0 and score -inf, others neither",
    arguments: SmallModel.all)
  func hidden(_ test: SmallModel) throws {
    let mask = Self.mask(test.axes)
    for stage in try Self.stages(test, mask: mask) where stage.id.kind == .crossAttention {
      let keys = try stage.attended().keys
      let scores = try stage.attended().matrix(as: .scores).values
      let probabilities = try stage.attended().matrix(as: .probabilities).values
      for index in scores.indices {
        let isKept = mask.keeps[index % keys]
        #expect(isKept == scores[index].isFinite && isKept == (probabilities[index] > 0))
        #expect(isKept || (scores[index] == -.infinity && probabilities[index] == 0))
      }
    }
  }

  @Test("A mask that keeps all is no mask", arguments: SmallModel.all)
  func fullMask(_ test: SmallModel) throws {
    let count = test.axes.reduce(1, *)
    let full = TokenMask(shape: test.axes, keeps: [Bool](repeating: true, count: count))
    let plain = try Self.stages(test).map(\.latents)
    #expect(try Self.stages(test, mask: full).map(\.latents) == plain)
  }

  @Test("Tokens that are hidden do not matter", arguments: SmallModel.all)
  func hiddenTokens(_ test: SmallModel) throws {
    let model = try Perceiver(test.configuration, seed: 3)
    let mask = Self.mask(test.axes)
    let input = test.configuration.input(test.axes)
    var changed = input
    let channels = test.configuration.inputChannels
    changed.withUnsafeMutableElements { elements in
      for index in elements.indices where !mask.keeps[index / channels] { elements[index] = 9 }
    }
    #expect(try model(input, mask: mask) == model(changed, mask: mask))
  }

  @Test("A mask that keeps nothing: equal weights for all, or none where attention is inverted")
  func emptyMask() throws {
    for test in SmallModel.all {
      let count = test.axes.reduce(1, *)
      let none = TokenMask(shape: test.axes, keeps: [Bool](repeating: false, count: count))
      for stage in try Self.stages(test, mask: none) where stage.id.kind == .crossAttention {
        let attention = try stage.attended()
        let scores = try attention.matrix(as: .scores)
        #expect(scores.values.allSatisfy { $0 == -.infinity })
        let weight: Float = Self.isInverted(stage, test) ? 0 : 1 / Float(attention.keys)
        let probabilities = try attention.matrix(as: .probabilities)
        #expect(probabilities.values.allSatisfy { abs($0 - weight) < 1e-6 * weight + 1e-30 })
        for query in [QuerySelection.one(0), .mean, .maximum] {
          let map = try attention.map(head: .mean, query: query, as: .probabilities)
          #expect(map.shape == attention.mapShape)
          #expect(map.values.allSatisfy { abs($0 - weight) < 1e-6 * weight + 1e-30 })
          let scores = try attention.map(head: .mean, query: query, as: .scores)
          #expect(scores.values.allSatisfy { $0 == -.infinity })
        }
        let received = attention.received(byKey: count - 1, as: .probabilities)
        #expect(received.shape == [attention.heads, attention.queries])
        #expect(received.values.allSatisfy { abs($0 - weight) < 1e-6 * weight + 1e-30 })
        #expect(stage.latents.values.allSatisfy { $0.isFinite })
      }
    }
  }

  @Test("Attention over more pixels than one span: 70 × 61, few latents and many")
  func manyTokens() throws {
    for latents in [3, 70] {
      let configuration = PerceiverConfiguration.small {
        ($0.numLatents, $0.depth, $0.crossHeads) = (latents, 1, 2)
      }
      let model = try Perceiver(configuration, seed: 3)
      var run = try model.begin(configuration.input([70, 61]))
      let stage = try #require(try run.next())
      let scores = try stage.attended().matrix(as: .scores)
      for (head, query) in [(0, 0), (1, latents - 1)] {
        let row = scores.row(head).row(query).values.map { Double($0) }
        let theirs = Tensor(shape: [70, 61], values: plainSoftmax(row).map { Float($0) })
        let map = try stage.attended().map(head: head, query: query, as: .probabilities)
        #expect(relativeError(map, theirs) < 2e-6)
      }
    }
  }

  @Test("Cancelled maps throw")
  func cancellation() throws {
    let stage = try #require(try Self.stages(SmallModel.all[0]).first)
    let cancellation = Cancellation()
    cancellation.cancel()
    for query in [QuerySelection.one(0), .mean, .maximum] {
      #expect(throws: ComputationCancelled()) {
        try stage.attended().map(
          head: .mean, query: query, as: .scores, cancellation: cancellation)
      }
    }
    #expect(throws: ComputationCancelled()) {
      try stage.attended().matrix(as: .probabilities, cancellation: cancellation)
    }
    #expect(throws: ComputationCancelled()) {
      try stage.attended().maps(
        head: .one(0), queries: 0..<2, as: .probabilities, cancellation: cancellation)
    }
  }

  /// Equal but for rounding; infinities at the same elements.
  private func expectEqual(
    _ ours: Tensor, _ theirs: Tensor, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(ours.shape == theirs.shape, sourceLocation: sourceLocation)
    let peak = theirs.values.reduce(Float(0)) { $1.isFinite ? max($0, abs($1)) : $0 }
    let isClose = zip(ours.values, theirs.values).allSatisfy { ours, theirs in
      ours == theirs || abs(ours - theirs) <= 3e-6 * peak
    }
    #expect(isClose, sourceLocation: sourceLocation)
  }

  private static func mean(_ tensors: [Tensor]) -> Tensor {
    let values = tensors.map(\.values)
    return Tensor(
      shape: tensors[0].shape,
      values: values[0].indices.map { index in
        Float(values.reduce(0.0) { $0 + Double($1[index]) } / Double(values.count))
      })
  }

  private static func maximum(_ matrix: Tensor, keys: Int) -> Tensor {
    let rows = (0..<matrix.shape[0]).map { matrix.row($0).values }
    return Tensor(
      shape: [keys], values: (0..<keys).map { key in rows.map { $0[key] }.max() ?? 0 })
  }
}
