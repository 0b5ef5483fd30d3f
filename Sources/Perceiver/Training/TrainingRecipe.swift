// How a model is trained, as one value; checkpoints hold it as JSON.

/// Optimiser, schedule and all else that decides, with model and data, what a training gives.
public struct TrainingRecipe: Sendable, Hashable, Codable {
  /// What turns gradients into steps.
  public var optimizer = OptimizerKind.adamW
  /// The highest learning rate.
  public var learningRate = 1e-3
  /// How much of the gradients' mean is kept from step to step.
  public var beta1 = 0.9
  /// How much of the gradients' mean square is kept.
  public var beta2 = 0.999
  /// What is added to the root of the mean square; nil for the optimiser's own.
  public var epsilon: Double?
  /// The weight decay; biases and norms have none.
  public var weightDecay = 0.01
  /// How the learning rate goes.
  public var schedule = LearningRateSchedule.cosine
  /// Steps in which the rate rises to its height, before the schedule.
  public var warmupSteps = 0
  /// Steps in all.
  public var steps = 1000
  /// Examples of a step; for a reconstruction, the positions that are asked for.
  public var batchSize = 64
  /// The largest norm of all gradients together; nil for any.
  public var clipNorm: Double? = 1
  /// The share of a label that is spread over all classes.
  public var labelSmoothing = 0.0
  /// What is done to pictures before they are read.
  public var augmentation = Augmentation()
  /// What order, augmentation and dropout are drawn from.
  public var seed: UInt64 = 0

  /// Makes the recipe of the defaults.
  public init() {}
}

/// Optimisers.
public enum OptimizerKind: String, Sendable, Hashable, CaseIterable, Codable {
  /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
  case adamW = "adamw"
  /// Adam with a trust ratio for each tensor (You et al. 2020), as both papers use it.
  case lamb

  /// What the optimiser adds to the root of the mean square where a recipe does not say.
  var ownEpsilon: Double { self == .adamW ? 1e-8 : 1e-6 }
}

extension TrainingRecipe {
  /// What gradients are multiplied by so that their norm is no larger than it may be, as torch's
  /// `clip_grad_norm_` computes it.
  package func clippingFactor(norm: Double) -> Double {
    clipNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
  }

  /// Checks that every number is in its range.
  ///
  /// - Throws: `TrainingError.unusable`.
  func validate() throws {
    func check(_ name: String, _ value: Double, _ isGood: Bool, _ expected: String) throws {
      guard isGood, value.isFinite else {
        throw TrainingError.unusable("\(name): expected \(expected), found \(value)")
      }
    }
    try check("learning rate", learningRate, learningRate > 0, "a number above 0")
    try check("beta1", beta1, (0..<1).contains(beta1), "0 to below 1")
    try check("beta2", beta2, (0..<1).contains(beta2), "0 to below 1")
    try check("epsilon", epsilon ?? 0, (epsilon ?? 0) >= 0, "0 or more")
    try check("weight decay", weightDecay, weightDecay >= 0, "0 or more")
    try check("clip norm", clipNorm ?? 1, (clipNorm ?? 1) > 0, "a number above 0")
    try check(
      "label smoothing", labelSmoothing, (0..<1).contains(labelSmoothing), "0 to below 1")
    for (name, value, range) in [
      ("steps", steps, 1...1 << 40), ("batch size", batchSize, 1...1 << 20),
      ("warm-up steps", warmupSteps, 0...1 << 40),
      ("crop padding", augmentation.cropPadding, 0...4096),
    ] where !range.contains(value) {
      throw TrainingError.unusable(
        "\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
    }
    if case .step(let every, let factor) = schedule {
      try check("schedule", Double(every), every > 0, "1 step or more between changes")
      try check("schedule", factor, factor > 0, "a factor above 0")
    }
  }
}
