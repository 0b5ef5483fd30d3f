// One stage of a model: what it does to which stream, in which order.

/// An attention or mixing, perhaps gated, then perhaps a feed-forward and an attention residual.
struct StagePlan: Sendable, Hashable {
  /// What the stage begins with; its kind says which stream it changes.
  enum Operation: Sendable, Hashable {
    /// Latents read tokens.
    case crossAttention(AttentionBlock)
    /// Latents read latents.
    case selfAttention(AttentionBlock)
    /// Latents are mixed by a perceptron across them.
    case latentMixing(LatentMixingBlock)
    /// Tokens read tokens, linearly.
    case linearAttention(LinearAttentionBlock)
    /// Tokens read latents.
    case reverseCrossAttention(AttentionBlock)
    /// Output queries read latents.
    case decoding(AttentionBlock)
  }

  let place: StagePlace
  let operation: Operation
  /// What takes the operation's output into the latents; nil where it is added.
  var gate: GateBlock?
  var feedForward: FeedForwardBlock?
  /// Mixes the outputs of all layers so far, after this stage.
  var residual: AttentionResidualBlock?
  /// Whether the stage ends what an attention residual counts as a layer.
  var endsLayer = false

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    operation.parameters + (gate?.parameters ?? []) + (feedForward?.parameters ?? [])
      + (residual?.parameters ?? [])
  }

  /// Rows of the stream that the stage changes.
  private func rows(_ size: RunSize) -> Double {
    switch place.kind {
    case .crossAttention, .latentSelfAttention, .latentMixing: size.latents
    case .linearAttention, .reverseCrossAttention: size.tokens
    case .decoderCrossAttention: size.outputs
    }
  }

  /// Multiplications and additions on an input of a given size.
  func flops(_ size: RunSize) -> Double {
    var flops = 0.0
    switch operation {
    case .crossAttention(let block):
      flops += block.flops(queries: size.latents, keys: size.tokens)
    case .selfAttention(let block):
      flops += block.flops(queries: size.latents, keys: size.latents)
    case .latentMixing(let block): flops += block.flops
    case .linearAttention(let block): flops += block.flops(tokens: size.tokens)
    case .reverseCrossAttention(let block):
      flops += block.flops(queries: size.tokens, keys: size.latents)
    case .decoding(let block): flops += block.flops(queries: size.outputs, keys: size.latents)
    }
    flops += gate?.flops(rows: size.latents) ?? 0
    flops += feedForward?.flops(rows: rows(size)) ?? 0
    flops += residual?.flops(latents: size.latents) ?? 0
    return flops
  }

  /// Bytes that the computed stage keeps: its stream and what its maps are made from.
  func keptBytes(_ size: RunSize) -> Double {
    switch operation {
    case .crossAttention(let block):
      let heads = Double(block.heads)
      let (n, channels) = (size.latents, Double(block.contextDim))
      let maps =
        block.normalisation == .overKeys
        ? heads * n * (channels + 3) : heads * (n * (channels + 2) + size.tokens)
      return 4 * (n * Double(block.dim) + maps)
    case .selfAttention(let block):
      let (n, heads) = (size.latents, Double(block.heads))
      return 4 * (n * Double(block.dim) + 3 * n * Double(block.inner) + 2 * heads * n)
    case .latentMixing(let block): return 4 * size.latents * Double(block.dim)
    case .linearAttention(let block):
      return 4 * size.tokens * (2 * Double(block.dim) + 4)
    case .reverseCrossAttention(let block), .decoding(let block):
      return 4 * rows(size) * (2 * Double(block.dim) + 4 + Double(block.heads))
    }
  }
}

extension StagePlan.Operation {
  var parameters: [ParameterSpecification] {
    switch self {
    case .crossAttention(let block), .selfAttention(let block), .reverseCrossAttention(let block),
      .decoding(let block):
      block.parameters
    case .latentMixing(let block): block.parameters
    case .linearAttention(let block): block.parameters
    }
  }
}

/// Rows of a run's streams; doubles, since an input may be one that does not exist.
struct RunSize: Sendable, Hashable {
  let latents: Double
  let tokens: Double
  let outputs: Double
}
