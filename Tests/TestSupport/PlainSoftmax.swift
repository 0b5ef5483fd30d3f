// The one oracle of softmaxes, in double.

import Foundation

/// The softmax of some scores.
public func plainSoftmax(_ scores: [Double]) -> [Double] {
  let rowMaximum = scores.max() ?? 0
  let exponentials = scores.map { exp($0 - rowMaximum) }
  let sum = exponentials.reduce(0, +)
  return exponentials.map { $0 / sum }
}

/// Softmax over queries of scores `[queries, keys]`, then each query's share of its own sum; masked
/// keys, whose scores are all -infinity, get 0.
public func plainInvertedSoftmax(_ scores: [[Double]]) -> [[Double]] {
  var weights = scores
  for key in scores[0].indices {
    let column = scores.map { $0[key] }
    let shares = column[0].isFinite ? plainSoftmax(column) : column.map { _ in 0 }
    for (query, share) in shares.enumerated() { weights[query][key] = share }
  }
  return weights.map { row in
    let total = max(row.reduce(0, +), 1e-8)
    return row.map { $0 / total }
  }
}
