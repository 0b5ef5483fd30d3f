// What can be said of a map's numbers in few words.

import Foundation
import Tensors

/// Figures of a map: ends, mean, entropy, and whether there is anything to see.
///
/// Numbers that are not finite are counted and left out of all other figures.
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
  /// How many are NaN.
  public let nanCount: Int
  /// How many are infinite.
  public let infiniteCount: Int
  /// How many are minus infinity, as the scores of masked keys are.
  public let maskedCount: Int
  /// The smallest; nil if none is finite.
  public let least: Float?
  /// The largest; nil if none is finite.
  public let largest: Float?
  /// The sum, in double.
  public let sum: Double
  /// The index of the first largest, row-major; nil if none is finite.
  public let peak: Int?
  /// Entropy in nats if the numbers are weights (none negative, their sum not 0), else nil. They
  /// are divided by their sum first.
  public let entropy: Double?

  /// Computes the figures of all elements.
  public init(_ map: Tensor) {
    var (nan, infinite, masked, peak) = (0, 0, 0, Int?.none)
    var (low, high) = (Float.infinity, -Float.infinity)
    var (sum, weighted) = (0.0, 0.0)
    map.withUnsafeElements { elements in
      for (index, value) in elements.enumerated() {
        guard value.isFinite else {
          if value.isNaN { nan += 1 } else { infinite += 1 }
          if value == -.infinity { masked += 1 }
          continue
        }
        if value > high { (high, peak) = (value, index) }
        low = min(low, value)
        sum += Double(value)
        if value > 0 { weighted += Double(value) * Foundation.log(Double(value)) }
      }
    }
    count = map.count
    nanCount = nan
    infiniteCount = infinite
    maskedCount = masked
    let finite = count - nan - infinite
    least = finite > 0 ? low : nil
    largest = finite > 0 ? high : nil
    self.sum = sum
    self.peak = peak
    kind = count == 0 ? .empty : finite == 0 ? .notFinite : low == high ? .constant : .varied
    // H = -Σ (w/S) ln(w/S) = ln S - Σ w ln w / S
    entropy = finite > 0 && low >= 0 && sum > 0 ? Foundation.log(sum) - weighted / sum : nil
  }

  /// How many numbers are finite.
  public var finiteCount: Int { count - nanCount - infiniteCount }

  /// The mean, in double; 0 if no number is finite.
  public var mean: Double { finiteCount > 0 ? sum / Double(finiteCount) : 0 }

  /// The entropy of as many equal weights: the most there can be, in nats.
  public var largestEntropy: Double { Foundation.log(Double(max(1, finiteCount))) }

  /// What must be said of the map, for its picture does not show it; nil if nothing.
  public var remark: String? {
    let missing: String? =
      switch (nanCount, infiniteCount) {
      case (0, 0): nil
      case (_, 0): "\(nanCount) of \(count) values are NaN"
      case (0, maskedCount): "\(maskedCount) of \(count) values are masked"
      case (0, _): "\(infiniteCount) of \(count) values are infinite"
      case (_, _): "\(nanCount + infiniteCount) of \(count) values are NaN or infinite"
      }
    let number = least.map { Figures.number($0) } ?? ""
    return switch kind {
    case .varied: missing
    case .constant:
      missing.map { "constant: every finite value is \(number), \($0)" }
        ?? "constant: every value is \(number)"
    case .empty: "empty: there are no values"
    case .notFinite:
      if nanCount == count {
        "not finite: every value is NaN"
      } else {
        "not finite: every value is \(nanCount > 0 ? "NaN or infinite" : "infinite")"
      }
    }
  }
}
