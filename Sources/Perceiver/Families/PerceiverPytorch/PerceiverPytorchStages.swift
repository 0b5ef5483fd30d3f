// The stages of every class, a list each, and the blocks they are made with, by the names of release
// 0.11.0.

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

  /// perceiver-pytorch's `EnformerAttentionResidual`.
  func residual(layer: Int) -> AttentionResidualBlock? {
    guard configuration.attnResidual else { return nil }
    let name = "\(prefix)attn_residuals.\(rules.tying.stored(layer: layer)).to_attn_logits"
    let (dim, rank) = (configuration.latentDim, configuration.attnResidualRank)
    return AttentionResidualBlock(
      gain: rules.residualNorm == .none ? nil : name + ".0.weight",
      inner: Projection(name + ".1", inputs: dim, outputs: rank, .without),
      outer: Projection(name + ".2", inputs: rank, outputs: dim, .without), outputs: layer + 2)
  }

  /// perceiver-pytorch's `PreNorm(dim, Mixer(num_latents))`.
  func mixing(_ name: String) -> LatentMixingBlock {
    let latents = configuration.numLatents
    return LatentMixingBlock(
      name: name, norm: NormBlock(name: name + ".norm", dim: configuration.latentDim, kind: .layer),
      inner: Projection(name + ".fn.0", inputs: latents, outputs: 4 * latents),
      outer: Projection(name + ".fn.3", inputs: 4 * latents, outputs: latents))
  }

  /// perceiver-pytorch's `PreNorm(dim, LinearAttention(dim))`: always 4 heads of 64 features.
  func linearAttention(_ name: String, dim: Int) -> LinearAttentionBlock {
    let (heads, dimHead) = (4, 64)
    let inner = heads * dimHead
    return LinearAttentionBlock(
      name: name, heads: heads, norm: NormBlock(name: name + ".norm", dim: dim, kind: rules.norm),
      joined: Projection(name + ".fn.to_qkv", inputs: dim, outputs: 3 * inner, .without),
      output: Projection(name + ".fn.to_out.0", inputs: inner, outputs: dim))
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

// The main class: in each layer latents read the tokens, then themselves.

extension StageBuilder {
  /// `perceiver_pytorch.Perceiver`.
  func perceiverStages() -> [StagePlan] {
    var list = StageList()
    let blocks = configuration.selfPerCrossAttn
    for layer in 0..<configuration.depth {
      let name = layerName(layer)
      let residual = residual(layer: layer)
      list.add(
        AttentionStage.cross(
          crossAttention(
            "\(name).cross_attn", isInverted: configuration.invertedCrossAttn.isOn(inLayer: layer))
        ),
        layer: layer, feedForward: feedForward("\(name).cross_ff"),
        residual: blocks == 0 ? residual : nil, endsLayer: configuration.attnResidual && blocks == 0
      )
      for block in 0..<blocks {
        let stored = rules.tying.stored(block: block, inLayer: layer)
        list.add(
          AttentionStage.latents(selfAttention("\(name).self_attns.\(stored).0")), layer: layer,
          block: block, feedForward: feedForward("\(name).self_attns.\(stored).1"),
          residual: block == blocks - 1 ? residual : nil,
          endsLayer: configuration.attnResidual && block == blocks - 1)
      }
    }
    return list.stages
  }
}

// Perceiver IO and the language model over it: at the end queries read the latents.

extension StageBuilder {
  /// `perceiver_io.PerceiverIO`, also inside `perceiver_io.PerceiverLM`.
  ///
  /// Since 0.7.0 the input is read once, and every further stage is a block of the one layer.
  func decoderStages() -> [StagePlan] {
    var list = StageList()
    if rules.readsInputInEveryLayer {
      for layer in 0..<configuration.depth {
        let name = layerName(layer)
        list.add(
          AttentionStage.cross(crossAttention("\(name).cross_attn", isInverted: false)),
          layer: layer,
          feedForward: feedForward("\(name).cross_ff"))
        for block in 0..<configuration.selfPerCrossAttn {
          let stored = rules.tying.stored(block: block, inLayer: layer)
          list.add(
            AttentionStage.latents(selfAttention("\(name).self_attns.\(stored).0")), layer: layer,
            block: block, feedForward: feedForward("\(name).self_attns.\(stored).1"))
        }
      }
    } else {
      let name = "\(prefix)cross_attend_block"
      list.add(
        AttentionStage.cross(
          crossAttention(
            "\(name).cross_attn", isInverted: configuration.invertedCrossAttn.isOn(inLayer: 0))),
        layer: 0, feedForward: feedForward("\(name).cross_ff"),
        endsLayer: configuration.attnResidual)
      for block in 0..<configuration.depth {
        let name = layerName(block)
        list.add(
          AttentionStage.latents(selfAttention("\(name).self_attns.0.0")), layer: 0, block: block,
          feedForward: feedForward("\(name).self_attns.0.1"), residual: residual(layer: block),
          endsLayer: configuration.attnResidual)
      }
    }
    list.add(
      AttentionStage.decoding(attentionToLatents("\(prefix)decoder_cross_attn", dim: queriesDim)),
      layer: rules.readsInputInEveryLayer ? configuration.depth - 1 : 0,
      .replacing, feedForward: decoderFeedForward)
    return list.stages
  }

  private var queriesDim: Int {
    configuration.variant == .languageModel ? configuration.dim : configuration.queriesDim
  }

  private var decoderFeedForward: FeedForwardBlock? {
    var block = feedForward("\(prefix)decoder_ff", dim: queriesDim)
    switch rules.decoderFeedForward {
    case .none: return nil
    case .added: break
    case .replacing: block.joining = .replacing
    }
    return block
  }
}

// The gated variant: attention enters the latents through a recurrent gate.

extension StageBuilder {
  /// `gated.Perceiver`.
  func gatedStages() -> [StagePlan] {
    var list = StageList()
    for layer in 0..<configuration.depth {
      let name = layerName(layer)
      list.add(
        AttentionStage.cross(crossAttention("\(name).0.fn", isInverted: false)), layer: layer,
        .gated(GateBlock(name: "\(name).0.gru", dim: configuration.latentDim)),
        feedForward: feedForward("\(name).1.fn"))
      list.add(
        AttentionStage.latents(selfAttention("\(name).2.fn")), layer: layer,
        .gated(GateBlock(name: "\(name).2.gru", dim: configuration.latentDim)),
        feedForward: feedForward("\(name).3.fn"))
    }
    return list.stages
  }
}

// The mixed-latents variant: a perceptron across latents stands where self-attention was.

extension StageBuilder {
  /// `mixed_latents.Perceiver`.
  func mixedLatentsStages() -> [StagePlan] {
    var list = StageList()
    for layer in 0..<configuration.depth {
      let name = layerName(layer)
      list.add(
        AttentionStage.cross(crossAttention("\(name).0", isInverted: false)), layer: layer,
        feedForward: feedForward("\(name).1"))
      list.add(mixing("\(name).2"), layer: layer, feedForward: feedForward("\(name).3"))
    }
    return list.stages
  }
}

// The bottom-up variant: between layers the tokens attend to themselves and to the latents.
//
// perceiver-pytorch 0.8.8 to 0.11.0 counts input_channels twice when positions are encoded, and
// raises an error on any input of so many channels. Here a token has the channels it has, as up to
// 0.8.7, which runs.

extension StageBuilder {
  /// `experimental.Perceiver`.
  func bottomUpStages() -> [StagePlan] {
    var list = StageList()
    for layer in 0..<configuration.depth {
      let blocks = BottomUpLayer(self, layer: layer)
      list.add(
        AttentionStage.cross(blocks.cross), layer: layer, feedForward: blocks.crossFeedForward)
      // No stage reads the tokens after the last layer, so these two are not run there.
      if layer < configuration.depth - 1 {
        list.add(blocks.linear, layer: layer, feedForward: nil)
        list.add(
          AttentionStage.reverse(blocks.reverse), layer: layer,
          feedForward: blocks.reverseFeedForward)
      }
      list.add(
        AttentionStage.latents(blocks.latent), layer: layer, feedForward: blocks.latentFeedForward)
    }
    return list.stages
  }

  /// Parameters of all layers in the order in which torch draws them, the last layer's unused ones
  /// too.
  var bottomUpParameters: [ParameterSpecification] {
    (0..<configuration.depth).flatMap { BottomUpLayer(self, layer: $0).parameters }
  }
}

private struct BottomUpLayer {
  let cross: AttentionBlock
  let crossFeedForward: FeedForwardBlock
  let reverse: AttentionBlock
  let reverseFeedForward: FeedForwardBlock
  let linear: LinearAttentionBlock
  let latent: AttentionBlock
  let latentFeedForward: FeedForwardBlock

  init(_ builder: StageBuilder, layer: Int) {
    let name = builder.layerName(layer)
    let channels = builder.configuration.tokenChannels
    cross = builder.crossAttention("\(name).0", isInverted: false)
    crossFeedForward = builder.feedForward("\(name).1")
    reverse = builder.attentionToLatents("\(name).2", dim: channels)
    reverseFeedForward = builder.feedForward("\(name).3", dim: channels)
    linear = builder.linearAttention("\(name).4", dim: channels)
    latent = builder.selfAttention("\(name).5")
    latentFeedForward = builder.feedForward("\(name).6")
  }

  var parameters: [ParameterSpecification] {
    cross.parameters + crossFeedForward.parameters + reverse.parameters
      + reverseFeedForward.parameters + linear.parameters + latent.parameters
      + latentFeedForward.parameters
  }
}
