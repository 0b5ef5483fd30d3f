// Linear attention over tokens: features of tokens summed into one small matrix for each head,
// block by block, so that memory does not grow with the tokens.
//
// For each head, with q softmaxed over features, k over tokens and v as it is:
//   C = qᵀ·k,  out = v·C, and backward:  dC = vᵀ·dout,  dv = dout·Cᵀ,  dq = k·dCᵀ,  dk = q·dC.
//
// Error, to first order in u = 2⁻²⁴, for softmaxes as they were computed: C is wrong by at most
// n u Σ q k, out by at most width × u Σ|v C| more. In a stream n is the additions that one token's part
// goes through: those of its block of 256 tokens, one for each block of its span, and one for each
// span. In a batch n is the number of tokens, since one product and one sum run over all of them; so
// do the keys' sums of exponentials, whose relative error is at most tokens × u, the exponentials'
// 2e-7 apart. The gradients are products over tokens (dC) or over the width;
// what the keys' softmax takes away is a sum over tokens again.

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
    let spans = AttentionCut(keys).keys
    let perSpan = heads * width * width
    var partial = Tensor(shape: [spans.count, perSpan], in: workers.pages)
    try partial.withUnsafeMutableElements { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(spans.count) { span in
        sum(spans[span], statistics, into: out.base + span * perSpan)
      }
    }
    var contexts = Tensor(shape: [heads, width, width], in: workers.pages)
    for span in 0..<spans.count { contexts.add(partial.row(span).reshaped(contexts.shape)) }
    return (contexts, statistics)
  }

  private func sum(
    _ range: Range<Int>, _ statistics: AttentionStatistics,
    into out: UnsafeMutablePointer<Float>
  ) {
    let (heads, width, block) = (keys.heads, keys.queryCount, AttentionCut.block)
    let tokenFloats = block * tokens.columns
    withScratch(tokenFloats + 2 * block * width) { scratch in
      let queries = scratch + tokenFloats
      let weights = queries + block * width
      for rows in Blocks(range, size: block) {
        tokens.fill(rows, into: scratch)
        for head in 0..<heads {
          fillQueries(queries, head: head, tokens: scratch, count: rows.count)
          keys.fillScores(
            weights, head: head, queries: 0..<width,
            keys: StridedMatrix(scratch, rows: rows.count, columns: tokens.columns))
          keys.finish(weights, statistics, head: head, queries: 0..<width, keys: rows)
          StridedMatrix(weights, rows: width, columns: rows.count)
            .times(StridedMatrix(queries, rows: rows.count, columns: width))
            .add(to: out + head * width * width, stride: width)
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
        let own = StridedMatrix(
          weight + head * width * tokens.columns, rows: width, columns: tokens.columns)
        StridedMatrix(rows, rows: count, columns: tokens.columns).times(own.transposed)
          .add(to: queries, stride: width)
      }
    }
    for row in 0..<count { softmax(ofRow: queries + row * width, width) }
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

/// Projected tokens of a batch: queries, keys and values side by side,
/// `[batch × tokens, 3 × heads × width]`.
package struct BatchedLinearAttention: Sendable {
  private let batch: Int
  private let heads: Int
  private let width: Int
  private let projected: Tensor
  /// What queries are multiplied by before their softmax.
  private let scale: Float
  /// `[batch × tokens]`: what is added to a token's keys, 0 or -infinity; nil for nothing.
  private let mask: Tensor?

  package init(batch: Int, heads: Int, projected: Tensor, scale: Float, mask: Tensor?) {
    precondition(projected.shape[0] % batch == 0 && projected.shape[1] % (3 * heads) == 0)
    (self.batch, self.heads, self.projected) = (batch, heads, projected)
    (self.scale, self.mask) = (scale, mask)
    width = projected.shape[1] / (3 * heads)
  }

  private var tokens: Int { projected.shape[0] / batch }
  private var inner: Int { heads * width }

  /// What tokens take: `[batch × tokens, heads × width]`.
  ///
  /// - Throws: `ComputationCancelled`.
  package func outputs(workers: Workers) throws -> Tensor {
    let (source, mask) = (HeldInput(projected), mask.map { HeldInput($0) })
    return try Tensor(shape: [batch * tokens, inner], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(batch * heads) { pair in
        let start = pair / heads * tokens
        let columns = pair % heads * width
        withScratch(2 * tokens * width + width * width) { scratch in
          let (queries, keys) = (scratch, scratch + tokens * width)
          let sums = scratch + 2 * tokens * width
          fillSoftmaxes(queries, keys, pair: pair, source.base, mask: mask?.base)
          StridedMatrix(queries, rows: tokens, columns: width).transposed
            .timesInBLAS(StridedMatrix(keys, rows: tokens, columns: width))
            .store(in: sums, stride: width)
          let values = StridedMatrix(
            source.base + start * 3 * inner + 2 * inner + columns, rows: tokens, columns: width,
            stride: 3 * inner)
          values.times(StridedMatrix(sums, rows: width, columns: width))
            .store(in: out.base + start * inner + columns, stride: inner)
        }
      }
    }
  }

  /// The gradient of what was projected, from that of the outputs.
  ///
  /// - Throws: `ComputationCancelled`.
  package func gradient(outputs: Tensor, workers: Workers) throws -> Tensor {
    let (source, mask) = (HeldInput(projected), mask.map { HeldInput($0) })
    let dout = HeldInput(outputs)
    return try Tensor(shape: projected.shape, in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(batch * heads) { pair in
        let start = pair / heads * tokens
        let columns = pair % heads * width
        let size = tokens * width
        withScratch(4 * size + 2 * width * width) { scratch in
          let (queries, keys) = (scratch, scratch + size)
          let (dq, dk) = (scratch + 2 * size, scratch + 3 * size)
          let sums = scratch + 4 * size
          let dsums = sums + width * width
          let values = StridedMatrix(
            source.base + start * 3 * inner + 2 * inner + columns, rows: tokens, columns: width,
            stride: 3 * inner)
          let target = out.base + start * 3 * inner + columns
          let gradient = StridedMatrix(
            dout.base + start * inner + columns, rows: tokens, columns: width, stride: inner)
          fillSoftmaxes(queries, keys, pair: pair, source.base, mask: mask?.base)
          let q = StridedMatrix(queries, rows: tokens, columns: width)
          let k = StridedMatrix(keys, rows: tokens, columns: width)
          let s = StridedMatrix(sums, rows: width, columns: width)
          let ds = StridedMatrix(dsums, rows: width, columns: width)
          q.transposed.timesInBLAS(k).store(in: sums, stride: width)
          values.transposed.timesInBLAS(gradient).store(in: dsums, stride: width)
          gradient.times(s.transposed).store(in: target + 2 * inner, stride: 3 * inner)
          k.times(ds.transposed).store(in: dq, stride: width)
          q.times(ds).store(in: dk, stride: width)
          pk_softmax_columns_gradient(keys, dk, tokens, width, width)
          for token in 0..<tokens {
            let (query, gradient) = (queries + token * width, dq + token * width)
            pk_softmax_gradient(query, gradient, pk_dot(query, gradient, width), width)
            pk_scale(gradient, width, scale)
            let row = target + token * 3 * inner
            row.update(from: gradient, count: width)
            (row + inner).update(from: dk + token * width, count: width)
          }
        }
      }
    }
  }

  private func fillSoftmaxes(
    _ queries: UnsafeMutablePointer<Float>, _ keys: UnsafeMutablePointer<Float>, pair: Int,
    _ source: UnsafePointer<Float>, mask: UnsafePointer<Float>?
  ) {
    let start = pair / heads * tokens
    for token in 0..<tokens {
      let row = source + (start + token) * 3 * inner + pair % heads * width
      let query = queries + token * width
      query.update(from: row, count: width)
      pk_scale(query, width, scale)
      softmax(ofRow: query, width)
      let key = keys + token * width
      key.update(from: row + inner, count: width)
      if let mask, mask[start + token] == -.infinity {
        key.update(repeating: -.infinity, count: width)
      }
    }
    withScratch(width) { pk_softmax_columns(keys, tokens, width, width, $0) }
  }
}

/// A query's softmax over its features, in place.
private func softmax(ofRow query: UnsafeMutablePointer<Float>, _ width: Int) {
  let sum = pk_exp_shifted(query, width, pk_maximum(query, width))
  pk_scale(query, width, 1 / sum)
}
