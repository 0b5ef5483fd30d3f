// How the learning rate goes over a training.

import Foundation

/// The course of the learning rate.
public enum LearningRateSchedule: Sendable, Hashable, Codable {
  /// Always the same.
  case constant
  /// From its height to nothing along half a cosine.
  case cosine
  /// Up and down again in one cycle, as torch's `OneCycleLR` by its defaults: from 1/25 of the
  /// height up in three tenths of the steps, then down to a 250,000th, along cosines.
  case oneCycle
  /// Times `factor` after every so many steps.
  case step(every: Int, factor: Double)
  /// At its height for half of the steps, then to nothing along half a cosine (Perceiver IO's).
  case flatCosine
}

extension TrainingRecipe {
  /// The learning rate of a step.
  ///
  /// - Parameter step: From 0.
  public func learningRate(at step: Int) -> Double {
    if step < warmupSteps { return learningRate * Double(step + 1) / Double(warmupSteps) }
    let (position, count) = (Double(step - warmupSteps), Double(max(1, steps - warmupSteps)))
    switch schedule {
    case .constant: return learningRate
    case .cosine: return Self.between(learningRate, 0, position / count)
    case .flatCosine:
      return position < count / 2
        ? learningRate : Self.between(learningRate, 0, (position - count / 2) / (count / 2))
    case .step(let every, let factor):
      return learningRate * pow(factor, Double((step - warmupSteps) / every))
    case .oneCycle:
      let first = learningRate / 25
      let last = first / 1e4
      let turn = 0.3 * count - 1
      if position <= turn { return Self.between(first, learningRate, position / max(turn, 1e-9)) }
      return Self.between(learningRate, last, (position - turn) / max(count - 1 - turn, 1e-9))
    }
  }

  /// From one number to another along half a cosine.
  private static func between(_ start: Double, _ end: Double, _ part: Double) -> Double {
    end + (start - end) / 2 * (1 + cos(.pi * min(1, max(0, part))))
  }
}
