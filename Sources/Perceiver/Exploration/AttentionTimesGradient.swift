// Attention times its gradient, summed as it is: what relevance follows to the input, and what
// presence compares pixels by. Rows of both are made in blocks; nothing of size latents × tokens is
// kept.

import Tensors

/// A ∘ ∂y/∂A of every cross-attention, summed over heads and latents.
public struct AttentionTimesGradient: StagewiseMapQuestion, ClaimingQuestion {
  /// How heads and latents are summed.
  public enum Sum: Sendable, Hashable {
    /// Σ A ∘ ∂y/∂A.
    case signed
    /// Σ (A ∘ ∂y/∂A)⁺: what speaks for y alone.
    case positive
    /// Grad-CAM with heads and latents for channels: (mean of A times its row's mean gradient)⁺
    /// (Selvaraju et al. 2017).
    case gradCAM
  }

  /// What is explained.
  public let target: ExplanationTarget
  /// How heads and latents are summed.
  public let sum: Sum

  /// The question for a target, as one of its forms.
  public init(of target: ExplanationTarget, as sum: Sum = .signed) {
    (self.target, self.sum) = (target, sum)
  }

  /// The sum of all cross-attentions' parts, `[…axes]`; 0 for tokens that a mask hides.
  public func mapWithParts(
    _ run: PerceiverRun, cancellation: Cancellation?
  ) throws -> (map: ExplanationMap, parts: [Tensor]) {
    let found = try Sensitivity(run, of: target, cancellation: cancellation)
    guard !found.readings.isEmpty else {
      throw ConfigurationError(
        "attention times gradient: expected a model with cross-attention to its input")
    }
    let parts = try found.readings.map {
      try found.attentionTimesGradient(sum, ofStage: $0, cancellation: cancellation)
    }
    return (
      ExplanationMap(
        Sensitivity.Parts(parts: parts).sum.reshaped(found.run.mapAxes),
        sign: sum == .signed ? .signed : .positive,
        sentence: claim(found.target.subject(found.run.tokenWords)).whole + ending),
      parts.map { $0.reshaped(found.run.mapAxes) }
    )
  }

  /// Each head's part at one cross-attention: `[heads, …axes]`. They sum to the stage's part, but for
  /// Grad-CAM, which leaves out what is below zero after heads are summed: each is then before that.
  ///
  /// - Throws: As `map` does.
  public func heads(
    _ run: PerceiverRun, stage: Int, cancellation: Cancellation? = nil
  ) throws -> Tensor {
    let found = try Sensitivity(run, of: target, cancellation: cancellation)
    guard found.readings.contains(stage) else {
      throw ConfigurationError(
        "attention times gradient: expected a cross-attention, found stage \(stage)")
    }
    let maps = try found.headsOfAttentionTimesGradient(
      sum, ofStage: stage, cancellation: cancellation)
    return Tensor.stacking(maps).reshaped([maps.count] + found.run.mapAxes)
  }

  package func claim(_ subject: MapSubject) -> MapClaim {
    switch sum {
    case .signed: subject.speech
    case .positive:
      MapClaim("Attention to the bright \(subject.tokens.many) speaks for \(subject.title)")
    case .gradCAM: subject.rest
    }
  }

  /// How the sentence ends.
  private var ending: String {
    switch sum {
    case .signed: ", by attention times its gradient."
    case .positive: "; what speaks against it is left out."
    case .gradCAM: ", by attention times the mean gradient of its row."
    }
  }
}

extension Sensitivity {
  /// One cross-attention's part, `[tokens]`.
  fileprivate func attentionTimesGradient(
    _ sum: AttentionTimesGradient.Sum, ofStage stage: Int, cancellation: Cancellation?
  ) throws -> Tensor {
    let heads = try headsOfAttentionTimesGradient(sum, ofStage: stage, cancellation: cancellation)
    var map = heads.dropFirst().reduce(heads[0]) { $0.adding($1) }
    if sum == .gradCAM {
      map.withUnsafeMutableElements { numbers in
        for index in numbers.indices { numbers[index] = max(0, numbers[index]) }
      }
    }
    return map
  }

  /// Each head's sum over latents at one cross-attention, `[tokens]`.
  fileprivate func headsOfAttentionTimesGradient(
    _ sum: AttentionTimesGradient.Sum, ofStage stage: Int, cancellation: Cancellation?
  ) throws -> [Tensor] {
    switch sum {
    case .signed, .positive:
      return try contributed(
        sum == .signed ? .products : .positiveProducts, ofStage: stage, cancellation: cancellation
      ) { means in (means.map { _ in 0 }, means.map { _ in 1 }) }
    case .gradCAM: return try gradCAM(ofStage: stage, cancellation: cancellation)
    }
  }

  private func gradCAM(ofStage stage: Int, cancellation: Cancellation?) throws -> [Tensor] {
    var maps = Array(
      repeating: Tensor(shape: [run.tokenCount]), count: run.stageIDs[stage].heads)
    let workers = Workers(cancellation: cancellation)
    let reads = (0..<run.tokenCount).map { run.reads($0) }
    let channels = Float(run.stageIDs[stage].heads * (run.stages[stage].attention?.mapCount ?? 1))
    try forEachRows(ofStage: stage, cancellation: cancellation) { rows in
      try maps[rows.head].addRows(
        .weights, weights: rows.weights, products: nil, shifts: rows.queries.map { _ in 0 },
        factors: rows.queries.indices.map { row in
          Float(rows.products.mean(ofRow: row - rows.queries.lowerBound, where: reads)) / channels
        }, workers: workers)
    }
    return maps
  }
}

extension Tensor {
  /// The mean of those elements of a row that are chosen, in double; 0 of none.
  fileprivate func mean(ofRow row: Int, where isChosen: [Bool]) -> Double {
    withUnsafeElements { elements in
      var (sum, count) = (0.0, 0)
      for column in isChosen.indices where isChosen[column] {
        sum += Double(elements[row * isChosen.count + column])
        count += 1
      }
      return count > 0 ? sum / Double(count) : 0
    }
  }
}
