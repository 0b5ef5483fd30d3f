// What an epoch has come to so far, and how it is said.

import Explorer
import Foundation
import Perceiver
import Pictures

/// Means over the steps of an epoch that were taken.
struct EpochFigures {
  private(set) var steps = 0
  private var loss = 0.0
  private var correct: Int?
  private var examples = 0
  private var seconds = 0.0

  /// Adds a step.
  mutating func add(_ step: TrainingStep) {
    steps += 1
    loss += step.loss
    if let right = step.correct { correct = (correct ?? 0) + right }
    examples += step.batch
    seconds += step.seconds
  }

  /// Seconds that a step takes.
  var secondsPerStep: Double { seconds / Double(max(1, steps)) }

  /// Examples in a second.
  var rate: Double { seconds > 0 ? Double(examples) / seconds : 0 }

  /// The mean loss.
  private var meanLoss: Double { loss / Double(max(1, steps)) }

  /// The share of examples classified rightly; nil where there are no classes.
  private var accuracy: Double? { correct.map { Double($0) / Double(max(1, examples)) } }

  /// Loss and accuracy in words: `loss 0.412, accuracy 85.10 %`.
  var summary: String { Self.summary(loss: meanLoss, accuracy: accuracy) }

  /// Loss and accuracy in few columns: `loss 0.412 acc 85.1 %`.
  var brief: String {
    let share = accuracy.map { String(format: " acc %.1f %%", $0 * 100) } ?? ""
    return "loss \(Figures.number(meanLoss))\(share)"
  }

  /// A loss and an accuracy in words.
  static func summary(loss: Double, accuracy: Double?) -> String {
    let share = accuracy.map { ", accuracy \(percent($0))" } ?? ""
    return "loss \(Figures.number(loss, digits: 4))\(share)"
  }

  /// `85.10 %`.
  static func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }

  /// A time as a person reads it off a clock: `3:07`, `1:02:45`.
  static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e8 else { return "?" }
    let whole = Int(seconds.rounded(.up))
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, whole % 60)
      : String(format: "%d:%02d", minutes, whole % 60)
  }
}
