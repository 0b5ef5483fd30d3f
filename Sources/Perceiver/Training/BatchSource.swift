// Which examples a step reads, and what they are made into.

import Tensors

/// One step's input and what its output is compared with.
struct Batch: Sendable {
  let input: PassInput
  let target: Target

  enum Target: Sendable {
    case labels([Int])
    case values(Tensor)
  }

  /// Examples, or positions asked for.
  var count: Int {
    switch target {
    case .labels(let labels): labels.count
    case .values(let values): values.shape[0]
    }
  }
}

/// Where the counting of epochs begins: 0 and 0, unless a training went on with batches of another size.
struct EpochOrigin: Sendable, Hashable {
  /// An epoch, from 0.
  var epoch = 0
  /// Its first step, from 0.
  var step = 0

  /// Where a training that stands at a step goes on with batches of another size: the epochs that are
  /// finished stay so, and in the one that is not, no example is left out. Up to one batch of those that
  /// were read is read again, for a batch begins where another of its size would.
  func moved(toStep step: Int, from old: BatchSource, to new: BatchSource) -> EpochOrigin {
    let (epochs, position) = (step - self.step).quotientAndRemainder(dividingBy: old.stepsPerEpoch)
    let steps = min(position * old.size / max(1, new.size), new.stepsPerEpoch - 1)
    return EpochOrigin(epoch: epoch + epochs, step: step - steps)
  }
}

/// Draws batches: every epoch reads all examples once, in an order of its own. What is left at the
/// end of an epoch and fills no batch is not read.
struct BatchSource: Sendable {
  let task: TrainingTask
  private let recipe: TrainingRecipe
  /// Features of every position of a picture that is reconstructed: `[positions, queries_dim]`.
  private let positions: Tensor?
  /// Where epochs are counted from.
  let origin: EpochOrigin
  private var order: [Int] = []
  private var epoch = -1

  init(
    _ task: TrainingTask, recipe: TrainingRecipe, plan: ModelPlan,
    origin: EpochOrigin = EpochOrigin()
  ) {
    (self.task, self.recipe, self.origin) = (task, recipe, origin)
    if case .reconstruction(let picture) = task {
      let axes = Array(picture.shape.dropLast())
      positions = plan.queries.positions(axes)?.asRows
    } else {
      positions = nil
    }
  }

  /// Examples of a step.
  var size: Int { min(recipe.batchSize, task.count) }

  /// Steps in which all examples are read once.
  var stepsPerEpoch: Int { max(1, task.count / max(1, size)) }

  /// The epoch that a step belongs to, and which of its steps it is; all counted from 0.
  func position(ofStep step: Int) -> (epoch: Int, position: Int) {
    let (epochs, position) = max(0, step - origin.step).quotientAndRemainder(
      dividingBy: stepsPerEpoch)
    return (origin.epoch + epochs, position)
  }

  /// The steps that are taken when so many epochs are finished.
  func steps(ofEpochs epochs: Int) -> Int {
    let (steps, overflow) = (epochs - origin.epoch).multipliedReportingOverflow(by: stepsPerEpoch)
    return overflow
      ? .max : max(origin.step, steps.addingReportingOverflow(origin.step).partialValue)
  }

  /// The batch of a step, counted from 0.
  mutating func batch(_ step: Int) -> Batch {
    let (epoch, position) = position(ofStep: step)
    if epoch != self.epoch {
      var generator = CounterGenerator(
        seed: recipe.seed, purpose: .order, counter: UInt64(epoch))
      order = generator.permutation(of: task.count)
      self.epoch = epoch
    }
    let chosen = Array(order[position * size..<(position + 1) * size])
    switch task {
    case .classification(let examples):
      return Batch(
        input: PassInput(data: pictures(chosen, of: examples, step: step)),
        target: .labels(chosen.map { examples.label(at: $0) }))
    case .reconstruction(let picture):
      let rows = picture.reshaped([task.count, picture.shape.last ?? 0])
      return Batch(
        input: PassInput(
          data: picture.reshaped([1] + picture.shape),
          queries: positions.map { $0.gatheringRows(chosen) }),
        target: .values(rows.gatheringRows(chosen)))
    }
  }

  private func pictures(
    _ chosen: [Int], of examples: any LabelledExamples, step: Int
  ) -> Tensor {
    let shape = examples.shape
    return Tensor.stacking(
      chosen.enumerated().map { position, index in
        let picture = Tensor(shape: shape) { examples.read(index, into: $0) }
        var generator = CounterGenerator(
          seed: recipe.seed, purpose: .augmentation, counter: UInt64(step * size + position))
        return recipe.augmentation.apply(to: picture, &generator)
      })
  }
}
