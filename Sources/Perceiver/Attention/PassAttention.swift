// Attention as a pass computes it: the one operation with several bodies. CrossAttentionMethod says
// which of them is taken; a run's bodies keep what maps are made from, a batch's pass gradients.

import Tensors

extension Pass {
  /// What queries average of stored keys and values: `[items × queries, valueInner]`.
  ///
  /// - Parameters:
  ///   - queries: Not scaled, `[items × queries, inner]`.
  ///   - keyValues: Keys of all heads, then values: `[items × keys, inner + valueInner]`.
  ///   - rows: What asks, where it is not the latents: a map then lies over it.
  ///   - latents: What reads itself, `[latents, dim]`; nil where it reads something else.
  func attention(
    _ block: AttentionBlock, _ queries: Variable, to keyValues: Variable, items: Int,
    asked rows: Tensor? = nil, itself latents: Tensor? = nil
  ) throws -> Variable {
    let visibility = keyVisibility
    let count = keyValues.value.shape[0]
    let stored = StoredKeys(
      keyValues: keyValues, items: items, visibility: visibility,
      mask: { visibility.mask(of: count) }, mapShape: [count])
    let averages = try attention(block, queries, to: stored, dropout: attentionDropout())
    if let keeper {
      if let latents, isUntouched, visibility == .all, block.normalisation == .overKeys,
        RemadeOperands.areWorthIt(block, rows: Double(latents.shape[0]))
      {
        keeper.attention = keeper.attention?.remaking(
          RemadeOperands(
            block, of: latents, plan: plan, parameters: tape.constants, recent: keeper.recent))
      }
      if let rows {
        let keys = try StageAttention.KeysOfRows(
          block, keyValues.value, visibility, parameters: tape.constants, workers: tape.workers)
        keeper.attention = keeper.attention.map {
          StageAttention(
            block, byKeys: keys, statistics: $0.statistics,
            rows: rows.reshaped(keeper.askedAxes + [block.dim]))
        }
      }
    }
    return try editingWeights(ofAverages: averages, heads: block.heads) {
      keyValues.columns(block.valueColumns)
    }
  }

  /// What queries average of an input's tokens: `[items × latents, valueInner]`.
  func attention(
    _ block: AttentionBlock, _ queries: Variable, toTokensOf streams: Streams<Variable>
  ) throws -> Variable {
    let streams = read(streams)
    let tokens = streams.tokens.masking(keyVisibility)
    let dropout = attentionDropout()
    let reading = reading(block, tokens, streams, dropout: dropout)
    let method = block.method(
      queries: queries.value.shape[0] / tokens.items, tokens: tokens.size, reading)
    let averages: Variable
    switch (method, reading) {
    case (_, .streamed):
      let (values, attention) = try StreamedTokenAttention(block, parameters: tape.constants)
        .attend(
          queries.value.splitIntoHeads(block.heads), tokens: tokens, by: method,
          workers: tape.workers)
      keeper?.attention = attention
      averages = tape.constant(values.joiningHeads())
    case (.separable, _):
      averages = try separable(block, queries, tokens, channels: streams.channels)
    case (.folded, _):
      averages = try folded(block, queries, tokens, streams, dropout: dropout)
    case (.projected, _):
      let stored = StoredKeys(
        keyValues: try keyValues(block, streams), items: tokens.items,
        visibility: tokens.visibility, mask: { tokens.mask }, mapShape: tokens.axes)
      averages = try attention(block, queries, to: stored, dropout: dropout)
    }
    return try editingWeights(ofAverages: averages, heads: block.heads) {
      try keyValues(block, streams).columns(block.valueColumns)
    }
  }

  /// Keys and values of all tokens: `[items × tokens, inner + valueInner]`.
  func keyValues(_ block: AttentionBlock, _ streams: Streams<Variable>) throws -> Variable {
    let keyValues: Variable
    if let rows = streams.data {
      keyValues = try linear(block.readNorm(rows, in: self), block.key, block.value)
    } else {
      let tokens = try standardised(streams)
      func folded(_ layer: Projection) throws -> Variable {
        try tokens.linear(
          self.folded(layer, behind: block.readNorm, columns: block.contextColumns))
      }
      keyValues =
        if let both = block.key.joined(with: block.value) {
          try folded(both)
        } else {
          try folded(block.key).beside(folded(block.value))
        }
    }
    return at(.keys, keyValues, columns: block.keyColumns, heads: block.heads)
  }

