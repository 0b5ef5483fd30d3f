// Runs in a few numbers: how alike latents are, how much heads matter, how large updates are.
// AttentionSummary says how sharp and how wide attention is.

import Foundation
import Tensors

/// Latents `[latents, dim]` in a few numbers.
public enum LatentSummary {
  /// Products of all pairs of a stage's latents, centred: what its rank and its likeness to other
  /// stages are made of.
  public struct Products: Sendable {
    fileprivate let values: [Double]
    fileprivate let count: Int

    /// Makes them from latents `[latents, dim]`.
    public init(_ x: Tensor) {
      values = LatentSummary.gram(LatentSummary.centred(x))
      count = x.shape[0]
    }
  }

  /// Linear CKA, centred over latents (Kornblith et al. 2019): how alike two stages are, 1 the same
  /// but for a rotation and a factor. With few latents of many channels it is biased up: compare, and
  /// do not read it absolutely.
  ///
  /// - Precondition: as many latents in both.
  public static func alignment(_ x: Tensor, _ y: Tensor) -> Double {
    // ‖AᵀB‖² and its like are sums over pairs of latents, by Gram matrices.
    let (ga, gb) = (Products(x).values, Products(y).values)
    return product(ga, gb) / (product(ga, ga) * product(gb, gb)).squareRoot()
  }

  /// `alignment` of all pairs of stages.
  ///
  /// - Throws: `ComputationCancelled`.
  public static func alignments(
    _ stages: [Products], cancellation: Cancellation? = nil
  ) throws -> [[Double]] {
    let own = stages.map { product($0.values, $0.values) }
    var table = stages.map { _ in [Double](repeating: 0, count: stages.count) }
    for first in stages.indices {
      for second in 0...first {
        try cancellation?.check()
        let one =
          product(stages[first].values, stages[second].values)
          / (own[first] * own[second]).squareRoot()
        (table[first][second], table[second][first]) = (one, one)
      }
    }
    return table
  }

  /// exp of the entropy of the singular values' shares, latents centred (Roy & Vetterli 2007): how
  /// many directions they use. NaN where a latent is not finite.
  public static func effectiveRank(_ x: Tensor) -> Double { effectiveRank(Products(x)) }

  /// The same, from products that are there.
  public static func effectiveRank(_ products: Products) -> Double {
    let values = singularValues(products)
    let sum = values.reduce(0, +)
    guard !sum.isNaN else { return .nan }
    guard sum > 0 else { return 1 }
    return exp(values.reduce(0) { $1 > 0 ? $0 - $1 / sum * log($1 / sum) : $0 })
  }

  /// The mean cosine between different latents; NaN of one latent.
  public static func meanCosine(_ x: Tensor) -> Double {
    let rows = (0..<x.shape[0]).map { row -> [Double] in
      let values = x.row(row).values.map { Double($0) }
      let length = max(values.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-12)
      return values.map { $0 / length }
    }
    let n = Double(rows.count)
    let sum = (0..<x.shape[1]).reduce(0.0) { sum, column in
      let total = rows.reduce(0) { $0 + $1[column] }
      return sum + total * total
    }
    let own = rows.reduce(0.0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }
    return (sum - own) / (n * (n - 1))
  }

  fileprivate static func centred(_ x: Tensor) -> [[Double]] {
    let mean = x.withUnsafeElements { elements in
      (0..<x.shape[1]).map { column in
        (0..<x.shape[0]).reduce(0.0) { $0 + Double(elements[$1 * x.shape[1] + column]) }
          / Double(max(1, x.shape[0]))
      }
    }
    return (0..<x.shape[0]).map { zip(x.row($0).values, mean).map { Double($0) - $1 } }
  }

  /// The sum of products of two lists of the same length.
  private static func product(_ p: [Double], _ q: [Double]) -> Double {
    precondition(p.count == q.count, "expected as many latents in both")
    return p.withUnsafeBufferPointer { p in
      q.withUnsafeBufferPointer { q in p.indices.reduce(0.0) { $0 + p[$1] * q[$1] } }
    }
  }

  /// Products of all pairs of rows, row by row.
  fileprivate static func gram(_ rows: [[Double]]) -> [Double] {
    let count = rows.count
    var products = [Double](repeating: 0, count: count * count)
    for first in 0..<count {
      for second in 0...first {
        let one = product(rows[first], rows[second])
        products[first * count + second] = one
        products[second * count + first] = one
      }
    }
    return products
  }

  /// The roots of the eigenvalues of the products; what is rounding there is 0.
  private static func singularValues(_ products: Products) -> [Double] {
    let squares = SymmetricEigenvalues.of(products.values, n: products.count)
    let least = (squares.max() ?? 0) * Double(products.count) * Double.ulpOfOne
    return squares.map { $0 < least ? 0 : $0.squareRoot() }
  }
}

/// How much what is explained hangs on each head: Σ over rows of ⟨average, ∂y/∂average⟩, the gradient
/// by a gate of the head; its size is the head's importance (Michel, Levy & Neubig 2019). Heads that
/// back each other up look idle in both: the exact way is `WhatIf.heads`.
public struct HeadGradients: Sendable {
  /// By stage with heads, `[heads]`.
  public let ofStage: [Int: Tensor]
  /// Each row's part of them, `[heads, rows]`: of a cross-attention Σ over tokens of A ∘ ∂y/∂A, by
  /// latent.
  public let ofRows: [Int: Tensor]

  /// One pass forward and backward for all stages.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  public init(
    _ run: PerceiverRun, of target: ExplanationTarget, cancellation: Cancellation? = nil
  ) throws {
    let found = try Sensitivity(run, of: target, cancellation: cancellation)
    var rows: [Int: Tensor] = [:]
    for (stage, slope) in found.slopes {
      guard let averages = found.averages[stage] else { continue }
      let count = run.stageIDs[stage].heads
      let (a, g) = (averages.splitIntoHeads(count), slope.splitIntoHeads(count))
      rows[stage] = Tensor(
        shape: [count, averages.shape[0]],
        values: (0..<count).flatMap { a.row($0).rowProducts(g.row($0)) })
    }
    ofRows = rows
    ofStage = rows.mapValues { rows in
      Tensor(shape: [rows.shape[0]], values: rows.rowSums.map { Float($0) })
    }
  }
}

extension PerceiverRun {
  /// How large a stage's updates are beside what they are added to, by latent: ‖attention‖/‖x‖ and
  /// ‖feed-forward‖/‖x + attention‖, `[latents]` each; nil where the stage changes no latents.
  ///
  /// - Throws: `ConfigurationError` for a stage that is not computed, `ComputationCancelled`.
  public func updateSizes(
    ofStage stage: Int, cancellation: Cancellation? = nil
  ) throws -> (attention: Tensor, feedForward: Tensor)? {
    guard stages.indices.contains(stage) else {
      throw ConfigurationError("update sizes: expected a computed stage, found \(stage)")
    }
    guard plans[stage].operation.changes == .latents else { return nil }
    let parts = try parts(ofStage: stage, cancellation: cancellation)
    let before = latents(before: stage)
    func ratios(_ update: Tensor?, _ to: Tensor) -> Tensor {
      Tensor(
        shape: [to.shape[0]],
        values: (0..<to.shape[0]).map { row in
          guard let update else { return 0 }
          let size = to.row(row).length
          return size > 0 ? Float(update.row(row).length / size) : .infinity
        })
    }
    return (
      ratios(parts.attention, before), ratios(parts.feedForward, before.adding(parts.attention))
    )
  }
}
