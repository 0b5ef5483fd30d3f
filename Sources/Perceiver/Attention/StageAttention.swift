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

/// Which maps are shown: one latent's, or all reduced to one.
public enum QuerySelection: Sendable, Hashable {
  /// One query, from 0; where tokens read latents, one latent that is read.
  case one(Int)
  /// The mean over all of them.
  case mean
  /// The largest value over all of them, for each key.
  case maximum
}

/// The attention of one stage: `[heads, queries, keys]` numbers, computed as they are asked for.
///
/// A map belongs to one latent whichever side it is on: where latents read (tokens or latents), it
/// is what that query gives every key; where tokens or outputs read latents, it is what every query
/// gives that key. What it holds is about `heads × latents × channels` numbers, and the tokens,
/// shared with the run. See `StreamedTokenAttention` for why that is enough.
public struct StageAttention: Sendable {
  /// Which side of the attention the latents are on.
  public enum Reader: Sendable, Hashable {
    /// Latents (or a linear attention's features) are the queries: a map lies over the keys.
    case latents
    /// Tokens or outputs are the queries, latents the keys: a map lies over the queries.
    case tokens
  }

  /// The axes of a map: `[height, width]` for an image, `[latents]` for self-attention.
  public let mapShape: [Int]
  /// Which side the latents are on.
  public let reader: Reader
  /// How it was computed, where latents read tokens; nil for other attention.
  public let method: CrossAttentionMethod?
  // The latents' side stands as operands' queries, the maps' side as operands' rows.
  private var source: Source
  private(set) var statistics: AttentionStatistics
  private var visibility: TokenVisibility
  private let linear: LinearAttentionOperands?
  private var weighing = Weighing.normal

  /// Where operands are from.
  private enum Source: Sendable {
    case kept(AttentionOperands)
    case remade(RemadeOperands)
  }

  private var operands: AttentionOperands {
    get {
      switch source {
      case .kept(let operands): operands
      case .remade(let made): made.operands
      }
    }
    set { source = .kept(newValue) }
  }

  /// Whether weights are as the statistics say, or all zero.
  private enum Weighing: Sendable { case normal, nothing }

  init(
    operands: AttentionOperands, statistics: AttentionStatistics, mapShape: [Int],
    visibility: TokenVisibility, reader: Reader = .latents, linear: LinearAttentionOperands? = nil,
    method: CrossAttentionMethod? = nil
  ) {
    source = .kept(operands)
    self.statistics = statistics
    self.mapShape = mapShape
    self.visibility = visibility
    self.reader = reader
    self.linear = linear
    self.method = method
  }

  /// Whether both are one stage's attention, in the same memory.
  func isShared(with other: StageAttention) -> Bool {
    if case .remade(let mine) = source, case .remade(let theirs) = other.source {
      return mine === theirs
    }
    return operands.queries.sharesMemory(with: other.operands.queries) && reader == other.reader
  }

  /// The same attention, whose queries and keys are made again when a map asks for them.
  func remaking(_ made: RemadeOperands) -> StageAttention {
    var result = self
    result.source = .remade(made)
    return result
  }

  /// The same attention with every weight zero: inverted attention to a mask that keeps nothing.
  func withoutWeights() -> StageAttention {
    var result = self
    result.weighing = .nothing
    return result
  }

  /// The same rows read by other queries in their space, which stand as scores: products of a map's
  /// positions with something of each latent.
  ///
  /// - Parameters:
  ///   - queries: `[heads, latents, width]`.
  ///   - constants: Added to each of a latent's products, `[heads, latents]`.
  func products(with queries: Tensor, constants: Tensor) -> StageAttention {
    var result = self
    if case .separable(let positions) = operands.rows {
      result.operands = AttentionOperands(
        queries: queries, offsets: constants, positions: positions)
    } else {
      result.operands = AttentionOperands(
        queries: queries, offsets: constants, rows: operands.rows)
    }
    // Where a mask keeps nothing, products are there all the same.
    if visibility == .none { result.visibility = .all }
    return result
  }

  /// The same queries, with what their weights are made from, over the rows of another attention of
  /// the same stage: weights of tokens that a mask hid, were they read beside the others.
  ///
  /// - Throws: `ComputationCancelled`.
  func reading(rowsOf other: StageAttention, workers: Workers) throws -> StageAttention {
    var result = other
    result.operands = AttentionOperands(
      queries: operands.queries, offsets: operands.offsets, rows: other.operands.rows)
    result.weighing = weighing
    if case .overQueries(_, let totals) = statistics {
      // Each token's softmax over latents is its own; what latents divide by stays.
      let all = try result.operands.invertedAverage(workers: workers).statistics
      guard case .overQueries(let logSums, _) = all else { return result }
      result.statistics = .overQueries(logSums: logSums, totals: totals)
    } else {
      result.statistics = statistics
    }
    return result
  }

  /// The number of heads.
  public var heads: Int {
    switch source {
    case .kept(let operands): operands.heads
    case .remade(let made): made.heads
    }
  }

  /// Maps of a head: latents, or the features of a linear attention.
  public var mapCount: Int {
    switch source {
    case .kept(let operands): operands.queryCount
    case .remade(let made): made.queryCount
    }
  }

  /// Numbers in a map.
  public var mapSize: Int { mapShape.reduce(1, *) }

  /// The number of queries.
  public var queries: Int { reader == .latents ? mapCount : mapSize }

  /// The number of keys.
  public var keys: Int { reader == .latents ? mapSize : mapCount }

