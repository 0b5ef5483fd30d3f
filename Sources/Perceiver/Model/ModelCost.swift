// What a configuration costs, counted from its stages before anything is built.

/// Parameters, arithmetic and memory of a model on an input of a given size.
public struct ModelCost: Sendable, Hashable {
  /// Distinct parameters.
  public let parameters: Int
  /// Floating-point operations of one run as the papers count them: multiplications and additions
  /// separately, keys and values of every token projected. What is run here may take fewer.
  public let flops: Double
  /// How the first cross-attention is computed; nil if there is none.
  public let crossAttention: CrossAttentionMethod?
  /// Bytes of parameters, tokens and kept stages at the end of a run.
  public let bytes: Double
}

extension ModelConfiguration {
  /// What a run over an input with these axes costs (`[height, width]` for an image).
  ///
  /// - Throws: `ConfigurationError` if the configuration is impossible.
  public func cost(inputAxes shape: [Int]) throws -> ModelCost {
    try validate()
    let plan = ModelPlan(self)
    // A double: axes may be of an input that does not exist.
    let tokens = plan.input.tokenAxes(shape).reduce(1.0) { $0 * Double($1) }
    let size = plan.size(tokens: tokens)
    let parameters = base.parameterCount
    var flops = plan.ending.flops(size)
    // A token's data, and its planes and their scale or its mean and scale in double; see
    // SeparablePositions and TokenRows.
    let method = crossAttentionMethod(inputAxes: shape)
    let perToken =
      plan.input.keptChannels + (method == .separable ? plan.input.keptChannels + 1 : 4)
    var bytes = 4 * (parameters + tokens * Double(perToken))
    for stage in plan.stages {
      flops += stage.flops(size)
      bytes += stage.keptBytes(size)
    }
    return ModelCost(
      parameters: Int(parameters), flops: flops, crossAttention: method, bytes: bytes)
  }
}

// What each stage costs as it is computed here, which may be less than the papers count.

/// Operations and memory traffic of one stage.
public struct StageCost: Sendable, Hashable {
  /// Which stage of a run.
  public let id: StageID
  /// Multiplications and additions of the method that is taken; exponentials not counted.
  public let operations: Double
  /// Of those, the attention's: projections, scores and averages.
  public let attentionOperations: Double
  /// Bytes that must be read or written at least once: parameters, tokens, latents.
  public let bytes: Double
  /// Of those, the attention's.
  public let attentionBytes: Double
}

extension ModelConfiguration {
  /// Every stage's costs on an input with these axes, in order.
  ///
  /// - Throws: `ConfigurationError` if the configuration is impossible.
  public func stageCosts(inputAxes axes: [Int]) throws -> [StageCost] {
    try validate()
    let plan = ModelPlan(self)
    let tokens = plan.input.tokenSize(plan.input.tokenAxes(axes))
    let size = plan.size(tokens: tokens.count)
    return plan.stages.map { $0.cost(size, tokens: tokens) }
  }
}

extension StagePlan {
  fileprivate func cost(_ size: RunSize, tokens: TokenSize) -> StageCost {
    let attention = operation.attentionCost(size, tokens: tokens)
    let isAttention = operation.heads > 0
    let rest = flops(size) - (isAttention ? operation.flops(size) : 0)
    let others = parameters.elementCount - operation.parameters.elementCount
    return StageCost(
      id: id, operations: rest + attention.operations,
      attentionOperations: attention.operations, bytes: attention.bytes + 4 * others,
      attentionBytes: attention.bytes)
  }
}
