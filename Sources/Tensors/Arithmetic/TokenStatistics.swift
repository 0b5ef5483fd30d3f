// Means and scales of tokens, computed when a token is first made.

import Synchronization

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
    let moments = tables.map { FeatureMoments($0) }
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
        var rest = token
        for axis in stride(from: tables.count - 1, through: 0, by: -1) {
          sum += moments[axis].sums[rest % axes[axis]]
          squares += moments[axis].squares[rest % axes[axis]]
          rest /= axes[axis]
        }
        switch standardisation {
        case .meanAndVariance(let epsilon):
          let mean = sum / width
          means[token] = mean
          scales[token] = 1 / (max(0, squares / width - mean * mean) + epsilon).squareRoot()
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
