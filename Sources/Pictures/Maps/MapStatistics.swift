// What can be said of a map's numbers in few words.

import Foundation
import Tensors

/// Figures of a map: ends, mean, entropy, and whether there is anything to see.
public struct MapStatistics: Sendable, Hashable {
  /// What a map's numbers are like.
  public enum Kind: Sendable, Hashable {
    /// They differ.
    case varied
    /// They are all alike.
    case constant
    /// There are none.
    case empty
    /// None is finite.
    case notFinite
  }

  /// What the numbers are like.
  public let kind: Kind
  /// How many there are.
  public let count: Int
  /// How many are NaN or infinite; the other figures leave them out.
  public let notFinite: Int
  /// The smallest.
  public let minimum: Float
  /// The largest.
  public let maximum: Float
  /// The mean, summed in double.
  public let mean: Double
  /// The index of the first largest, row-major; nil if there is none.
  public let peak: Int?
  /// Entropy in nats if the numbers are weights (none negative, their sum not 0), else nil. They
  /// are divided by their sum first.
  public let entropy: Double?

  /// Computes the figures of all elements.
  public init(_ map: Tensor) {
    var (count, bad, peak) = (0, 0, Int?.none)
    var (low, high) = (Float.infinity, -Float.infinity)
    var (sum, weighted) = (0.0, 0.0)
    map.withUnsafeElements { elements in
      count = elements.count
      for (index, value) in elements.enumerated() {
        guard value.isFinite else {
          bad += 1
          continue
        }
        if value > high { (high, peak) = (value, index) }
        low = min(low, value)
        sum += Double(value)
        if value > 0 { weighted += Double(value) * Foundation.log(Double(value)) }
      }
    }
    let finite = count - bad
    self.count = count
    self.peak = peak
    notFinite = bad
    minimum = finite > 0 ? low : .nan
    maximum = finite > 0 ? high : .nan
    mean = finite > 0 ? sum / Double(finite) : .nan
    kind = count == 0 ? .empty : finite == 0 ? .notFinite : low == high ? .constant : .varied
    // H = -Σ (w/S) ln(w/S) = ln S - Σ w ln w / S
    entropy = finite > 0 && low >= 0 && sum > 0 ? Foundation.log(sum) - weighted / sum : nil
  }

  /// The entropy of as many equal weights: the most there can be, in nats.
  public var largestEntropy: Double { Foundation.log(Double(max(1, count - notFinite))) }

  /// What must be said of the map, for its picture does not show it; nil if nothing.
  public var remark: String? {
    switch (kind, notFinite) {
    case (.varied, 0): nil
    case (.varied, _): "\(notFinite) of \(count) values are NaN or infinite"
    case (.constant, 0): "constant: every value is \(minimum)"
    case (.constant, _):
      "constant: every finite value is \(minimum), "
        + "\(notFinite) of \(count) are NaN or infinite"
    case (.empty, _): "empty: there are no values"
    case (.notFinite, _): "not finite: every value is NaN or infinite"
    }
  }
}
