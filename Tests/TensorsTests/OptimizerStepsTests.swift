// Steps of AdamW and LAMB against the papers' formulas in double; torch's and optax's own numbers are
// in PerceiverTests.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Optimisers step as their papers say")
struct OptimizerStepsTests {
  /// A parameter and its moments in double.
  private struct Plain {
    var values: [Double]
    var mean: [Double]
    var square: [Double]

    init(_ values: Tensor) {
      self.values = values.values.map { Double($0) }
      mean = Array(repeating: 0, count: values.count)
      square = mean
    }

    /// What Adam takes a parameter towards, moments brought up to date.
    private mutating func direction(_ gradient: Tensor, _ step: MomentStep) -> [Double] {
      gradient.values.indices.map { index in
        let g = Double(gradient.values[index]) * step.factor
        mean[index] = step.beta1 * mean[index] + (1 - step.beta1) * g
        square[index] = step.beta2 * square[index] + (1 - step.beta2) * g * g
        let own = mean[index] / (1 - pow(step.beta1, Double(step.step)))
        let root = (square[index] / (1 - pow(step.beta2, Double(step.step)))).squareRoot()
        return own / (root + step.epsilon)
      }
    }

    mutating func stepAdamW(_ gradient: Tensor, _ step: MomentStep, decay: Double) {
      let direction = direction(gradient, step)
      for index in values.indices {
        values[index] -= step.rate * (direction[index] + decay * values[index])
      }
    }

    mutating func stepLAMB(_ gradient: Tensor, _ step: MomentStep, decay: Double) {
      let update = zip(direction(gradient, step), values).map { $0 + decay * $1 }
      func norm(_ numbers: [Double]) -> Double {
        numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      let (own, length) = (norm(values), norm(update))
      let ratio = own > 0 && length > 0 ? own / length : 1
      for index in values.indices { values[index] -= step.rate * ratio * update[index] }
    }
  }

  private func normal(_ count: Int, seed: UInt64) -> Tensor {
    var generator = TorchGenerator(seed: seed)
    return generator.normal(shape: [count])
  }

  private func step(_ number: Int) -> MomentStep {
    MomentStep(
      beta1: 0.9, beta2: 0.999, epsilon: 1e-6, step: number, factor: 0.5, rate: 0.02)
  }

  /// A few elements, around the stretches of 32,768 that threads take, and many.
  private static let counts = [5, 17, 32_767, 32_769, 70_000]

  @Test("LAMB goes its direction, as far as the parameter is long", arguments: counts, [0, 0.1])
  func lamb(_ count: Int, _ decay: Double) throws {
    var value = normal(count, seed: 1)
    var (mean, square) = (Tensor(shape: [count]), Tensor(shape: [count]))
    var plain = Plain(value)
    for number in 1...4 {
      let gradient = normal(count, seed: 10 + UInt64(number))
      try value.stepLAMB(
        gradient: gradient, mean: &mean, square: &square, step(number), decay: decay,
        workers: Workers(threads: 2))
      plain.stepLAMB(gradient, step(number), decay: decay)
    }
    #expect(relativeError(value.values, plain.values.map { Float($0) }) < 1e-6)
    #expect(relativeError(mean.values, plain.mean.map { Float($0) }) < 1e-6)
    #expect(relativeError(square.values, plain.square.map { Float($0) }) < 1e-6)
  }

  @Test("AdamW takes its direction and its decay away", arguments: counts, [0, 0.1])
  func adamW(_ count: Int, _ decay: Double) throws {
    var value = normal(count, seed: 2)
    var (mean, square) = (Tensor(shape: [count]), Tensor(shape: [count]))
    var plain = Plain(value)
    for number in 1...4 {
      let gradient = normal(count, seed: 20 + UInt64(number))
      try value.stepAdamW(
        gradient: gradient, mean: &mean, square: &square, step(number), decay: decay,
        workers: Workers(threads: 2))
      plain.stepAdamW(gradient, step(number), decay: decay)
    }
    #expect(relativeError(value.values, plain.values.map { Float($0) }) < 1e-6)
    #expect(relativeError(mean.values, plain.mean.map { Float($0) }) < 1e-6)
    #expect(relativeError(square.values, plain.square.map { Float($0) }) < 1e-6)
  }

  @Test("LAMB steps by the rate alone where a parameter is zero, and stays where nothing pulls")
  func lambWithoutLength() throws {
    var (mean, square) = (Tensor(shape: [3]), Tensor(shape: [3]))
    var zero = Tensor(shape: [3])
    try zero.stepLAMB(
      gradient: Tensor(shape: [3], values: [4, -2, 0]), mean: &mean, square: &square, step(1),
      decay: 0.1, workers: Workers(threads: 1))
    // The first direction has the gradient's sign and a length of nearly one.
    #expect(relativeError(zero.values, [-0.02, 0.02, 0]) < 2e-6)
    var still = Tensor(shape: [3], values: [1, 2, 3])
    (mean, square) = (Tensor(shape: [3]), Tensor(shape: [3]))
    try still.stepLAMB(
      gradient: Tensor(shape: [3]), mean: &mean, square: &square, step(1), decay: 0,
      workers: Workers(threads: 1))
    #expect(still.values == [1, 2, 3])
  }

  @Test("Any number of threads gives the same bits", arguments: [1, 3])
  func threads(_ count: Int) throws {
    func stepped(_ threads: Int) throws -> [Tensor] {
      var value = normal(100_000, seed: 3)
      var (mean, square) = (Tensor(shape: value.shape), Tensor(shape: value.shape))
      try value.stepLAMB(
        gradient: normal(100_000, seed: 4), mean: &mean, square: &square, step(1), decay: 0.1,
        workers: Workers(threads: threads))
      return [value, mean, square]
    }
    #expect(haveSameBits(try stepped(count), try stepped(2)))
  }

  @Test("A sum of squares has the error of a double", arguments: [0] + counts)
  func squares(_ count: Int) throws {
    let values = normal(count, seed: 5)
    let expected = values.values.reduce(0.0) { $0 + Double($1) * Double($1) }
    let ours = try values.sumOfSquares(workers: Workers(threads: 2))
    #expect(abs(ours - expected) <= 1e-12 * expected)
  }
}
