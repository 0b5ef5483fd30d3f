// Relevance: which tokens the answer rests on, by attention that matters to it (Chefer, Gur & Wolf
// 2021, arXiv 2103.15679), for latents that read tokens which nothing changes.
//
// With Ā = mean over heads of (A ∘ ∂y/∂A)⁺, a self-attention takes R to R + Ā R, and a cross-
// attention to R + Ā ("flow": what is read into a latent stays there) or to R + L̄ᵀ Ā (their rule 10
// for two streams). The map is the mean of R's rows. R is never made: a row of weights, one for each
// latent, goes backward through the stages, and each cross-attention adds its weighted rows.

import Tensors

/// Which tokens what is explained rests on; never below zero.
public struct Relevance: StagewiseMapQuestion, ClaimingQuestion {
  /// What a cross-attention adds.
  public enum Rule: Sendable, Hashable {
    /// Ā: what is read into a latent stays there.
    case flow
    /// L̄ᵀ Ā with L̄ the latents' relevance to latents, rows normalised: the paper's rule 10.
    case paper
  }

  /// What is explained.
  public let target: ExplanationTarget
  /// What a cross-attention adds.
  public let rule: Rule

  public init(of target: ExplanationTarget, rule: Rule = .flow) {
    (self.target, self.rule) = (target, rule)
  }

  /// `[…axes]`; 0 for tokens that a mask hides.
  public func mapWithParts(
    _ run: PerceiverRun, cancellation: Cancellation?
  ) throws -> (map: ExplanationMap, parts: [Tensor]) {
    try run.checkWalk("relevance")
    let found = try Sensitivity(run, of: target, cancellation: cancellation)
    let parts = try found.relevance(rule, cancellation: cancellation)
    return (
      ExplanationMap(
        parts.sum.reshaped(found.run.mapAxes), sign: .positive,
        sentence: claim(found.target.subject(run.tokenWords)).whole + "."),
      parts.parts.map { $0.reshaped(found.run.mapAxes) }
    )
  }

  /// The latents' relevance to latents after all stages, L of the paper, from the identity on:
  /// `[latents, latents]`.
  ///
  /// - Throws: As `map` does.
  public func latents(_ run: PerceiverRun, cancellation: Cancellation? = nil) throws -> Tensor {
    try run.checkWalk("relevance")
    return try Sensitivity(run, of: target, cancellation: cancellation).latentRelevance(
      cancellation: cancellation)
  }

  package func claim(_ subject: MapSubject) -> MapClaim { subject.rest }
}

extension Sensitivity {
  /// Parts of a map by cross-attention, `[tokens]` each.
  struct Parts {
    let parts: [Tensor]
    var sum: Tensor {
      var all = parts[0]
      for part in parts.dropFirst() { all.add(part) }
      return all
    }
  }

  func relevance(_ rule: Relevance.Rule, cancellation: Cancellation?) throws -> Parts {
    var between: [Int: Tensor] = [:]
    for id in run.stageIDs where id.kind == .latentSelfAttention {
      between[id.index] = try positiveProducts(ofStage: id.index, cancellation: cancellation)
    }
    let carried = rule == .paper ? latentRelevance(between) : [:]
    var weights = try firstWeights(cancellation: cancellation)
    var parts: [Tensor] = []
    for id in run.stageIDs.reversed() {
      switch id.kind {
      case .latentSelfAttention:
        guard let products = between[id.index] else { continue }
        let passed = products.rowsWeighted(by: weights)
        weights = zip(weights, passed).map { $0 + $1 }
      case .crossAttention:
        let own = carried[id.index].map { $0.columnsWeighted(by: weights) } ?? weights
        parts.append(
          try tokens(ofStage: id.index, weights: own, cancellation: cancellation))
      default: continue
      }
    }
    return Parts(parts: parts.reversed())
  }

  /// What a cross-attention adds to the map: Σ weight · mean over heads of (A ∘ ∂y/∂A)⁺, `[tokens]`.
  private func tokens(
    ofStage stage: Int, weights: [Double], cancellation: Cancellation?
  ) throws -> Tensor {
    let heads = Double(run.stageIDs[stage].heads)
    let factors = weights.map { Float($0 / heads) }
    let maps = try contributed(.positiveProducts, ofStage: stage, cancellation: cancellation) { _ in
      (factors.map { _ in 0 }, factors)
    }
    return Parts(parts: maps).sum
  }

