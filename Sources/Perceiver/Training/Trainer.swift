// A training in progress.

import Tensors

/// A model being trained, a step at a time; a value, so that a copy is a snapshot, and to go
/// back is to continue from the copy.
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
  /// A step takes again the memory that the one before gave back; copies share it.
  private let pages = SparePages(limit: 1 << 26)

  /// Begins a training.
  ///
  /// - Throws: `TrainingError.unusable` or `ConfigurationError` where model, data and recipe do not
  ///   fit together.
  public init(model: Perceiver, task: TrainingTask, recipe: TrainingRecipe) throws {
    guard model.configuration.isDrawable else {
      throw TrainingError.unusable(
        "expected a model of \(UntrainedModels.own.package) to train, found a "
          + model.configuration.title)
    }
    try model.parameters.load()
    try self.init(
      plan: model.plan, learnt: model.plan.learntParameters(model.parameters), task: task,
      recipe: recipe, step: 0, firstLoss: nil)
  }

  init(
    plan: ModelPlan, learnt: [LearntParameter], task: TrainingTask, recipe: TrainingRecipe,
    step: Int, firstLoss: Double?, origin: EpochOrigin = EpochOrigin()
  ) throws {
    try recipe.validate()
    (self.task, self.recipe, self.learnt) = (task, recipe, learnt)
    self.plan = task.naming(plan)
    (self.step, self.firstLoss) = (step, firstLoss)
    try task.check(plan)
    source = BatchSource(task, recipe: recipe, plan: plan, origin: origin)
  }

  /// The model with its present parameters; it can be explored as any other.
  public var model: Perceiver {
    Perceiver(plan: plan, parameters: learnt.parameters, origin: .trained(steps: step))
  }

  /// Steps in which every example is read once.
  public var stepsPerEpoch: Int { source.stepsPerEpoch }

  /// Epochs that are finished. They stay so when a training goes on with batches of another size.
  public var finishedEpochs: Int { source.position(ofStep: step).epoch }

  /// Whether an epoch has just been finished.
  public var isEndOfEpoch: Bool { step > 0 && source.position(ofStep: step).position == 0 }

  /// The epochs that the recipe's steps come to; the last may not be whole.
  public var epochs: Int {
    let (epochs, position) = source.position(ofStep: recipe.steps)
    return epochs + (position > 0 ? 1 : 0)
  }

  /// Where epochs are counted from.
  var origin: EpochOrigin { source.origin }

  /// Whether all steps of the recipe are taken.
  public var isComplete: Bool { step >= recipe.steps }

  /// Takes one step: a batch, its gradients, the optimiser.
  ///
  /// Without clipping a parameter changes as soon as its gradient is whole, and the gradients are
  /// never all there at once: a step then needs a quarter less memory, is not cancelled halfway, and
  /// has changed some parameters where a gradient turns out to be NaN or infinite.
  ///
  /// - Throws: `ComputationCancelled`, `TrainingError.notFinite`, `TrainingError.exploded`; the
  ///   training is then as before, but for what is said above.
  public mutating func takeStep(cancellation: Cancellation? = nil) throws -> TrainingStep {
    let clock = ContinuousClock()
    let start = clock.now
    let batch = source.batch(step)
    let rate = recipe.learningRate(at: step)
    let taken =
      recipe.clipNorm == nil
      ? try stepAsGradientsCome(batch, rate: rate, cancellation: cancellation)
      : try stepWithAllGradients(batch, rate: rate, cancellation: cancellation)
    firstLoss = firstLoss ?? taken.loss
    step += 1
    return TrainingStep(
      step: step, epoch: source.position(ofStep: step - 1).epoch, loss: taken.loss,
      correct: taken.correct,
      batch: batch.count, learningRate: rate, gradientNorm: taken.norm,
      seconds: start.duration(to: clock.now) / .seconds(1))
  }

  private typealias Taken = (loss: Double, correct: Int?, norm: Double)

  /// A step whose gradients are all there before the optimiser begins.
  private mutating func stepWithAllGradients(
    _ batch: Batch, rate: Double, cancellation: Cancellation?
  ) throws -> Taken {
    var (result, norm) = try computed(batch, cancellation: cancellation)
    let moments = moments(factor: recipe.clippingFactor(norm: norm), rate: rate)
    let workers = workers
    for index in learnt.indices {
      guard let gradient = result.gradients.removeValue(forKey: learnt[index].name) else {
        continue
      }
      try learnt[index].update(gradient, moments, recipe: recipe, workers: workers)
    }
    return (result.loss, result.correct, norm)
  }

  /// A step whose gradients are used as they come.
  private mutating func stepAsGradientsCome(
    _ batch: Batch, rate: Double, cancellation: Cancellation?
  ) throws -> Taken {
    try cancellation?.check()
    let workers = workers
    let forward = try pass(batch).forward(
      dropouts: DropoutStream(seed: recipe.seed, step: step), workers: workers)
    try cancellation?.check()
    // With all gradients at hand it says what is wrong.
    if !isUsable(forward.loss.value) { _ = try computed(batch, cancellation: cancellation) }
    let moments = moments(factor: 1, rate: rate)
    let positions = Dictionary(uniqueKeysWithValues: learnt.indices.map { (learnt[$0].name, $0) })
    var total = 0.0
    try forward.backward { name, gradient in
      guard let index = positions[name] else { return }
      total += try finiteSquare(of: gradient, name)
      try learnt[index].update(gradient, moments, recipe: recipe, workers: workers)
    }
    return (forward.loss.value, forward.correct, total.squareRoot())
  }

  /// Workers that nothing cancels: the optimiser would stop halfway.
  private var workers: Workers { Workers(pages: pages) }

  private func moments(factor: Double, rate: Double) -> MomentStep {
    MomentStep(
      beta1: recipe.beta1, beta2: recipe.beta2,
      epsilon: recipe.epsilon ?? recipe.optimizer.ownEpsilon, step: step + 1, factor: factor,
      rate: rate)
  }

  private func pass(_ batch: Batch) -> GradientPass {
    GradientPass(
      plan: plan, parameters: learnt.parameters, batch: batch, smoothing: recipe.labelSmoothing)
  }

  /// Loss, gradients and their norm. What reads the parameters ends here: the optimiser then changes
  /// them where they stand.
  private func computed(
    _ batch: Batch, cancellation: Cancellation?
  ) throws -> (GradientPass.Result, norm: Double) {
    let pass = pass(batch)
    let result = try pass.result(
      dropouts: DropoutStream(seed: recipe.seed, step: step),
      workers: Workers(cancellation: cancellation, pages: pages))
    return (result, try checkedNorm(result, pass))
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
      let square = try finiteSquare(of: gradient, parameter.name)
      total += square
      if square > largest.square { largest = (parameter.name, square) }
    }
    guard isUsable(result.loss) else {
      throw TrainingError.exploded(step: step + 1, tensor: largest.name, loss: result.loss)
    }
    return total.squareRoot()
  }

  /// Whether a loss is a number, and none that has exploded.
  private func isUsable(_ loss: Double) -> Bool {
    loss.isFinite && loss <= Self.explosion * max(firstLoss ?? .infinity, 1e-3)
  }

  private func finiteSquare(of gradient: Tensor, _ name: String) throws -> Double {
    let square = try gradient.sumOfSquares(workers: workers)
    guard square.isFinite else {
      throw TrainingError.notFinite(step: step + 1, tensor: "gradient of \(name)")
    }
    return square
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
  /// Examples in the batch; for a reconstruction, positions asked for.
  public let batch: Int
  /// The learning rate.
  public let learningRate: Double
  /// The norm of all gradients together, before it was clipped.
  public let gradientNorm: Double
  /// How long it took.
  public let seconds: Double
}

// What stops a training.

/// Why a training cannot begin, go on, or be resumed.
public enum TrainingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Model, data and recipe do not fit together.
  case unusable(String)
  /// A number is NaN or infinite: in a stage's output, the loss, or a parameter's gradient.
  case notFinite(step: Int, tensor: String)
  /// The loss has grown far beyond where it began; the tensor has the largest gradient.
  case exploded(step: Int, tensor: String, loss: Double)
  /// A file to resume from is not what it should be.
  case damaged(String)

  /// One line of what, where, expected and found.
  public var description: String {
    switch self {
    case .unusable(let reason): reason
    case .notFinite(let step, let tensor):
      "step \(step): \(tensor): expected finite numbers, found NaN or infinity"
    case .exploded(let step, let tensor, let loss):
      "step \(step): the loss has grown to \(loss); the largest gradient is that of \(tensor)"
    case .damaged(let reason): reason
    }
  }
}
