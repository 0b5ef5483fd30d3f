// A map with the figures that are shown beside it, measured once when it is computed.

import Foundation
import Tensors

/// A map of numbers and its figures; numbers that are not finite are counted and left out.
public struct MeasuredMap: Sendable {
  /// The numbers.
  public let values: Tensor
  /// The least finite number; nil if there is none.
  public let least: Float?
  /// The largest finite number; nil if there is none.
  public let largest: Float?
  /// The mean of the finite numbers; 0 if there are none.
  public let mean: Double
  /// The sum of the finite numbers.
  public let sum: Double
  /// How many are NaN.
  public let nanCount: Int
  /// How many are infinite, as the scores of masked keys are.
  public let infiniteCount: Int
  /// `-Σ p ln p` of the numbers divided by their sum, in nats; nil where a number is negative or
  /// the sum is not above 0.
  public let entropy: Double?
  /// The finite numbers from the largest to the least.
  private let ranked: [Float]

  /// Measures a map.
  public init(_ values: Tensor) {
    self.values = values
    var finite: [Float] = []
    finite.reserveCapacity(values.count)
    var nan = 0
    var infinite = 0
    var sum = 0.0
    values.withUnsafeElements { elements in
      for element in elements {
        if element.isFinite {
          finite.append(element)
          sum += Double(element)
        } else if element.isNaN {
          nan += 1
        } else {
          infinite += 1
        }
      }
    }
    finite.sort(by: >)
    ranked = finite
    least = finite.last
    largest = finite.first
    mean = finite.isEmpty ? 0 : sum / Double(finite.count)
    self.sum = sum
    nanCount = nan
    infiniteCount = infinite
    entropy = Self.entropy(of: finite, sum: sum)
  }

  /// How many numbers there are, finite or not.
  public var count: Int { values.count }

  /// What must be said of the map instead of showing shades, or beside them; nil if nothing.
  public var remark: String? {
    guard count > 0 else { return "empty: no numbers" }
    if nanCount == count { return "all NaN" }
    guard let least, let largest else { return "no finite numbers" }
    if nanCount > 0 { return "\(nanCount) of \(count) are NaN" }
    if least == largest { return "constant: every value is \(Figures.number(least))" }
    if infiniteCount > 0 { return "\(infiniteCount) of \(count) are masked" }
    return nil
  }

  /// The place of a number among all from the largest, from 1; equal numbers share the first.
  public func rank(of number: Float) -> Int {
    var low = 0
    var high = ranked.count
    while low < high {
      let middle = (low + high) / 2
      if ranked[middle] > number { low = middle + 1 } else { high = middle }
    }
    return low + 1
  }

  private static func entropy(of numbers: [Float], sum: Double) -> Double? {
    guard sum > 0, let least = numbers.last, least >= 0 else { return nil }
    return numbers.reduce(0) { entropy, number in
      guard number > 0 else { return entropy }
      let share = Double(number) / sum
      return entropy - share * log(share)
    }
  }
}
