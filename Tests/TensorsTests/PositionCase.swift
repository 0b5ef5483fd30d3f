// Inputs whose positions are separable, and the plain attention to their tokens in double.

import Tensors
import Testing

/// An input with position tables, and queries in token space.
struct PositionCase: Sendable, CustomTestStringConvertible {
  let axes: [Int]
  var channels = 3
  var features = 5
  var heads = 1
  var queries = 5
  var kept: [Int32]?
  /// The largest entry of a query, about.
  var scale: Float = 1
  /// The position whose first channel is far above all others'.
  var rowMaximum: Int?

  var testDescription: String {
    "\(axes) × \(channels), \(features) features, \(heads) heads, \(queries) queries, "
      + "\(kept.map { "\($0.count) kept" } ?? "all"), to \(scale)"
      + (rowMaximum.map { ", rowMaximum at \($0)" } ?? "")
  }

  /// One position, axes of one position, runs and their borders at 16 and 512 and 2048, rows beyond
  /// 64, every unrolled count of channels and more, masks that hide rows, runs and single
  /// positions.
  static let all =
    [
      PositionCase(axes: [1], queries: 1), PositionCase(axes: [1, 1]),
      PositionCase(axes: [1, 1, 1], heads: 2),
      PositionCase(axes: [1, 33]), PositionCase(axes: [33, 1], queries: 17),
      PositionCase(axes: [5, 1, 7], heads: 3),
      PositionCase(axes: [15]), PositionCase(axes: [16], heads: 2),
      PositionCase(axes: [17], queries: 40),
      PositionCase(axes: [2500], queries: 3), PositionCase(axes: [4, 513], queries: 2),
      PositionCase(axes: [2, 2049], queries: 1), PositionCase(axes: [17, 23], queries: 130),
      PositionCase(axes: [150, 12], heads: 2, queries: 19),
      PositionCase(axes: [3, 4, 5], queries: 2),
      PositionCase(axes: [7, 11, 18], features: 13, heads: 2, queries: 33),
      PositionCase(axes: [2, 3, 2, 19]),
      PositionCase(axes: [9, 14], kept: [0]), PositionCase(axes: [9, 14], kept: [125], scale: 50),
      PositionCase(
        axes: [60, 50], heads: 2, kept: (0..<3000).filter { $0 % 3 != 1 }.map { Int32($0) }),
      PositionCase(axes: [80, 40], kept: Array(1200..<1230)),
      PositionCase(axes: [3, 21, 20], kept: Array(600..<1260)),
    ]
    + [0, 1, 2, 4, 5, 9].map { PositionCase(axes: [13, 37], channels: $0, features: 7, heads: 2) }

  /// Scores of hundreds to ten thousands: each softmax all but one-hot. One axis to three, axes of
  /// one position, and one position.
  static let extreme = [
    PositionCase(axes: [31, 45], queries: 9, scale: 100),
    PositionCase(axes: [31, 45], queries: 9, scale: 3000),
    PositionCase(axes: [300, 9], heads: 2, scale: 3000),
    PositionCase(axes: [40, 33], kept: Array(700..<900), scale: 3000),
    PositionCase(axes: [1500], queries: 9, scale: 3000),
    PositionCase(axes: [9, 11, 13], heads: 2, queries: 7, scale: 3000),
    PositionCase(axes: [1], scale: 3000),
    PositionCase(axes: [1, 400], kept: Array(7..<390), scale: 3000),
    PositionCase(axes: [400, 1], heads: 3, scale: 3000),
    PositionCase(axes: [5, 1, 70], scale: 3000),
  ]

  private func tensor(_ shape: [Int], seed: UInt64, to high: Float = 1) -> Tensor {
    var generator = TorchGenerator(seed: seed)
    return generator.uniform(shape: shape, low: -high, high: high)
  }

  var data: Tensor {
    var data = tensor([count, channels], seed: 31)
    if let rowMaximum {
      for position in 0..<count { data[position, 0] = position == rowMaximum ? 2 : -2 }
    }
    return data.reshaped(axes + [channels])
  }
  var tables: [Tensor] {
    axes.enumerated().map { tensor([$1, features], seed: 32 + UInt64($0)) }
  }
  var columns: Int { channels + axes.count * features }
  var tokenQueries: Tensor { tensor([heads, queries, columns], seed: 41, to: scale) }
  var offsets: Tensor { tensor([heads, queries], seed: 42, to: 2) }
  var count: Int { axes.reduce(1, *) }

  var operands: AttentionOperands {
    AttentionOperands(
      queries: tokenQueries, offsets: offsets,
      positions: SeparablePositions(
        data: data, tables: tables, kept: kept, epsilon: 1e-5, workers: Workers(threads: 2)))
  }

  /// Positions that may be attended to.
  var visible: [Int] { kept.map { $0.map { Int($0) } } ?? Array(0..<count) }

  /// Standardised tokens of all positions, in double.
  var tokens: [[Double]] {
    let (data, tables) = (data.reshaped([count, channels]), tables)
    return (0..<count).map { position in
      var rest = position
      var parts: [[Double]] = []
      for (axis, length) in axes.enumerated().reversed() {
        parts.insert(tables[axis].row(rest % length).values.map { Double($0) }, at: 0)
        rest /= length
      }
      let token = data.row(position).values.map { Double($0) } + parts.joined()
      let mean = token.reduce(0, +) / Double(token.count)
      let variance =
        token.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(token.count)
      return token.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
    }
  }

  /// Each head over the visible positions, computed plainly.
  func plain(_ normalisation: PlainAttention.Normalisation) -> [PlainAttention] {
    let all = tokens
    let rows = visible.map { all[$0] }
    return (0..<heads).map { head in
      PlainAttention(
        queries: tokenQueries.row(head).doubleRows, keys: rows, values: rows,
        offsets: offsets.row(head).values.map { Double($0) }, normalisation)
    }
  }

  /// Rows over visible positions as rows over all.
  func spread(_ rows: [[Double]], elsewhere: Double) -> [[Double]] {
    rows.map { row in
      var all = [Double](repeating: elsewhere, count: count)
      for (index, position) in visible.enumerated() { all[position] = row[index] }
      return all
    }
  }
}
