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

  /// All classes from the largest logit to the smallest, those that are not finite last.
  let order: [Int]
  private let probabilities: [Double]

  /// A class's share of the softmax over all classes.
  func probability(of index: Int) -> Double { probabilities[index] }

  /// KL(this ‖ other) in nats.
  ///
  /// - Precondition: both are of the same classes.
  func divergence(to other: ClassScores) -> Double {
    zip(probabilities, other.probabilities).reduce(0) { sum, pair in
      pair.0 > 0 ? sum + pair.0 * log(pair.0 / pair.1) : sum
    }
  }

  /// Sorts logits `[classes]`; `top` has the largest `kept`.
  public init(logits: Tensor, keeping kept: Int = 32) {
    let values = logits.values
    count = values.count
    hasNonFinite = values.contains { !$0.isFinite }
    let largest = Double(values.filter(\.isFinite).max() ?? 0)
    let total = values.reduce(0.0) { $0 + ($1.isFinite ? exp(Double($1) - largest) : 0) }
    let probabilities = values.map { $0.isFinite ? exp(Double($0) - largest) / total : 0 }
    let finite = values.indices.filter { values[$0].isFinite }.sorted { values[$0] > values[$1] }
    top = finite.prefix(kept).map { index in
      Entry(index: index, logit: values[index], probability: probabilities[index])
    }
    order = finite + values.indices.filter { !values[$0].isFinite }
    self.probabilities = probabilities
  }
}
