// The classifier's output at a stage, sorted once.

import Foundation
import Perceiver
import Tensors

/// The largest logits of a stage and how they answer.
public struct ClassScores: Sendable, Hashable {
  /// One class.
  public struct Entry: Sendable, Hashable {
    /// The class, from 0.
    public let index: Int
    /// Its logit.
    public let logit: Float
    /// What the model says of it: its share of the softmax over all classes, its sigmoid where each
    /// label is right or not by itself, or the number itself.
    public let answer: Double
  }

  /// The classes with the largest logits, the largest first.
  public let top: [Entry]
  /// The number of all classes.
  public let count: Int
  /// How logits are read.
  public let problem: ProblemType
  /// Whether a logit is not a finite number; the others then mean nothing.
  public let hasNonFinite: Bool

  /// All classes from the largest logit to the smallest, those that are not finite last.
  let order: [Int]
  private let answers: [Double]
  private let logits: [Float]
  /// Natural logarithms of probabilities, which themselves may round to zero.
  private let logShares: [Double]

  /// What the model says of a class, as `Entry.answer`.
  func answer(of index: Int) -> Double { answers[index] }

  /// A class's logit.
  func logit(of index: Int) -> Float { logits[index] }

  /// What the answer would be that knows nothing: an equal share for each class; nil where shares do
  /// not sum to one.
  var chance: Double? { problem == .classes && count > 1 ? 1 / Double(count) : nil }

  /// KL(this ‖ other) in nats; nil where the classes' shares do not sum to one, or are not known.
  ///
  /// - Precondition: both are of the same classes.
  func divergence(to other: ClassScores) -> Double? {
    guard problem == .classes, !hasNonFinite, !other.hasNonFinite else { return nil }
    return zip(logShares, other.logShares).reduce(0) { sum, pair in
      sum + exp(pair.0) * (pair.0 - pair.1)
    }
  }

  /// Sorts logits `[classes]`; `top` has the largest `kept`.
  public init(logits: Tensor, problem: ProblemType, keeping kept: Int = 32) {
    let values = logits.values
    (self.problem, count) = (problem, values.count)
    hasNonFinite = values.contains { !$0.isFinite }
    // Where some numbers are not finite, nothing can be said of the others.
    logShares =
      hasNonFinite
      ? Array(repeating: -.infinity, count: count)
      : PerceiverRun.logProbabilities(logits, problem)
    let answers = problem == .values ? values.map { Double($0) } : logShares.map { exp($0) }
    let finite = values.indices.filter { values[$0].isFinite }.sorted { values[$0] > values[$1] }
    top = finite.prefix(kept).map { index in
      Entry(index: index, logit: values[index], answer: answers[index])
    }
    order = finite + values.indices.filter { !values[$0].isFinite }
    self.answers = answers
    self.logits = values
  }
}

extension ExplorerState {
  /// Whether the model answers with classes, whose answers before and after a change are shown.
  var hasClasses: Bool { run?.model.configuration.classCount != nil }
}
