// What the variants' lists of stages are made with: blocks by the names of release 0.11.0.

/// Makes the blocks of one configuration.
struct StageBuilder {
  let configuration: PerceiverConfiguration
  let rules: ReleaseRules
  let prefix: String

  init(_ configuration: PerceiverConfiguration) {
    self.configuration = configuration.withoutUnused
    rules = ReleaseRules(self.configuration)
    prefix = configuration.prefix
  }

  /// The prefix of a layer's parameters, which tied layers share.
  func layerName(_ layer: Int) -> String {
    "\(prefix)layers.\(rules.tying.stored(layer: layer))"
  }

  /// Latents to tokens.
  func crossAttention(_ name: String, isInverted: Bool) -> AttentionBlock {
    var block = attention(
      name, dim: configuration.latentDim, reading: configuration.tokenChannels,
      heads: configuration.crossHeads, dimHead: configuration.crossDimHead)
    block.normalisation = isInverted ? .overQueries : .overKeys
    return block
  }

  /// Latents to latents.
  func selfAttention(_ name: String) -> AttentionBlock {
    var block = attention(
      name, dim: configuration.latentDim, reading: nil, heads: configuration.latentHeads,
      dimHead: configuration.latentDimHead)
    block.rotation = rules.hasRotaryLatents ? Self.rotationName : nil
    return block
  }

  /// Tokens or output queries to latents.
  func attentionToLatents(_ name: String, dim: Int) -> AttentionBlock {
    attention(
      name, dim: dim, reading: configuration.latentDim, heads: configuration.crossHeads,
      dimHead: configuration.crossDimHead)
  }

  /// perceiver-pytorch's `PreNorm(dim, Attention(…))`.
  ///
  /// - Parameter channels: Of what is read; nil where the rows read themselves.
  private func attention(
    _ name: String, dim: Int, reading channels: Int?, heads: Int, dimHead: Int
  ) -> AttentionBlock {
    let (inner, context) = (heads * dimHead, channels ?? dim)
    func joined(_ rows: Range<Int>) -> Projection {
      Projection(name + ".fn.to_kv", inputs: context, rows: rows, of: 2 * inner)
    }
    return AttentionBlock(
      name: name, heads: heads,
      norm: NormBlock(name: name + ".norm", dim: dim, kind: rules.norm),
      contextNorm: channels.map { NormBlock(name: name + ".norm_context", dim: $0, kind: .layer) },
      query: Projection(name + ".fn.to_q", inputs: dim, outputs: inner, .without),
      key: joined(0..<inner), value: joined(inner..<2 * inner),
      output: Projection(name + ".fn.to_out", inputs: inner, outputs: dim),
      temperature: configuration.attentionTemperature)
  }

  /// perceiver-pytorch's `PreNorm(dim, FeedForward(dim))`: four times as wide inside, gated.
  func feedForward(_ name: String, dim: Int? = nil) -> FeedForwardBlock {
    let dim = dim ?? configuration.latentDim
    return FeedForwardBlock(
      norm: NormBlock(name: name + ".norm", dim: dim, kind: rules.norm),
      inner: Projection(name + ".fn.net.0", inputs: dim, outputs: 8 * dim),
      outer: Projection(name + ".fn.net.2", inputs: 4 * dim, outputs: dim),
      activation: .gatedGELU)
  }

  func residual(layer: Int) -> AttentionResidualBlock? {
    guard configuration.attnResidual else { return nil }
    return AttentionResidualBlock(
      name: "\(prefix)attn_residuals.\(rules.tying.stored(layer: layer))",
      dim: configuration.latentDim, rank: configuration.attnResidualRank,
      norm: rules.residualNorm, outputs: layer + 2)
  }

  /// What follows the last stage.
  func ending() -> Ending {
    /// The mean over latents is number 0 in the main class alone.
    func classifier(first: Int) -> Ending {
      let dim = configuration.latentDim
      return .classifier(
        ClassifierHead(
          norm: NormBlock(name: "to_logits.\(first)", dim: dim, kind: rules.norm),
          linear: Projection(
            "to_logits.\(first + 1)", inputs: dim, outputs: configuration.numClasses)))
    }
    switch configuration.variant {
    case .perceiver:
      return configuration.finalClassifierHead ? classifier(first: 1) : .latents
    case .gated, .mixedLatents, .bottomUp:
      return classifier(first: 0)
    case .io:
      guard configuration.logitsDim > 0 else { return .outputs(nil) }
      return .outputs(
        Projection(
          "to_logits", inputs: configuration.queriesDim, outputs: configuration.logitsDim))
    case .languageModel:
      return .outputs(
        Projection(
          prefix + "to_logits", inputs: configuration.dim, outputs: configuration.numTokens))
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
