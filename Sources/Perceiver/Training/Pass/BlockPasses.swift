// The blocks of a stage on a tape, for a batch. Names of parameters and their order of use are those
// of the blocks in Models/Blocks.

import Tensors

extension BatchPass {
  /// The norm of rows `[rows, dim]`.
  func normed(_ rows: Variable, _ norm: NormBlock) throws -> Variable {
    switch norm.kind {
    case .layer:
      try tape.layerNorm(
        rows, gain: tape.parameter(norm.name + ".weight"),
        bias: tape.parameter(norm.name + ".bias"), epsilon: NormBlock.epsilon)
    case .rootMeanSquare:
      try tape.clampedRootMeanSquareNorm(
        rows, gain: tape.parameter(norm.name + ".g"), least: NormBlock.epsilon)
    }
  }

  /// Rows after a stage's feed-forward, if it has one.
  func fed(_ plan: StagePlan, _ rows: Variable) throws -> Variable {
    guard let block = plan.feedForward else { return rows }
    let name = block.name + ".fn"
    let hidden = try tape.linear(
      normed(rows, block.norm), tape.parameter(name + ".net.0.weight"),
      bias: tape.parameter(name + ".net.0.bias"))
    let output = try tape.linear(
      tape.gatedGELU(hidden), tape.parameter(name + ".net.2.weight"),
      bias: tape.parameter(name + ".net.2.bias"))
    let kept = try tape.dropping(output, dropouts?.next(rate: feedForwardDropout))
    return block.joining == .added ? tape.sum(kept, rows) : kept
  }

  /// Perceiver IO's classes take no rate, and drop nothing.
  private var hasDropout: Bool {
    plan.configuration.variant != .io && plan.configuration.variant != .languageModel
  }
  private var feedForwardDropout: Double { hasDropout ? plan.configuration.ffDropout : 0 }
  private var attentionDropout: Double { hasDropout ? plan.configuration.attnDropout : 0 }

  /// Latents read tokens: the output before it joins the latents.
  func attend(_ block: AttentionBlock, _ latents: Variable, to streams: Streams) throws -> Variable
  {
    let queries = try queries(block, latents)
    switch streams.tokens {
    case .computed(let rows):
      let keyValues = try tape.linear(
        normed(rows, block.contextNorm), tape.parameter(block.name + ".fn.to_kv.weight"))
      return try output(
        block,
        attention(
          block, queries, keyValues, items: streams.items, hidden: streams.hidden,
          dropout: dropouts?.next(rate: attentionDropout)))
    case .given(let tokens):
      return try output(block, attend(block, queries, toGiven: tokens, streams))
    }
  }

  /// What queries average of tokens that do not change: `[items × latents, inner]`.
  private func attend(
    _ block: AttentionBlock, _ queries: Variable, toGiven tokens: GivenTokens, _ streams: Streams
  ) throws -> Variable {
    let toKV = tape.parameter(block.name + ".fn.to_kv.weight")
    let gain = tape.parameter(block.contextNorm.name + ".weight")
    let bias = tape.parameter(block.contextNorm.name + ".bias")
    let (inner, columns) = (block.inner, tokens.columns + 1)
    let dropout = dropouts?.next(rate: attentionDropout)
    // A score is q·K(x̂∘g + b): the query through the key's folded matrix meets tokens
    // themselves, and an average of tokens goes through the value's (CrossAttentionPath).
    func folded(_ read: (Variable) throws -> Variable) throws -> Variable {
      let key = tape.foldedWeight(toKV, rows: 0..<inner, gain: gain, bias: bias)
      let value = tape.foldedWeight(toKV, rows: inner..<2 * inner, gain: gain, bias: bias)
      let averages = try read(tape.headwiseTimes(queries, key, heads: block.heads))
      return try tape.headwiseLinear(averages, value, heads: block.heads)
    }
    let method = block.learningMethod(
      queries: queries.value.shape[0] / streams.items, tokens: tokens.size,
      isPlain: block.normalisation == .overKeys && streams.hidden == nil && dropout == nil)
    switch method {
    case .separable:
      let places = try tokens.places()
      return try folded { queries in
        try tape.attention(
          BatchedPlaceAttention(
            places, heads: block.heads, queries: queries.value, scale: Float(block.scale)),
          queries: queries)
      }
    case .projected:
      let weight = tape.foldedWeight(toKV, rows: 0..<2 * inner, gain: gain, bias: bias)
      return try attention(
        block, queries, tape.linear(tape.constant(tokens.rows()), weight), items: streams.items,
        hidden: streams.hidden, dropout: dropout)
    case .folded:
      let rows = try tokens.rows()
      return try folded { queries in
        // What a query adds to all its scores alike moves no softmax over keys, and would only take
        // digits from the rest.
        let scored = block.normalisation == .overKeys ? columns - 1 : columns
        var attention = BatchedAttention(
          batch: streams.items, heads: block.heads, queries: queries.value,
          query: .init(first: 0, stride: columns, width: scored), keyValues: rows,
          key: .init(first: 0, stride: 0, width: scored),
          value: .init(first: 0, stride: 0, width: columns), scale: Float(block.scale))
        attention.hidden = streams.hidden
        attention.dropout = dropout
        return try tape.attention(
          attention, queries: queries, keyValues: tape.constant(rows), block.normalisation)
      }
    }
  }

