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
      list.add(
        LatentMixingBlock(
          name: "\(name).2", latents: configuration.numLatents, dim: configuration.latentDim),
        layer: layer, feedForward: feedForward("\(name).3"))
    }
    return list.stages
  }
}
