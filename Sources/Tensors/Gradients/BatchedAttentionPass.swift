// One task of a batched attention: some queries of one head over some keys, block by block.

import CKernels

extension BatchedAttention {
  /// Pointers to what every task reads.
  struct Pass: Sendable {
    private let attention: BatchedAttention
    private let queries: HeldInput
    private let keyValues: HeldInput
    private let hidden: HeldInput?
    /// Items of which every key is hidden.
    private let blind: [Bool]
    private let queryCount: Int
    private let keyCount: Int

    init(_ attention: BatchedAttention) {
      self.attention = attention
      queries = HeldInput(attention.queries)
      keyValues = HeldInput(attention.keyValues)
      hidden = attention.hidden.map { HeldInput($0) }
      (queryCount, keyCount) = (attention.queryCount, attention.keyCount)
      let count = keyCount
      blind = (0..<attention.batch).map { item in
        attention.hidden?.withUnsafeElements { hidden in
          hidden[item * count..<(item + 1) * count].allSatisfy { $0 == -.infinity }
        } ?? false
      }
    }
  }
}

extension BatchedAttention.Pass {
  private var width: Int { attention.value.width }
  private var queryStride: Int { attention.queries.shape[1] }
  private var keyStride: Int { attention.keyValues.shape[1] }

  private func item(_ pair: Int) -> Int { pair / attention.heads }

  private func query(_ pair: Int, _ row: Int) -> UnsafePointer<Float> {
    queries.base + (item(pair) * queryCount + row) * queryStride
      + attention.query.start(of: pair % attention.heads)
  }

  private func key(_ pair: Int, _ row: Int) -> UnsafePointer<Float> {
    keyValues.base + (item(pair) * keyCount + row) * keyStride
      + attention.key.start(of: pair % attention.heads)
  }

  private func value(_ pair: Int, _ row: Int) -> UnsafePointer<Float> {
    keyValues.base + (item(pair) * keyCount + row) * keyStride
      + attention.value.start(of: pair % attention.heads)
  }

  /// Blocks of queries and keys whose scores stay in a core's own cache.
  private func forEachBlock(
    _ part: BatchedAttention.Cut.Part, _ body: (_ queries: Range<Int>, _ keys: Range<Int>) -> Void
  ) {
    let tile = max(1, min(256, part.queries.count))
    let block = max(64, 65536 / tile)
    for first in stride(from: part.queries.lowerBound, to: part.queries.upperBound, by: tile) {
      let queries = first..<min(part.queries.upperBound, first + tile)
      for start in stride(from: part.keys.lowerBound, to: part.keys.upperBound, by: block) {
        body(queries, start..<min(part.keys.upperBound, start + block))
      }
    }
  }

  /// Floats of a block of scores.
  private func blockCount(_ part: BatchedAttention.Cut.Part) -> Int {
    let tile = max(1, min(256, part.queries.count))
    return tile * min(max(64, 65536 / tile), max(1, part.keys.count))
  }

  private func fillScores(
    _ scores: UnsafeMutablePointer<Float>, pair: Int, queries: Range<Int>, keys: Range<Int>
  ) {
    guard !blind[item(pair)] else {
      return scores.update(repeating: 0, count: queries.count * keys.count)
    }
    Gemm.scaledTimesTransposed(
      query(pair, queries.lowerBound), stride: queryStride, key(pair, keys.lowerBound),
      stride: keyStride, rows: queries.count, columns: keys.count, inner: attention.query.width,
      alpha: attention.scale, into: scores, stride: keys.count)
    if let hidden {
      let own = hidden.base + item(pair) * keyCount + keys.lowerBound
      for row in 0..<queries.count {
        pk_add_scaled(scores + row * keys.count, own, 1, keys.count)
      }
    }
  }

  private func drop(
    _ weights: UnsafeMutablePointer<Float>, pair: Int, query: Int, keys: Range<Int>
  ) {
    attention.dropout?.apply(
      to: weights, count: keys.count,
      first: UInt64(pair * queryCount + query) * UInt64(keyCount) + UInt64(keys.lowerBound))
  }

  /// Writes for each query of a part `[queries, width + 2]`, beginning at the pair's first: what its
  /// weights over the part's keys sum up, not yet divided; their peak; their sum.
  func average(_ part: BatchedAttention.Cut.Part, into out: UnsafeMutablePointer<Float>) {
    let stride = width + 2
    for query in part.queries {
      (out + query * stride).initialize(repeating: 0, count: stride)
      out[query * stride + width] = -.infinity
    }
    withScratch(blockCount(part)) { scores in
      forEachBlock(part) { queries, keys in
        fillScores(scores, pair: part.pair, queries: queries, keys: keys)
        for (row, query) in queries.enumerated() {
          let weights = scores + row * keys.count
          let own = out + query * stride
          let peak = max(own[width], pk_maximum(weights, keys.count))
          guard peak > -.infinity else {
            weights.update(repeating: 0, count: keys.count)
            continue
          }
          if own[width] != peak, own[width] > -.infinity {
            var factor = own[width] - peak
            _ = pk_exp_shifted(&factor, 1, 0)
            pk_scale(own, width, factor)
            own[width + 1] *= factor
          }
          own[width] = peak
          own[width + 1] += pk_exp_shifted(weights, keys.count, peak)
          drop(weights, pair: part.pair, query: query, keys: keys)
        }
        Gemm.addTimes(
          scores, stride: keys.count, value(part.pair, keys.lowerBound), stride: keyStride,
          rows: queries.count, columns: width, inner: keys.count,
          into: out + queries.lowerBound * stride, stride: stride)
      }
    }
  }

