// Pixels hidden from a run: one way to take them away that a Perceiver knows exactly, one set of
// them after another or, of a small input, many sets at once.

import Tensors

extension PerceiverRun {
  /// A run of the same model and input that reads fewer tokens: those that are hidden are read by
  /// no stage, as if they had been left out after their positions were encoded. Where none is left
  /// nothing is read: what heads average is zero.
  ///
  /// - Parameter hidden: For each token whether it is hidden.
  /// - Throws: `ConfigurationError` where there are not as many as tokens.
  public func hiding(_ hidden: [Bool]) throws -> PerceiverRun {
    let keeps = try keeping(hidden)
    guard keeps.contains(true) else {
      let silence = stageIDs.filter { $0.kind == .crossAttention || $0.kind == .linearAttention }
        .map {
          Intervention.edit(.headOutputs, .zero, at: $0.index)
        }
      return try model.begin(
        request.input, sound: request.sound, mask: request.mask, queries: request.queries,
        interventions: interventions + silence, reusing: self)
    }
    return try model.begin(
      request.input, sound: request.sound, mask: TokenMask(shape: mapAxes, keeps: keeps),
      queries: request.queries,
      interventions: interventions)
  }

  /// The logits where tokens are hidden, `[classes]` for each set of them, or the outputs of a model
  /// without classes: those of the runs that `hiding(_:)` makes, to rounding.
  ///
  /// - Parameter sets: For each, for each token whether it is hidden.
  /// - Throws: `ConfigurationError` where the model ends with its latents or a set is of another size,
  ///   `ComputationCancelled`.
  public func logits(
    hiding sets: [[Bool]], cancellation: Cancellation? = nil
  ) throws -> [Tensor] {
    var all: [Tensor] = []
    try forEachLogits(
      hiding: sets.count, set: { sets[$0] }, cancellation: cancellation,
      body: { all.append($1) })
    return all
  }

  /// Calls `body` with one set of hidden tokens after another, and its logits, as `logits(hiding:)`
  /// has them. No more sets are kept than are read together.
  ///
  /// - Parameters:
  ///   - count: How many sets.
  ///   - set: Makes one of them; each is asked for once, in order.
  /// - Throws: As `logits(hiding:)` does, and what the closures throw.
  func forEachLogits(
    hiding count: Int, set: (Int) throws -> [Bool], cancellation: Cancellation?,
    body: (_ hidden: [Bool], _ logits: Tensor) throws -> Void
  ) throws {
    guard hasOutput else { throw ConfigurationError("hiding: \(Self.lacksOutput)") }
    let areTogether = try readsSetsTogether()
    for range in Blocks(count, size: areTogether ? Self.setsAtOnce : 1) where !range.isEmpty {
      cancellation?.report(range.lowerBound, of: count)
      let sets = try range.map(set)
      let keeps = try sets.map(keeping)
      // Who reads nothing at all does otherwise than a mask says; see `hiding(_:)`.
      let together = areTogether ? keeps.indices.filter { keeps[$0].contains(true) } : []
      var known: [Int: Tensor] = [:]
      if !together.isEmpty {
        let rows = try model.outputs(
          batch: Tensor.stacking(together.map { _ in request.input }),
          masks: together.map { TokenMask(shape: mapAxes, keeps: keeps[$0]) },
          cancellation: cancellation)
        for (row, index) in together.enumerated() { known[index] = rows.row(row) }
      }
      for (index, hidden) in sets.enumerated() {
        try body(
          hidden, known[index] ?? logitsAlone(hiding: hidden, cancellation: cancellation))
      }
    }
  }

  /// The logits of the run that hides some tokens.
  private func logitsAlone(hiding hidden: [Bool], cancellation: Cancellation?) throws -> Tensor {
    let run = try hiding(hidden).completed(cancellation: cancellation)
    guard let output = run.output else { preconditionFailure("a complete run has an output") }
    return output
  }

  /// Which tokens a run reads that hides some.
  private func keeping(_ hidden: [Bool]) throws -> [Bool] {
    guard hidden.count == tokenCount else {
      throw ConfigurationError(
        "hiding: expected \(tokenCount) tokens to hide or not, found \(hidden.count)")
    }
    return hidden.indices.map { !hidden[$0] && reads($0) }
  }

  /// Whether sets are read as a batch: of a small input, where stages cost less than what is around
  /// them, and where a pass knows all that the run does.
  private func readsSetsTogether() throws -> Bool {
    try scoresClasses && tokenCount <= Self.fewTokens && interventions.isEmpty
      && request.sound == nil
      && request.batch().queries == nil
  }

  /// Above this many tokens a run of its own reads each set faster, and in less memory.
  private static let fewTokens = 1024
  private static let setsAtOnce = 16
}
