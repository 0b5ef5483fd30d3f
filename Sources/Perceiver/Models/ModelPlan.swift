// A model as the list of its stages over shared building blocks. Running, counting, drawing
// parameters and reading checkpoints all read this list.

/// One stage: attention, feed-forward, and at a layer's end perhaps an attention residual.
struct StagePlan: Sendable, Hashable {
  let place: StagePlace
  let attention: AttentionBlock
  let feedForward: FeedForwardBlock
  /// Mixes the outputs of all layers so far, after this stage.
  let residual: AttentionResidualBlock?
  /// Whether the stage is its layer's last.
  let endsLayer: Bool
}

/// The stages, the head and the parameters of a model.
struct ModelPlan: Sendable, Hashable {
  let configuration: PerceiverConfiguration
  let residualNorm: AttentionResidualBlock.Norm
  let stages: [StagePlan]
  let head: ClassifierHead?

  init(
    _ configuration: PerceiverConfiguration,
    residualNorm: AttentionResidualBlock.Norm = .rootMeanSquare
  ) {
    self.configuration = configuration
    self.residualNorm = residualNorm
    stages = Self.stages(of: configuration, residualNorm: residualNorm)
    head =
      configuration.finalClassifierHead
      ? ClassifierHead(dim: configuration.latentDim, classes: configuration.numClasses) : nil
  }

  /// Every distinct parameter in the order in which torch draws them; made anew at each call.
  var parameters: [ParameterSpecification] {
    let latents = ParameterSpecification(
      name: "latents", shape: [configuration.numLatents, configuration.latentDim],
      initialisation: .normal)
    var seen: Set<String> = []
    return ([latents] + stages.flatMap(\.parameters) + (head?.parameters ?? []))
      .filter { seen.insert($0.name).inserted }
  }

  /// The layer whose parameters a layer uses: with tying, all from the second on use the second's.
  static func storedLayer(_ layer: Int, _ configuration: PerceiverConfiguration) -> Int {
    configuration.weightTieLayers ? min(layer, 1) : layer
  }

  /// The name under which a parameter stands: with tying, that of the second layer's.
  func storedName(of name: String) -> String {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 2, parts[0] == "layers" || parts[0] == "attn_residuals",
      let layer = Int(parts[1]), (0..<configuration.depth).contains(layer)
    else { return name }
    parts[1] = Substring("\(Self.storedLayer(layer, configuration))")
    return parts.joined(separator: ".")
  }

  private static func stages(
    of configuration: PerceiverConfiguration, residualNorm: AttentionResidualBlock.Norm
  ) -> [StagePlan] {
    var stages: [StagePlan] = []
    for layer in 0..<configuration.depth {
      let prefix = "layers.\(storedLayer(layer, configuration))"
      let blocks = configuration.selfPerCrossAttn
      for block in -1..<blocks {
        let isCross = block < 0
        let endsLayer = block == blocks - 1
        stages.append(
          StagePlan(
            place: StagePlace(
              index: stages.count, kind: isCross ? .crossAttention : .latentSelfAttention,
              layer: layer, block: max(0, block),
              heads: isCross ? configuration.crossHeads : configuration.latentHeads),
            attention: isCross
              ? crossAttention(prefix, layer: layer, configuration)
              : selfAttention("\(prefix).self_attns.\(block).0", configuration),
            feedForward: FeedForwardBlock(
              name: isCross ? "\(prefix).cross_ff" : "\(prefix).self_attns.\(block).1",
              dim: configuration.latentDim),
            residual: configuration.attnResidual && endsLayer
              ? AttentionResidualBlock(
                name: "attn_residuals.\(storedLayer(layer, configuration))",
                dim: configuration.latentDim, rank: configuration.attnResidualRank,
                norm: residualNorm) : nil,
            endsLayer: endsLayer))
      }
    }
    return stages
  }

  private static func crossAttention(
    _ prefix: String, layer: Int, _ configuration: PerceiverConfiguration
  ) -> AttentionBlock {
    AttentionBlock(
      name: "\(prefix).cross_attn", latentDim: configuration.latentDim,
      heads: configuration.crossHeads, dimHead: configuration.crossDimHead,
      context: .tokens(channels: configuration.tokenChannels),
      normalisation: configuration.invertedCrossAttn.isOn(inLayer: layer)
        ? .overQueries : .overKeys)
  }

  private static func selfAttention(
    _ name: String, _ configuration: PerceiverConfiguration
  ) -> AttentionBlock {
    AttentionBlock(
      name: name, latentDim: configuration.latentDim, heads: configuration.latentHeads,
      dimHead: configuration.latentDimHead, context: .latents, normalisation: .overKeys)
  }
}

extension StagePlan {
  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    attention.parameters + feedForward.parameters + (residual?.parameters ?? [])
  }
}
