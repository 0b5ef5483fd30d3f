// One stage of the rollout: how a row is divided between its own former self and what it reads.

import Foundation
import Tensors

/// One stage of the rollout, taken from the last back to the first. Its rows are latents, or tokens
/// where those read latents.
struct RolloutStep {
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

  /// Of each row the share that is its own former self, `[rows]`, and Σ_i weight · row i of the shares
  /// of what is read, `[keys]`.
  func divided(_ weights: [Double]) throws -> (own: [Double], read: [Double]) {
    if method == .alti { return try proximities(weights) }
    let new = try shareOfNew()
    let read = try brought(zip(weights, new).map { $0 * $1 })
    return (new.map { 1 - $0 }, read)
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

  /// Rows before the stage: `[rows, dim]`.
  private var before: Tensor {
    get throws {
      let streams = run.streams(before: id.index)
      guard id.kind.changesTokens else { return streams.latents }
      guard let tokens = streams.data else {
        throw ConfigurationError("rollout: \(id.name) has no tokens")
      }
      return tokens
    }
  }

  /// α: the share of each row that is new.
  private func shareOfNew() throws -> [Double] {
    let before = try before
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
  private func brought(_ weights: [Double]) throws -> [Double] {
    let attention = try attention
    if method != .value, heads == .mean { return try mean(weights, of: attention) }
    let workers = Workers(cancellation: cancellation)
    var read = Tensor(shape: [attention.keys])
    let sizes = method == .value ? try valueProducts() : nil
    for range in Blocks.rows(attention.queries, each: attention.keys * attention.heads) {
      let matrices = try matrices(range, of: attention)
      let fused =
        if let sizes {
          Self.sizes(matrices, sizes)
        } else {
          matrices.dropFirst().reduce(into: matrices[0]) { $0.raise(to: $1) }
        }
      let sums = fused.rowSums
      try read.addRows(
        .weights, weights: fused, products: nil, shifts: Array(repeating: 0, count: range.count),
        factors: range.enumerated().map { index, row in
          sums[index] > 0 ? Float(weights[row] / sums[index]) : 0
        }, workers: workers)
    }
    return read.values.map { Double($0) }
  }

  /// The same of heads' mean, whose rows sum to one.
  private func mean(_ weights: [Double], of attention: StageAttention) throws -> [Double] {
    guard attention.reader == .tokens else {
      return try attention.mapsSummed(by: weights, cancellation: cancellation).values.map {
        Double($0)
      }
    }
    // A map is what all tokens give one latent.
    return try Blocks.rows(attention.mapCount, each: attention.mapSize).flatMap {
      try attention.maps(
        head: .mean, queries: $0, as: .probabilities, cancellation: cancellation
      ).reshaped([$0.count, attention.mapSize]).columnsWeighted(by: weights)
    }
  }

  /// Each head's weights of some rows, `[rows, keys]`.
  private func matrices(_ rows: Range<Int>, of attention: StageAttention) throws -> [Tensor] {
    guard attention.reader == .tokens else {
      return try (0..<attention.heads).map {
        try attention.matrix(
          head: $0, queries: rows, as: .probabilities, cancellation: cancellation)
      }
    }
    let received = try rows.map { row in
      try cancellation?.check()
      return attention.received(byKey: row, as: .probabilities)
    }
    return (0..<attention.heads).map { head in .stacking(received.map { $0.row(head) }) }
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
  private func proximities(_ weights: [Double]) throws -> (own: [Double], read: [Double]) {
    let attention = try attention
    let before = try before
    let (rows, keys, dim) = (attention.queries, attention.keys, before.shape[1])
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
    // Where an output takes the place of what asked, the row is what it reads and nothing else.
    let isReplaced = if case .replacing = run.plans[id.index].joining { true } else { false }
    let middle = isReplaced ? added : before.adding(added)
    let isWithin = id.kind == .latentSelfAttention && !isReplaced
    var own = [Double](repeating: 0, count: rows)
    var read = [Double](repeating: 0, count: keys)
    for row in 0..<rows {
      try cancellation?.check()
      let weightsOfHeads = try matrices(row..<row + 1, of: attention)
      let (y, x) = (middle.row(row).values, before.row(row).values)
      let size = y.reduce(0.0) { $0 + Double(abs($1)) }
      var near = [Double](repeating: 0, count: keys)
      for key in 0..<keys {
        var part = isWithin && key == row ? x : [Float](repeating: 0, count: dim)
        for head in 0..<id.heads {
          part.add(given[head].row(key), times: weightsOfHeads[head][0, key])
        }
        let rest = zip(y, part).reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) }
        near[key] = max(0, size - rest)
      }
      let left = zip(y, x).reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) }
      own[row] = isWithin || isReplaced ? 0 : max(0, size - left)
      let total = near.reduce(0, +) + own[row]
      guard total > 0 else {
        // Neither what it was nor what it reads brings it nearer: nothing is known to be new.
        own[row] = 1
        continue
      }
      own[row] /= total
      for key in 0..<keys { read[key] += weights[row] * near[key] / total }
    }
    return (own, read)
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
