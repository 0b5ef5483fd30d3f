// What each stage costs as it is computed here, which may be less than the papers count.

/// Operations and memory traffic of one stage.
public struct StageCost: Sendable, Hashable {
  /// The stage's place in a run.
  public let place: StagePlace
  /// Multiplications and additions of the method that is taken; exponentials not counted.
  public let operations: Double
  /// Of those, the attention's: projections, scores and averages.
  public let attentionOperations: Double
  /// Bytes that must be read or written at least once: parameters, tokens, latents.
  public let bytes: Double
  /// Of those, the attention's.
  public let attentionBytes: Double
}

extension PerceiverConfiguration {
  /// Every stage's costs on an input with these axes, in order.
  ///
  /// - Throws: `ConfigurationError` if the configuration is impossible.
  public func stageCosts(inputAxes axes: [Int]) throws -> [StageCost] {
    try validate()
    let tokens = tokenSize(axes)
    let size = RunSize(
      latents: Double(numLatents), tokens: tokens.count, outputs: tokens.count)
    return ModelPlan(self).stages.map { $0.cost(size, tokens: tokens) }
  }
}

extension StagePlan {
  fileprivate func cost(_ size: RunSize, tokens: TokenSize) -> StageCost {
    var operations = flops(size)
    var attention = operations
    var attentionBytes = 8 * size.latents
    let parameters = 4 * self.parameters.reduce(0) { $0 + $1.shape.reduce(1) { $0 * Double($1) } }
    switch operation {
    case .crossAttention(let block):
      let queries = Int(size.latents)
      let method = block.method(queries: queries, tokens: tokens)
      let counted = block.flops(queries: size.latents, keys: size.tokens)
      attention = block.operations(method, queries: queries, tokens: tokens) ?? counted
      attention += block.queryOperations(queries: size.latents, isFolded: method != .projected)
      operations += attention - counted
      attentionBytes *= Double(block.dim)
      attentionBytes += 4 * block.parameterCount
      // Data and scale, or whole tokens.
      attentionBytes +=
        4 * size.tokens
        * Double(method == .separable ? tokens.channels + 1 : block.contextDim)
    case .selfAttention(let block):
      attention = block.flops(queries: size.latents, keys: size.latents)
      attentionBytes = attentionBytes * Double(block.dim) + 4 * block.parameterCount
    case .reverseCrossAttention(let block):
      attention = block.flops(queries: size.tokens, keys: size.latents)
      attentionBytes = 8 * size.tokens * Double(block.dim) + 4 * block.parameterCount
    case .decoding(let block):
      attention = block.flops(queries: size.outputs, keys: size.latents)
      attentionBytes = 8 * size.outputs * Double(block.dim) + 4 * block.parameterCount
    case .linearAttention(let block):
      attention = block.flops(tokens: size.tokens)
      attentionBytes = 8 * size.tokens * Double(block.dim)
    case .latentMixing:
      (attention, attentionBytes) = (0, 0)
    }
    let attentionParameters = operation.parameters.reduce(0) {
      $0 + 4 * $1.shape.reduce(1) { $0 * Double($1) }
    }
    return StageCost(
      place: place, operations: operations, attentionOperations: attention,
      bytes: attentionBytes + parameters - attentionParameters, attentionBytes: attentionBytes)
  }
}

extension AttentionBlock {
  fileprivate var parameterCount: Double {
    parameters.reduce(0) { $0 + $1.shape.reduce(1) { $0 * Double($1) } }
  }

  /// The projections of queries and outputs; folded, those of keys and values too.
  fileprivate func queryOperations(queries: Double, isFolded: Bool) -> Double {
    let inner = Double(inner)
    return 4 * queries * inner * (Double(dim) + (isFolded ? Double(contextDim) : 0))
  }
}
