// What the variants' lists of stages are made with: blocks by the names of release 0.11.0.

/// Makes the blocks of one configuration.
struct StageBuilder {
  let configuration: PerceiverConfiguration
  let rules: ReleaseRules
  let prefix: String

  init(_ configuration: PerceiverConfiguration, rules: ReleaseRules, prefix: String) {
    self.configuration = configuration
    self.rules = rules
    self.prefix = prefix
  }

  /// The prefix of a layer's parameters, which tied layers share.
  func layerName(_ layer: Int) -> String {
    "\(prefix)layers.\(rules.tying.stored(layer: layer))"
  }

  /// Latents to tokens.
  func crossAttention(_ name: String, isInverted: Bool) -> AttentionBlock {
    AttentionBlock(
      name: name, dim: configuration.latentDim, heads: configuration.crossHeads,
      dimHead: configuration.crossDimHead,
      context: .other(channels: configuration.tokenChannels),
      normalisation: isInverted ? .overQueries : .overKeys, normKind: rules.norm,
      temperature: configuration.attentionTemperature)
  }

  /// Latents to latents.
  func selfAttention(_ name: String) -> AttentionBlock {
    AttentionBlock(
      name: name, dim: configuration.latentDim, heads: configuration.latentHeads,
      dimHead: configuration.latentDimHead, context: .queries, normKind: rules.norm,
      rotation: rules.hasRotaryLatents ? Self.rotationName : nil,
      temperature: configuration.attentionTemperature)
  }

  /// Tokens or output queries to latents.
  func attentionToLatents(_ name: String, dim: Int) -> AttentionBlock {
    AttentionBlock(
      name: name, dim: dim, heads: configuration.crossHeads, dimHead: configuration.crossDimHead,
      context: .other(channels: configuration.latentDim), normKind: rules.norm,
      temperature: configuration.attentionTemperature)
  }

  func feedForward(_ name: String, dim: Int? = nil) -> FeedForwardBlock {
    FeedForwardBlock(name: name, dim: dim ?? configuration.latentDim, normKind: rules.norm)
  }

  func residual(layer: Int) -> AttentionResidualBlock? {
    guard configuration.attnResidual else { return nil }
    return AttentionResidualBlock(
      name: "\(prefix)attn_residuals.\(rules.tying.stored(layer: layer))",
      dim: configuration.latentDim, rank: configuration.attnResidualRank,
      norm: rules.residualNorm, outputs: layer + 2)
  }

  /// What follows the last stage.
  func ending() -> ModelPlan.Ending {
    let (dim, classes) = (configuration.latentDim, configuration.numClasses)
    switch configuration.variant {
    case .perceiver:
      return configuration.finalClassifierHead
        ? .classifier(ClassifierHead(dim: dim, classes: classes, normKind: rules.norm)) : .latents
    case .gated, .mixedLatents, .bottomUp:
      return .classifier(
        ClassifierHead(dim: dim, classes: classes, first: 0, normKind: rules.norm))
    case .io:
      guard configuration.logitsDim > 0 else { return .outputs(nil) }
      return .outputs(
        OutputHead(
          name: "to_logits", dim: configuration.queriesDim, outputs: configuration.logitsDim))
    case .languageModel:
      return .outputs(
        OutputHead(
          name: prefix + "to_logits", dim: configuration.dim, outputs: configuration.numTokens))
    }
  }

  private static let rotationName = "sinu_emb.inv_freq"

  /// The frequencies of rotary latents: a buffer that files hold.
  var rotationParameters: [ParameterSpecification] {
    guard rules.hasRotaryLatents else { return [] }
    let width = configuration.latentDimHead
    return [
      ParameterSpecification(
        name: Self.rotationName, shape: [width / 2],
        initialisation: .rotaryFrequencies(width: width))
    ]
  }
}

/// Counts stages as they are listed.
struct StageList {
  private(set) var stages: [StagePlan] = []

  /// Adds a stage at the next place.
  mutating func add(
    _ operation: StagePlan.Operation, layer: Int, block: Int = 0, gate: GateBlock? = nil,
    feedForward: FeedForwardBlock?, residual: AttentionResidualBlock? = nil,
    endsLayer: Bool = false
  ) {
    let place = StagePlace(
      index: stages.count, kind: operation.kind, layer: layer, block: block,
      heads: operation.heads)
    stages.append(
      StagePlan(
        place: place, operation: operation, gate: gate, feedForward: feedForward,
        residual: residual, endsLayer: endsLayer))
  }
}

extension StagePlan.Operation {
  fileprivate var kind: StagePlace.Kind {
    switch self {
    case .crossAttention: .crossAttention
    case .selfAttention: .latentSelfAttention
    case .latentMixing: .latentMixing
    case .linearAttention: .linearAttention
    case .reverseCrossAttention: .reverseCrossAttention
    case .decoding: .decoderCrossAttention
    }
  }

  fileprivate var heads: Int {
    switch self {
    case .crossAttention(let block), .selfAttention(let block), .reverseCrossAttention(let block),
      .decoding(let block):
      block.heads
    case .latentMixing: 0
    case .linearAttention: LinearAttentionBlock.heads
    }
  }
}
