// Attention rollout: where what latents hold came from, by attention alone (Abnar & Zuidema 2020,
// arXiv 2005.00928). No class is asked.
//
// R and P are shares of tokens and of initial latents in each latent; rows of both together sum to
// one. A self-attention takes them to B R and B P with B = (1 − α) I + α Ā, a cross-attention to
// (1 − α) R + α Ā and (1 − α) P. The map is a mean of R's rows, so one row of weights goes backward
// through the stages instead: nothing of size latents × tokens is stored.

import Foundation
import Tensors

/// Which tokens the latents' content came from.
public struct Rollout: StagewiseMapQuestion {
  /// How much of a row an attention makes anew, and what it brings.
  public enum Method: String, Sendable, Hashable, CaseIterable {
    /// One half is new: Abnar and Zuidema's ½ (I + A).
    case half
    /// ‖update‖ / (‖update‖ + ‖row‖) is new (the mixing ratio of Kobayashi et al. 2021).
    case residual
    /// As much is new as with `residual`, and keys count by the size of what they bring: ‖Σ_h A_h W_h v_h‖.
    case value
    /// How much nearer to zero the new row would be without a part, in L1 (ALTI, Ferrando et al.
    /// 2022). It needs rows × keys × dim numbers: for small inputs.
    case alti
  }

  /// How heads become one attention.
  public enum Heads: Sendable, Hashable {
    /// Their mean.
    case mean
    /// The largest of them, over the row's sum.
    case maximum
  }

  /// How much an attention makes anew, and what it brings.
  public let method: Method
  /// How heads become one; ALTI and values have their own way.
  public let heads: Heads
  /// The latent that is followed, from 0; all alike if nil.
  public let latent: Int?
  /// The stage after which it is followed; the last if nil.
  public let stage: Int?

  public init(_ method: Method, heads: Heads = .mean, latent: Int? = nil, after stage: Int? = nil) {
    (self.method, self.heads, self.latent, self.stage) = (method, heads, latent, stage)
  }

  /// What ALTI computes at most at one stage: latents × tokens × heads × dim.
  static let mostProximities = 4e9

  /// The stage after which latents are followed.
  public func lastStage(of run: PerceiverRun) -> Int { stage ?? run.stageIDs.count - 1 }

  /// `[…axes]`; left over is the share of the initial latents: both together sum to one.
  public func mapWithParts(
    _ run: PerceiverRun, cancellation: Cancellation?
  ) throws -> (map: ExplanationMap, parts: [Tensor]) {
    let (parts, left) = try walk(run, cancellation: cancellation)
    guard left.isFinite else {
      throw ConfigurationError("rollout: expected finite attention, found NaN or infinity")
    }
    let share = Int((100 * left).rounded())
    let numbers = run.latentNumbers(before: 0)
    let who = latent.map { "latent \(numbers[$0] + 1)" } ?? "the latents"
    let when = stage.map { " after \(run.stageIDs[$0].name)" } ?? ""
    let map = ExplanationMap(
      Sensitivity.Parts(parts: parts).sum.reshaped(run.mapAxes), sign: .positive,
      remainders: [.init(name: "share of the initial latents", value: left)],
      sentence:
        "By attention alone, what \(who) hold\(latent == nil ? "" : "s")\(when) came from "
        + "the bright \(run.tokenWords.many); \(share) % is still from before any \(run.tokenWords.one) was read."
    )
    return (map, parts.map { $0.reshaped(run.mapAxes) })
  }

