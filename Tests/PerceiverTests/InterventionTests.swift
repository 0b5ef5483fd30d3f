// Interventions: every edit is the same as a change of weights or tokens that can be made without
// it, and runs share what comes before.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A run can be changed at named points of its stages")
struct InterventionTests {
  private static let configuration = PerceiverConfiguration.small {
    ($0.depth, $0.crossHeads) = (2, 2)
  }

  static func complete(
    _ model: Perceiver, _ input: Tensor, mask: TokenMask? = nil,
    _ interventions: [Intervention] = [], reusing former: PerceiverRun? = nil
  ) throws -> PerceiverRun {
    var run = try model.begin(
      input, mask: mask, queries: model.configuration.ownQueries, interventions: interventions,
      reusing: former)
    while try run.next() != nil {}
    return run
  }

  /// The same model with some of its tensors changed.
  static func changed(
    _ model: Perceiver, _ names: [String], _ change: (inout Tensor) -> Void
  ) throws -> Perceiver {
    let tensors = model.storedTensors.map { stored in
      guard names.contains(stored.name), var tensor = model.parameter(named: stored.name) else {
        return stored
      }
      change(&tensor)
      return StoredTensor(stored.name, tensor)
    }
    return try withTemporaryFile(safetensorsBytes(tensors)) {
      try Checkpoint(path: $0).model(model.configuration)
    }
  }

  private static func latents(_ run: PerceiverRun) throws -> Tensor {
    try #require(run.stages.last).latents
  }

  private static func numbers(_ run: PerceiverRun, _ point: StagePoint, _ stage: Int) throws
    -> Tensor
  {
    guard case .numbers(let tensor) = try run.value(of: point, at: stage) else {
      throw ConfigurationError("\(point) gives no numbers")
    }
    return tensor
  }

