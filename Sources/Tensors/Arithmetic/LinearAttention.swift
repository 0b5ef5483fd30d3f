// Linear attention over tokens: features of tokens summed into one small matrix for each head,
// block by block, so that memory does not grow with the tokens.

import CKernels

/// The projections of a linear attention, with norm's gain and bias folded into them.
package struct LinearAttentionOperands: Sendable {
  /// Tokens that may be attended to.
  package let tokens: TokenRows
  /// Of standardised tokens to queries, which are softmaxed over their features:
  /// `[heads × width, columns]` and `[heads × width]`.
  package let queryWeight: Tensor
  package let queryBias: Tensor
  /// Of standardised tokens to keys, which are softmaxed over tokens.
  package let keys: AttentionOperands

  package init(
    tokens: TokenRows, queryWeight: Tensor, queryBias: Tensor, keyWeight: Tensor, keyBias: Tensor,
    heads: Int
  ) {
    self.tokens = tokens
    self.queryWeight = queryWeight
    self.queryBias = queryBias
    let width = keyWeight.shape[0] / heads
    keys = AttentionOperands(
      queries: keyWeight.reshaped([heads, width, tokens.columns]),
      offsets: keyBias.reshaped([heads, width]), rows: .folded(tokens))
  }

  /// The keys' softmax over tokens, and for each head `Σ key[e] · query[d]` over tokens:
  /// `[heads, e, d]`.
  ///
  /// - Throws: `ComputationCancelled`.
  package func contexts(
    workers: Workers
  ) throws -> (contexts: Tensor, statistics: AttentionStatistics) {
    let statistics = try keys.softmaxAverage(workers: workers).statistics
    let (heads, width) = (keys.heads, keys.queryCount)
    let cut = AttentionOperands.Cut(keys)
    let perSpan = heads * width * width
    var partial = Tensor(shape: [cut.spans, perSpan])
    try partial.withUnsafeMutableElements { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(cut.spans) { span in
        let range = span * cut.span..<min(tokens.count, (span + 1) * cut.span)
        sum(range, block: cut.block, statistics, into: out.base + span * perSpan)
      }
    }
    var contexts = Tensor(shape: [heads, width, width])
    for span in 0..<cut.spans { contexts.add(partial.row(span).reshaped(contexts.shape)) }
    return (contexts, statistics)
  }

  private func sum(
    _ range: Range<Int>, block: Int, _ statistics: AttentionStatistics,
    into out: UnsafeMutablePointer<Float>
  ) {
    let (heads, width) = (keys.heads, keys.queryCount)
    let tokenFloats = block * tokens.columns
    withScratch(tokenFloats + 2 * block * width) { scratch in
      let queries = scratch + tokenFloats
      let weights = queries + block * width
      for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
        let rows = start..<min(range.upperBound, start + block)
        tokens.fill(rows, into: scratch)
        for head in 0..<heads {
          fillQueries(queries, head: head, tokens: scratch, count: rows.count)
          keys.fillScores(
            weights, head: head, queries: 0..<width,
            keyValue: KeyValueBlock(keys: scratch, values: scratch, stride: tokens.columns),
            keys: rows.count)
          keys.finish(weights, statistics, head: head, queries: 0..<width, keys: rows)
          Gemm.times(
            weights, stride: rows.count, queries, stride: width, rows: width, columns: width,
            inner: rows.count, beta: 1, into: out + head * width * width, stride: width)
        }
      }
    }
  }

  /// Queries of one head, softmaxed over features: `[count, width]`.
  private func fillQueries(
    _ queries: UnsafeMutablePointer<Float>, head: Int, tokens rows: UnsafePointer<Float>,
    count: Int
  ) {
    let width = keys.queryCount
    queryWeight.withUnsafeElements { weight in
      queryBias.withUnsafeElements { bias in
        guard let weight = weight.baseAddress, let bias = bias.baseAddress else { return }
        for row in 0..<count {
          (queries + row * width).update(from: bias + head * width, count: width)
        }
        Gemm.timesTransposed(
          rows, stride: tokens.columns, weight + head * width * tokens.columns,
          stride: tokens.columns, rows: count, columns: width, inner: tokens.columns, beta: 1,
          into: queries, stride: width)
      }
    }
    for row in 0..<count {
      let query = queries + row * width
      let sum = pk_exp_shifted(query, width, pk_maximum(query, width))
      pk_scale(query, width, 1 / sum)
    }
  }

  /// Queries of a range of tokens, softmaxed over features: `[heads, range.count, width]`.
  package func queries(of range: Range<Int>) -> Tensor {
    let (heads, width) = (keys.heads, keys.queryCount)
    let rows = tokens[range]
    return Tensor(shape: [heads, range.count, width]) { out in
      rows.withUnsafeElements { rows in
        guard let out = out.baseAddress, let rows = rows.baseAddress else { return }
        for head in 0..<heads {
          fillQueries(
            out + head * range.count * width, head: head, tokens: rows, count: range.count)
        }
      }
    }
  }
}
