// How long a training step takes.

import Perceiver
import Tensors

extension BenchmarkWork {
  /// Steps of AdamW on pictures made up for it; the first two, in which memory is taken, are not
  /// counted.
  func trainingStep(
    _ configuration: PerceiverConfiguration, pictures: Int, side: Int, _ repetitions: Int
  ) throws -> BenchmarkResult {
    var recipe = TrainingRecipe()
    recipe.batchSize = pictures
    recipe.clipNorm = nil
    recipe.schedule = .constant
    let examples = MadeUpExamples(
      count: 4 * pictures, shape: [side, side, configuration.inputChannels],
      classes: configuration.numClasses)
    var trainer = try Trainer(
      model: try Perceiver(configuration, seed: 0), task: .classification(examples),
      recipe: recipe)
    for _ in 0..<2 { _ = try trainer.takeStep() }
    let timing = try Stopwatch.repeated(repetitions) { _ = try trainer.takeStep() }
    // A backward pass costs twice the forward pass; the optimiser reads a parameter, its gradient
    // and both moments, and writes all but the gradient.
    let costs = try configuration.stageCosts(inputAxes: [side, side])
    return BenchmarkResult(
      rawValue, timing, operations: 3 * Double(pictures) * costs.reduce(0) { $0 + $1.operations },
      bytes: 4 * 7 * Double(trainer.model.parameterCount))
  }
}

/// Waves of a direction and length of their own, with a class each.
private struct MadeUpExamples: LabelledExamples {
  let count: Int
  let shape: [Int]
  let classNames: [String]

  init(count: Int, shape: [Int], classes: Int) {
    (self.count, self.shape) = (count, shape)
    classNames = (0..<classes).map(String.init)
  }

  func label(at index: Int) -> Int { index * 7 % classNames.count }

  func read(_ index: Int, into buffer: UnsafeMutableBufferPointer<Float>) {
    let (width, channels) = (shape[1], shape[2])
    for element in buffer.indices {
      let (x, y) = (element / channels % width, element / channels / width)
      buffer[element] = Float((x * (index % 5 + 1) + y * (index % 3 + 1)) % 17) / 16
    }
  }
}
