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
