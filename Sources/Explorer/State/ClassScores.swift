// The classifier's output at a stage, sorted once.

import Foundation
import Tensors

/// The largest logits of a stage and their probabilities.
public struct ClassScores: Sendable, Hashable {
  /// One class.
  public struct Entry: Sendable, Hashable {
    /// The class, from 0.
    public let index: Int
    /// Its logit.
    public let logit: Float
    /// Its share of the softmax over all classes.
    public let probability: Double
  }

  /// The classes with the largest logits, the largest first.
  public let top: [Entry]
  /// The number of all classes.
  public let count: Int
  /// Whether a logit is not a finite number; probabilities then mean nothing.
  public let hasNonFinite: Bool

  /// Sorts logits `[classes]` and keeps the largest `kept`.
  public init(logits: Tensor, keeping kept: Int = 32) {
    let values = logits.values
    count = values.count
    hasNonFinite = values.contains { !$0.isFinite }
    let largest = Double(values.filter(\.isFinite).max() ?? 0)
    let total = values.reduce(0.0) { $0 + ($1.isFinite ? exp(Double($1) - largest) : 0) }
    let order = values.indices.filter { values[$0].isFinite }.sorted { values[$0] > values[$1] }
    top = order.prefix(kept).map { index in
      let share = exp(Double(values[index]) - largest) / total
      return Entry(index: index, logit: values[index], probability: share)
    }
  }
}