  @Test(
    "A head's zero is zero columns of to_out in that stage alone",
    arguments: [(2, "layers.1.cross_attn", 6), (1, "layers.0.self_attns.0.0", 4)])
  func headZero(_ stage: Int, _ name: String, _ width: Int) throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    let without = try Self.changed(model, [name + ".fn.to_out.weight"]) { weight in
      for row in 0..<weight.shape[0] {
        for column in width..<2 * width { weight[row, column] = 0 }
      }
    }
    let theirs = try Self.complete(without, input)
    for point in [StagePoint.headOutputs, .weights] {
      let ours = try Self.complete(model, input, [.edit(point, .zero, head: 1, at: stage)])
      #expect(try relativeError(Self.latents(ours), Self.latents(theirs)) < 1e-6)
      let plain = try Self.complete(model, input)
      #expect(try relativeError(Self.latents(ours), Self.latents(plain)) > 1e-4)
    }
  }

  @Test(
    "To skip an update is a last layer of zeros",
    arguments: [
      (2, Intervention.Update.attention, "layers.1.cross_attn.fn.to_out"),
      (2, .feedForward, "layers.1.cross_ff.fn.net.2"),
      (3, .attention, "layers.1.self_attns.0.0.fn.to_out"),
      (1, .feedForward, "layers.0.self_attns.0.1.fn.net.2"),
    ])
  func skipped(_ stage: Int, _ update: Intervention.Update, _ name: String) throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    let without = try Self.changed(model, [name + ".weight", name + ".bias"]) { $0.scale(by: 0) }
    let ours = try Self.complete(model, input, [.skip(update, at: stage)])
    let theirs = try Self.complete(without, input)
    #expect(haveSameBits(ours.stages.map(\.latents), theirs.stages.map(\.latents)))
  }

  @Test(
    "Keys masked in every cross-attention are tokens left out of the input",
    arguments: SmallModel.all)
  func masked(_ test: SmallModel) throws {
    let model = try Perceiver(test.configuration, seed: 3)
    let input = test.configuration.input(test.axes)
    let keeps = (0..<test.axes.reduce(1, *)).map { $0 % 3 != 1 }
    let theirs = try Self.complete(
      model, input, mask: TokenMask(shape: test.axes, keeps: keeps))
    let stages = theirs.stageIDs.filter { $0.kind == .crossAttention }.map(\.index)
    let ours = try Self.complete(
      model, input, stages.map { .maskKeys(keeping: keeps, at: $0) })
    #expect(haveSameBits(ours.stages.map(\.latents), theirs.stages.map(\.latents)))
    for stage in stages {
      let (mine, other) = (try ours.stages[stage].attended(), try theirs.stages[stage].attended())
      #expect(
        mine.map(head: 0, query: 0, as: .probabilities)
          == other.map(head: 0, query: 0, as: .probabilities))
    }
  }

  @Test("Latents masked from latents leave the others' weights, over their sum")
  func maskedLatents() throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    let plain = try Self.complete(model, input)
    let keeps = [true, false, true, true, false]
    let ours = try Self.complete(model, input, [.maskKeys(keeping: keeps, at: 1)])
    var weights = try plain.stages[1].attended().matrix(as: .probabilities)
    for head in 0..<2 {
      for query in 0..<5 {
        let sum = (0..<5).reduce(Float(0)) { $0 + (keeps[$1] ? weights[head, query, $1] : 0) }
        for key in 0..<5 { weights[head, query, key] *= keeps[key] ? 1 / sum : 0 }
      }
    }
    let masked = try ours.stages[1].attended().matrix(as: .probabilities)
    #expect(relativeError(masked, weights) < 1e-5)
    // The same by weights put in the place of the run's own.
    let replaced = try Self.complete(
      model, input, [.edit(.weights, .replace(Replacement(weights)), at: 1)])
    #expect(try relativeError(Self.latents(ours), Self.latents(replaced)) < 1e-5)
  }

  @Test("Runs that differ from a stage on begin there", arguments: SmallModel.all.prefix(4))
  func prefix(_ test: SmallModel) throws {
    let model = try Perceiver(test.configuration, seed: 3)
    let input = test.configuration.input(test.axes)
    let plain = try Self.complete(model, input)
    for stage in plain.stageIDs.indices {
      let change = [Intervention.edit(.latents, .scale(0.5), row: 0, at: stage)]
      let begun = try model.begin(input, interventions: change, reusing: plain)
      #expect(begun.stages.count == stage)
      let reused = try Self.complete(model, input, change, reusing: plain)
      let fresh = try Self.complete(model, input, change)
      #expect(haveSameBits(reused.stages.map(\.latents), fresh.stages.map(\.latents)))
      // Back again, and with the same change, all is there.
      #expect(try model.begin(input, reusing: fresh).stages.count == stage)
      let again = try model.begin(input, interventions: change, reusing: fresh)
      #expect(again.stages.count == fresh.stages.count)
    }
  }

  @Test(
    "What a run has at a point can be put there again, in every class",
    arguments: Variant.allCases, StagePoint.allCases)
  func replaced(_ variant: Variant, _ point: StagePoint) throws {
    let configuration = PerceiverConfiguration.small {
      $0.variant = variant
      if variant == .io { $0.queriesDim = $0.positionFeatures }
      if variant == .languageModel { ($0.numTokens, $0.maxSeqLen, $0.dim) = (30, 12, 6) }
    }
    let model = try Perceiver(configuration, seed: 4)
    var inputs = [configuration.input(), configuration.input()]
    inputs[1].scale(by: 0.5)
    if variant == .languageModel {
      inputs = [
        Tensor(shape: [9], values: [0, 7, 14, 21, 28, 5, 12, 19, 26]),
        Tensor(shape: [9], values: [3, 1, 4, 1, 5, 9, 2, 6, 29]),
      ]
    }
    try Self.putBack(point) { try Self.complete(model, inputs[$0], $1) }
  }

  @Test(
    "What a run has at a point can be put there again, in other families",
    arguments: FamilyCase.few, StagePoint.allCases)
  func replaced(_ test: FamilyCase, _ point: StagePoint) throws {
    let theirs = Intervention.edit(.latents, .scale(0.5), at: Intervention.beforeStages)
    let model = try test.model()
    try Self.putBack(point) { try test.run(model, $0 == 0 ? $1 : [theirs] + $1) }
  }

  /// Puts at a point of each stage what the run itself has there, then what another has.
  ///
  /// - Parameter run: Completes the first run or the other, 0 or 1, with interventions.
  private static func putBack(
    _ point: StagePoint, _ run: (Int, [Intervention]) throws -> PerceiverRun
  ) throws {
    guard point != .scores else { return }
    let (plain, theirs) = (try run(0, []), try run(1, []))
    let output = try #require(plain.output)
    for id in plain.stageIDs {
      let stage = id.index
      guard (try? plain.value(of: point, at: stage)) != nil else { continue }
      let own = try run(0, [.replace(point, by: plain, at: stage)])
      #expect(relativeError(try #require(own.output), output) < 1e-5, "\(id.name)")
      // Another run's is there afterwards.
      let mixed = try run(0, [.replace(point, by: theirs, at: stage)])
      guard point != .weights else {
        // What weights average is there in the heads' outputs.
        let attention = try theirs.stages[stage].attended().matrix(as: .probabilities)
        let given = try run(0, [.edit(.weights, .replace(Replacement(attention)), at: stage)])
        #expect(
          try relativeError(
            numbers(mixed, .headOutputs, stage), numbers(given, .headOutputs, stage)) < 1e-6,
          "\(id.name)")
        continue
      }
      #expect(
        try numbers(mixed, point, stage).hasSameBits(as: numbers(theirs, point, stage)),
        "\(id.name)")
    }
  }

  @Test("Weights of many rows are replaced some at a time, and pass their gradients on")
  func replacedInBlocks() throws {
    // 40 rows of 1440 numbers are two blocks.
    let test = try #require(SmallModel.separable.first)
    let model = try Perceiver(test.configuration, seed: 3)
    let input = test.configuration.input(test.axes)
    let plain = try Self.complete(model, input)
    let again = try Self.complete(model, input, [.replace(.weights, by: plain, at: 0)])
    #expect(try relativeError(Self.latents(again), Self.latents(plain)) < 1e-5)
    // Values get what they get where weights are not replaced.
    func gradient(_ run: PerceiverRun) throws -> Tensor {
      let gradients = try run.gradients(of: [.parameters]) { output in
        Tensor(shape: output.shape, values: (0..<output.count).map { $0 == 2 ? 1 : 0 })
      }
      let both = try #require(gradients.parameters["layers.0.cross_attn.fn.to_kv.weight"])
      return both.rows(both.shape[0] / 2..<both.shape[0])
    }
    #expect(try relativeError(gradient(again), gradient(plain)) < 1e-4)
  }

  @Test("Edits are what they are called", arguments: SmallModel.all)
  func edits(_ test: SmallModel) throws {
    let model = try Perceiver(test.configuration, seed: 3)
    let input = test.configuration.input(test.axes)
    let plain = try Self.complete(model, input)
    for stage in plain.stageIDs.indices.prefix(2) {
      let attention = try plain.stages[stage].attended()
      let inverted =
        stage == 0 && test.configuration.invertedCrossAttn.isOn(inLayer: 0)
      // Scores are scaled products of queries and keys.
      let (queries, keys) = (
        try Self.numbers(plain, .queries, stage), try Self.numbers(plain, .keys, stage)
      )
      let width = queries.shape[1] / attention.heads
      let product = try queries.columns(0..<width).linear(
        weight: keys.columns(0..<width), workers: Workers())
      let scores = try attention.matrix(head: 0, queries: 0..<attention.queries, as: .scores)
      var scaled = product
      scaled.scale(by: 1 / Float(width).squareRoot())
      #expect(relativeError(scores, scaled) < 1e-4)
      // No scores: every key alike.
      let even = try Self.complete(model, input, [.edit(.scores, .zero, at: stage)])
      if !inverted {
        let map = try even.stages[stage].attended().map(head: 0, query: 0, as: .probabilities)
        #expect(
          relativeError(map, Tensor(shape: map.shape, repeating: 1 / Float(map.count))) < 1e-5)
      }
      // Twice the queries, twice the scores.
      let queried = try Self.complete(model, input, [.edit(.queries, .scale(2), at: stage)])
      let sharper = try Self.complete(model, input, [.edit(.scores, .scale(2), at: stage)])
      let keyed = try Self.complete(model, input, [.edit(.keys, .scale(2), at: stage)])
      #expect(try relativeError(Self.latents(queried), Self.latents(sharper)) < 1e-6)
      #expect(try relativeError(Self.latents(queried), Self.latents(keyed)) < 1e-4)
      // The mean of weights averages what the mean of averages is.
      let mean = try Self.complete(model, input, [.edit(.headOutputs, .mean, at: stage)])
      let rows = try Self.numbers(mean, .headOutputs, stage)
      let all = try Self.numbers(plain, .headOutputs, stage).meanOfRows()
      for row in 0..<rows.shape[0] {
        #expect(relativeError(rows.rows(row..<row + 1), all) < 1e-6)
      }
    }
  }

  @Test("Gradients are those of the run with its interventions")
  func gradients() throws {
    let configuration = Self.configuration
    let model = try Perceiver(configuration, seed: 3)
    let input = configuration.input()
    let keeps = (0..<24).map { $0 % 5 != 2 }
    let interventions: [Intervention] = [
      .edit(.headOutputs, .scale(0.5), head: 0, at: 0), .maskKeys(keeping: keeps, at: 2),
      .edit(.attentionOutput, .mean, at: 1),
      .edit(.weights, .replace(Replacement(Tensor(shape: [2, 5, 5], repeating: 0.2))), at: 3),
    ]
    let run = try Self.complete(model, input, interventions)
    let gradients = try run.gradients(of: [.input]) { output in
      Tensor(shape: output.shape, values: (0..<output.count).map { $0 == 2 ? 1 : 0 })
    }
    #expect(relativeError(gradients.output, try #require(run.output)) < 1e-5)
    let gradient = try #require(gradients.input)
    let length = gradient.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    func logit(_ step: Float) throws -> Double {
      var moved = input
      moved.add(gradient, times: step / Float(length))
      return Double(try #require(Self.complete(model, moved, interventions).output)[2])
    }
    let size: Float = 0.02
    let slope =
      (8 * (try logit(size) - logit(-size)) - (try logit(2 * size) - logit(-2 * size)))
      / (12 * Double(size))
    #expect(abs(slope - length) < 0.02 * length, "\(slope) and \(length)")
  }

  @Test("What does not fit the model is refused, and says why")
  func refused() throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    let small = Tensor(shape: [2, 2])
    let wrong: [(Intervention, String)] = [
      (.skip(.attention, at: 4), "intervention: expected a stage from 0 to 3, found 4"),
      (
        .edit(.queries, .zero, head: 2, at: 1),
        "intervention at latent 1.1: expected a head below 2, found 2"
      ),
      (
        .edit(.latents, .zero, head: 0, at: 1),
        "intervention at latent 1.1: expected no head, found 0"
      ),
      (
        .edit(.latents, .zero, row: 5, at: 1),
        "intervention at latent 1.1: expected a row below 5, found 5"
      ),
      (
        .maskKeys(keeping: [true], at: 0),
        "intervention at cross 1: expected 24 keys to keep or not, found 1"
      ),
      (
        .edit(.latents, .replace(Replacement(small)), at: 0),
        "intervention at cross 1: expected numbers [5, 8], found [2, 2]"
      ),
    ]
    for (intervention, message) in wrong {
      #expect(throws: ConfigurationError(message)) {
        try model.begin(input, interventions: [intervention])
      }
    }
  }
}