  private func walk(
    _ run: PerceiverRun, cancellation: Cancellation?
  ) throws -> (parts: [Tensor], left: Double) {
    if let reason = run.rolloutProblem { throw ConfigurationError("rollout: \(reason)") }
    let last = lastStage(of: run)
    guard run.stageIDs.indices.contains(last) else {
      throw ConfigurationError(
        "rollout: expected a stage from 0 to \(run.stageIDs.count - 1), found \(last)")
    }
    let run = try run.completed(through: last, cancellation: cancellation)
    let count = run.stages[last].latents.shape[0]
    if let latent, !(0..<count).contains(latent) {
      throw ConfigurationError("rollout: expected a latent below \(count), found \(latent)")
    }
    var weights = (0..<count).map { row in
      latent.map { $0 == row ? 1 : 0 } ?? 1 / Double(count)
    }
    var parts: [Tensor] = []
    for id in run.stageIDs[...last].reversed() {
      let step = Step(run, id, method, heads, cancellation: cancellation)
      switch id.kind {
      case .crossAttention:
        let (part, kept) = try step.cross(weights)
        parts.append(part)
        weights = kept
      case .latentSelfAttention: weights = try step.within(weights)
      case .decoderCrossAttention where latent == nil && stage == nil:
        weights = try step.decoded()
      default: continue
      }
    }
    return (parts.reversed(), weights.reduce(0, +))
  }
}

extension PerceiverRun {
  /// Why attention's weights alone do not say where latents came from; nil if they do.
  var rolloutProblem: String? { walkProblem ?? weightsProblem }
}

/// One stage of the rollout, taken from the last back to the first.
private struct Step {
  let run: PerceiverRun
  let id: StageID
  let method: Rollout.Method
  let heads: Rollout.Heads
  let cancellation: Cancellation?

  init(
    _ run: PerceiverRun, _ id: StageID, _ method: Rollout.Method, _ heads: Rollout.Heads,
    cancellation: Cancellation?
  ) {
    (self.run, self.id, self.method, self.heads) = (run, id, method, heads)
    self.cancellation = cancellation
  }

  private var attention: StageAttention {
    get throws {
      guard let attention = run.stages[id.index].attention else {
        throw ConfigurationError("rollout: \(id.name) has no attention")
      }
      return attention
    }
  }

  /// What a cross-attention adds to the map, and the weights before it.
  func cross(_ weights: [Double]) throws -> (part: Tensor, kept: [Double]) {
    if method == .alti {
      let (own, moved) = try proximities(weights)
      return (
        Tensor(shape: [moved.count], values: moved.map { Float($0) }),
        zip(weights, own).map { $0 * $1 }
      )
    }
    let new = try shareOfNew()
    let part = try brought(zip(weights, new).map { $0 * $1 })
    return (part, zip(weights, new).map { $0 * (1 - $1) })
  }

  /// The weights before a self-attention.
  func within(_ weights: [Double]) throws -> [Double] {
    if method == .alti {
      let (own, moved) = try proximities(weights)
      return zip(zip(weights, own).map { $0 * $1 }, moved).map { $0 + $1 }
    }
    let new = try shareOfNew()
    let moved = try brought(zip(weights, new).map { $0 * $1 }).values
    return weights.indices.map { weights[$0] * (1 - new[$0]) + Double(moved[$0]) }
  }

  /// What a decoder reads of each latent: the mean over its rows and heads. Nothing of a query is
  /// left.
  func decoded() throws -> [Double] {
    let attention = try attention
    let sums = try (0..<attention.keys).map { latent in
      try (0..<attention.heads).reduce(0.0) { sum, head in
        let map = try attention.map(
          head: .one(head), query: .one(latent), as: .probabilities, cancellation: cancellation)
        return sum + map.values.reduce(0.0) { $0 + Double($1) }
      }
    }
    return sums.map { $0 / Double(attention.heads * attention.queries) }
  }

  /// α: the share of each row that is new.
  private func shareOfNew() throws -> [Double] {
    let before = run.latents(before: id.index)
    // Where an output takes the place of what asked, nothing of that is left.
    if case .replacing = run.plans[id.index].joining {
      return Array(repeating: 1, count: before.shape[0])
    }
    guard method != .half else { return Array(repeating: 0.5, count: before.shape[0]) }
    let added = try run.attentionOutput(ofStage: id.index, cancellation: cancellation)
    if case .gated(let gate) = run.plans[id.index].joining {
      return try gate.shareOfNew(before, input: added, run.model, cancellation: cancellation)
    }
    return (0..<before.shape[0]).map { row in
      let (new, old) = (added.row(row).length, before.row(row).length)
      return new == 0 ? 0 : new / (new + old)
    }
  }

