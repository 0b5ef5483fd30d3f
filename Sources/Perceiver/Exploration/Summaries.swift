// Runs in a few numbers: how sharp and how wide attention is, how alike latents are, how much heads
// matter.

import Foundation
import Tensors

extension StageAttention {
  /// The entropy of each query's weights in nats, `[heads, queries]`; exp of it is how many keys it
  /// reads in effect. Where tokens read latents, of each token.
  ///
  /// - Throws: `ComputationCancelled`.
  public func entropy(cancellation: Cancellation? = nil) throws -> Tensor {
    try summarised(cancellation: cancellation) { row in
      [
        row.reduce(0.0) { sum, weight in
          weight > 0 ? sum - Double(weight) * log(Double(weight)) : sum
        }
      ]
    }.reshaped([heads, queries])
  }

  /// Where each latent's map lies and how wide it is, in pixels: its centre
  /// `[heads, latents, axes]`, and the root of the mean squared distance from it `[heads, latents]`.
  /// Of attention where latents read.
  ///
  /// - Throws: `ConfigurationError` where tokens read latents, `ComputationCancelled`.
  public func spread(
    cancellation: Cancellation? = nil
  ) throws -> (centre: Tensor, width: Tensor) {
    guard reader == .latents else {
      throw ConfigurationError("spread: expected an attention whose queries are latents")
    }
    let axes = mapShape
    let numbers = try summarised(cancellation: cancellation) { row in
      var centre = [Double](repeating: 0, count: axes.count)
      var (square, total) = (0.0, 0.0)
      for (index, weight) in row.enumerated() where weight != 0 {
        var rest = index
        for axis in axes.indices.reversed() {
          let coordinate = Double(rest % axes[axis])
          centre[axis] += Double(weight) * coordinate
          square += Double(weight) * coordinate * coordinate
          rest /= axes[axis]
        }
        total += Double(weight)
      }
      // Σ w |p − c|² with weights that sum to one.
      let width = max(0, square - centre.reduce(0) { $0 + $1 * $1 } * (2 - total)).squareRoot()
      return centre + [width]
    }
    let rows = numbers.reshaped([heads * mapCount, axes.count + 1])
    return (
      rows.columns(0..<axes.count).reshaped([heads, mapCount, axes.count]),
      rows.columns(axes.count..<axes.count + 1).reshaped([heads, mapCount])
    )
  }

  /// Numbers of every query's row of weights, heads first.
  private func summarised(
    cancellation: Cancellation?, _ summary: (UnsafeBufferPointer<Float>) -> [Double]
  ) throws -> Tensor {
    var numbers: [Float] = []
    let block = max(1, min(64, (1 << 20) / max(1, keys)))
    for head in 0..<heads {
      for start in Swift.stride(from: 0, to: queries, by: block) {
        let range = start..<min(queries, start + block)
        let rows = try matrix(
          head: head, queries: range, as: .probabilities, cancellation: cancellation)
        rows.withUnsafeElements { elements in
          for row in 0..<range.count {
            numbers += summary(
              UnsafeBufferPointer(rebasing: elements[row * keys..<(row + 1) * keys])
            ).map { Float($0) }
          }
        }
      }
    }
    return Tensor(shape: [numbers.count], values: numbers)
  }
}

/// Latents `[latents, dim]` in a few numbers.
public enum LatentSummary {
  /// Linear CKA, centred over latents (Kornblith et al. 2019): how alike two stages are, 1 the same
  /// but for a rotation and a factor. With few latents of many channels it is biased up: compare, and
  /// do not read it absolutely.
  ///
  /// - Precondition: as many latents in both.
  public static func alignment(_ x: Tensor, _ y: Tensor) -> Double {
    // ‖AᵀB‖² and its like are sums over pairs of latents, by Gram matrices.
    let (ga, gb) = (gram(centred(x)), gram(centred(y)))
    return product(ga, gb) / (product(ga, ga) * product(gb, gb)).squareRoot()
  }

  /// `alignment` of all pairs of stages, each stage's products of latents made once.
  ///
  /// - Throws: `ComputationCancelled`.
  public static func alignments(
    _ stages: [Tensor], cancellation: Cancellation? = nil
  ) throws -> [[Double]] {
    let grams = try stages.map { stage in
      try cancellation?.check()
      return gram(centred(stage))
    }
    let own = grams.map { product($0, $0) }
    var table = grams.map { _ in [Double](repeating: 0, count: grams.count) }
    for first in grams.indices {
      for second in 0...first {
        try cancellation?.check()
        let one = product(grams[first], grams[second]) / (own[first] * own[second]).squareRoot()
        (table[first][second], table[second][first]) = (one, one)
      }
    }
    return table
  }

  /// exp of the entropy of the singular values' shares, latents centred (Roy & Vetterli 2007): how
  /// many directions they use. NaN where a latent is not finite.
  public static func effectiveRank(_ x: Tensor) -> Double {
    let values = singularValues(centred(x))
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

  private static func centred(_ x: Tensor) -> [[Double]] {
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
  private static func gram(_ rows: [[Double]]) -> [Double] {
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

  /// The roots of the eigenvalues of the products of all pairs of rows; what is rounding there is 0.
  private static func singularValues(_ rows: [[Double]]) -> [Double] {
    let squares = SymmetricEigenvalues.of(gram(rows), n: rows.count)
    let least = (squares.max() ?? 0) * Double(rows.count) * Double.ulpOfOne
    return squares.map { $0 < least ? 0 : $0.squareRoot() }
  }
}

/// How much what is explained hangs on each head: Σ over rows of ⟨average, ∂y/∂average⟩, the gradient
/// by a gate of the head; its size is the head's importance (Michel, Levy & Neubig 2019). Heads that
/// back each other up look idle in both: the exact way is `WhatIf.heads`.
public struct HeadGradients: Sendable {
  /// By stage with heads, `[heads]`.
  public let ofStage: [Int: Tensor]

  /// One pass forward and backward for all stages.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  public init(
    _ run: PerceiverRun, of target: ExplanationTarget, cancellation: Cancellation? = nil
  ) throws {
    let found = try Sensitivity(run, of: target, cancellation: cancellation)
    var heads: [Int: Tensor] = [:]
    for (stage, slope) in found.slopes {
      guard let averages = found.averages[stage] else { continue }
      let count = run.stageIDs[stage].heads
      let (a, g) = (averages.splitIntoHeads(count), slope.splitIntoHeads(count))
      heads[stage] = Tensor(
        shape: [count],
        values: (0..<count).map { head in
          Float(a.row(head).rowProducts(g.row(head)).reduce(0.0) { $0 + Double($1) })
        })
    }
    ofStage = heads
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