  /// How much each latent counts at the end: 1/n of a mean, or what a decoder reads.
  private func firstWeights(cancellation: Cancellation?) throws -> [Double] {
    guard let decoder = run.stageIDs.last, decoder.kind == .decoderCrossAttention,
      let slope = slopes[decoder.index]
    else {
      let latents = run.stages.last?.latents.shape[0] ?? 1
      return Array(repeating: 1 / Double(latents), count: latents)
    }
    var sums: [Double] = []
    for row in 0..<slope.shape[0] where slope.row(row).values.contains(where: { $0 != 0 }) {
      guard
        let products = try positiveProducts(
          ofStage: decoder.index, rows: row..<row + 1, cancellation: cancellation)
      else { continue }
      let values = products.values.map { Double($0) }
      sums = sums.isEmpty ? values : zip(sums, values).map { $0 + $1 }
    }
    return sums.isEmpty
      ? Array(repeating: 0, count: run.firstLatentCount) : sums
  }

  /// L̄ before each cross-attention: I + (L − I) with its rows' sums one; a row of zeros stays zero.
  private func latentRelevance(_ between: [Int: Tensor]) -> [Int: Tensor] {
    let n = run.firstLatentCount
    // L − I.
    var rest = Tensor(shape: [n, n])
    var found: [Int: Tensor] = [:]
    for id in run.stageIDs {
      if id.kind == .crossAttention {
        found[id.index] = rest.rowsOfSumOne().addingIdentity()
      } else if let products = between[id.index] {
        // (I + Ā)(I + rest) − I = rest + Ā + Ā rest.
        let moved = products.multiplied(by: rest)
        rest.add(products)
        rest.add(moved)
      }
    }
    return found
  }

  /// The latents' relevance to latents after all stages: `[latents, latents]`.
  func latentRelevance(cancellation: Cancellation?) throws -> Tensor {
    let n = run.firstLatentCount
    var all = Tensor(shape: [n, n]).addingIdentity()
    for id in run.stageIDs where id.kind == .latentSelfAttention {
      guard
        let products = try positiveProducts(ofStage: id.index, cancellation: cancellation)
      else { continue }
      all.add(products.multiplied(by: all))
    }
    return all
  }
}

extension PerceiverRun {
  /// Checks that what latents hold can be walked back to the input: tokens stay what they are, and
  /// latents are mixed by attention and sums alone.
  ///
  /// - Throws: `ConfigurationError` with the reason.
  func checkWalk(_ what: String) throws {
    if let reason = walkProblem { throw ConfigurationError("\(what): \(reason)") }
  }

  /// Why attention times its gradient cannot be followed to the input; nil if it can.
  var walkProblem: String? {
    if stageIDs.contains(where: { $0.kind == .linearAttention }) {
      return
        "tokens read each other by linear attention, which has no matrix of weights to multiply by "
        + "its gradient"
    }
    return pathProblem
  }

  /// The axes of a map over the input.
  public var mapAxes: [Int] { input.tokens.axes }

  /// Tokens of the input, hidden or not.
  public var tokenCount: Int { mapAxes.reduce(1, *) }
}

extension Tensor {
  /// Σ_i w_i · row i, in double: `[columns]` of `[rows, columns]`.
  func rowsWeighted(by weights: [Double]) -> [Double] {
    let columns = shape[1]
    var sums = [Double](repeating: 0, count: columns)
    withUnsafeElements { elements in
      for row in 0..<shape[0] where weights[row] != 0 {
        for column in 0..<columns {
          sums[column] += weights[row] * Double(elements[row * columns + column])
        }
      }
    }
    return sums
  }

  /// wᵀ · selfᵀ: for each row i, Σ_j w_j · self[i, j] with `[rows, columns]`.
  func columnsWeighted(by weights: [Double]) -> [Double] {
    let columns = shape[1]
    return withUnsafeElements { elements in
      (0..<shape[0]).map { row in
        (0..<columns).reduce(0.0) { $0 + weights[$1] * Double(elements[row * columns + $1]) }
      }
    }
  }

  /// self · other of small matrices.
  func multiplied(by other: Tensor) -> Tensor {
    // Without a cancellation nothing throws; see Workers.forEach.
    (try? times(other, workers: Workers())) ?? Tensor(shape: [shape[0], other.shape[1]])
  }

  /// Rows over their sums; those that sum to nothing become zeros.
  fileprivate func rowsOfSumOne() -> Tensor {
    var result = self
    let columns = shape[1]
    result.withUnsafeMutableElements { elements in
      for row in 0..<shape[0] {
        let own = row * columns..<(row + 1) * columns
        let sum = own.reduce(0.0) { $0 + Double(elements[$1]) }
        for index in own {
          elements[index] = sum > 0 ? Float(Double(elements[index]) / sum) : 0
        }
      }
    }
    return result
  }

  func addingIdentity() -> Tensor {
    var result = self
    for index in 0..<min(shape[0], shape[1]) { result[index, index] += 1 }
    return result
  }
}

extension String {
  /// With its first letter large.
  package var firstUppercased: String { prefix(1).uppercased() + dropFirst() }
}
