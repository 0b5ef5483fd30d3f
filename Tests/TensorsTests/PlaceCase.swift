// Inputs whose positions are separable, and the plain attention to their tokens in double.

import Tensors
import Testing

/// An input with position tables, and queries in token space.
struct PlaceCase: Sendable, CustomTestStringConvertible {
  let axes: [Int]
  var channels = 3
  var features = 5
  var heads = 1
  var queries = 5
  var kept: [Int32]?
  /// The largest entry of a query, about.
  var scale: Float = 1
  /// The place whose first channel is far above all others'.
  var peak: Int?

  var testDescription: String {
    "\(axes) × \(channels), \(features) features, \(heads) heads, \(queries) queries, "
      + "\(kept.map { "\($0.count) kept" } ?? "all"), to \(scale)"
      + (peak.map { ", peak at \($0)" } ?? "")
  }

  /// One place, axes of one place, runs and their borders at 16 and 512 and 2048, rows beyond 64,
  /// every unrolled count of channels and more, masks that hide rows, runs and single places.
  static let all =
    [
      PlaceCase(axes: [1], queries: 1), PlaceCase(axes: [1, 1]),
      PlaceCase(axes: [1, 1, 1], heads: 2),
      PlaceCase(axes: [1, 33]), PlaceCase(axes: [33, 1], queries: 17),
      PlaceCase(axes: [5, 1, 7], heads: 3),
      PlaceCase(axes: [15]), PlaceCase(axes: [16], heads: 2), PlaceCase(axes: [17], queries: 40),
      PlaceCase(axes: [2500], queries: 3), PlaceCase(axes: [4, 513], queries: 2),
      PlaceCase(axes: [2, 2049], queries: 1), PlaceCase(axes: [17, 23], queries: 130),
      PlaceCase(axes: [150, 12], heads: 2, queries: 19), PlaceCase(axes: [3, 4, 5], queries: 2),
      PlaceCase(axes: [7, 11, 18], features: 13, heads: 2, queries: 33),
      PlaceCase(axes: [2, 3, 2, 19]),
      PlaceCase(axes: [9, 14], kept: [0]), PlaceCase(axes: [9, 14], kept: [125], scale: 50),
      PlaceCase(
        axes: [60, 50], heads: 2, kept: (0..<3000).filter { $0 % 3 != 1 }.map { Int32($0) }),
      PlaceCase(axes: [80, 40], kept: Array(1200..<1230)),
      PlaceCase(axes: [3, 21, 20], kept: Array(600..<1260)),
    ]
    + [0, 1, 2, 4, 5, 9].map { PlaceCase(axes: [13, 37], channels: $0, features: 7, heads: 2) }

  /// Scores of hundreds to ten thousands: each softmax all but one-hot. One axis to three, axes of
  /// one place, and one place.
  static let extreme = [
    PlaceCase(axes: [31, 45], queries: 9, scale: 100),
    PlaceCase(axes: [31, 45], queries: 9, scale: 3000),
    PlaceCase(axes: [300, 9], heads: 2, scale: 3000),
    PlaceCase(axes: [40, 33], kept: Array(700..<900), scale: 3000),
    PlaceCase(axes: [1500], queries: 9, scale: 3000),
    PlaceCase(axes: [9, 11, 13], heads: 2, queries: 7, scale: 3000),
    PlaceCase(axes: [1], scale: 3000),
    PlaceCase(axes: [1, 400], kept: Array(7..<390), scale: 3000),
    PlaceCase(axes: [400, 1], heads: 3, scale: 3000),
    PlaceCase(axes: [5, 1, 70], scale: 3000),
  ]

  private func tensor(_ shape: [Int], seed: UInt64, to high: Float = 1) -> Tensor {
    var generator = TorchGenerator(seed: seed)
    return generator.uniform(shape: shape, low: -high, high: high)
  }

  var data: Tensor {
    var data = tensor([count, channels], seed: 31)
    if let peak {
      for place in 0..<count { data[place, 0] = place == peak ? 2 : -2 }
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
      places: SeparablePlaces(
        data: data, tables: tables, kept: kept, epsilon: 1e-5, workers: Workers(threads: 2)))
  }

  /// Places that may be attended to.
  var visible: [Int] { kept.map { $0.map { Int($0) } } ?? Array(0..<count) }

  /// Standardised tokens of all places, in double.
  var tokens: [[Double]] {
    let (data, tables) = (data.reshaped([count, channels]), tables)
    return (0..<count).map { place in
      var rest = place
      var parts: [[Double]] = []
      for (axis, length) in axes.enumerated().reversed() {
        parts.insert(tables[axis].row(rest % length).values.map { Double($0) }, at: 0)
        rest /= length
      }
      let token = data.row(place).values.map { Double($0) } + parts.joined()
      let mean = token.reduce(0, +) / Double(token.count)
      let variance =
        token.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(token.count)
      return token.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
    }
  }

  /// Each head over the visible places, computed plainly.
  func plain(_ normalisation: PlainAttention.Normalisation) -> [PlainAttention] {
    let all = tokens
    let rows = visible.map { all[$0] }
    return (0..<heads).map { head in
      PlainAttention(
        queries: tokenQueries.row(head).doubleRows, keys: rows, values: rows,
        offsets: offsets.row(head).values.map { Double($0) }, normalisation)
    }
  }

  /// Rows over visible places as rows over all.
  func spread(_ rows: [[Double]], elsewhere: Double) -> [[Double]] {
    rows.map { row in
      var all = [Double](repeating: elsewhere, count: count)
      for (index, place) in visible.enumerated() { all[place] = row[index] }
      return all
    }
  }
}
