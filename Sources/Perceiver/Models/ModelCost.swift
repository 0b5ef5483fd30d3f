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
    let parameters = parameterCount
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

  /// Distinct parameters, as a double, which no configuration can overflow.
  ///
  /// All layers are of one shape, so one is counted: the editor asks at every key.
  var parameterCount: Double {
    var single = self
    single.depth = 1
    single.invertedCrossAttn = .none
    let plan = ModelPlan(single)
    let layer = plan.stages.flatMap(\.parameters).reduce(0) { $0 + $1.elementCount }
    let all = plan.parameters.reduce(0) { $0 + $1.elementCount }
    let layers = weightTieLayers ? min(depth, 2) : depth
    return all + layer * Double(layers - 1)
  }
}

extension ParameterSpecification {
  fileprivate var elementCount: Double { shape.reduce(1.0) { $0 * Double($1) } }
}
