// A run in progress: which stages there are, which are computed, and the next one.

import Tensors

/// A Perceiver on one input, computed stage by stage; stages that are computed stay.
///
/// It is a value: a copy goes on from where the copy was made, and going back is reading `stages`.
public struct PerceiverRun: Sendable {
  /// The model.
  public let model: Perceiver
  /// The stages computed so far, in order.
  public private(set) var stages: [Stage] = []
  private let tokens: TokenContext
  private var latents: Tensor
  /// The initial latents and each layer's output, before residuals mix them.
  private var layerOutputs: [Tensor]

  init(model: Perceiver, tokens: TokenContext) {
    self.model = model
    self.tokens = tokens
    latents = model.parameters["latents"]
    layerOutputs = [latents]
  }

  /// Every stage of the run, computed or not.
  public var places: [StagePlace] { model.plan.stages.map(\.place) }

  /// The latents before the first stage: `[latents, dim]`.
  public var initialLatents: Tensor { model.parameters["latents"] }

  /// Whether every stage is computed.
  public var isComplete: Bool { stages.count == model.plan.stages.count }

  /// Computes the next stage; nil when all are computed.
  ///
  /// - Throws: `ComputationCancelled`; the run is then as before.
  public mutating func next(cancellation: Cancellation? = nil) throws -> Stage? {
    try next(workers: Workers(cancellation: cancellation))
  }

  package mutating func next(workers: Workers) throws -> Stage? {
    guard !isComplete else { return nil }
    let plan = model.plan.stages[stages.count]
    let clock = ContinuousClock()
    let start = clock.now
    let (attended, attention) = try plan.attention.attend(
      latents, tokens: tokens, parameters: model.parameters, workers: workers)
    var result = attended.adding(latents)
    result.add(
      try plan.feedForward.apply(to: result, parameters: model.parameters, workers: workers))
    let outputs = plan.endsLayer ? layerOutputs + [result] : layerOutputs
    if let residual = plan.residual {
      result = try residual.mix(outputs, parameters: model.parameters, workers: workers)
    }
    let stage = Stage(
      place: plan.place, latents: result, attention: attention,
      seconds: start.duration(to: clock.now) / .seconds(1))
    latents = result
    layerOutputs = model.configuration.attnResidual ? outputs : layerOutputs
    stages.append(stage)
    return stage
  }

  /// The classifier's output if the run ended with these latents: logits `[classes]`.
  ///
  /// Nil where the model has no classifier head.
  public func logits(from latents: Tensor) -> Tensor? {
    // Without a cancellation nothing throws; see Workers.forEach.
    try? model.plan.head?.apply(to: latents, parameters: model.parameters, workers: Workers())
  }

  /// The model's output once the run is complete: logits, or latents where there is no head.
  public var output: Tensor? {
    isComplete ? logits(from: latents) ?? latents : nil
  }
}
