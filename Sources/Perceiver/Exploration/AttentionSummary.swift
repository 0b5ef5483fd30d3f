// How sharp and how wide a stage's attention is, and how much of it follows the content: numbers of
// each query's row of weights, which is made in blocks and not kept.

import Foundation
import Tensors

extension StageAttention {
  /// The entropy of each query's weights in nats, `[heads, queries]`; exp of it is how many keys it
  /// reads in effect. Where tokens read latents, of each token.
  ///
  /// - Throws: `ComputationCancelled`.
  public func entropy(cancellation: Cancellation? = nil) throws -> Tensor {
    try summarised(cancellation: cancellation) { row, _ in [Self.entropy(row)] }
      .reshaped([heads, queries])
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
    let rows = try summarised(cancellation: cancellation) { row, _ in
      let spread = Self.spread(row, axes: axes)
      return spread.centre + [spread.width]
    }
    return (
      rows.columns(0..<axes.count).reshaped([heads, mapCount, axes.count]),
      rows.columns(axes.count..<axes.count + 1).reshaped([heads, mapCount])
    )
  }

  /// Half the summed difference of each query's weights from another attention's, `[heads, queries]`.
  ///
  /// - Precondition: The other is of the same heads, queries and keys.
  func contentShare(beside other: StageAttention, cancellation: Cancellation?) throws -> Tensor {
    try summarised(beside: other, cancellation: cancellation) { row, theirs in
      [Self.difference(row, theirs) / 2]
    }.reshaped([heads, queries])
  }

  /// What a reading of the input does, by head and latent, `[heads, latents]` each.
  struct Reading {
    /// In nats.
    let entropy: Tensor
    /// The width of `spread`, in tokens.
    let width: Tensor
    /// As `contentShare` has it; nil where there is nothing beside it.
    let contentShare: Tensor?
  }

  /// All of a reading's numbers from rows that are made once.
  ///
  /// - Parameter grey: The same stage's attention to a picture without content; nil for none.
  /// - Precondition: Latents are what reads.
  /// - Throws: `ComputationCancelled`.
  func reading(beside grey: StageAttention?, cancellation: Cancellation?) throws -> Reading {
    let axes = mapShape
    let rows = try summarised(beside: grey, cancellation: cancellation) { row, theirs in
      [Self.entropy(row), Self.spread(row, axes: axes).width]
        + (grey == nil ? [] : [Self.difference(row, theirs) / 2])
    }
    func column(_ index: Int) -> Tensor {
      rows.columns(index..<index + 1).reshaped([heads, mapCount])
    }
    return Reading(
      entropy: column(0), width: column(1), contentShare: grey == nil ? nil : column(2))
  }

  /// Numbers of every query's row of weights, heads first: `[heads × queries, numbers]`.
  ///
  /// - Parameters:
  ///   - other: What a row is held beside; itself if nil.
  ///   - summary: Makes the same count of numbers from each row, and from the other's.
  private func summarised(
    beside other: StageAttention? = nil, cancellation: Cancellation?,
    _ summary: (UnsafeBufferPointer<Float>, UnsafeBufferPointer<Float>) -> [Double]
  ) throws -> Tensor {
    var numbers: [Float] = []
    for head in 0..<heads {
      for range in Blocks.rows(queries, each: keys) {
        let rows = try matrix(
          head: head, queries: range, as: .probabilities, cancellation: cancellation)
        let others =
          try other?.matrix(
            head: head, queries: range, as: .probabilities, cancellation: cancellation) ?? rows
        rows.withUnsafeElements { mine in
          others.withUnsafeElements { theirs in
            for row in 0..<range.count {
              let own = row * keys..<(row + 1) * keys
              numbers += summary(
                UnsafeBufferPointer(rebasing: mine[own]), UnsafeBufferPointer(rebasing: theirs[own])
              ).map { Float($0) }
            }
          }
        }
      }
    }
    let rows = heads * queries
    return Tensor(shape: [rows, numbers.count / max(1, rows)], values: numbers)
  }

  /// −Σ w log w.
  private static func entropy(_ row: UnsafeBufferPointer<Float>) -> Double {
    row.reduce(0.0) { sum, weight in
      weight > 0 ? sum - Double(weight) * log(Double(weight)) : sum
    }
  }

  /// Σ w p and √Σ w |p − c|².
  private static func spread(
    _ row: UnsafeBufferPointer<Float>, axes: [Int]
  ) -> (centre: [Double], width: Double) {
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
    return (centre, width)
  }

  /// Σ |w − w'|.
  private static func difference(
    _ row: UnsafeBufferPointer<Float>, _ other: UnsafeBufferPointer<Float>
  ) -> Double {
    zip(row, other).reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) }
  }
}
