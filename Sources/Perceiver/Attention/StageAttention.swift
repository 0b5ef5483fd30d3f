// A stage's attention as what regenerates it: maps are computed when asked for, never kept.

import Tensors

/// The numbers of an attention that can be shown.
public enum AttentionValue: String, Sendable, Hashable, CaseIterable {
  /// After the softmax: each query's sum to one over the keys (inverted: normalised as 0.9.0 does).
  case probabilities
  /// Before the softmax: scaled products of query and key, as in the paper's Figure 3.
  case scores
}

/// Which heads a map is of.
public enum HeadSelection: Sendable, Hashable {
  /// One head, from 0.
  case one(Int)
  /// The mean over all heads.
  case mean
}

/// Which queries (latents) a map is of.
public enum QuerySelection: Sendable, Hashable {
  /// One query, from 0.
  case one(Int)
  /// The mean over all queries.
  case mean
  /// The largest value over all queries, key by key.
  case maximum
}

/// The attention of one stage: `[heads, queries, keys]` numbers, computed as they are asked for.
public struct StageAttention: Sendable {
  /// The number of heads.
  public let heads: Int
  /// The number of queries: latents.
  public let queries: Int
  /// The number of keys: tokens for cross-attention, latents for self-attention.
  public let keys: Int
  /// The axes of the keys: `[height, width]` for an image, `[latents]` for self-attention.
  public let keyShape: [Int]

  /// One map over the keys, of shape `keyShape`.
  ///
  /// - Precondition: head and query are in range.
  /// - Throws: `ComputationCancelled`.
  public func map(
    head: HeadSelection, query: QuerySelection, as value: AttentionValue,
    cancellation: Cancellation? = nil
  ) throws -> Tensor {
    fatalError()
  }

  /// The map of one head and one query, of shape `keyShape`.
  public func map(head: Int, query: Int, as value: AttentionValue) -> Tensor {
    fatalError()
  }

  /// What every query gives one key: `[heads, queries]`. Which latents look at a pixel?
  public func received(byKey key: Int, as value: AttentionValue) -> Tensor {
    fatalError()
  }

  /// The whole matrix: `[heads, queries, keys]`. Large for images: `heads × queries × keys × 4` bytes.
  public func matrix(
    as value: AttentionValue, cancellation: Cancellation? = nil
  ) throws -> Tensor {
    fatalError()
  }

  /// The maps of a range of queries of one head: `[queries.count] + keyShape`.
  public func maps(
    head: HeadSelection, queries: Range<Int>, as value: AttentionValue,
    cancellation: Cancellation? = nil
  ) throws -> Tensor {
    fatalError()
  }
}
