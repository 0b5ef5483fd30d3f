// The named places in a stage where values are read, edited and differentiated.

import Tensors

/// A named place in a stage. Rows are those of the stream that the stage changes: latents, or where
/// tokens or outputs read latents, those.
public enum StagePoint: String, Sendable, Hashable, CaseIterable {
  /// What asks, not yet scaled: `[rows, heads × width]`.
  case queries
  /// What is asked: `[keys, heads × width]`.
  case keys
  /// Scaled products of queries and keys, before the softmax. A matrix of rows × keys for each head,
  /// which is never stored.
  case scores
  /// After the softmax; as large, and not stored either.
  case weights
  /// What each head's weights average, heads side by side: `[rows, heads × width]`.
  case headOutputs
  /// What attention or mixing adds to its rows, or of a decoder what takes their place, before a
  /// gate: `[rows, dim]`.
  case attentionOutput
  /// What the feed-forward adds to its rows, or what takes their place: `[rows, dim]`.
  case feedForwardOutput
  /// The latents after the stage: `[latents, dim]`.
  case latents
}

/// A point of a stage.
struct PointOfStage: Sendable, Hashable {
  let point: StagePoint
  let stage: Int
}

/// A value of a pass whose gradient is kept.
enum Mark: Sendable, Hashable {
  /// The input's data, `[items × tokens, channels]`; of a language model its embedded tokens.
  case input
  case point(PointOfStage)
}

extension StagePlan {
  /// The shape of the value at a point, `[heads, rows, keys]` of scores and weights; nil where the
  /// stage has no such point.
  ///
  /// - Parameter size: Rows of the run's streams.
  func shape(of point: StagePoint, _ size: RunSize) -> [Int]? {
    let rows =
      switch operation.changes {
      case .latents: Int(size.latents)
      case .tokens: Int(size.tokens)
      case .outputs: Int(size.outputs)
      }
    let (inner, dim, keys) =
      switch operation {
      case .crossAttention(let block): (block.inner, block.dim, Int(size.tokens))
      case .selfAttention(let block), .reverseCrossAttention(let block), .decoding(let block):
        (block.inner, block.dim, Int(size.latents))
      case .linearAttention(let block):
        (LinearAttentionBlock.heads * LinearAttentionBlock.dimHead, block.dim, Int(size.tokens))
      case .latentMixing(let block): (0, block.dim, 0)
      }
    switch point {
    case .latents: return nil
    case .attentionOutput: return [rows, dim]
    case .feedForwardOutput: return feedForward.map { [rows, $0.dim] }
    case .queries, .headOutputs: return inner > 0 ? [rows, inner] : nil
    case .keys: return inner > 0 ? [keys, inner] : nil
    case .scores, .weights:
      // A linear attention's softmaxes run over features and over tokens: there is no such matrix.
      if case .linearAttention = operation { return nil }
      return inner > 0 ? [place.heads, rows, keys] : nil
    }
  }
}
