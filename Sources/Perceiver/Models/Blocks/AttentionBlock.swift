// Pre-normalised attention: latents to tokens, or latents to latents.

import Tensors

/// One attention with its norms: perceiver-pytorch's `PreNorm(dim, Attention(…))`.
struct AttentionBlock: Sendable, Hashable {
  /// What the attention reads.
  enum Context: Sendable, Hashable {
    /// The input's tokens, of so many channels, through a norm of their own.
    case tokens(channels: Int)
    /// The latents themselves, through the same norm as the queries.
    case latents
  }

  /// What the softmax runs over.
  enum Normalisation: Sendable, Hashable {
    case overKeys
    /// Over queries, then each query's weights over their sum: inverted attention.
    case overQueries
  }

  /// The prefix of its parameters' names.
  let name: String
  let latentDim: Int
  let heads: Int
  let dimHead: Int
  let context: Context
  let normalisation: Normalisation

  var inner: Int { heads * dimHead }

  /// What scores are multiplied by.
  var scale: Double { 1 / Double(dimHead).squareRoot() }

  var contextDim: Int {
    switch context {
    case .tokens(let channels): channels
    case .latents: latentDim
    }
  }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    var all = ParameterSpecification.linear(
      name + ".fn.to_q", inputs: latentDim, outputs: inner, .without)
    all += ParameterSpecification.linear(
      name + ".fn.to_kv", inputs: contextDim, outputs: 2 * inner, .without)
    all += ParameterSpecification.linear(name + ".fn.to_out", inputs: inner, outputs: latentDim)
    all += [.gain(name + ".norm.weight", latentDim), .bias(name + ".norm.bias", latentDim)]
    if case .tokens = context {
      all += [
        .gain(name + ".norm_context.weight", contextDim),
        .bias(name + ".norm_context.bias", contextDim),
      ]
    }
    return all
  }

  /// Multiplications and additions: projections, scores, averages.
  func flops(latents: Int, tokens: Double) -> Double {
    let (queries, keys) = (Double(latents), context == .latents ? Double(latents) : tokens)
    let (dim, inner, contextDim) = (Double(latentDim), Double(inner), Double(contextDim))
    return 2
      * (2 * queries * dim * inner + 2 * keys * contextDim * inner + 2 * queries * keys * inner)
  }

  /// Bytes a computed stage keeps for its maps: queries, keys or tokens' statistics.
  func keptBytes(latents: Int, tokens: Double) -> Double {
    let (n, heads) = (Double(latents), Double(heads))
    switch (context, normalisation) {
    case (.latents, _): return 4 * (3 * n * Double(inner) + 2 * heads * n)
    case (.tokens, .overKeys): return 4 * heads * n * Double(contextDim + 3)
    case (.tokens, .overQueries):
      return 4 * heads * (n * Double(contextDim + 2) + tokens)
    }
  }
}

extension AttentionBlock {
  /// The attention's output before it is added to the latents, and what its maps are made from.
  ///
  /// - Parameters:
  ///   - latents: `[latents, dim]`.
  ///   - tokens: What a cross-attention reads.
  func attend(
    _ latents: Tensor, tokens: TokenContext, parameters: Parameters, workers: Workers
  ) throws -> (output: Tensor, attention: StageAttention) {
    let normed = try latents.layerNorm(
      gain: parameters[name + ".norm.weight"], bias: parameters[name + ".norm.bias"],
      epsilon: Self.epsilon, workers: workers)
    var queries = try normed.linear(
      weight: parameters[name + ".fn.to_q.weight"], workers: workers
    ).splitIntoHeads(heads)
    let averages: Tensor
    let attention: StageAttention
    switch context {
    case .latents:
      let keyValues = try normed.linear(
        weight: parameters[name + ".fn.to_kv.weight"], workers: workers)
      queries.scale(by: Float(scale))
      let operands = AttentionOperands(queries: queries, rows: .stored(keyValues))
      let average = try operands.average(normalisation, workers: workers)
      averages = average.values
      attention = StageAttention(
        operands: operands, statistics: average.statistics, keyShape: [latents.shape[0]],
        visibility: .all)
    case .tokens:
      (averages, attention) = try CrossAttentionPath(self, parameters: parameters)
        .attend(queries, tokens: tokens, workers: workers)
    }
    let output = try averages.joiningHeads().linear(
      weight: parameters[name + ".fn.to_out.weight"], bias: parameters[name + ".fn.to_out.bias"],
      workers: workers)
    return (output, attention)
  }

  /// torch's `nn.LayerNorm` default.
  static let epsilon: Float = 1e-5
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
