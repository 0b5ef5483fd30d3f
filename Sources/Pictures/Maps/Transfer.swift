// From a map's numbers to 0…1 for showing, and back for the legend.

import Foundation
import Tensors

/// How numbers become brightness. All three keep order, and equal numbers stay equal.
public enum Transfer: String, Sendable, Hashable, CaseIterable {
  /// Straight from the smallest to the largest.
  case linear
  /// By logarithm. Weights (none negative) run over at most six decades below the largest; scores,
  /// which are logarithms already, are taken from the largest down by as many decades' worth.
  case log
  /// By rank: the share of numbers that are smaller. Every number takes as much room as any other.
  case percentile
}

/// A transfer fitted to one map: it turns that map's numbers into 0…1.
public struct FittedTransfer: Sendable, Hashable {
  /// The transfer.
  public let transfer: Transfer
  /// The figures it was fitted to.
  public let statistics: MapStatistics
  /// The distinct finite numbers, ascending, and for each the share of numbers below it.
  private let ranks: [Rank]

  private struct Rank: Sendable, Hashable {
    let value: Float
    let share: Float
  }

  /// How far down a logarithmic scale goes: six decades, in nats.
  private static let depth: Float = 6 * 2.302585

  /// Fits a transfer to a map.
  public init(_ transfer: Transfer, to map: Tensor) {
    self.init(transfer, to: map, statistics: MapStatistics(map))
  }

  /// Fits a transfer to a map whose figures are known.
  public init(_ transfer: Transfer, to map: Tensor, statistics: MapStatistics) {
    self.transfer = transfer
    self.statistics = statistics
    ranks = transfer == .percentile ? Self.ranks(map) : []
  }

  /// The brightness of a number, 0 to 1; of one that is not finite, 0.
  public func callAsFunction(_ value: Float) -> Float {
    guard value.isFinite, statistics.kind == .varied else { return 0 }
    let (low, high) = (statistics.minimum, statistics.maximum)
    switch transfer {
    case .linear:
      // Halves first: the range of two finite numbers may overflow.
      return clamp((value / 2 - low / 2) / (high / 2 - low / 2))
    case .log:
      let (bottom, top) = logEnds
      guard top > bottom else { return value >= high ? 1 : 0 }
      return clamp((logarithm(value) - bottom) / (top - bottom))
    case .percentile:
      return rank(of: value)
    }
  }

  /// The number that has a brightness, for the legend: the inverse of the transfer.
  public func value(at brightness: Float) -> Float {
    let share = clamp(brightness)
    guard statistics.kind == .varied else { return statistics.minimum }
    let (low, high) = (statistics.minimum, statistics.maximum)
    switch transfer {
    case .linear: return low * (1 - share) + high * share
    case .log:
      let (bottom, top) = logEnds
      let level = bottom + (top - bottom) * share
      return isWeights ? Foundation.exp(level) : level
    case .percentile:
      return ranks.last { $0.share <= share }?.value ?? low
    }
  }

  private var isWeights: Bool { statistics.minimum >= 0 }

  private var logEnds: (bottom: Float, top: Float) {
    let top = logarithm(statistics.maximum)
    return (max(logarithm(statistics.minimum), top - Self.depth), top)
  }

  private func logarithm(_ value: Float) -> Float {
    isWeights ? (value > 0 ? Foundation.log(value) : -.infinity) : value
  }

  private func clamp(_ value: Float) -> Float { value > 0 ? min(1, value) : 0 }

  private static func ranks(_ map: Tensor) -> [Rank] {
    let sorted = map.values.filter(\.isFinite).sorted()
    // The largest numbers get 1: shares are taken over those below the largest.
    let below = Float(sorted.firstIndex { $0 == sorted.last } ?? 0)
    var ranks: [Rank] = []
    for (index, value) in sorted.enumerated() where ranks.last?.value != value {
      ranks.append(Rank(value: value, share: below > 0 ? Float(index) / below : 0))
    }
    return ranks
  }

  // A number between two of the map's, as averages over pixels are, gets a share between theirs.
  private func rank(of value: Float) -> Float {
    var (low, high) = (0, ranks.count)
    while low < high {
      let middle = (low + high) / 2
      if ranks[middle].value <= value { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return 0 }
    guard low < ranks.count else { return 1 }
    let (before, after) = (ranks[low - 1], ranks[low])
    let step = (value - before.value) / (after.value - before.value)
    return before.share + (after.share - before.share) * step
  }
}
