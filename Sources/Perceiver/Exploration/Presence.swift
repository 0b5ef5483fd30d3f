// Presence and toggles: what is explained by how often each token is there.
//
// Each token gets a weight ω inside every softmax over the input, P ∝ ω exp S: 1 is the model, 0
// hides the token, 2 is the token twice. Constants of a row of G cancel, as they do in the softmax.

import Tensors

/// ∂y/∂ω at 1 for every token: the slope of hiding it, Σ P (G − D) over all rows of all heads and
/// stages, D = Σ P G. It compares tokens: in every stage and head it sums to zero.
///
/// Where many tokens say the same none is missed, and the slope is small; `Toggles` mend that.
public struct Presence: ClaimingQuestion {
  /// What is explained.
  public let target: ExplanationTarget

  public init(of target: ExplanationTarget) { self.target = target }

  /// `[…axes]`; 0 for tokens that a mask hides.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    let found = try Sensitivity(run, of: target, cancellation: cancellation)
    let parts = try found.presence(cancellation: cancellation)
    return ExplanationMap(
      parts.sum.reshaped(found.run.mapAxes), sign: .signed,
      sentence: claim(found.target.subject(run.tokenWords)).whole + ".")
  }

  package func claim(_ subject: MapSubject) -> MapClaim {
    MapClaim(
      "A little less of a warm \(subject.tokens.one) lowers \(subject.title)",
      and: ", and of a cold one raises it")
  }

  /// Each reading's part of the map, in order: `[stages that read the input, …axes]`.
  ///
  /// - Throws: As `map` does.
  public func parts(_ run: PerceiverRun, cancellation: Cancellation? = nil) throws -> Tensor {
    let found = try Sensitivity(run, of: target, cancellation: cancellation)
    let parts = try found.presence(cancellation: cancellation).parts
    return Tensor.stacking(parts).reshaped([parts.count] + found.run.mapAxes)
  }

  /// Each head's part of the map at one cross-attention: `[heads, …axes]`.
  ///
  /// - Throws: As `map` does.
  public func heads(
    _ run: PerceiverRun, stage: Int, cancellation: Cancellation? = nil
  ) throws -> Tensor {
    let found = try Sensitivity(run, of: target, cancellation: cancellation)
    guard found.readings.contains(stage) else {
      throw ConfigurationError("presence: expected a cross-attention, found stage \(stage)")
    }
    let maps = try found.presence(ofStage: stage, cancellation: cancellation)
    return Tensor.stacking(maps).reshaped([maps.count] + found.run.mapAxes)
  }
}

/// What each token changes where it comes or goes, the others staying: exact for what a row
/// averages, of first order for what follows. P / (1 − P) · (G − D) of a token that is read (1 − P at
/// least 0.001), e / (Z + e) · (G − D) of one that is hidden, with e = exp S and Z the row's sum over
/// those that are read.
public struct Toggles: ClaimingQuestion {
  /// What is explained.
  public let target: ExplanationTarget

  public init(of target: ExplanationTarget) { self.target = target }

  /// `[…axes]`; tokens that the run's mask hides have what their coming changes.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    try run.checkToggles()
    let found = try Sensitivity(run, of: target, cancellation: cancellation)
    let full = try run.unmasked(cancellation: cancellation)
    let map = try found.toggles(over: full, cancellation: cancellation)
    return ExplanationMap(
      map.reshaped(run.mapAxes), sign: .signed,
      sentence: Self.sentence(found.target.subject(run.tokenWords)))
  }

  static func sentence(_ subject: MapSubject) -> String {
    "\(subject.speech.whole): so much would change if one alone came or went."
  }

  package func claim(_ subject: MapSubject) -> MapClaim { subject.speech }
}

extension Sensitivity {
  /// Every reading's part: cross-attentions, and linear attention's softmaxes over tokens.
  func presence(cancellation: Cancellation?) throws -> Parts {
    let parts = try run.stageIDs.compactMap { id -> Tensor? in
      switch id.kind {
      case .crossAttention:
        let heads = try presence(ofStage: id.index, cancellation: cancellation)
        return heads.dropFirst().reduce(heads[0]) { $0.adding($1) }
      case .linearAttention:
        // A key's score is the feature itself, so its slope is that of the softmax's score.
        return linearKeys[id.index].map { keys in
          Tensor(
            shape: [keys.shape[0]],
            values: (0..<keys.shape[0]).map { row in
              Float(keys.row(row).values.reduce(0.0) { $0 + Double($1) })
            })
        } ?? Tensor(shape: [run.tokenCount])
      default: return nil
      }
    }
    guard !parts.isEmpty else {
      throw ConfigurationError("presence: no stage reads the input")
    }
    return Parts(parts: parts)
  }

  /// Each head's part at one cross-attention, `[tokens]`.
  func presence(ofStage stage: Int, cancellation: Cancellation?) throws -> [Tensor] {
    try contributed(.products, ofStage: stage, cancellation: cancellation) { means in
      (means.map { -$0 }, means.map { _ in 1 })
    }
  }

  /// - Parameter full: The attentions of a run of the same model and input that reads more tokens,
  ///   by stage; nothing of theirs but the tokens is used.
  func toggles(over full: [Int: StageAttention], cancellation: Cancellation?) throws -> Tensor {
    var map = Tensor(shape: [run.tokenCount])
    let workers = Workers(cancellation: cancellation)
    let reads = Tensor(
      shape: [run.tokenCount], values: (0..<run.tokenCount).map { run.reads($0) ? 1 : 0 })
    for stage in readings {
      guard let own = run.stages[stage].attention, let all = full[stage] else { continue }
      let seen = try own.reading(rowsOf: all, workers: workers)
      try forEachRows(ofStage: stage, seen: seen, cancellation: cancellation) { rows in
        try map.addRows(
          .toggles(reads: reads), weights: rows.weights, products: rows.products,
          shifts: rows.means.map { -$0 }, factors: rows.means.map { _ in 1 }, workers: workers)
      }
    }
    return map
  }
}

extension PerceiverRun {
  /// - Throws: `ConfigurationError` where a token's coming and going is not known exactly.
  func checkToggles() throws {
    guard !stageIDs.contains(where: { $0.kind.changesTokens }) else {
      throw ConfigurationError(
        "toggles: stages change the tokens, so what one of them brings is not known without a run")
    }
    guard stageIDs.contains(where: { $0.kind == .crossAttention }) else {
      throw ConfigurationError("toggles: no latent reads the input")
    }
  }

  /// Whether a token may be read.
  func reads(_ token: Int) -> Bool { request.mask?.keeps[token] ?? true }

  /// The attentions of cross-attentions to all tokens of the input.
  func unmasked(cancellation: Cancellation?) throws -> [Int: StageAttention] {
    guard let mask = request.mask, mask.keeps.contains(false) else {
      return try completed(through: lastCrossAttention, cancellation: cancellation).crossAttentions
    }
    let all = try model.begin(
      request.input, sound: request.sound, queries: request.queries, interventions: interventions)
    return try all.completed(through: lastCrossAttention, cancellation: cancellation)
      .crossAttentions
  }

  /// Attentions of computed cross-attentions, by stage.
  var crossAttentions: [Int: StageAttention] {
    Dictionary(
      uniqueKeysWithValues: stages.compactMap { stage in
        guard stage.id.kind == .crossAttention else { return nil }
        return stage.attention.map { (stage.id.index, $0) }
      })
  }
}
