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
  /// The parameter with the frequencies of a rotary embedding of queries and keys; nil for none.
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
  /// What an attention reads in a pass.
  enum Reading {
    /// The rows that ask.
    case itself(items: Int)
    /// `[items × latents, contextDim]`.
    case latents(Variable, items: Int)
    /// The input's tokens.
    case tokens(Pass.Streams<Variable>)
  }

  /// `attention(norm(x))` before it joins x: `[rows, dim]`, of rows of all items.
  func callAsFunction(_ x: Variable, reading: Reading, in pass: Pass) throws -> Variable {
    let normed = try norm(x, in: pass)
    func queries(_ rows: Variable) -> Variable {
      pass.editingScores(
        ofQueries: pass.at(.queries, rows, heads: heads), heads: heads)
    }
    func keys(_ keyValues: Variable) -> Variable {
      pass.at(.keys, keyValues, columns: 0..<inner, heads: heads)
    }
    let toQueries = try pass.linear(normed, name + ".fn.to_q", .without)
    let averages: Variable
    switch reading {
    case .itself(let items):
      let keyValues = try pass.linear(normed, name + ".fn.to_kv", .without)
      averages = try pass.attention(
        self, queries(rotated(toQueries, items: items, in: pass)),
        to: keys(rotated(keyValues, items: items, in: pass)), items: items)
    case .latents(let latents, let items):
      let keyValues = try pass.linear(
        contextNorm(latents, in: pass), name + ".fn.to_kv", .without)
      averages = try pass.attention(
        self, queries(toQueries), to: keys(keyValues), items: items, asked: x.value)
    case .tokens(let streams):
      averages = try pass.attention(self, queries(toQueries), toTokensOf: streams)
    }
    return try pass.linear(
      pass.at(.headOutputs, averages, heads: heads), name + ".fn.to_out")
  }

  /// Queries or keys, which come first, with a rotary embedding where the block has one.
  private func rotated(_ rows: Variable, items: Int, in pass: Pass) -> Variable {
    guard let rotation else { return rows }
    return rows.rotated(
      items: items, columns: inner, width: dimHead,
      frequencies: pass.tape.constants[rotation].values)
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
