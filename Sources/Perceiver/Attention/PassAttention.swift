// Attention as a pass computes it: the one operation with several bodies. CrossAttentionMethod says
// which of them reads tokens; a run's bodies keep what maps are made from, a batch's pass gradients.

import Tensors

extension Pass {
  /// What queries average of stored keys and values: `[items × queries, inner]`.
  ///
  /// - Parameters:
  ///   - queries: Not scaled, `[items × queries, inner]`.
  ///   - keyValues: Keys of all heads, then values: `[items × keys, 2 × inner]`.
  ///   - rows: What asks, where it is not the latents: a map then lies over it.
  func attention(
    _ block: AttentionBlock, _ queries: Variable, to keyValues: Variable, items: Int,
    asked rows: Tensor? = nil
  ) throws -> Variable {
    guard let keeper else {
      return try batched(
        block, queries, keyValues, items: items, hidden: nil, dropout: attentionDropout())
    }
    var scaled = queries.value.splitIntoHeads(block.heads)
    scaled.scale(by: Float(block.scale))
    let operands = AttentionOperands(queries: scaled, rows: .stored(keyValues.value))
    let average = try operands.average(block.normalisation, workers: tape.workers)
    keeper.attention =
      try rows.map {
        try block.attentionByKeys(
          keyValues.value, rows: $0.reshaped(keeper.askedAxes + [block.dim]),
          statistics: average.statistics, parameters: tape.constants, workers: tape.workers)
      }
      ?? StageAttention(
        operands: operands, statistics: average.statistics,
        mapShape: [keyValues.value.shape[0]], visibility: .all)
    return tape.constant(average.values.joiningHeads())
  }

  /// What queries average of an input's tokens: `[items × latents, inner]`.
  func attention(
    _ block: AttentionBlock, _ queries: Variable, toTokensOf streams: Streams<Variable>
  ) throws -> Variable {
    if let keeper {
      let (averages, attention) = try StreamedTokenAttention(block, parameters: tape.constants)
        .attend(
          queries.value.splitIntoHeads(block.heads), tokens: streams.tokens,
          workers: tape.workers)
      keeper.attention = attention
      return tape.constant(averages.joiningHeads())
    }
    if let rows = streams.data {
      let keyValues = try linear(
        block.contextNorm(rows, in: self), block.name + ".fn.to_kv", .without)
      return try batched(
        block, queries, keyValues, items: streams.tokens.items, hidden: streams.tokens.hidden,
        dropout: attentionDropout())
    }
    return try batched(block, queries, streams.tokens, standardised: streams.standardised)
  }

  /// Attention over projected keys and values, `[items × keys, 2 × inner]`.
  private func batched(
    _ block: AttentionBlock, _ queries: Variable, _ keyValues: Variable, items: Int,
    hidden: Tensor?, dropout: Dropout?
  ) throws -> Variable {
    let width = block.dimHead
    var attention = BatchedAttention(
      batch: items, heads: block.heads, queries: queries.value,
      query: .init(first: 0, stride: width, width: width), keyValues: keyValues.value,
      key: .init(first: 0, stride: width, width: width),
      value: .init(first: block.inner, stride: width, width: width), scale: Float(block.scale))
    attention.hidden = hidden
    attention.dropout = dropout
    return try tape.attention(
      attention, queries: queries, keyValues: keyValues, block.normalisation)
  }

  /// Attention over tokens that no parameter went into.
  private func batched(
    _ block: AttentionBlock, _ queries: Variable, _ tokens: Tokens, standardised: Variable?
  ) throws -> Variable {
    let toKV = parameter(block.name + ".fn.to_kv.weight")
    let gain = parameter(block.contextNorm.name + ".weight")
    let bias = parameter(block.contextNorm.name + ".bias")
    let (inner, columns) = (block.inner, tokens.columns + 1)
    let (hidden, dropout) = (tokens.hidden, attentionDropout())
    // A score is q·K(x̂∘g + b): the query through the key's folded matrix meets tokens
    // themselves, and an average of tokens goes through the value's (StreamedTokenAttention).
    func folded(_ read: (Variable) throws -> Variable) throws -> Variable {
      let key = toKV.foldingNorm(rows: 0..<inner, gain: gain, bias: bias)
      let value = toKV.foldingNorm(rows: inner..<2 * inner, gain: gain, bias: bias)
      let averages = try read(queries.headwiseTimes(key, heads: block.heads))
      return try averages.headwiseLinear(value, heads: block.heads)
    }
    func rows() throws -> Variable {
      try standardised ?? tape.constant(tokens.matrix(workers: tape.workers))
    }
    switch block.method(
      queries: queries.value.shape[0] / tokens.items, tokens: tokens.size,
      .batched(
        isPlain: block.normalisation == .overKeys && hidden == nil && dropout == nil,
        passesGradients: standardised != nil))
    {
    case .separable:
      let places = try tokens.batchedPlaces(workers: tape.workers)
      return try folded { queries in
        try tape.attention(
          BatchedPlaceAttention(
            places, heads: block.heads, queries: queries.value, scale: Float(block.scale)),
          queries: queries)
      }
    case .projected:
      let weight = toKV.foldingNorm(rows: 0..<2 * inner, gain: gain, bias: bias)
      return try batched(
        block, queries, rows().linear(weight), items: tokens.items, hidden: hidden,
        dropout: dropout)
    case .folded:
      let rows = try rows()
      return try folded { queries in
        // What a query adds to all its scores alike moves no softmax over keys, and would only take
        // digits from the rest.
        let scored = block.normalisation == .overKeys ? columns - 1 : columns
        var attention = BatchedAttention(
          batch: tokens.items, heads: block.heads, queries: queries.value,
          query: .init(first: 0, stride: columns, width: scored), keyValues: rows.value,
          key: .init(first: 0, stride: 0, width: scored),
          value: .init(first: 0, stride: 0, width: columns), scale: Float(block.scale))
        attention.hidden = hidden
        attention.dropout = dropout
        return try tape.attention(
          attention, queries: queries, keyValues: rows, block.normalisation)
      }
    }
  }
}

extension AttentionBlock {
  /// The maps of tokens' or outputs' attention to latents, by the latents.
  ///
  /// They keep, for each latent, its key folded into the space of the rows, and for each row the
  /// logarithm of its softmax's sum: a map of one latent over all rows then needs no other latent.
  ///
  /// - Parameters:
  ///   - keyValues: The latents' keys and values, `[latents, 2 × inner]`.
  ///   - rows: What asks, `[…axes, dim]`.
  fileprivate func attentionByKeys(
    _ keyValues: Tensor, rows: Tensor, statistics: AttentionStatistics, parameters: Parameters,
    workers: Workers
  ) throws -> StageAttention {
    let toQuery = parameters[name + ".fn.to_q.weight"]
    let (gain, bias) = norm.affine(parameters)
    let folded = try (0..<heads).map { head in
      try keyValues.columns(head * dimHead..<(head + 1) * dimHead).folded(
        through: toQuery.rows(head * dimHead..<(head + 1) * dimHead), gain: gain, bias: bias,
        scale: scale, workers: workers)
    }
    let operands = AttentionOperands(
      queries: Tensor.stacking(folded.map(\.queries)),
      offsets: Tensor.stacking(folded.map(\.offsets)),
      rows: .folded(
        TokenRows(data: rows, tables: [], kept: nil, standardisation: norm.standardisation)))
    return StageAttention(
      operands: operands, statistics: statistics.byKeys(latents: keyValues.shape[0]),
      mapShape: Array(rows.shape.dropLast()), visibility: .all, reader: .tokens)
  }
}
