// Means over inputs, and how far they can be trusted.

import Foundation

/// A mean with its 95 % interval: mean ± 1.96 s/√N, where s is the values' standard deviation.
struct MeanInterval: Encodable, Equatable {
  let mean: Double
  /// Half of the interval's length; 0 of one value.
  let interval: Double

  /// - Parameter values: At least one.
  init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / max(1, count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, count - 1)
    self.mean = mean
    interval = 1.96 * (variance / max(1, count)).squareRoot()
  }
}
