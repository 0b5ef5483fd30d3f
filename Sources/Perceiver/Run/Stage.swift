// One step of a run, and everything that can be asked of it afterwards.

import Tensors

/// Where a stage stands in the model, known before it is computed.
public struct StagePlace: Sendable, Hashable, Identifiable {
  /// The kind of attention that a stage begins with.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Latents attend to the input's tokens.
    case crossAttention = "cross-attention"
    /// Latents attend to latents.
    case latentSelfAttention = "latent self-attention"
  }

  /// The stage's index in the run, from 0.
  public let index: Int
  /// The kind of its attention.
  public let kind: Kind
  /// Its layer, from 0.
  public let layer: Int
  /// Its block among the layer's latent blocks, from 0; 0 for cross-attention.
  public let block: Int
  /// Its attention's heads.
  public let heads: Int

  /// The index, unique in a run.
  public var id: Int { index }

  /// The name people read, counted from 1: `cross 2`, `latent 2.1`.
  public var name: String {
    switch kind {
    case .crossAttention: "cross \(layer + 1)"
    case .latentSelfAttention: "latent \(layer + 1).\(block + 1)"
    }
  }
}

/// A computed stage of a run: attention, then feed-forward, each added to the latents.
public struct Stage: Sendable {
  /// Where it stands.
  public let place: StagePlace
  /// The latents after it: `[latents, dim]`.
  public let latents: Tensor
  /// Its attention, recomputed as it is asked for.
  public let attention: StageAttention
  /// Wall-clock time it took, in seconds.
  public let seconds: Double
}
