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