  /// Σ_i weight · row i, `[keys]`, rows of sum one.
  private func brought(_ weights: [Double]) throws -> Tensor {
    let attention = try attention
    if method != .value, heads == .mean {
      return try attention.mapsSummed(by: weights, cancellation: cancellation)
    }
    let workers = Workers(cancellation: cancellation)
    var map = Tensor(shape: [attention.mapSize])
    let sizes = method == .value ? try valueProducts() : nil
    for range in StageAttention.blocks(
      attention.mapCount, each: attention.mapSize * attention.heads)
    {
      let matrices = try (0..<attention.heads).map {
        try attention.matrix(
          head: $0, queries: range, as: .probabilities, cancellation: cancellation)
      }
      let fused =
        if let sizes {
          Self.sizes(matrices, sizes)
        } else {
          matrices.dropFirst().reduce(into: matrices[0]) { $0.raise(to: $1) }
        }
      let sums = fused.rowSums
      try map.addRows(
        .weights, weights: fused, products: nil, shifts: Array(repeating: 0, count: range.count),
        factors: range.enumerated().map { index, row in
          sums[index] > 0 ? Float(weights[row] / sums[index]) : 0
        }, workers: workers)
    }
    return map
  }

  /// For each key and pair of heads ⟨W_h v_h, W_g v_g⟩: `[heads × heads, keys]`.
  private func valueProducts() throws -> Tensor {
    let values = try run.values(ofStage: id.index, cancellation: cancellation)
    let workers = Workers(cancellation: cancellation)
    let weight = try run.outputWeight(ofStage: id.index)
    let heads = id.heads
    let width = values.shape[1] / heads
    var rows: [Tensor] = []
    for first in 0..<heads {
      let mine = values.columns(.head(first, width: width))
      let own = weight.columns(.head(first, width: width))
      for second in 0..<heads {
        if second < first {
          rows.append(rows[second * heads + first])
          continue
        }
        let theirs = values.columns(.head(second, width: width))
        let other = weight.columns(.head(second, width: width))
        // ⟨W_h v, W_g u⟩ = ⟨v, (W_hᵀ W_g) u⟩.
        let between = try own.transposedTimes(other, workers: workers)
        let moved = try theirs.linear(weight: between, workers: workers)
        rows.append(
          Tensor(shape: [values.shape[0]], values: mine.rowProducts(moved)))
      }
    }
    return Tensor.stacking(rows)
  }

  /// ‖Σ_h A_h W_h v_h‖ from heads' rows and the products of values: `[rows, keys]`.
  private static func sizes(_ matrices: [Tensor], _ products: Tensor) -> Tensor {
    let (rows, keys, heads) = (matrices[0].shape[0], matrices[0].shape[1], matrices.count)
    // Products of hidden keys do not matter: their weights are zero.
    var squares = Tensor(shape: [rows, keys])
    squares.withUnsafeMutableElements { out in
      products.withUnsafeElements { products in
        for first in 0..<heads {
          for second in 0..<heads {
            matrices[first].withUnsafeElements { a in
              matrices[second].withUnsafeElements { b in
                let own = (first * heads + second) * keys
                for row in 0..<rows {
                  for key in 0..<keys {
                    let element = row * keys + key
                    out[element] += a[element] * b[element] * products[own + key]
                  }
                }
              }
            }
          }
        }
        for element in out.indices { out[element] = max(0, out[element]).squareRoot() }
      }
    }
    return squares
  }

