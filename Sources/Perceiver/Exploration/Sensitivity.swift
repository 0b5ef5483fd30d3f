// How what is explained hangs on what heads average, at every stage of a run: what relevance,
// presence, toggles and importance of heads are made of. One pass forward and backward.
//
// With P a row's weights over keys, V their values and dA = ∂y/∂(what the row averages), the
// gradient by the weights is G = dA·Vᵀ. Over tokens it has the form of a score: dA goes through the
// values' projection and the norm's gain into token space, as queries go through the keys'. So rows
// of P and G are made when they are asked for, and nothing of size latents × tokens is stored.

import Tensors

/// A complete run, and ∂y/∂averages at its stages.
struct Sensitivity: Sendable {
  let run: PerceiverRun
  let target: ResolvedTarget
  /// What heads average, `[rows, heads × width]`, before the stage's edits of weights and averages.
  let averages: [Int: Tensor]
  /// ∂y/∂averages, in their shape; of stages that y hangs on.
  let slopes: [Int: Tensor]
  /// ∂y/∂weights of stages whose keys are latents.
  let weights: [Int: AttentionGradient]
  /// ∂y/∂keys of linear attention, `[tokens, heads × features]`: that of its softmaxes' scores over
  /// tokens.
  let linearKeys: [Int: Tensor]

  /// - Throws: `ConfigurationError` for a target that the run has not, `ComputationCancelled`.
  init(_ run: PerceiverRun, of target: ExplanationTarget, cancellation: Cancellation?) throws {
    let run = try run.completed(cancellation: cancellation)
    try self.init(run, of: run.resolve(target), cancellation: cancellation)
  }

  init(_ run: PerceiverRun, of target: ResolvedTarget, cancellation: Cancellation?) throws {
    (self.run, self.target) = (run, target)
    var points = PassPoints(interventions: run.interventions)
    for id in run.stageIDs {
      switch id.kind {
      case .crossAttention: points.marks.insert(.averages(id.index))
      case .latentSelfAttention, .decoderCrossAttention, .reverseCrossAttention:
        points.marks.insert(.averages(id.index))
        points.marks.insert(.point(PointOfStage(point: .weights, stage: id.index)))
      case .linearAttention:
        points.marks.insert(.point(PointOfStage(point: .keys, stage: id.index)))
      case .latentMixing: break
      }
    }
    try run.model.parameters.load()
    let tape = Tape(
      run.model.parameters, recording: .marks, workers: Workers(cancellation: cancellation))
    let pass = Pass(plan: run.model.plan, tape: tape, points: points)
    let rows = try pass(run.request.batch())
    _ = try tape.gradients(
      of: rows, from: target.direction(rows.value).reshaped(rows.value.shape))
    var slopes: [Int: Tensor] = [:]
    var weights: [Int: AttentionGradient] = [:]
    var linearKeys: [Int: Tensor] = [:]
    for id in run.stageIDs {
      let stage = id.index
      if let gradient = tape.marked[.averages(stage)] { slopes[stage] = gradient }
      if let gradient = tape.marked[.point(PointOfStage(point: .weights, stage: stage))],
        let values = points.values.ofStage[stage]
      {
        weights[stage] = AttentionGradient(
          averages: gradient, values: values, heads: id.heads)
      }
      if let gradient = tape.marked[.point(PointOfStage(point: .keys, stage: stage))] {
        linearKeys[stage] = gradient
      }
    }
    averages = points.values.averagesOfStage
    (self.slopes, self.weights, self.linearKeys) = (slopes, weights, linearKeys)
  }
}

extension Sensitivity {
  /// Some rows of one head of a cross-attention over tokens.
  struct Rows {
    let head: Int
    let queries: Range<Int>
    /// Weights, `[queries.count, tokens]`.
    let weights: Tensor
    /// ∂y/∂weights, as far as a key hangs on it; where a token is hidden it may be anything.
    let products: Tensor
    /// What each row's weights times their gradients add up to.
    let means: [Float]
  }

