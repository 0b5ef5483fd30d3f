// Pre-normalised attention between two streams: latents, tokens, or outputs.

import Tensors

/// One attention with its norms and projections, whatever its family calls them.
struct AttentionBlock: Sendable, Hashable {
  /// What the softmax runs over.
  enum Normalisation: Sendable, Hashable {
    case overKeys
    /// Over queries, then each query's weights over their sum: inverted attention.
    case overQueries
  }

  /// The prefix of its parameters' names.
  let name: String
  let heads: Int
  /// The norm of what asks.
  let norm: NormBlock
  /// The norm of what is read, always a layer norm; nil where the rows read themselves, through the
  /// norm of what asks.
  let contextNorm: NormBlock?
  /// What asks, to `heads × dimHead` channels.
  let query: Projection
  /// What is read, to as many.
  let key: Projection
  /// What is read, to `heads × valueWidth` channels.
  let value: Projection
  /// Averages of values, to the channels of what asks.
  let output: Projection
  var normalisation = Normalisation.overKeys
  /// The parameter with the frequencies of a rotary embedding of queries and keys; nil for none.
  var rotation: String?
  /// What scores are divided by beyond the root of the channels.
  var temperature = 1.0
  /// Where each column of a token as it is made here (data, then each axis's table) stands in the
  /// parameters' order; nil where the orders are one.
  var contextColumns: [Int]?

  /// Channels of what asks.
  var dim: Int { query.inputs }
  /// Channels of what is read.
  var contextDim: Int { key.inputs }
  /// Channels of all heads' queries or keys.
  var inner: Int { query.outputs }
  /// Channels of all heads' values.
  var valueInner: Int { value.outputs }
  /// Channels of a head's query or key.
  var dimHead: Int { inner / heads }
  /// Channels of a head's value.
  var valueWidth: Int { valueInner / heads }
  /// The columns of keys and values side by side that are keys.
  var keyColumns: Range<Int> { 0..<inner }
  /// Those that are values.
  var valueColumns: Range<Int> { inner..<inner + valueInner }

  /// What scores are multiplied by.
  var scale: Double { 1 / (Double(dimHead).squareRoot() * temperature) }

  /// Parameters, each once, in the order in which perceiver-pytorch draws them.
  var parameters: [ParameterSpecification] {
    var all = query.parameters + key.parameters
    if value.weightName != key.weightName { all += value.parameters }
    return all + output.parameters + norm.parameters + (contextNorm?.parameters ?? [])
  }

  /// Multiplications and additions: projections, scores, averages.
  func flops(queries: Double, keys: Double) -> Double {
    let (dim, context) = (Double(dim), Double(contextDim))
    let (inner, values) = (Double(inner), Double(valueInner))
    return 2
      * (queries * dim * (inner + values) + keys * context * (inner + values)
        + queries * keys * (inner + values))
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
    func queries(_ rows: Variable) -> Variable {
      pass.editingScores(
        ofQueries: pass.at(.queries, rows, heads: heads), heads: heads)
    }
    func keys(_ keyValues: Variable) -> Variable {
      pass.at(.keys, keyValues, columns: keyColumns, heads: heads)
    }
    let averages: Variable
    switch reading {
    case .itself(let items):
      let read = try readingItself(x, items: items, in: pass)
      averages = try pass.attention(
        self, queries(read.queries), to: keys(read.keyValues), items: items, itself: x.value)
    case .latents(let latents, let items):
      if let ready = pass.latentReading { return try ready(x, in: pass) }
      let keyValues = try pass.linear(readNorm(latents, in: pass), key, value)
      averages = try pass.attention(
        self, queries(pass.linear(norm(x, in: pass), query)), to: keys(keyValues), items: items,
        asked: x.value)
    case .tokens(let streams):
      averages = try pass.attention(
        self, queries(pass.linear(norm(x, in: pass), query)), toTokensOf: streams)
    }
    return try pass.linear(
      pass.at(.headOutputs, averages, heads: heads), output)
  }

  /// Queries `[rows, inner]`, and keys and values `[rows, inner + valueInner]`, of rows that read
  /// themselves.
  func readingItself(
    _ x: Variable, items: Int, in pass: Pass
  ) throws -> (queries: Variable, keyValues: Variable) {
    let normed = try norm(x, in: pass)
    return (
      rotated(try pass.linear(normed, query), items: items, in: pass),
      rotated(try pass.linear(normed, key, value), items: items, in: pass)
    )
  }

  /// The norm of what is read.
  var readNorm: NormBlock { contextNorm ?? norm }

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