  /// ALTI's shares: of each row's own former self `[rows]`, and Σ_i weight · row i of its shares of
  /// what it reads, `[keys]`.
  private func proximities(_ weights: [Double]) throws -> (own: [Double], moved: [Double]) {
    let attention = try attention
    let before = run.latents(before: id.index)
    let (rows, keys, dim) = (attention.mapCount, attention.mapSize, before.shape[1])
    guard
      Double(rows) * Double(keys) * Double(dim) * Double(id.heads) < Rollout.mostProximities,
      !run.plans[id.index].isGated
    else {
      throw ConfigurationError(
        "rollout: ALTI is for small inputs without gates; \(id.name) would need \(rows) × "
          + "\(keys) × \(dim) numbers")
    }
    let values = try run.values(ofStage: id.index, cancellation: cancellation)
    let added = try run.attentionOutput(ofStage: id.index, cancellation: cancellation)
    let weight = try run.outputWeight(ofStage: id.index)
    let workers = Workers(cancellation: cancellation)
    let width = values.shape[1] / id.heads
    let given = try (0..<id.heads).map { head in
      try values.columns(.head(head, width: width)).linear(
        weight: weight.columns(.head(head, width: width)), workers: workers)
    }
    let middle = before.adding(added)
    let isWithin = id.kind == .latentSelfAttention
    var own = [Double](repeating: 0, count: rows)
    var moved = [Double](repeating: 0, count: keys)
    for row in 0..<rows {
      try cancellation?.check()
      let read = try (0..<id.heads).map {
        try attention.matrix(
          head: $0, queries: row..<row + 1, as: .probabilities, cancellation: cancellation)
      }
      let (y, x) = (middle.row(row).values, before.row(row).values)
      let size = y.reduce(0.0) { $0 + Double(abs($1)) }
      var near = [Double](repeating: 0, count: keys)
      for key in 0..<keys {
        var part = isWithin && key == row ? x : [Float](repeating: 0, count: dim)
        for head in 0..<id.heads {
          part.add(given[head].row(key), times: read[head][0, key])
        }
        let rest = zip(y, part).reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) }
        near[key] = max(0, size - rest)
      }
      let left = zip(y, x).reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) }
      own[row] = isWithin ? 0 : max(0, size - left)
      let total = near.reduce(0, +) + own[row]
      guard total > 0 else { continue }
      own[row] /= total
      for key in 0..<keys { moved[key] += weights[row] * near[key] / total }
    }
    return (own, moved)
  }
}

extension GateBlock {
  /// 1 − the mean over channels of the update gate: the share of each row that is new.
  fileprivate func shareOfNew(
    _ latents: Tensor, input: Tensor, _ model: Perceiver, cancellation: Cancellation?
  ) throws -> [Double] {
    let workers = Workers(cancellation: cancellation)
    let gates = try input.linear(
      weight: model.parameters[name + ".weight_ih"], bias: model.parameters[name + ".bias_ih"],
      workers: workers
    ).adding(
      latents.linear(
        weight: model.parameters[name + ".weight_hh"], bias: model.parameters[name + ".bias_hh"],
        workers: workers))
    return (0..<latents.shape[0]).map { row in
      let kept = gates.row(row).values[dim..<2 * dim].reduce(0.0) {
        $0 + 1 / (1 + exp(-Double($1)))
      }
      return 1 - kept / Double(dim)
    }
  }
}

extension [Float] {
  fileprivate mutating func add(_ row: Tensor, times factor: Float) {
    row.withUnsafeElements { values in
      for index in indices { self[index] += factor * values[index] }
    }
  }
}

extension Tensor {
  /// ‖self‖ in double.
  var length: Double {
    withUnsafeElements { $0.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
  }

  /// The sum of each row: `[rows]` of `[rows, columns]`.
  var rowSums: [Double] {
    let columns = shape[1]
    return withUnsafeElements { elements in
      (0..<shape[0]).map { row in
        elements[row * columns..<(row + 1) * columns].reduce(0.0) { $0 + Double($1) }
      }
    }
  }
}
