// Pre-normalised attention between two streams: latents, tokens, or outputs.

import Tensors

/// One attention with its norms: perceiver-pytorch's `PreNorm(dim, Attention(…))`.
struct AttentionBlock: Sendable, Hashable {
  /// What the attention reads.
  enum Context: Sendable, Hashable {
    /// The queries themselves, through the same norm.
    case queries
    /// Another stream, of so many channels, through a norm of its own.
    case other(channels: Int)
  }

  /// What the softmax runs over.
  enum Normalisation: Sendable, Hashable {
    case overKeys
    /// Over queries, then each query's weights over their sum: inverted attention.
    case overQueries
  }

  /// The prefix of its parameters' names.
  let name: String
  /// Channels of what asks.
  let dim: Int
  let heads: Int
  let dimHead: Int
  let context: Context
  var normalisation = Normalisation.overKeys
  var normKind = NormBlock.Kind.layer
  /// The parameter with the frequencies by which rows' places are turned into queries and keys.
  var rotation: String?
  /// What scores are divided by beyond the root of the channels.
  var temperature = 1.0

  var inner: Int { heads * dimHead }

  /// What scores are multiplied by.
  var scale: Double { 1 / (Double(dimHead).squareRoot() * temperature) }

  var contextDim: Int {
    switch context {
    case .other(let channels): channels
    case .queries: dim
    }
  }

  /// The norm of what asks.
  var norm: NormBlock { NormBlock(name: name + ".norm", dim: dim, kind: normKind) }

  /// The norm of what is read, where that is another stream: always a layer norm.
  var contextNorm: NormBlock {
    NormBlock(name: name + ".norm_context", dim: contextDim, kind: .layer)
  }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    var all = ParameterSpecification.linear(
      name + ".fn.to_q", inputs: dim, outputs: inner, .without)
    all += ParameterSpecification.linear(
      name + ".fn.to_kv", inputs: contextDim, outputs: 2 * inner, .without)
    all += ParameterSpecification.linear(name + ".fn.to_out", inputs: inner, outputs: dim)
    all += norm.parameters
    if context != .queries { all += contextNorm.parameters }
    return all
  }

  /// Multiplications and additions: projections, scores, averages.
  func flops(queries: Double, keys: Double) -> Double {
    let (dim, inner, contextDim) = (Double(dim), Double(inner), Double(contextDim))
    return 2
      * (2 * queries * dim * inner + 2 * keys * contextDim * inner + 2 * queries * keys * inner)
  }
}

extension AttentionBlock {
  /// Queries of all heads, not yet scaled: `[heads, rows, dimHead]`.
  func queries(
    of normed: Tensor, parameters: Parameters, workers: Workers
  ) throws -> Tensor {
    try normed.linear(weight: parameters[name + ".fn.to_q.weight"], workers: workers)
      .splitIntoHeads(heads)
  }

  /// Averages of all heads `[heads, rows, dimHead]` through the last projection: `[rows, dim]`.
  func output(of averages: Tensor, parameters: Parameters, workers: Workers) throws -> Tensor {
    try averages.joiningHeads().linear(
      weight: parameters[name + ".fn.to_out.weight"], bias: parameters[name + ".fn.to_out.bias"],
      workers: workers)
  }

  /// Latents attend to latents: the output before it is added to `[latents, dim]`, and what its
  /// maps are made from.
  func attendToSelf(
    _ latents: Tensor, parameters: Parameters, workers: Workers
  ) throws -> (output: Tensor, attention: StageAttention) {
    let normed = try norm.apply(to: latents, parameters: parameters, workers: workers)
    var queries = try normed.linear(
      weight: parameters[name + ".fn.to_q.weight"], workers: workers)
    var keyValues = try normed.linear(
      weight: parameters[name + ".fn.to_kv.weight"], workers: workers)
    if let rotation {
      let frequencies = parameters[rotation].values
      queries = queries.rotated(width: dimHead, frequencies: frequencies)
      keyValues = keyValues.rotatingKeys(heads: heads, width: dimHead, frequencies: frequencies)
    }
    queries = queries.splitIntoHeads(heads)
    queries.scale(by: Float(scale))
    let operands = AttentionOperands(queries: queries, rows: .stored(keyValues))
    let average = try operands.average(normalisation, workers: workers)
    return (
      try output(of: average.values, parameters: parameters, workers: workers),
      StageAttention(
        operands: operands, statistics: average.statistics, mapShape: [latents.shape[0]],
        visibility: .all)
    )
  }

  /// Latents attend to tokens: the output before it is added to `[latents, dim]`.
  func attend(
    _ latents: Tensor, to tokens: TokenContext, parameters: Parameters, workers: Workers
  ) throws -> (output: Tensor, attention: StageAttention) {
    let normed = try norm.apply(to: latents, parameters: parameters, workers: workers)
    let (averages, attention) = try CrossAttentionPath(self, parameters: parameters)
      .attend(
        try queries(of: normed, parameters: parameters, workers: workers), tokens: tokens,
        workers: workers)
    return (try output(of: averages, parameters: parameters, workers: workers), attention)
  }

  /// Tokens or outputs attend to latents: the output before it is added to `[rows, dim]`.
  ///
  /// The attention keeps, for each latent, its key folded into the space of the rows, and for each
  /// row the logarithm of its softmax's sum: a map of one latent over all rows then needs no other
  /// latent.
  ///
  /// - Parameters:
  ///   - rows: What asks, `[…axes, dim]`.
  ///   - latents: What is read: `[latents, contextDim]`.
  func attend(
    _ rows: Tensor, toLatents latents: Tensor, parameters: Parameters, workers: Workers
  ) throws -> (output: Tensor, attention: StageAttention) {
    let axes = Array(rows.shape.dropLast())
    let flat = rows.reshaped([axes.reduce(1, *), dim])
    let normed = try norm.apply(to: flat, parameters: parameters, workers: workers)
    var queries = try queries(of: normed, parameters: parameters, workers: workers)
    queries.scale(by: Float(scale))
    let keyValues =
      try contextNorm
      .apply(to: latents, parameters: parameters, workers: workers)
      .linear(weight: parameters[name + ".fn.to_kv.weight"], workers: workers)
    let average = try AttentionOperands(queries: queries, rows: .stored(keyValues))
      .softmaxAverage(workers: workers)
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
    return (
      try output(of: average.values, parameters: parameters, workers: workers),
      StageAttention(
        operands: operands, statistics: average.statistics.byKeys(latents: latents.shape[0]),
        mapShape: axes, visibility: .all, reader: .tokens)
    )
  }
}

extension AttentionOperands {
  func average(
    _ normalisation: AttentionBlock.Normalisation, workers: Workers
  ) throws -> AttentionAverage {
    switch normalisation {
    case .overKeys: try softmaxAverage(workers: workers)
    case .overQueries: try invertedAverage(workers: workers)
    }
  }
}
