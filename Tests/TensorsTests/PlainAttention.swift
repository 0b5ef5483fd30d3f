// Attention as its definition reads, in double and with whole matrices: what the streamed one is
// held against.

import Foundation
import Tensors
import TestSupport

/// Attention of one head over keys and values that stand in memory.
struct PlainAttention {
  /// `[queries][keys]`.
  let scores: [[Double]]
  /// `[queries][keys]`.
  let weights: [[Double]]
  /// `[queries][width]`.
  let averages: [[Double]]
  /// What rounding to a float may be off by in a score: a share of all that the score adds up.
  let scoreError: Double
  /// What of their norm averages are then off by, `‖change‖ / ‖averages‖`, to first order.
  let averageError: Double

  enum Normalisation: Sendable, CaseIterable {
    case overKeys
    case overQueries
  }

  init(
    queries: [[Double]], keys: [[Double]], values: [[Double]], offsets: [Double],
    _ normalisation: Normalisation
  ) {
    let scores = queries.enumerated().map { index, query in
      keys.map { key in zip(query, key).reduce(offsets[index]) { $0 + $1.0 * $1.1 } }
    }
    let weights =
      switch normalisation {
      case .overKeys: scores.map(plainSoftmax)
      case .overQueries: plainInvertedSoftmax(scores)
      }
    let width = values.first?.count ?? 0
    let magnitude = zip(queries, offsets).reduce(0.0) { largest, row in
      keys.reduce(largest) { largest, key in
        max(largest, zip(row.0, key).reduce(abs(row.1)) { $0 + abs($1.0 * $1.1) })
      }
    }
    let averages = weights.map { row in
      (0..<width).map { column in
        zip(row, values).reduce(0) { $0 + $1.0 * $1.1[column] }
      }
    }
    self.scores = scores
    self.weights = weights
    self.averages = averages
    scoreError = 0x1p-24 * magnitude
    let doubts = Self.doubts(scores, weights, normalisation)
    let changes = averages.indices.map { query in
      values.indices.reduce(0.0) { sum, key in
        sum + weights[query][key] * doubts[query][key]
          * Self.norm(zip(values[key], averages[query]).map { $0 - $1 })
      }
    }
    averageError = scoreError * Self.norm(changes) / Self.norm(Array(averages.joined()))
  }

  /// What share of itself a weight may change by, in units of what scores are off by.
  ///
  /// A softmax's weight w changes by w times its own score's error less the weighted mean of all,
  /// which is at most 2 (1 - w); so do shares over queries, whose weights are then divided by their
  /// sum over keys.
  private static func doubts(
    _ scores: [[Double]], _ weights: [[Double]], _ normalisation: Normalisation
  ) -> [[Double]] {
    switch normalisation {
    case .overKeys: return weights.map { row in row.map { 2 * (1 - $0) } }
    case .overQueries:
      var doubts = weights
      for key in scores[0].indices {
        for (query, share) in plainSoftmax(scores.map { $0[key] }).enumerated() {
          doubts[query][key] = 2 * (1 - share)
        }
      }
      return zip(doubts, weights).map { row, weights in
        let mean = zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 }
        return row.map { $0 + mean }
      }
    }
  }

  private static func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}

extension Tensor {
  /// The rows of a matrix in double.
  var doubleRows: [[Double]] {
    let (values, columns) = (values, shape[1])
    return (0..<shape[0]).map { row in
      values[row * columns..<(row + 1) * columns].map { Double($0) }
    }
  }

  /// A matrix from rows in double.
  init(rows: [[Double]]) {
    self.init(
      shape: [rows.count, rows.first?.count ?? 0], values: rows.flatMap { $0.map { Float($0) } })
  }
}

/// An attention to compute both ways.
struct AttentionCase: Sendable, CustomStringConvertible {
  let heads: Int
  let queries: Int
  let keys: Int
  let width: Int
  /// The largest score, about.
  var scale: Float = 3

  var description: String {
    "\(heads) heads, \(queries) queries, \(keys) keys, width \(width), scores to \(scale)"
  }

  /// One of everything, blocks of 256 keys and their borders, spans of 2048, tiles of 64 queries.
  static let all = [
    AttentionCase(heads: 1, queries: 1, keys: 1, width: 1),
    AttentionCase(heads: 3, queries: 1, keys: 5, width: 7),
    AttentionCase(heads: 2, queries: 5, keys: 1, width: 3),
    AttentionCase(heads: 1, queries: 33, keys: 255, width: 16),
    AttentionCase(heads: 2, queries: 3, keys: 256, width: 5),
    AttentionCase(heads: 1, queries: 17, keys: 257, width: 9),
    AttentionCase(heads: 2, queries: 65, keys: 300, width: 8),
    AttentionCase(heads: 1, queries: 259, keys: 40, width: 6),
    AttentionCase(heads: 1, queries: 7, keys: 2048, width: 4),
    AttentionCase(heads: 2, queries: 9, keys: 4097, width: 5),
  ]

  /// Spread out enough that each softmax is all but one-hot.
  static let extreme = [
    AttentionCase(heads: 2, queries: 5, keys: 300, width: 4, scale: 100),
    AttentionCase(heads: 1, queries: 9, keys: 2500, width: 3, scale: 10_000),
  ]

  func tensor(_ shape: [Int], seed: UInt64, to high: Float = 1) -> Tensor {
    var generator = TorchGenerator(seed: seed)
    return generator.uniform(shape: shape, low: -high, high: high)
  }

  var scaledQueries: Tensor {
    tensor([heads, queries, width], seed: 11, to: scale / Float(width).squareRoot())
  }

  var offsets: Tensor { tensor([heads, queries], seed: 12, to: 2) }

  /// `[keys, 2 × heads × width]`.
  var keyValues: Tensor { tensor([keys, 2 * heads * width], seed: 13) }

  var stored: AttentionOperands {
    AttentionOperands(queries: scaledQueries, offsets: offsets, rows: .stored(keyValues))
  }

  /// Each head computed plainly.
  func plain(_ normalisation: PlainAttention.Normalisation) -> [PlainAttention] {
    let rows = keyValues.doubleRows
    return (0..<heads).map { head in
      let (start, inner) = (head * width, heads * width)
      return PlainAttention(
        queries: scaledQueries.row(head).doubleRows,
        keys: rows.map { Array($0[start..<start + width]) },
        values: rows.map { Array($0[inner + start..<inner + start + width]) },
        offsets: offsets.row(head).values.map { Double($0) }, normalisation)
    }
  }
}

extension AttentionOperands {
  func average(
    _ normalisation: PlainAttention.Normalisation, workers: Workers = Workers(threads: 2)
  ) throws -> AttentionAverage {
    switch normalisation {
    case .overKeys: try softmaxAverage(workers: workers)
    case .overQueries: try invertedAverage(workers: workers)
    }
  }
}