  /// Latents read latents: the output before it joins them.
  func attendToSelf(_ block: AttentionBlock, _ latents: Variable, items: Int) throws -> Variable {
    let normed = try normed(latents, block.norm)
    var queries = try tape.linear(normed, tape.parameter(block.name + ".fn.to_q.weight"))
    var keyValues = try tape.linear(normed, tape.parameter(block.name + ".fn.to_kv.weight"))
    if let rotation = block.rotation {
      let frequencies = tape.constants[rotation].values
      queries = tape.rotated(
        queries, items: items, columns: block.inner, width: block.dimHead,
        frequencies: frequencies)
      keyValues = tape.rotated(
        keyValues, items: items, columns: block.inner, width: block.dimHead,
        frequencies: frequencies)
    }
    return try output(
      block,
      attention(
        block, queries, keyValues, items: items, hidden: nil,
        dropout: dropouts?.next(rate: attentionDropout)))
  }

  /// Tokens or outputs read latents: the output before it joins them or takes their place.
  func attend(
    _ block: AttentionBlock, _ rows: Variable, toLatents latents: Variable, items: Int
  ) throws -> Variable {
    let keyValues = try tape.linear(
      normed(latents, block.contextNorm), tape.parameter(block.name + ".fn.to_kv.weight"))
    return try output(
      block,
      attention(
        block, queries(block, rows), keyValues, items: items, hidden: nil,
        dropout: dropouts?.next(rate: attentionDropout)))
  }

  private func queries(_ block: AttentionBlock, _ rows: Variable) throws -> Variable {
    try tape.linear(
      normed(rows, block.norm), tape.parameter(block.name + ".fn.to_q.weight"))
  }

  private func output(_ block: AttentionBlock, _ averages: Variable) throws -> Variable {
    try tape.linear(
      averages, tape.parameter(block.name + ".fn.to_out.weight"),
      bias: tape.parameter(block.name + ".fn.to_out.bias"))
  }

  /// Attention over projected keys and values, `[items × keys, 2 × inner]`.
  private func attention(
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

  /// Tokens read tokens linearly: the output before it joins them.
  func attendLinearly(
    _ block: LinearAttentionBlock, _ data: Variable, hidden: Tensor?, items: Int
  ) throws -> Variable {
    let projected = try tape.linear(
      normed(data, block.norm), tape.parameter(block.name + ".fn.to_qkv.weight"))
    let taken = try tape.linearAttention(
      projected, batch: items, heads: LinearAttentionBlock.heads,
      scale: 1 / Float(LinearAttentionBlock.dimHead).squareRoot(), hidden: hidden)
    let output = try tape.linear(
      taken, tape.parameter(block.name + ".fn.to_out.0.weight"),
      bias: tape.parameter(block.name + ".fn.to_out.0.bias"))
    return try tape.dropping(output, dropouts?.next(rate: attentionDropout))
  }

  /// Latents mixed by a perceptron across them: the output before it joins them.
  func mix(_ block: LatentMixingBlock, _ latents: Variable, items: Int) throws -> Variable {
    func convolved(_ rows: Variable, _ number: String) throws -> Variable {
      let weight = tape.parameter("\(block.name).fn.\(number).weight")
      return try tape.linear(
        rows, tape.reshaped(weight, Array(weight.value.shape.dropLast())),
        bias: tape.parameter("\(block.name).fn.\(number).bias"))
    }
    let columns = tape.turned(try normed(latents, block.norm), items: items)
    let hidden = try tape.gelu(convolved(columns, "0"))
    let kept = try tape.dropping(hidden, dropouts?.next(rate: feedForwardDropout))
    return tape.turned(try convolved(kept, "3"), items: items)
  }
}

extension StagePlan.Operation {
  /// The prefix of the operation's parameters' names.
  var name: String {
    switch self {
    case .crossAttention(let block), .selfAttention(let block), .reverseCrossAttention(let block),
      .decoding(let block):
      block.name
    case .latentMixing(let block): block.name
    case .linearAttention(let block): block.name
    }
  }
}
