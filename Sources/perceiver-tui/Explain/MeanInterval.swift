// Means over inputs, and how far they can be trusted.

import Foundation

/// A mean with its 95 % interval: mean ± 1.96 s/√N, where s is the values' standard deviation.
struct MeanInterval: Encodable, Equatable {
  let mean: Double
  /// Half of the interval's length; nil of one value, which says nothing of how far others lie.
  let interval: Double?

  /// - Parameter values: At least one.
  init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / max(1, count)
    self.mean = mean
    guard values.count > 1 else {
      interval = nil
      return
    }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    interval = 1.96 * (variance / count).squareRoot()
  }

  /// For people: `0.512 ± 0.031`, or the mean alone where there is no interval.
  var words: String {
    String(format: "%.3f", mean) + (interval.map { String(format: " ± %.3f", $0) } ?? "")
  }

  private enum CodingKeys: String, CodingKey {
    case mean, interval
  }

  /// `mean` and `interval`, which is null of one value.
  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(mean, forKey: .mean)
    try object.encode(interval, forKey: .interval)
  }
}
