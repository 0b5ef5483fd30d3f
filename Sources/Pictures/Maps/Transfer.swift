// From a map's numbers to shades between 0 and 1, and back for the legend.

import Foundation
import Tensors

/// How numbers become shades. All three keep order, and equal numbers stay equal.
public enum Transfer: String, Sendable, Hashable, CaseIterable {
  /// Straight from the smallest to the largest.
  case linear
  /// By logarithm. Weights (none negative) run over at most six decades below the largest; scores,
  /// which are logarithms already, are taken from the largest down by as many decades' worth.
  case log
  /// By rank: the share of numbers that are smaller. Every number takes as much room as any other.
  case percentile
}

/// A transfer fitted to the numbers of one picture or page; those that are not finite do not count.
public struct FittedTransfer: Sendable, Hashable {
  /// The transfer.
  public let transfer: Transfer
  /// The smallest number, shade 0; nil if none is finite.
  public let least: Float?
  /// The largest number, shade 1; nil if none is finite.
  public let largest: Float?
  private let curve: Curve

  private enum Curve: Sendable, Hashable {
    /// All numbers are alike, or there are none.
    case flat
    // In double precision: no range of float32 numbers overflows it, none is too small.
    case linear(low: Double, high: Double)
    /// Ends of the logarithms, for weights.
    case logarithm(bottom: Double, top: Double)
    /// The numbers in ascending order, and how many lie below the largest.
    case ranks(RankedNumbers, belowLargest: Double)
  }

  /// How far down a logarithmic scale goes: six decades, in nats.
  private static let depth = 6 * Foundation.log(10.0)

  /// Fits a transfer to numbers.
  public init(_ transfer: Transfer, to numbers: some Collection<Float>) {
    let fitted = numbers.withContiguousStorageIfAvailable { Self(transfer, toElements: $0) }
    self = fitted ?? Array(numbers).withUnsafeBufferPointer { Self(transfer, toElements: $0) }
  }

  /// Fits a transfer to all elements of a map, or of several that share a scale.
  public init(_ transfer: Transfer, to map: Tensor) {
    self = map.withUnsafeElements { Self(transfer, toElements: $0) }
  }

  private init(_ transfer: Transfer, toElements numbers: UnsafeBufferPointer<Float>) {
    self.transfer = transfer
    var (low, high) = (Float.infinity, -Float.infinity)
    for number in numbers where number.isFinite {
      low = min(low, number)
      high = max(high, number)
    }
    least = low <= high ? low : nil
    largest = low <= high ? high : nil
    guard low < high else {
      curve = .flat
      return
    }
    let (bottom, top) = (Double(low), Double(high))
    switch transfer {
    case .linear: curve = .linear(low: bottom, high: top)
    case .log where low >= 0:
      let end = Foundation.log(top)
      curve = .logarithm(bottom: max(Foundation.log(bottom), end - Self.depth), top: end)
    case .log: curve = .linear(low: max(bottom, top - Self.depth), high: top)
    case .percentile:
      let ranked = RankedNumbers(numbers)
      curve = .ranks(ranked, belowLargest: Double(ranked.count(below: high)))
    }
  }

  /// The shade of a number, 0 to 1; ½ if all numbers are alike; nil if it is not finite.
  ///
  /// A number that was not fitted to gets a shade between those of its neighbours.
  public func shade(of number: Float) -> Float? {
    guard number.isFinite else { return nil }
    switch curve {
    case .flat: return 0.5
    case .linear(let low, let high):
      // Decades below an enormous score are lost in it.
      guard low < high else { return Double(number) < high ? 0 : 1 }
      return Self.clamp((Double(number) - low) / (high - low))
    case .logarithm(let bottom, let top):
      guard number > 0 else { return 0 }
      return Self.clamp((Foundation.log(Double(number)) - bottom) / (top - bottom))
    case .ranks(let ranked, let belowLargest):
      return Self.clamp(ranked.rank(of: number) / belowLargest)
    }
  }

  /// The number that has a shade, for the legend: the inverse of `shade(of:)`; for ranks the
  /// largest of the numbers whose shade is not above. NaN if no number is finite.
  public func value(at shade: Float) -> Float {
    let shade = Double(Self.clamp(Double(shade)))
    if shade == 1, let largest { return largest }
    switch curve {
    case .flat: return least ?? .nan
    case .linear(let low, let high): return Float(low * (1 - shade) + high * shade)
    case .logarithm(let bottom, let top):
      return Float(Foundation.exp(bottom + (top - bottom) * shade))
    case .ranks(let ranked, let belowLargest):
      let rank = Int(shade * belowLargest)
      // The shade of the next rank may be the same float32.
      let next = Self.clamp(Double(rank + 1) / belowLargest)
      return ranked.ascending[Double(next) <= shade ? rank + 1 : rank]
    }
  }

  /// Whether a logarithmic scale ends above the least number, so that all below its end have one shade.
  var cutsLeast: Bool {
    guard let least else { return false }
    switch curve {
    case .logarithm(let bottom, _): return least == 0 || Foundation.log(Double(least)) < bottom
    case .linear(let low, _): return Double(least) < low
    case .flat, .ranks: return false
    }
  }

  /// What is said beside a scale that does not reach down to the least number; nil where it does.
  package var remarkOnCut: String? {
    guard cutsLeast, let least else { return nil }
    return
      "smaller numbers, down to \(Figures.number(least)), count as \(Figures.number(value(at: 0)))"
  }

  private static func clamp(_ value: Double) -> Float { value > 0 ? Float(min(1, value)) : 0 }
}
