// Integrated gradients: the slope along a straight line from a baseline to the input.

import Foundation
import Tensors

/// Splits y(x) − y(b) among the input's tokens: Σ_c (x − b)_c ∫₀¹ ∂y/∂x_c (b + t (x − b)) dt, by
/// Gauss–Legendre's rule (Sundararajan, Taly & Yan 2017).
public struct IntegratedGradients: ClaimingQuestion {
  /// What is explained.
  public let target: ExplanationTarget
  /// The value of every channel where the line begins.
  public let baseline: Float
  /// Points on the line: forward and backward runs.
  public let nodes: Int

  public init(of target: ExplanationTarget, baseline: Float = 0, nodes: Int = 16) {
    (self.target, self.baseline, self.nodes) = (target, baseline, nodes)
  }

  /// `[…axes]`; left over is what the sum lacks of y(x) − y(b).
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    guard nodes > 0 else {
      throw ConfigurationError("integrated gradients: expected nodes, found \(nodes)")
    }
    let run = try run.completed(cancellation: cancellation)
    let target = try run.resolve(target)
    let input = try run.numericInput("integrated gradients")
    let base = Tensor(shape: input.shape, repeating: baseline)
    var mean = Tensor(shape: input.shape)
    for (index, node) in GaussLegendre(nodes: nodes).nodes.enumerated() {
      cancellation?.report(index, of: nodes)
      var point = base
      point.scale(by: Float(1 - node.point))
      point.add(input, times: Float(node.point))
      let gradient = try run.reading(point).inputGradient(of: target, cancellation: cancellation)
      mean.add(gradient, times: Float(node.weight))
    }
    let map = mean.channelProducts(with: input, less: baseline)
    let ground = try run.reading(base).completed(cancellation: cancellation)
    guard let output = run.output, let before = ground.output else {
      preconditionFailure("a complete run has an output")
    }
    let sum = map.withUnsafeElements { $0.reduce(0) { $0 + Double($1) } }
    return ExplanationMap(
      map, sign: .signed,
      remainders: [
        .init(
          name: "what its sum lacks of the change from the baseline",
          value: sum - (target.value(output) - target.value(before)))
      ],
      sentence: claim(target.subject(run.tokenWords)).whole
        + ", from a ground of \(baseline.words) to \(run.tokenWords.whole).")
  }

  package func claim(_ subject: MapSubject) -> MapClaim { subject.raise }
}

/// The mean gradient at inputs with noise: SmoothGrad (Smilkov et al. 2017).
public struct SmoothGradient: ClaimingQuestion {
  /// What is explained.
  public let target: ExplanationTarget
  /// How many noisy inputs.
  public let samples: Int
  /// The noise's standard deviation, as a share of the input's range.
  public let level: Float
  /// The seed of the noise.
  public let seed: UInt64

  public init(
    of target: ExplanationTarget, samples: Int = 16, level: Float = 0.15, seed: UInt64 = 0
  ) {
    (self.target, self.samples, self.level, self.seed) = (target, samples, level, seed)
  }

  /// The mean of ∂y/∂x at x + noise: `[…axes, channels]`.
  ///
  /// - Parameter noise: Each in the shape of the input.
  /// - Throws: As `map` does.
  public func gradient(
    _ run: PerceiverRun, noise: [Tensor], cancellation: Cancellation? = nil
  ) throws -> Tensor {
    let run = try run.completed(cancellation: cancellation)
    let target = try run.resolve(target)
    let input = try run.numericInput("a smooth gradient")
    guard !noise.isEmpty, noise.allSatisfy({ $0.shape == input.shape }) else {
      throw ConfigurationError("a smooth gradient: expected noise in the shape \(input.shape)")
    }
    var mean = Tensor(shape: input.shape)
    for (index, one) in noise.enumerated() {
      cancellation?.report(index, of: noise.count)
      let gradient = try run.reading(input.adding(one)).inputGradient(
        of: target, cancellation: cancellation)
      mean.add(gradient, times: 1 / Float(noise.count))
    }
    return mean
  }

  /// Its size at every token: the largest of the channels' sizes, `[…axes]`.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    let input = try run.numericInput("a smooth gradient")
    let range = input.withUnsafeElements { ($0.max() ?? 0) - ($0.min() ?? 0) }
    var generator = TorchGenerator(seed: seed)
    let noise = (0..<max(1, samples)).map { _ in
      var one = generator.normal(shape: input.shape)
      one.scale(by: level * range)
      return one
    }
    let run = try run.completed(cancellation: cancellation)
    let subject = try run.resolve(target).subject(run.tokenWords)
    return ExplanationMap(
      try gradient(run, noise: noise, cancellation: cancellation)
        .reducingChannels { $0.reduce(0) { max($0, abs($1)) } }, sign: .positive,
      sentence: claim(subject).whole
        + ", on average over \(noise.count) noisy copies of \(run.tokenWords.whole).")
  }

  package func claim(_ subject: MapSubject) -> MapClaim { subject.change }
}

/// Points and weights in 0…1 by which a mean over a line is exact for polynomials of degree
/// 2 × nodes − 1.
struct GaussLegendre {
  /// From 0 to 1; weights sum to one.
  let nodes: [(point: Double, weight: Double)]

  init(nodes count: Int) {
    nodes = (0..<count).map { index in
      // Newton's method from a near guess; Legendre's polynomials by their recurrence.
      var x = cos(Double.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
      var slope = 1.0
      for _ in 0..<100 {
        var (before, value) = (1.0, x)
        for degree in stride(from: 2, through: count, by: 1) {
          let d = Double(degree)
          (before, value) = (value, ((2 * d - 1) * x * value - (d - 1) * before) / d)
        }
        slope = Double(count) * (x * value - before) / (x * x - 1)
        let step = value / slope
        x -= step
        if abs(step) < 1e-15 { break }
      }
      return ((1 - x) / 2, 1 / ((1 - x * x) * slope * slope))
    }
  }
}

extension PerceiverRun {
  /// The input as numbers that may be changed a little.
  func numericInput(_ what: String) throws -> Tensor {
    guard !readsTokenNumbers else {
      throw ConfigurationError(
        "\(what): expected an input of numbers, found numbers of tokens, which cannot be changed a "
          + "little")
    }
    return request.input
  }

  /// The same run on another input, at its first stage.
  ///
  /// - Throws: `ConfigurationError` for an input that does not fit the model.
  func reading(_ input: Tensor) throws -> PerceiverRun {
    try model.begin(
      input, sound: request.sound, mask: request.mask, queries: request.queries,
      interventions: interventions)
  }
}
