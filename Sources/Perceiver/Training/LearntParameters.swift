// Parameters with the optimiser's state, and how a step changes them.

import Tensors

/// A parameter and the moments of its gradients.
struct LearntParameter: Sendable {
  let name: String
  var value: Tensor
  /// The running mean of gradients, in the parameter's shape; empty before the first.
  var mean: Tensor
  /// The running mean of their squares.
  var square: Tensor
  /// Whether it is a matrix: biases and norms have no weight decay.
  let isMatrix: Bool
  /// Whether anything is learnt; rotary frequencies are not.
  let isLearnt: Bool

  init(_ specification: ParameterSpecification, value: Tensor) {
    name = specification.name
    self.value = value
    isMatrix = specification.shape.count > 1
    if case .rotaryFrequencies = specification.initialisation {
      isLearnt = false
    } else {
      isLearnt = true
    }
    mean = Tensor(shape: [0])
    square = Tensor(shape: [0])
  }

  /// One step of an optimiser.
  mutating func update(
    _ gradient: Tensor, _ step: MomentStep, recipe: TrainingRecipe, workers: Workers
  ) throws {
    guard isLearnt else { return }
    if mean.count != value.count {
      mean = Tensor(shape: value.shape, in: workers.pages)
      square = Tensor(shape: value.shape, in: workers.pages)
    }
    let decay = isMatrix ? recipe.weightDecay : 0
    switch recipe.optimizer {
    case .adamW:
      try value.stepAdamW(
        gradient: gradient, mean: &mean, square: &square, step, decay: decay, workers: workers)
    case .lamb:
      try value.stepLAMB(
        gradient: gradient, mean: &mean, square: &square, step, decay: decay, workers: workers)
    }
  }
}

extension ModelPlan {
  /// A model's parameters before the first step, in order.
  func learntParameters(_ parameters: Parameters) -> [LearntParameter] {
    self.parameters.map { LearntParameter($0, value: parameters[$0.name]) }
  }
}

extension [LearntParameter] {
  /// The numbers alone.
  var parameters: Parameters {
    Parameters(Dictionary(uniqueKeysWithValues: map { ($0.name, $0.value) }))
  }
}
