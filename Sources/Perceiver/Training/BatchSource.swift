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

  /// Examples, or places asked for.
  var count: Int {
    switch target {
    case .labels(let labels): labels.count
    case .values(let values): values.shape[0]
    }
  }
}

/// Draws batches: every epoch reads all examples once, in an order of its own. What is left at the
/// end of an epoch and fills no batch is not read.
struct BatchSource: Sendable {
  let task: TrainingTask
  private let recipe: TrainingRecipe
  /// Features of every place of a picture that is given back: `[places, queries_dim]`.
  private let places: Tensor?
  private var order: [Int] = []
  private var epoch = -1

  init(_ task: TrainingTask, recipe: TrainingRecipe, plan: ModelPlan) {
    (self.task, self.recipe) = (task, recipe)
    if case .reconstruction(let picture) = task {
      let axes = Array(picture.shape.dropLast())
      places = Tensor.places(axes.map { plan.placeEncoding.table(length: $0) })
        .reshaped([axes.reduce(1, *), plan.configuration.queriesDim])
    } else {
      places = nil
    }
  }

  /// Examples of a step.
  var size: Int { min(recipe.batchSize, task.count) }

  /// Steps in which all examples are read once.
  var stepsPerEpoch: Int { max(1, task.count / max(1, size)) }

  /// The batch of a step, counted from 0.
  mutating func batch(_ step: Int) -> Batch {
    let (epoch, place) = step.quotientAndRemainder(dividingBy: stepsPerEpoch)
    if epoch != self.epoch {
      var generator = CounterGenerator(
        seed: recipe.seed, stream: .order, counter: UInt64(epoch))
      order = generator.permutation(of: task.count)
      self.epoch = epoch
    }
    let chosen = Array(order[place * size..<(place + 1) * size])
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
          queries: places.map { $0.gatheringRows(chosen) }),
        target: .values(rows.gatheringRows(chosen)))
    }
  }

  private func pictures(
    _ chosen: [Int], of examples: any LabelledExamples, step: Int
  ) -> Tensor {
    let shape = examples.shape
    return Tensor.stacking(
      chosen.enumerated().map { place, index in
        let picture = Tensor(shape: shape) { examples.read(index, into: $0) }
        var generator = CounterGenerator(
          seed: recipe.seed, stream: .augmentation, counter: UInt64(step * size + place))
        return recipe.augmentation.apply(to: picture, &generator)
      })
  }
}