  /// Standardised tokens with a 1 behind each: `[items × tokens, columns + 1]`.
  private func standardised(_ streams: Streams<Variable>) throws -> Variable {
    guard let channels = streams.channels else {
      return tape.constant(try streams.tokens.matrix(workers: tape.workers))
    }
    return try wholeTokens.made { try streams.tokens.standardised(channels) }
  }

  /// Keys and values that are all there at once, and what of them may be read.
  private struct StoredKeys {
    /// `[items × keys, inner + valueInner]`.
    let keyValues: Variable
    let items: Int
    /// Which keys of a run's one input may be read.
    let visibility: TokenVisibility
    /// Makes what is added to the scores of a batch's keys.
    let mask: () -> Tensor?
    /// The axes of a map over the keys.
    let mapShape: [Int]
  }

  /// Attention to stored keys and values by the body that fits the pass.
  private func attention(
    _ block: AttentionBlock, _ queries: Variable, to stored: StoredKeys, dropout: Dropout?
  ) throws -> Variable {
    switch storedBody {
    case .streamed(let keeper): try streamed(block, queries, to: stored, keeper)
    case .batched: try batched(block, queries, to: stored, dropout: dropout)
    }
  }

  /// Attention of one input to stored keys and values, and what its maps are made from.
  private func streamed(
    _ block: AttentionBlock, _ queries: Variable, to stored: StoredKeys, _ keeper: StageKeeper
  ) throws -> Variable {
    let (keyValues, visibility) = (stored.keyValues, stored.visibility)
    var scaled = queries.value.splitIntoHeads(block.heads)
    // Where a mask keeps nothing, all keys are alike.
    scaled.scale(by: visibility == .none ? 0 : Float(block.scale))
    let rows = visibility.kept.map { keyValues.value.gatheringRows($0.map { Int($0) }) }
    let operands = AttentionOperands(queries: scaled, rows: .stored(rows ?? keyValues.value))
    let isSilent = visibility == .none && block.normalisation == .overQueries
    let average = try operands.average(
      visibility == .none ? .overKeys : block.normalisation, workers: tape.workers)
    let attention = StageAttention(
      operands: operands, statistics: average.statistics, mapShape: stored.mapShape,
      visibility: visibility)
    keeper.attention = isSilent ? attention.withoutWeights() : attention
    return tape.constant(
      isSilent
        ? Tensor(shape: [queries.value.shape[0], block.valueInner])
        : average.values.joiningHeads())
  }

  /// Attention of a batch to stored keys and values, and what gradients are made from.
  private func batched(
    _ block: AttentionBlock, _ queries: Variable, to stored: StoredKeys, dropout: Dropout?
  ) throws -> Variable {
    let (width, keyValues) = (block.dimHead, stored.keyValues)
    var attention = BatchedAttention(
      batch: stored.items, heads: block.heads, queries: queries.value,
      query: .init(first: 0, stride: width, width: width), keyValues: keyValues.value,
      key: .init(first: 0, stride: width, width: width),
      value: .init(
        first: block.inner, stride: block.valueWidth, width: block.valueWidth),
      scale: Float(block.scale))
    attention.mask = stored.mask()
    attention.dropout = dropout
    return try tape.attention(
      attention, queries: queries, keyValues: keyValues, block.normalisation)
  }

  /// Attention of a batch to the positions that tokens stand at.
  private func separable(
    _ block: AttentionBlock, _ queries: Variable, _ tokens: Tokens, channels: Variable?
  ) throws -> Variable {
    let positions = try tokens.batchedPositions(workers: tape.workers)
    return try folding(block, queries) { queries in
      try tape.attention(
        BatchedPositionAttention(
          positions, heads: block.heads, queries: queries.value, scale: Float(block.scale)),
        queries: queries, channels: channels.map { ($0, planes: tokens.positions) })
    }
  }

