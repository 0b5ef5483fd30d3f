// One step of a run, and everything that can be asked of it afterwards.

import Tensors

/// Where a stage stands in the model, known before it is computed.
public struct StagePlace: Sendable, Hashable, Identifiable {
  /// What a stage begins with.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Latents attend to the input's tokens.
    case crossAttention = "cross-attention"
    /// Latents attend to latents.
    case latentSelfAttention = "latent self-attention"
    /// Latents are mixed without attention (mixed-latents variant).
    case latentMixing = "latent mixing"
    /// Tokens attend to tokens through sums of features (bottom-up variant).
    case linearAttention = "linear attention"
    /// Tokens attend to latents (bottom-up variant).
    case reverseCrossAttention = "reverse cross-attention"
    /// Output queries attend to latents (Perceiver IO).
    case decoderCrossAttention = "decoder cross-attention"
  }

  /// The stage's index in the run, from 0.
  public let index: Int
  /// What it begins with.
  public let kind: Kind
  /// Its layer, from 0.
  public let layer: Int
  /// Its block among the layer's latent blocks, from 0; 0 for cross-attention.
  public let block: Int
  /// Its attention's heads; 0 where it has no attention.
  public let heads: Int

  /// The index, unique in a run.
  public var id: Int { index }

  /// The name people read, counted from 1: `cross 2`, `latent 2.1`.
  public var name: String {
    switch kind {
    case .crossAttention: "cross \(layer + 1)"
    case .latentSelfAttention: "latent \(layer + 1).\(block + 1)"
    case .latentMixing: "mixing \(layer + 1)"
    case .linearAttention: "linear \(layer + 1)"
    case .reverseCrossAttention: "reverse \(layer + 1)"
    case .decoderCrossAttention: "decoder"
    }
  }
}

extension StagePlace.Kind {
  /// What a map of the stage lies over.
  public enum MapGround: Sendable, Hashable {
    /// The input's tokens: a photo's pixels.
    case tokens
    /// The latents.
    case latents
    /// The decoder's queries, which may have the input's places.
    case outputs
  }

  /// What a map of the stage lies over; nil where there is no attention.
  public var mapGround: MapGround? {
    switch self {
    case .crossAttention, .linearAttention, .reverseCrossAttention: .tokens
    case .latentSelfAttention: .latents
    case .decoderCrossAttention: .outputs
    case .latentMixing: nil
    }
  }

  /// Whether the stage changes the tokens, and not the latents.
  var changesTokens: Bool { self == .linearAttention || self == .reverseCrossAttention }
}

/// A computed stage of a run: attention or mixing, then perhaps a feed-forward.
public struct Stage: Sendable {
  /// Where it stands.
  public let place: StagePlace
  /// The latents after it: `[latents, dim]`.
  public let latents: Tensor
  /// Its attention, recomputed as it is asked for; nil for latent mixing, which has none.
  public let attention: StageAttention?
  /// The tokens after it, `[tokens, channels]`, where it changed them.
  public let tokens: Tensor?
  /// The decoder's outputs, `[…queries, channels]`, before the last linear layer.
  public let outputs: Tensor?
  /// Where an attention residual ends the stage: the share of each earlier layer's output,
  /// `[latents, dim]` each, the initial latents' first (Perceiver IO: the first cross-attention's).
  public let residualShares: [Tensor]
  /// Wall-clock time it took, in seconds.
  public let seconds: Double
  /// Of that, the time of its attention or mixing with its norms, before gate and feed-forward.
  public let operationSeconds: Double
}
