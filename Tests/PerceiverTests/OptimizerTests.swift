// Optimisers, learning rates and losses against torch and optax; Tests/Parity/make_optimizers.py
// says how the values were made.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Optimisers, schedules and losses are torch's and optax's")
struct OptimizerTests {
  private static let file = fixtures.appending(path: "training/optimizers.safetensors").path
  private static let parameters = ["weight", "bias", "zeros"]

  @Test(
    "A step of a parameter",
    arguments: ["adamw", "adamw_clipped", "lamb"])
  func steps(_ name: String) throws {
    let file = try TensorFile(path: Self.file)
    var recipe = TrainingRecipe()
    recipe.clipNorm = name == "adamw_clipped" ? 0.5 : nil
    let gradients = try Self.parameters.map { try file.tensor(named: "gradients.\($0)") }
    for (index, parameter) in Self.parameters.enumerated() {
      var value = try file.tensor(named: "start.\(parameter)")
      var mean = Tensor(shape: value.shape)
      var square = mean
      let expected = try file.tensor(named: "\(name).\(parameter)")
      let decay = parameter == "bias" ? 0 : 0.1
      for step in 0..<12 {
        let norm = gradients.reduce(0.0) { sum, gradient in
          sum + gradient.row(step).values.reduce(0) { $0 + Double($1) * Double($1) }
        }.squareRoot()
        let moments = MomentStep(
          beta1: 0.9, beta2: 0.999, epsilon: name.hasPrefix("lamb") ? 1e-6 : 1e-8,
          step: step + 1, factor: recipe.clippingFactor(norm: norm), rate: 1e-2)
        let gradient = gradients[index].row(step)
        if name.hasPrefix("lamb") {
          try value.stepLAMB(
            gradient: gradient, mean: &mean, square: &square, moments, decay: decay,
            workers: Workers())
        } else {
          try value.stepAdamW(
            gradient: gradient, mean: &mean, square: &square, moments, decay: decay,
            workers: Workers())
        }
        #expect(relativeError(value, expected.row(step)) < 2e-6, "\(parameter), step \(step)")
      }
    }
  }

  @Test(
    "Learning rates",
    arguments: [
      ("cosine", LearningRateSchedule.cosine, 0), ("one_cycle", .oneCycle, 0),
      ("step", .step(every: 10, factor: 0.5), 0), ("warmup_cosine", .cosine, 8),
      ("flat_cosine", .flatCosine, 0),
    ])
  func rates(_ name: String, _ schedule: LearningRateSchedule, _ warmup: Int) throws {
    let expected = try TensorFile(path: Self.file).tensor(named: "rates.\(name)")
    var recipe = TrainingRecipe()
    (recipe.learningRate, recipe.steps, recipe.schedule) = (1e-3, 40, schedule)
    recipe.warmupSteps = warmup
    for (step, rate) in expected.values.enumerated() {
      #expect(
        abs(recipe.learningRate(at: step) - Double(rate)) < 1e-9, "step \(step) of \(name)")
    }
  }

  @Test("Cross-entropy with and without smoothing, the mean squared error, and their gradients")
  func losses() throws {
    let file = try TensorFile(path: Self.file)
    let labels = try file.numbers(named: "loss.labels").values.map { Int($0) }
    let logits = try file.tensor(named: "loss.logits")
    let values = try file.tensor(named: "loss.values")
    for (name, loss) in [
      ("cross_entropy", logits.crossEntropy(labels: labels, smoothing: 0)),
      ("smoothed", logits.crossEntropy(labels: labels, smoothing: 0.1)),
      ("squared", values.meanSquaredError(try file.tensor(named: "loss.targets"))),
    ] {
      let expected = try file.tensor(named: "loss.\(name)").values[0]
      #expect(abs(loss.value - Double(expected)) < 1e-6 * Double(expected), "\(name)")
      #expect(
        relativeError(loss.gradient, try file.tensor(named: "loss.\(name).gradient")) < 1e-6,
        "\(name)")
    }
  }
}
