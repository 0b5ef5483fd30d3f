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

  /// The logits where tokens are hidden, `[classes]` for each set of them: those of the runs that
  /// `hiding(_:)` makes, to rounding.
  ///
  /// - Parameter sets: For each, for each token whether it is hidden.
  /// - Throws: `ConfigurationError` where the model scores no classes or a set is of another size,
  ///   `ComputationCancelled`.
  public func logits(
    hiding sets: [[Bool]], cancellation: Cancellation? = nil
  ) throws -> [Tensor] {
    guard scoresClasses else {
      throw ConfigurationError("hiding: expected a model that scores classes")
    }
    let keeps = try sets.map(keeping)
    // Who reads nothing at all does otherwise than a mask says; see `hiding(_:)`.
    let together = try readsSetsTogether() ? keeps.indices.filter { keeps[$0].contains(true) } : []
    var logits = [Tensor?](repeating: nil, count: sets.count)
    for start in stride(from: 0, to: together.count, by: Self.setsAtOnce) {
      cancellation?.report(start, of: sets.count)
      let part = together[start..<min(together.count, start + Self.setsAtOnce)]
      let rows = try model.outputs(
        batch: Tensor.stacking(part.map { _ in request.input }),
        masks: part.map { TokenMask(shape: mapAxes, keeps: keeps[$0]) }, cancellation: cancellation)
      for (row, index) in part.enumerated() { logits[index] = rows.row(row) }
    }
    return try logits.enumerated().map { index, known in
      if let known { return known }
      cancellation?.report(index, of: sets.count)
      let run = try hiding(sets[index]).completed(cancellation: cancellation)
      guard let output = run.output else { preconditionFailure("a complete run has an output") }
      return output
    }
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
    try tokenCount <= Self.fewTokens && interventions.isEmpty && request.sound == nil
      && request.batch().queries == nil
  }

  /// Above this many tokens a run of its own reads each set faster, and in less memory.
  private static let fewTokens = 1024
  private static let setsAtOnce = 16
}
