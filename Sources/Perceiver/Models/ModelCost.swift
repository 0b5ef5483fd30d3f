// What a configuration costs, counted from its stages before anything is built.

/// Parameters, arithmetic and memory of a model on an input of a given size.
public struct ModelCost: Sendable, Hashable {
  /// Distinct parameters.
  public let parameters: Int
  /// Floating-point operations of one run as the papers count them: multiplications and additions
  /// separately, keys and values of every token projected. What is run here may take fewer.
  public let flops: Double
  /// Bytes of parameters, tokens and kept stages at the end of a run.
  public let bytes: Double

  /// Counts as a double, which no configuration can overflow.
  static func parameters(of plan: ModelPlan) -> Double {
    plan.parameters.reduce(0) { $0 + $1.shape.reduce(1.0) { $0 * Double($1) } }
  }
}

extension PerceiverConfiguration {
  /// What a run over an input with these axes costs (`[height, width]` for an image).
  ///
  /// - Throws: `ConfigurationError` if the configuration is impossible.
  public func cost(inputAxes shape: [Int]) throws -> ModelCost {
    try validate()
    let plan = ModelPlan(self)
    // A double: axes may be of an input that does not exist.
    let tokens = shape.reduce(1.0) { $0 * Double($1) }
    let parameters = ModelCost.parameters(of: plan)
    var flops = plan.head?.flops ?? 0
    // A token's data, mean and scale; see TokenRows.
    var bytes = 4 * (parameters + tokens * Double(inputChannels + 4))
    for stage in plan.stages {
      flops += stage.attention.flops(latents: numLatents, tokens: tokens)
      flops += stage.feedForward.flops(latents: numLatents)
      flops += stage.residual?.flops(latents: numLatents, outputs: stage.place.layer + 2) ?? 0
      bytes += 4 * Double(numLatents) * Double(latentDim)
      bytes += stage.attention.keptBytes(latents: numLatents, tokens: tokens)
    }
    return ModelCost(parameters: Int(parameters), flops: flops, bytes: bytes)
  }
}
