// The losses of a training's steps, in bounded memory however long it goes on.

import Foundation
import Perceiver

/// Losses in order of their steps: each step's own at first, means of neighbours once there are many.
public struct LossHistory: Sendable, Hashable {
  /// One step, or several neighbours together.
  public struct Entry: Sendable, Hashable {
    /// The first of the steps, counted from 1.
    public let firstStep: Int
    /// The last of them.
    public private(set) var lastStep: Int
    /// The mean of their losses.
    public private(set) var loss: Double
    private var correct: Int?
    private var examples: Int

    /// The share of examples that were classified rightly; nil where there are no classes.
    public var accuracy: Double? { correct.map { Double($0) / Double(max(1, examples)) } }
    /// How many steps it stands for.
    public var count: Int { lastStep - firstStep + 1 }

    init(step: Int, loss: Double, correct: Int?, examples: Int) {
      (firstStep, lastStep, self.loss) = (step, step, loss)
      (self.correct, self.examples) = (correct, examples)
    }

    /// Takes in the steps that follow.
    mutating func join(_ next: Entry) {
      let (mine, theirs) = (Double(count), Double(next.count))
      loss = (loss * mine + next.loss * theirs) / (mine + theirs)
      lastStep = next.lastStep
      correct = next.correct.map { (correct ?? 0) + $0 }
      examples += next.examples
    }
  }

  /// The losses, the oldest first.
  public private(set) var entries: [Entry] = []
  private var span = 1
  private let limit: Int

  /// An empty history of at most `limit` entries.
  public init(limit: Int = 4096) { self.limit = max(2, limit) }

  /// Adds a step, which follows the last one.
  public mutating func add(_ step: TrainingStep) {
    add(step: step.step, loss: step.loss, correct: step.correct, examples: step.batch)
  }

  package mutating func add(step: Int, loss: Double, correct: Int? = nil, examples: Int = 1) {
    let entry = Entry(step: step, loss: loss, correct: correct, examples: examples)
    if let last = entries.indices.last, entries[last].count < span {
      entries[last].join(entry)
    } else {
      entries.append(entry)
    }
    if entries.count > limit { thin() }
  }

  /// Losses smoothed: each entry's mean with the ones before it, whose weight halves about every
  /// fiftieth part of the history.
  public var smoothed: [Double] {
    let half = max(1, Double(entries.count) / 50)
    let kept = pow(0.5, 1 / half)
    var (sum, weight) = (0.0, 0.0)
    return entries.map { entry in
      sum = kept * sum + entry.loss
      weight = kept * weight + 1
      return sum / weight
    }
  }

  /// The share of examples classified rightly over about the last fiftieth of the history; nil
  /// where there are no classes.
  public var accuracy: Double? {
    let shares = entries.suffix(max(1, entries.count / 50)).compactMap(\.accuracy)
    return shares.isEmpty ? nil : shares.reduce(0, +) / Double(shares.count)
  }

  /// Joins neighbours two by two.
  private mutating func thin() {
    span *= 2
    var joined: [Entry] = []
    joined.reserveCapacity(entries.count / 2 + 1)
    for entry in entries {
      if let last = joined.indices.last, joined[last].count < span {
        joined[last].join(entry)
      } else {
        joined.append(entry)
      }
    }
    entries = joined
  }
}
