// The rows a cross-attention reads, kept as what makes them: data and one table for each axis.

import CKernels
import Foundation
import Synchronization

/// Tokens `(data, then one table row for each axis)`, each standardised.
///
/// A token's position features depend on one coordinate at a time, so `[tokens, columns]` is never
/// stored: blocks of it are made when needed. Memory is that of the data, and four floats a token
/// from the first block on. A number is standardised in double and rounded once: within u = 2⁻²⁴ of
/// itself.
package struct TokenRows: Sendable {
  /// The axes of the input without channels: `[height, width]`.
  package let axes: [Int]
  /// Floats in a token.
  package let columns: Int
  /// The tokens that may be attended to, ascending; nil for all.
  package let kept: [Int32]?
  private let data: Tensor
  private let tables: [Tensor]
  private let tableColumns: Int
  private let statistics: TokenStatistics

  /// What a token is brought to.
  package enum Standardisation: Sendable, Hashable {
    /// Mean 0 and variance 1, as before a layer norm's gain; epsilon is added to the variance.
    case meanAndVariance(epsilon: Double)
    /// Root mean square 1; nothing is divided by less than `least`.
    case rootMeanSquare(least: Double)
  }

  /// Prepares tokens and their statistics.
  ///
  /// - Parameters:
  ///   - data: `[…axes, channels]`.
  ///   - tables: For each axis `[length, features]`, the same number of features each; or none.
  ///   - kept: Indices of the tokens to keep, ascending; nil for all.
  ///   - standardisation: What every token is brought to.
  package init(
    data: Tensor, tables: [Tensor], kept: [Int32]?, standardisation: Standardisation
  ) {
    let axes = Array(data.shape.dropLast())
    precondition(tables.isEmpty || tables.map { $0.shape[0] } == axes)
    let channels = data.shape[axes.count]
    self.axes = axes
    self.data = data
    self.tables = tables
    self.kept = kept
    tableColumns = tables.first.map { $0.shape[1] } ?? 0
    columns = channels + tables.count * tableColumns
    statistics = TokenStatistics(data: data, tables: tables, standardisation)
  }

  /// The number of rows: kept tokens.
  package var count: Int { kept?.count ?? tokenCount }

  /// The number of tokens of the input, kept or not.
  package var tokenCount: Int { axes.reduce(1, *) }

  /// Whether both are one preparation of the same tokens, with the same statistics in memory.
  package func isShared(with other: TokenRows) -> Bool { statistics === other.statistics }

  /// The token of the input that is row `row`.
  package func token(ofRow row: Int) -> Int { kept.map { Int($0[row]) } ?? row }

  /// Bytes held once a block has been made.
  package var bytes: Int {
    let floats =
      data.count + 4 * tokenCount + tables.reduce(0) { $0 + $1.count } + (kept?.count ?? 0)
    return floats * MemoryLayout<Float>.stride
  }

  /// Rows as a tensor: `[range.count, columns]`.
  package subscript(range: Range<Int>) -> Tensor {
    Tensor(shape: [range.count, columns]) { buffer in
      if let base = buffer.baseAddress { fill(range, into: base) }
    }
  }

  /// Writes rows `[range.count, columns]` to `out`, which must have room.
  func fill(_ range: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    let channels = columns - tables.count * tableColumns
    let (means, scales) = statistics.values
    data.withUnsafeElements { data in
      withTablePointers { tables in
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: 8) { rows in
          for row in range {
            let token = token(ofRow: row)
            var rest = token
            for axis in stride(from: tables.count - 1, through: 0, by: -1) {
              rows[axis] = tables[axis] + (rest % axes[axis]) * tableColumns
              rest /= axes[axis]
            }
            var own = pk_token(
              data: data.baseAddress.map { $0 + token * channels }, channels: channels,
              rows: rows.baseAddress, axes: tables.count, features: tableColumns)
            pk_standardised_token(
              &own, means[token], scales[token], out + (row - range.lowerBound) * columns)
          }
        }
      }
    }
  }

  private func withTablePointers(_ body: ([UnsafePointer<Float>]) -> Void) {
    func collect(_ pointers: [UnsafePointer<Float>], _ remaining: ArraySlice<Tensor>) {
      guard let first = remaining.first else { return body(pointers) }
      first.withUnsafeElements { elements in
        guard let base = elements.baseAddress else { return }
        collect(pointers + [base], remaining.dropFirst())
      }
    }
    collect([], tables[...])
  }
}

