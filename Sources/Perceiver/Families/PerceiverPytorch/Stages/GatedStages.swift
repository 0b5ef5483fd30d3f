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
