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