  /// Attention of a batch to tokens as they are.
  private func folded(
    _ block: AttentionBlock, _ queries: Variable, _ tokens: Tokens, _ streams: Streams<Variable>,
    dropout: Dropout?
  ) throws -> Variable {
    let columns = tokens.columns + 1
    let rows = try standardised(streams)
    return try folding(block, queries) { queries in
      // What a query adds to all its scores alike moves no softmax over keys, and would only take
      // digits from the rest.
      let scored = block.normalisation == .overKeys ? columns - 1 : columns
      var attention = BatchedAttention(
        batch: tokens.items, heads: block.heads, queries: queries.value,
        query: .init(first: 0, stride: columns, width: scored), keyValues: rows.value,
        key: .init(first: 0, stride: 0, width: scored),
        value: .init(first: 0, stride: 0, width: columns), scale: Float(block.scale))
      attention.mask = tokens.mask
      attention.dropout = dropout
      return try tape.attention(
        attention, queries: queries, keyValues: rows, block.normalisation)
    }
  }

  /// A score is q·K(x̂∘g + b): the query through the key's folded matrix meets tokens themselves, and
  /// an average of tokens goes through the value's (StreamedTokenAttention).
  private func folding(
    _ block: AttentionBlock, _ queries: Variable, _ read: (Variable) throws -> Variable
  ) throws -> Variable {
    let (norm, order) = (block.readNorm, block.contextColumns)
    let key = folded(block.key, behind: norm, columns: order)
    let value = folded(block.value, behind: norm, columns: order)
    let averages = try read(queries.headwiseTimes(key, heads: block.heads))
    return try averages.headwiseLinear(value, heads: block.heads)
  }
}

/// Whole tokens of a pass, which are made when a stage first asks for them and read by all that do.
final class WholeTokens {
  private var tokens: Variable?

  func made(_ make: () throws -> Variable) rethrows -> Variable {
    if let tokens { return tokens }
    let made = try make()
    tokens = made
    return made
  }

  /// Before another input.
  func forget() { tokens = nil }
}

extension StageAttention {
  /// Latents' keys folded into the space of standardised rows that read them.
  struct KeysOfRows: Sendable {
    /// `[heads, latents, dim]`.
    let queries: Tensor
    /// The constants of their scores, `[heads, latents]`.
    let offsets: Tensor

    /// - Parameters:
    ///   - keyValues: The latents' keys and values, `[latents, inner + valueInner]`.
    ///   - visibility: Which latents may be read.
    init(
      _ block: AttentionBlock, _ keyValues: Tensor, _ visibility: TokenVisibility,
      parameters: Parameters, workers: Workers
    ) throws {
      let (width, latents) = (block.dimHead, keyValues.shape[0])
      let toQuery = parameters.weight(of: block.query)
      let queryBias = parameters.bias(of: block.query)
      let (gain, bias) = block.norm.affine(parameters)
      let mask = visibility.kept == nil ? nil : visibility.mask(of: latents)
      let folded = try (0..<block.heads).map { head in
        let columns = Range.head(head, width: width)
        var own = try keyValues.columns(columns).folded(
          through: toQuery.rows(columns), gain: gain, bias: bias,
          layerBias: queryBias?.elements(columns), scale: block.scale, workers: workers)
        // Where a mask keeps nothing, all latents are alike.
        if visibility == .none { own.queries.scale(by: 0) }
        if visibility == .none { own.offsets.scale(by: 0) }
        if let mask { own.offsets.add(mask) }
        return own
      }
      queries = Tensor.stacking(folded.map(\.queries))
      offsets = Tensor.stacking(folded.map(\.offsets))
    }
  }

  /// Attention of tokens or outputs to latents, with maps by the latents.
  ///
  /// They keep, for each latent, its key folded into the space of the rows, and for each row the
  /// logarithm of its softmax's sum: a map of one latent over all rows then needs no other latent.
  ///
  /// - Parameters:
  ///   - statistics: Of each row's softmax over latents.
  ///   - rows: What asks, `[…axes, dim]`.
  init(
    _ block: AttentionBlock, byKeys keys: KeysOfRows, statistics: AttentionStatistics, rows: Tensor
  ) {
    self.init(
      operands: AttentionOperands(
        queries: keys.queries, offsets: keys.offsets,
        rows: .folded(
          TokenRows(
            data: rows, tables: [], kept: nil, standardisation: block.norm.standardisation))),
      statistics: statistics.byKeys(latents: keys.queries.shape[1]),
      mapShape: Array(rows.shape.dropLast()), visibility: .all, reader: .tokens)
  }
}
