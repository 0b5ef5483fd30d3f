// The options that say how a model is trained.

import ArgumentParser
import Perceiver

/// Optimiser, schedule and what is done to pictures; what is not given stays as it is.
struct RecipeOptions: ParsableArguments {
  /// A schedule by its name.
  enum Schedule: String, CaseIterable, ExpressibleByArgument {
    case constant
    case cosine
    case oneCycle = "one-cycle"
    case step
    case flatCosine = "flat-cosine"
  }

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How often all examples are read. (default: 10)", valueName: "n"))
  var epochs: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps in all, instead of epochs.", valueName: "n"))
  var steps: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Examples in a step; with --reconstruct positions of the picture. (default: 64, 1024)",
      valueName: "n"))
  var batchSize: Int?

  @Option(help: ArgumentHelp("What turns gradients into steps. (default: adamw)"))
  var optimizer: OptimizerKind?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The highest learning rate. (default: 0.001)", valueName: "x"))
  var learningRate: Double?

  @Option(
    help: ArgumentHelp(
      "How the learning rate goes: from its height to nothing with cosine; up and down with "
        + "one-cycle; at its height for half of the steps with flat-cosine. (default: cosine)"))
  var schedule: Schedule?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --schedule step: steps between changes. (default: a third of all)", valueName: "n"))
  var stepLength: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --schedule step: what each change multiplies the rate by. (default: 0.1)",
      valueName: "x"))
  var stepFactor: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Steps in which the rate rises to its height, before the schedule. (default: 0)",
      valueName: "n"))
  var warmupSteps: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The weight decay, of weights alone. (default: 0.01)", valueName: "x"))
  var weightDecay: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The largest norm of all gradients together, or none. (default: 1)", valueName: "x|none"))
  var clipNorm: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The share of a label that is spread over all classes. (default: 0)", valueName: "x"))
  var labelSmoothing: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Pixels put around a picture, like its edge, before its size is cut out at random. "
        + "(default: 0)",
      valueName: "n"))
  var cropPadding: Int?

  @Flag(help: "Mirror half of the pictures at random.")
  var flip = false

  func validate() throws {
    if steps != nil && epochs != nil {
      throw ValidationError("--epochs and --steps: expected one of them, found both")
    }
    for (name, value, range) in [
      ("epochs", epochs, 1...1_000_000), ("steps", steps, 1...Self.most),
      ("batch-size", batchSize, 1...1_000_000), ("warmup-steps", warmupSteps, 0...Self.most),
      ("step-length", stepLength, 1...Self.most), ("crop-padding", cropPadding, 0...1024),
    ] {
      guard let value, !range.contains(value) else { continue }
      throw ValidationError(
        "--\(name): expected a whole number from \(range.lowerBound) to \(range.upperBound), "
          + "found \(value)")
    }
    if schedule != .step, stepLength != nil || stepFactor != nil {
      throw ValidationError(
        "--step-length and --step-factor: expected --schedule step with them, found "
          + (schedule?.rawValue ?? "none"))
    }
    _ = try largestNorm()
  }

  /// Puts what is given into a recipe.
  ///
  /// - Parameter count: Examples, or positions of the picture, in an epoch.
  /// - Throws: `CommandFailure` where there are too many steps.
  func apply(to recipe: inout TrainingRecipe, count: Int) throws {
    recipe.batchSize = batchSize ?? recipe.batchSize
    recipe.optimizer = optimizer ?? recipe.optimizer
    recipe.learningRate = learningRate ?? recipe.learningRate
    recipe.warmupSteps = warmupSteps ?? recipe.warmupSteps
    recipe.weightDecay = weightDecay ?? recipe.weightDecay
    recipe.labelSmoothing = labelSmoothing ?? recipe.labelSmoothing
    recipe.augmentation.cropPadding = cropPadding ?? recipe.augmentation.cropPadding
    if flip { recipe.augmentation.flips = true }
    if clipNorm != nil { recipe.clipNorm = try largestNorm() }
    if let steps { recipe.steps = steps }
    if let epochs {
      let length = max(1, count / max(1, min(recipe.batchSize, count)))
      let (steps, overflow) = epochs.multipliedReportingOverflow(by: length)
      guard !overflow, steps <= Self.most else {
        throw CommandFailure.usage(
          "--epochs: expected at most \(Self.most) steps in all, found \(epochs) × \(length)")
      }
      recipe.steps = steps
    }
    if let schedule { recipe.schedule = course(schedule, steps: recipe.steps) }
  }

  private func course(_ schedule: Schedule, steps: Int) -> LearningRateSchedule {
    switch schedule {
    case .constant: .constant
    case .cosine: .cosine
    case .oneCycle: .oneCycle
    case .step: .step(every: stepLength ?? max(1, steps / 3), factor: stepFactor ?? 0.1)
    case .flatCosine: .flatCosine
    }
  }

  private func largestNorm() throws -> Double? {
    guard let clipNorm else { return 1 }
    if clipNorm == "none" { return nil }
    guard let norm = Double(clipNorm), norm > 0, norm.isFinite else {
      throw ValidationError("--clip-norm: expected a number above 0 or none, found \(clipNorm)")
    }
    return norm
  }

  private static let most = 1_000_000_000
}

extension OptimizerKind: ExpressibleByArgument {}