  /// The queries of a linear attention after their softmax over features, of the tokens that may be
  /// attended to: `[heads, tokens, features]`. Nil for other attention.
  public var linearQueries: Tensor? {
    linear.map { $0.queries(of: 0..<$0.tokens.count) }
  }

  /// One map, of shape `mapShape`.
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
    return map.reshaped(mapShape)
  }

  /// The map of one head and one latent, of shape `mapShape`.
  ///
  /// - Precondition: head and query are in range.
  public func map(head: Int, query: Int, as value: AttentionValue) -> Tensor {
    precondition((0..<heads).contains(head), "head \(head) of \(heads)")
    // Without a cancellation nothing throws; see Workers.forEach.
    let map = try? rows(head: head, queries: query..<query + 1, as: value, workers: Workers())
    guard let map else { preconditionFailure("cancelled without a cancellation") }
    return map.reshaped(mapShape)
  }

  /// The maps of a range of queries: `[queries.count] + mapShape`.
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
    }.reshaped([range.count] + mapShape)
  }

  /// The whole matrix, `[heads, queries, keys]`; for images large: 51 MB for 256 latents at 224².
  ///
  /// - Throws: `ComputationCancelled`.
  public func matrix(
    as value: AttentionValue, cancellation: Cancellation? = nil
  ) throws -> Tensor {
    Tensor.stacking(
      try (0..<heads).map { head in
        try matrix(head: head, queries: 0..<queries, as: value, cancellation: cancellation)
      })
  }

  /// Some queries' rows of one head's matrix: `[range.count, keys]`.
  ///
  /// - Precondition: head and queries are in range.
  /// - Throws: `ComputationCancelled`.
  public func matrix(
    head: Int, queries range: Range<Int>, as value: AttentionValue,
    cancellation: Cancellation? = nil
  ) throws -> Tensor {
    precondition((0..<heads).contains(head), "head \(head) of \(heads)")
    guard reader == .tokens else {
      return try rows(
        head: head, queries: range, as: value, workers: Workers(cancellation: cancellation))
    }
    return Tensor.stacking(
      try range.map { position in
        try cancellation?.check()
        return received(byKey: position, as: value).row(head)
      })
  }

  /// The number that every map has at one position, `[heads, maps]`: which latents look at a pixel,
  /// or which it looks at.
  ///
  /// - Precondition: the position is in range.
  public func received(byKey key: Int, as value: AttentionValue) -> Tensor {
    precondition((0..<mapSize).contains(key), "position \(key) of \(mapSize)")
    guard let row = row(ofKey: key), !isSilent(value) else {
      return Tensor(shape: [heads, mapCount], repeating: masked(value))
    }
    let perHead = (0..<heads).map { head in
      // Without a cancellation nothing throws; see Workers.forEach.
      (try? operands.received(
        byRow: row, head: head, value == .probabilities ? statistics : nil, workers: Workers()))
        ?? Tensor(shape: [mapCount])
    }
    return Tensor.stacking(perHead)
  }

  /// What all maps of a head add to one, `[mapSize]`; 0 where a mask hides a token.
  ///
  /// - Parameters:
  ///   - products: Queries of the same rows whose scores stand beside the weights; nil for weights
  ///     alone.
  ///   - shifts: One for each map.
  ///   - factors: One for each map.
  /// - Throws: `ComputationCancelled`.
  func contributed(
    _ contribution: RowContribution, beside products: StageAttention?, head: Int, shifts: [Float],
    factors: [Float], cancellation: Cancellation?
  ) throws -> Tensor {
    precondition((0..<heads).contains(head), "head \(head) of \(heads)")
    guard !isSilent(.probabilities) else { return Tensor(shape: [mapSize]) }
    let map = try operands.contributed(
      contribution, statistics, beside: products?.operands, head: head, shifts: shifts,
      factors: factors, workers: Workers(cancellation: cancellation))
    return spread(map.reshaped([1, map.count]), .probabilities).reshaped([mapSize])
  }

  /// `[range.count, mapSize]` of one head.
  private func rows(
    head: Int, queries range: Range<Int>, as value: AttentionValue, workers: Workers
  ) throws -> Tensor {
    // Below this, pointers are not checked.
    precondition(
      range.lowerBound >= 0 && range.upperBound <= mapCount, "maps \(range) of \(mapCount)")
    guard !isSilent(value) else {
      return Tensor(shape: [range.count, mapSize], repeating: masked(value))
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
    guard !isSilent(value) else { return Tensor(shape: [1, mapSize], repeating: masked(value)) }
    // What a token gives all latents sums to one: their mean is known, and its rounding is no map.
    if reduction == .mean, value == .probabilities, reader == .tokens {
      let mean = Tensor(shape: [1, operands.rows.count], repeating: 1 / Float(mapCount))
      return spread(mean, value)
    }
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
  private func masked(_ value: AttentionValue) -> Float {
    value == .scores ? -.infinity : 0
  }

  /// Rows over kept tokens, `[n, kept]`, as rows over all tokens: `[n, mapSize]`.
  private func spread(_ rows: Tensor, _ value: AttentionValue) -> Tensor {
    guard case .some(let kept) = visibility, !operands.rows.includesMasked else { return rows }
    return rows.spreadingColumns(to: kept, of: mapSize, elsewhere: masked(value))
  }

  private func row(ofKey key: Int) -> Int? {
    guard case .some(let kept) = visibility else { return key }
    guard let row = kept.firstIndex(of: Int32(key)) else { return nil }
    return operands.rows.includesMasked ? key : row
  }
}
