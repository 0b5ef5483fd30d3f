// A map with the figures that are shown beside it, measured once when it is computed.

import Pictures
import Tensors

/// A map of numbers, its figures, and the ranks of its numbers.
public struct MeasuredMap: Sendable {
  /// The numbers.
  public let values: Tensor
  /// Their figures.
  public let statistics: MapStatistics
  /// How few tokens hold half of the whole; nil where the numbers are no weights.
  public let halfCount: Int?
  private let ranked: RankedNumbers

  /// Measures a map.
  public init(_ values: Tensor) {
    self.values = values
    statistics = MapStatistics(values)
    ranked = values.withUnsafeElements { RankedNumbers($0) }
    halfCount = ranked.count(holding: 0.5)
  }

  /// The rank of a finite number among all from the largest, from 1; equal numbers share the first.
  public func rank(of number: Float) -> Int { ranked.count(above: number) + 1 }
}
