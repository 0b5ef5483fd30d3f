// A training in progress.

import Tensors

/// A model being trained, a step at a time; a value, so that a copy is a saved moment and going back
/// is taking up the copy.
///
/// Steps are the same bits for the same seed, on any number of threads, and whether or not the
/// training was stopped and resumed in between.
public struct Trainer: Sendable {
  /// What is learnt.
  public let task: TrainingTask
  /// How.
  public let recipe: TrainingRecipe
  /// Steps taken.
  public private(set) var step: Int
  let plan: ModelPlan
  private(set) var learnt: [LearntParameter]
  /// The first step's loss, which tells an explosion from a beginning.
  private(set) var firstLoss: Double?
  private var source: BatchSource

  /// Begins a training.
  ///
  /// - Throws: `TrainingError.unusable` or `ConfigurationError` where model, data and recipe do not
  ///   fit together.
  public init(model: Perceiver, task: TrainingTask, recipe: TrainingRecipe) throws {
    try self.init(
      plan: model.plan, learnt: model.plan.learntParameters(model.parameters), task: task,
      recipe: recipe, step: 0, firstLoss: nil)
  }

  init(
    plan: ModelPlan, learnt: [LearntParameter], task: TrainingTask, recipe: TrainingRecipe,
    step: Int, firstLoss: Double?
  ) throws {
    try recipe.validate()
    (self.task, self.recipe, self.plan, self.learnt) = (task, recipe, plan, learnt)
    (self.step, self.firstLoss) = (step, firstLoss)
    try task.check(plan)
    source = BatchSource(task, recipe: recipe, plan: plan)
    SparePages.keep(upTo: 1 << 26)
  }

  /// The model with its present parameters; it can be explored as any other.
  public var model: Perceiver {
    Perceiver(plan: plan, parameters: learnt.parameters, origin: .trained(steps: step))
  }

  /// Steps in which every example is read once.
  public var stepsPerEpoch: Int { source.stepsPerEpoch }

  /// Whether all steps of the recipe are taken.
  public var isComplete: Bool { step >= recipe.steps }

  /// Takes one step: a batch, its gradients, the optimiser.
  ///
  /// - Throws: `ComputationCancelled`, `TrainingError.notFinite`, `TrainingError.exploded`; the
  ///   training is then as before.
  public mutating func takeStep(cancellation: Cancellation? = nil) throws -> TrainingStep {
    let clock = ContinuousClock()
    let start = clock.now
    let batch = source.batch(step)
    var (result, norm) = try computed(batch, cancellation: cancellation)
    let rate = recipe.learningRate(at: step)
    let report = TrainingStep(
      step: step + 1, epoch: step / stepsPerEpoch, loss: result.loss, correct: result.correct,
      batch: batch.count, learningRate: rate, gradientNorm: norm,
      seconds: start.duration(to: clock.now) / .seconds(1))
    let moments = MomentStep(
      beta1: recipe.beta1, beta2: recipe.beta2,
      epsilon: recipe.epsilon ?? recipe.optimizer.ownEpsilon, step: step + 1,
      factor: recipe.clippingFactor(norm: norm), rate: rate)
    try update(&result.gradients, moments)
    firstLoss = firstLoss ?? result.loss
    step += 1
    return report.taking(seconds: start.duration(to: clock.now) / .seconds(1))
  }

  /// Loss, gradients and their norm. What reads the parameters ends here: the optimiser then changes
  /// them where they stand.
  private func computed(
    _ batch: Batch, cancellation: Cancellation?
  ) throws -> (GradientPass.Result, norm: Double) {
    let pass = GradientPass(
      plan: plan, parameters: learnt.parameters, batch: batch, smoothing: recipe.labelSmoothing)
    let result = try pass.result(
      dropouts: DropoutStream(seed: recipe.seed, step: step),
      workers: Workers(cancellation: cancellation))
    return (result, try checkedNorm(result, pass))
  }

  /// The optimiser's part of a step; nothing cancels it halfway.
  private mutating func update(
    _ gradients: inout [String: Tensor], _ moments: MomentStep
  ) throws {
    let workers = Workers()
    for index in learnt.indices {
      guard let gradient = gradients.removeValue(forKey: learnt[index].name) else { continue }
      try learnt[index].update(gradient, moments, recipe: recipe, workers: workers)
    }
  }

  /// The norm of all gradients, where loss and gradients are numbers.
  private func checkedNorm(_ result: GradientPass.Result, _ pass: GradientPass) throws -> Double {
    guard result.loss.isFinite else {
      throw TrainingError.notFinite(
        step: step + 1, tensor: try pass.firstNotFinite() ?? "loss")
    }
    var total = 0.0
    var largest = (name: "loss", square: -1.0)
    for parameter in learnt {
      guard let gradient = result.gradients[parameter.name] else { continue }
      let square = try gradient.sumOfSquares(workers: Workers())
      guard square.isFinite else {
        throw TrainingError.notFinite(
          step: step + 1, tensor: "gradient of \(parameter.name)")
      }
      total += square
      if square > largest.square { largest = (parameter.name, square) }
    }
    if let firstLoss, result.loss > Self.explosion * max(firstLoss, 1e-3) {
      throw TrainingError.exploded(step: step + 1, tensor: largest.name, loss: result.loss)
    }
    return total.squareRoot()
  }

  /// How many times its first value a loss may be.
  private static let explosion = 100.0
}

/// What a step was.
public struct TrainingStep: Sendable, Hashable {
  /// Its number, from 1.
  public let step: Int
  /// The epoch it belongs to, from 0.
  public let epoch: Int
  /// The mean loss of its batch: cross-entropy in nats, or the mean squared error.
  public let loss: Double
  /// How many of the batch were classified rightly; nil where there are no classes.
  public let correct: Int?
  /// Examples in the batch; for a reconstruction, places asked for.
  public let batch: Int
  /// The learning rate.
  public let learningRate: Double
  /// The norm of all gradients together, before it was clipped.
  public let gradientNorm: Double
  /// How long it took.
  public let seconds: Double

  fileprivate func taking(seconds: Double) -> TrainingStep {
    TrainingStep(
      step: step, epoch: epoch, loss: loss, correct: correct, batch: batch,
      learningRate: learningRate, gradientNorm: gradientNorm, seconds: seconds)
  }
}
