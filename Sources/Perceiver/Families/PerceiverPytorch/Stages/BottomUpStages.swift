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
    linear = LinearAttentionBlock(
      name: "\(name).4", dim: channels, normKind: builder.rules.norm)
    latent = builder.selfAttention("\(name).5")
    latentFeedForward = builder.feedForward("\(name).6")
  }

  var parameters: [ParameterSpecification] {
    cross.parameters + crossFeedForward.parameters + reverse.parameters
      + reverseFeedForward.parameters + linear.parameters + latent.parameters
      + latentFeedForward.parameters
  }
}