/// What takes a token to its standard form: `(x - mean) × scale`, in double, so that a token's
/// floats are rounded once; an error in mean or scale would be shared by all its channels and not
/// average out.
final class TokenStatistics: Sendable {
  typealias Values = (means: [Double], scales: [Double])

  private let data: Tensor
  private let tables: [Tensor]
  private let standardisation: TokenRows.Standardisation
  // Late, since separable attention never asks: sixteen bytes a token are then not spent.
  private let cache = Mutex<Values?>(nil)

  init(data: Tensor, tables: [Tensor], _ standardisation: TokenRows.Standardisation) {
    self.data = data
    self.tables = tables
    self.standardisation = standardisation
  }

  /// One mean and one scale for each token.
  var values: Values {
    cache.withLock { cached in
      if let cached { return cached }
      let values = computed()
      cached = values
      return values
    }
  }

  // A token's sum and sum of squares are those of its data plus one entry per axis of each
  // table's row sums, so statistics cost nothing per feature. Doubles keep the variance exact.
  private func computed() -> Values {
    let moments = PositionMoments(tables)
    let axes = Array(data.shape.dropLast())
    let channels = data.shape[axes.count]
    let width = Double(channels + tables.reduce(0) { $0 + $1.shape[1] })
    let tokens = axes.reduce(1, *)
    var means = [Double](repeating: 0, count: tokens)
    var scales = means
    data.withUnsafeElements { data in
      for token in 0..<tokens {
        var (sum, squares) = (0.0, 0.0)
        for channel in 0..<channels {
          let value = Double(data[token * channels + channel])
          sum += value
          squares += value * value
        }
        moments.add(at: token, to: &sum, &squares)
        switch standardisation {
        case .meanAndVariance(let epsilon):
          (means[token], scales[token]) = PositionMoments.standard(
            sum: sum, squares: squares, width: width, epsilon: epsilon)
        case .rootMeanSquare(let least):
          scales[token] = 1 / max(least, (squares / width).squareRoot())
        }
      }
    }
    return (means, scales)
  }
}

/// Sums and sums of squares of every row of a table.
struct FeatureMoments: Sendable {
  let sums: [Double]
  let squares: [Double]

  init(_ table: Tensor) {
    let columns = table.shape[1]
    (sums, squares) = table.withUnsafeElements { elements in
      func sum(_ row: Int, _ value: (Double) -> Double) -> Double {
        (0..<columns).reduce(0.0) { $0 + value(Double(elements[row * columns + $1])) }
      }
      let rows = 0..<table.shape[0]
      return (rows.map { sum($0) { $0 } }, rows.map { sum($0) { $0 * $0 } })
    }
  }
}

/// What the features of every position of a grid, one table row for each axis, sum up to.
struct PositionMoments: Sendable {
  private let axes: [Int]
  private let moments: [FeatureMoments]

  /// - Parameter tables: For each axis `[length, features]`, the last axis fastest; or none.
  init(_ tables: some Collection<Tensor>) {
    axes = tables.map { $0.shape[0] }
    moments = tables.map { FeatureMoments($0) }
  }

  /// Adds a position's features to a sum, and their squares to another.
  @inline(__always)
  func add(at position: Int, to sum: inout Double, _ squares: inout Double) {
    var rest = position
    for axis in stride(from: axes.count - 1, through: 0, by: -1) {
      sum += moments[axis].sums[rest % axes[axis]]
      squares += moments[axis].squares[rest % axes[axis]]
      rest /= axes[axis]
    }
  }

  /// A token's mean, and one over the root of its variance plus epsilon.
  @inline(__always)
  static func standard(
    sum: Double, squares: Double, width: Double, epsilon: Double
  ) -> (mean: Double, scale: Double) {
    let mean = sum / width
    return (mean, 1 / (max(0, squares / width - mean * mean) + epsilon).squareRoot())
  }
}
