// The named points in a stage where values are read, edited and differentiated.

import Tensors

/// A named point in a stage. Rows are those of the stream that the stage changes: latents, or where
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
  /// What a stage's heads average, `[rows, heads × width]`, before edits of weights and of averages.
  case averages(Int)
}