  /// What gradients are made from and where they go.
  struct Backward: Sendable {
    /// Of the averages: `[batch × queries, heads × width]`.
    let averages: HeldInput
    /// Each query's weights times their gradients, `[batch × heads × queries]`.
    let means: HeldInput
    let peaks: HeldInput
    let sums: HeldInput
    /// Of queries, added to; one of `keySpans` copies of `[batch × queries, …]`.
    let queries: SharedElements
    /// Of keys and values, added to, in one of `querySpans` copies of `[batch × keys, …]`; nil
    /// where nobody asks.
    let keyValues: SharedElements?
  }

  /// Adds a part's gradients.
  func addGradients(_ part: BatchedAttention.Cut.Part, _ backward: Backward) {
    let pair = part.pair
    let (head, all) = (pair % attention.heads, attention.heads * width)
    let count = blockCount(part)
    let queryOffset = part.keySpan * attention.queries.count
    let keyOffset = part.querySpan * attention.keyValues.count
    withScratch(3 * count) { scratch in
      let (weights, gradients, dropped) = (scratch, scratch + count, scratch + 2 * count)
      forEachBlock(part) { queries, keys in
        let rows = queries.count
        fillWeights(weights, backward, pair: pair, queries: queries, keys: keys)
        let dA =
          backward.averages.base + (item(pair) * queryCount + queries.lowerBound) * all
          + head * width
        let target = backward.keyValues.map {
          $0.base + keyOffset + (item(pair) * keyCount + keys.lowerBound) * keyStride
        }
        if let target {
          var used = UnsafePointer(weights)
          if attention.dropout != nil {
            dropped.update(from: weights, count: rows * keys.count)
            for (row, query) in queries.enumerated() {
              drop(dropped + row * keys.count, pair: pair, query: query, keys: keys)
            }
            used = UnsafePointer(dropped)
          }
          Gemm.transposedTimes(
            used, stride: keys.count, dA, stride: all, rows: keys.count, columns: width,
            inner: rows, beta: 1, into: target + attention.value.start(of: head),
            stride: keyStride)
        }
        guard !blind[item(pair)] else { return }
        Gemm.scaledTimesTransposed(
          dA, stride: all, value(pair, keys.lowerBound), stride: keyStride, rows: rows,
          columns: keys.count, inner: width, alpha: 1, into: gradients, stride: keys.count)
        for (row, query) in queries.enumerated() {
          let own = gradients + row * keys.count
          drop(own, pair: pair, query: query, keys: keys)
          let weights = weights + row * keys.count
          // Where all keys are here, the mean is that of these very numbers: what is left of large
          // terms is then as exact as they are.
          let mean =
            keys.count == keyCount
            ? pk_dot(weights, own, keys.count)
            : Double(backward.means.base[pair * queryCount + query])
          pk_softmax_gradient(weights, own, mean, keys.count)
        }
        Gemm.addTimes(
          gradients, stride: keys.count, key(pair, keys.lowerBound), stride: keyStride,
          rows: rows, columns: attention.query.width, inner: keys.count, alpha: attention.scale,
          into: backward.queries.base + queryOffset
            + (item(pair) * queryCount + queries.lowerBound) * queryStride
            + attention.query.start(of: head), stride: queryStride)
        if let target {
          Gemm.transposedTimes(
            gradients, stride: keys.count, query(pair, queries.lowerBound), stride: queryStride,
            rows: keys.count, columns: attention.key.width, inner: rows, alpha: attention.scale,
            beta: 1, into: target + attention.key.start(of: head), stride: keyStride)
        }
      }
    }
  }

  private func fillWeights(
    _ weights: UnsafeMutablePointer<Float>, _ backward: Backward, pair: Int,
    queries: Range<Int>, keys: Range<Int>
  ) {
    fillScores(weights, pair: pair, queries: queries, keys: keys)
    for (row, query) in queries.enumerated() {
      let own = weights + row * keys.count
      _ = pk_exp_shifted(own, keys.count, backward.peaks.base[pair * queryCount + query])
      pk_scale(own, keys.count, 1 / backward.sums.base[pair * queryCount + query])
    }
  }
}
