// A stage's attention as what regenerates it: maps are computed when asked for, never kept.

import Tensors

/// The numbers of an attention that can be shown.
public enum AttentionValue: String, Sendable, Hashable, CaseIterable {
  /// After the softmax: each query's sum to one over the keys (inverted: normalised as 0.9.0 does).
  case probabilities
  /// Before the softmax: scaled products of query and key, as in the paper's Figure 3. A key that
  /// a mask hides has -infinity.
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
///
/// It holds folded queries and the softmax's normalisation, about `heads × queries × channels`
/// numbers, and shares the run's tokens. See `CrossAttentionPath` for why that is enough.
public struct StageAttention: Sendable {
  /// The axes of the keys: `[height, width]` for an image, `[latents]` for self-attention.
  public let keyShape: [Int]
  private let operands: AttentionOperands
  private let statistics: AttentionStatistics
  private let visibility: TokenVisibility
  private let weighing: Weighing

  /// Whether weights are as the statistics say, or all zero.
  private enum Weighing: Sendable { case normal, nothing }

  init(
    operands: AttentionOperands, statistics: AttentionStatistics, keyShape: [Int],
    visibility: TokenVisibility
  ) {
    self.init(operands, statistics, keyShape, visibility, .normal)
  }

  private init(
    _ operands: AttentionOperands, _ statistics: AttentionStatistics, _ keyShape: [Int],
    _ visibility: TokenVisibility, _ weighing: Weighing
  ) {
    self.operands = operands
    self.statistics = statistics
    self.keyShape = keyShape
    self.visibility = visibility
    self.weighing = weighing
  }

  /// The same attention with every weight zero: inverted attention to a mask that keeps nothing.
  func withoutWeights() -> StageAttention {
    StageAttention(operands, statistics, keyShape, visibility, .nothing)
  }

  /// The number of heads.
  public var heads: Int { operands.heads }

  /// The number of queries: latents.
  public var queries: Int { operands.queryCount }

  /// The number of keys: tokens for cross-attention, latents for self-attention.
  public var keys: Int { keyShape.reduce(1, *) }

  /// One map over the keys, of shape `keyShape`.
  ///
  /// - Precondition: head and query are in range.
  /// - Throws: `ComputationCancelled`.
  public func map(
    head: HeadSelection, query: QuerySelection, as value: AttentionValue,
    cancellation: Cancellation? = nil
  ) throws -> Tensor {
    let workers = Workers(cancellation: cancellation)
    let map = try meanOverHeads(head) { head in
      switch query {
      case .one(let query):
        try rows(head: head, queries: query..<query + 1, as: value, workers: workers)
      case .mean: try reduced(.mean, head: head, as: value, workers: workers)
      case .maximum: try reduced(.maximum, head: head, as: value, workers: workers)
      }
    }
    return map.reshaped(keyShape)
  }

  /// The map of one head and one query, of shape `keyShape`.
  ///
  /// - Precondition: head and query are in range.
  public func map(head: Int, query: Int, as value: AttentionValue) -> Tensor {
    precondition((0..<heads).contains(head), "head \(head) of \(heads)")
    // Without a cancellation nothing throws; see Workers.forEach.
    let map = try? rows(head: head, queries: query..<query + 1, as: value, workers: Workers())
    guard let map else { preconditionFailure("cancelled without a cancellation") }
    return map.reshaped(keyShape)
  }

  /// The maps of a range of queries: `[queries.count] + keyShape`.
  ///
  /// - Precondition: head and queries are in range.
  /// - Throws: `ComputationCancelled`.
  public func maps(
    head: HeadSelection, queries range: Range<Int>, as value: AttentionValue,
    cancellation: Cancellation? = nil
  ) throws -> Tensor {
    let workers = Workers(cancellation: cancellation)
    return try meanOverHeads(head) { head in
      try rows(head: head, queries: range, as: value, workers: workers)
    }.reshaped([range.count] + keyShape)
  }

  /// The whole matrix, `[heads, queries, keys]`; for images large: 51 MB for 256 latents at 224².
  ///
  /// - Throws: `ComputationCancelled`.
  public func matrix(
    as value: AttentionValue, cancellation: Cancellation? = nil
  ) throws -> Tensor {
    let workers = Workers(cancellation: cancellation)
    return Tensor.stacking(
      try (0..<heads).map { head in
        try rows(head: head, queries: 0..<queries, as: value, workers: workers)
      })
  }

  /// What every query gives one key: `[heads, queries]`. Which latents look at a pixel?
  ///
  /// - Precondition: the key is in range.
  public func received(byKey key: Int, as value: AttentionValue) -> Tensor {
    precondition((0..<keys).contains(key), "key \(key) of \(keys)")
    guard let row = row(ofKey: key), !isSilent(value) else {
      return Tensor(shape: [heads, queries], repeating: hidden(value))
    }
    let perHead = (0..<heads).map { head in
      // Without a cancellation nothing throws; see Workers.forEach.
      (try? operands.received(
        byRow: row, head: head, value == .probabilities ? statistics : nil, workers: Workers()))
        ?? Tensor(shape: [queries])
    }
    return Tensor.stacking(perHead)
  }

  /// `[range.count, keys]` of one head.
  private func rows(
    head: Int, queries range: Range<Int>, as value: AttentionValue, workers: Workers
  ) throws -> Tensor {
    // Below this, pointers are not checked.
    precondition(
      range.lowerBound >= 0 && range.upperBound <= queries, "queries \(range) of \(queries)")
    guard !isSilent(value) else {
      return Tensor(shape: [range.count, keys], repeating: hidden(value))
    }
    switch value {
    case .scores:
      return spread(try operands.scores(head: head, queries: range, workers: workers), value)
    case .probabilities:
      return spread(
        try operands.weights(statistics, head: head, queries: range, workers: workers), value)
    }
  }

  private func reduced(
    _ reduction: QueryReduction, head: Int, as value: AttentionValue, workers: Workers
  ) throws -> Tensor {
    guard !isSilent(value) else { return Tensor(shape: [1, keys], repeating: hidden(value)) }
    let numbers = try operands.reduced(
      reduction, value == .probabilities ? statistics : nil, head: head, workers: workers)
    return spread(numbers.reshaped([1, numbers.count]), value)
  }

  private func meanOverHeads(
    _ selection: HeadSelection, _ map: (Int) throws -> Tensor
  ) throws -> Tensor {
    switch selection {
    case .one(let head):
      precondition((0..<heads).contains(head), "head \(head) of \(heads)")
      return try map(head)
    case .mean:
      var sum = try map(0)
      for head in 1..<max(1, heads) { sum.add(try map(head)) }
      sum.scale(by: 1 / Float(heads))
      return sum
    }
  }

  /// Whether nothing distinguishes the keys: no scores where a mask keeps nothing, no weights
  /// where inverted attention then has none.
  private func isSilent(_ value: AttentionValue) -> Bool {
    visibility == .none && (value == .scores || weighing == .nothing)
  }

  /// What a key that a mask hides has.
  private func hidden(_ value: AttentionValue) -> Float {
    value == .scores ? -.infinity : 0
  }

  /// Rows over kept keys, `[n, kept]`, as rows over all keys: `[n, keys]`.
  private func spread(_ rows: Tensor, _ value: AttentionValue) -> Tensor {
    guard case .some(let kept) = visibility else { return rows }
    return rows.spreadingColumns(to: kept, of: keys, elsewhere: hidden(value))
  }

  private func row(ofKey key: Int) -> Int? {
    guard case .some(let kept) = visibility else { return key }
    return kept.firstIndex(of: Int32(key))
  }
}