  /// What each head of a cross-attention adds to a map: `[tokens]`; zeros where y does not hang on it.
  ///
  /// - Parameter terms: A shift and a factor for each query of a head, from what its weights times
  ///   their gradients add up to.
  /// - Throws: `ComputationCancelled`.
  func contributed(
    _ contribution: RowContribution, ofStage stage: Int, cancellation: Cancellation?,
    _ terms: (_ means: [Float]) -> (shifts: [Float], factors: [Float])
  ) throws -> [Tensor] {
    guard let reading = try reading(stage, cancellation: cancellation) else {
      return Array(
        repeating: Tensor(shape: [run.tokenCount]), count: run.stageIDs[stage].heads)
    }
    return try (0..<reading.own.heads).map { head in
      let terms = terms(reading.means[head])
      return try reading.own.contributed(
        contribution, beside: reading.products, head: head, shifts: terms.shifts,
        factors: terms.factors, cancellation: cancellation)
    }
  }

  /// A cross-attention, and how y hangs on its weights.
  private struct Reading {
    let own: StageAttention
    /// ∂y/∂weights, as scores.
    let products: StageAttention
    /// What each row's weights times their gradients add up to, for each head.
    let means: [[Float]]
  }

  /// Nil where the stage has no attention, or y does not hang on it.
  ///
  /// - Parameter seen: What rows are made from; the stage's own attention if nil.
  private func reading(
    _ stage: Int, seen: StageAttention? = nil, cancellation: Cancellation?
  ) throws -> Reading? {
    guard let own = run.stages[stage].attention, let gradient = slopes[stage],
      let averages = averages[stage]
    else { return nil }
    let workers = Workers(cancellation: cancellation)
    let split = gradient.splitIntoHeads(own.heads)
    let folded = try tokenReader(stage).foldingValues(split, workers: workers)
    let attention = seen ?? own
    let values = averages.splitIntoHeads(own.heads)
    return Reading(
      own: attention,
      products: attention.products(with: folded.queries, constants: folded.offsets),
      means: (0..<own.heads).map { values.row($0).rowProducts(split.row($0)) })
  }

  /// Calls `body` with rows of a cross-attention that together are all.
  ///
  /// - Parameter seen: What the rows are made from; the stage's own attention if nil.
  /// - Throws: `ComputationCancelled`.
  func forEachRows(
    ofStage stage: Int, seen: StageAttention? = nil, cancellation: Cancellation?,
    _ body: (Rows) throws -> Void
  ) throws {
    guard let reading = try reading(stage, seen: seen, cancellation: cancellation) else { return }
    let (attention, products) = (reading.own, reading.products)
    for head in 0..<attention.heads {
      for range in Blocks.rows(attention.mapCount, each: attention.mapSize) {
        try body(
          Rows(
            head: head, queries: range,
            weights: attention.matrix(
              head: head, queries: range, as: .probabilities, cancellation: cancellation),
            products: products.matrix(
              head: head, queries: range, as: .scores, cancellation: cancellation),
            means: Array(reading.means[head][range])))
      }
    }
  }

  private func tokenReader(_ stage: Int) throws -> StreamedTokenAttention {
    guard let block = run.plans[stage].operation.tokenReader else {
      throw ConfigurationError("\(run.stageIDs[stage].name): expected a cross-attention to tokens")
    }
    return StreamedTokenAttention(block, parameters: run.model.parameters)
  }

  /// `mean over heads (P ∘ G)⁺` of a stage whose keys are latents: `[rows, latents]`.
  ///
  /// - Parameter rows: Those that are asked for; all if nil.
  func positiveProducts(
    ofStage stage: Int, rows: Range<Int>? = nil, cancellation: Cancellation?
  ) throws -> Tensor? {
    guard let attention = run.stages[stage].attention, let gradient = weights[stage] else {
      return nil
    }
    let rows = rows ?? 0..<attention.queries
    var mean = Tensor(shape: [rows.count, attention.keys])
    for head in 0..<attention.heads {
      let own = try attention.matrix(
        head: head, queries: rows, as: .probabilities, cancellation: cancellation)
      let slope = try gradient.matrix(head: head, queries: rows, cancellation: cancellation)
      mean.withUnsafeMutableElements { out in
        own.withUnsafeElements { p in
          slope.withUnsafeElements { g in
            for index in out.indices {
              out[index] += max(0, p[index] * g[index]) / Float(attention.heads)
            }
          }
        }
      }
    }
    return mean
  }

  /// Stages whose latents read the input's tokens, in order.
  var readings: [Int] {
    run.stageIDs.filter { $0.kind == .crossAttention }.map(\.index)
  }
}
