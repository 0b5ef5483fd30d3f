// Linear attention over a batch and its gradients (LinearAttention.swift says it for one item).
//
// For each head, with q softmaxed over features, k over tokens and v as it is:
//   C = qᵀ·k,  out = v·C, and backward:  dC = vᵀ·dout,  dv = dout·Cᵀ,  dq = k·dCᵀ,  dk = q·dC.

import CKernels

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
  private let hidden: Tensor?

  package init(batch: Int, heads: Int, projected: Tensor, scale: Float, hidden: Tensor?) {
    precondition(projected.shape[0] % batch == 0 && projected.shape[1] % (3 * heads) == 0)
    (self.batch, self.heads, self.projected) = (batch, heads, projected)
    (self.scale, self.hidden) = (scale, hidden)
    width = projected.shape[1] / (3 * heads)
  }

  private var tokens: Int { projected.shape[0] / batch }
  private var inner: Int { heads * width }

  /// What tokens take: `[batch × tokens, heads × width]`.
  ///
  /// - Throws: `ComputationCancelled`.
  package func outputs(workers: Workers) throws -> Tensor {
    let (source, hidden) = (HeldInput(projected), hidden.map { HeldInput($0) })
    return try Tensor(shape: [batch * tokens, inner]) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(batch * heads) { pair in
        let start = pair / heads * tokens
        let columns = pair % heads * width
        withScratch(2 * tokens * width + width * width) { scratch in
          let (queries, keys) = (scratch, scratch + tokens * width)
          let sums = scratch + 2 * tokens * width
          fillSoftmaxes(queries, keys, pair: pair, source.base, hidden: hidden?.base)
          Gemm.transposedTimes(
            queries, stride: width, keys, stride: width, rows: width, columns: width,
            inner: tokens, into: sums, stride: width)
          Gemm.times(
            source.base + start * 3 * inner + 2 * inner + columns, stride: 3 * inner, sums,
            stride: width, rows: tokens, columns: width, inner: width,
            into: out.base + start * inner + columns, stride: inner)
        }
      }
    }
  }

  /// The gradient of what was projected, from that of the outputs.
  ///
  /// - Throws: `ComputationCancelled`.
  package func gradient(outputs: Tensor, workers: Workers) throws -> Tensor {
    let (source, hidden) = (HeldInput(projected), hidden.map { HeldInput($0) })
    let dout = HeldInput(outputs)
    return try Tensor(shape: projected.shape) { buffer in
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
          let values = source.base + start * 3 * inner + 2 * inner + columns
          let target = out.base + start * 3 * inner + columns
          let gradient = dout.base + start * inner + columns
          fillSoftmaxes(queries, keys, pair: pair, source.base, hidden: hidden?.base)
          Gemm.transposedTimes(
            queries, stride: width, keys, stride: width, rows: width, columns: width,
            inner: tokens, into: sums, stride: width)
          Gemm.transposedTimes(
            values, stride: 3 * inner, gradient, stride: inner, rows: width, columns: width,
            inner: tokens, into: dsums, stride: width)
          Gemm.timesTransposed(
            gradient, stride: inner, sums, stride: width, rows: tokens, columns: width,
            inner: width, into: target + 2 * inner, stride: 3 * inner)
          Gemm.timesTransposed(
            keys, stride: width, dsums, stride: width, rows: tokens, columns: width,
            inner: width, into: dq, stride: width)
          Gemm.times(
            queries, stride: width, dsums, stride: width, rows: tokens, columns: width,
            inner: width, into: dk, stride: width)
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
    _ source: UnsafePointer<Float>, hidden: UnsafePointer<Float>?
  ) {
    let start = pair / heads * tokens
    for token in 0..<tokens {
      let row = source + (start + token) * 3 * inner + pair % heads * width
      let query = queries + token * width
      query.update(from: row, count: width)
      pk_scale(query, width, scale)
      let sum = pk_exp_shifted(query, width, pk_maximum(query, width))
      pk_scale(query, width, 1 / sum)
      let key = keys + token * width
      key.update(from: row + inner, count: width)
      if let hidden, hidden[start + token] == -.infinity {
        key.update(repeating: -.infinity, count: width)
      }
    }
    withScratch(width) { pk_softmax_columns(keys, tokens, width, width, $0) }
  }
}
