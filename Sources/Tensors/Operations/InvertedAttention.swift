// Inverted attention (perceiver-pytorch 0.9.0, slot attention): softmax over queries, then each
// query's weights are divided by their sum over keys.
//
// With W the softmax over queries, T = Σ W over keys and A = Σ W v / T what is averaged:
//   dv = Wᵀ·dA / T,  dW = (dA·vᵀ − D) / T with D = Σ dA ∘ A,  dS = W ∘ (dW − Σ W dW over queries).
//
// Error for keys that are rows, to first order in u = 2⁻²⁴. A score: d = (width + 1) u (Σ|query × key| + |offset|), times two
// in a softmax, whose sum over queries runs one after another. A weight W, relatively: at most
// e = 2 d + 2 u × (the largest difference of two scores) + 4e-7 (exponentials) + (queries + 2) u. An
// average: at most (2 e + (2 n + 5) u) Σ W |v| / T, n the additions that one key's part goes through:
// those of its block of at most 256 keys, one for each block of its span, and one for each span (a
// batch has no spans). Backward sums as the products say: its keys block by block like forward, its
// queries at once, D in double.

import CKernels

extension AttentionOperands {
  /// The average of the values under softmax over queries, normalised over keys.
  ///
  /// Weights that sum to less than 1e-8 are divided by that, as torch's `F.normalize` does.
  package func invertedAverage(workers: Workers) throws -> AttentionAverage {
    if case .separable(let positions) = rows {
      return try separableInvertedAverage(positions, workers: workers)
    }
    let spans = AttentionCut(self).keys
    let (heads, queryCount, width, keyCount) = (heads, queryCount, valueWidth, rows.count)
    let perSpan = queryCount * (width + 1)
    var logSums = Tensor(shape: [heads, keyCount], in: workers.pages)
    // For each head and span: weighted sums [queries, width], then weights' sums [queries].
    var partial = Tensor(shape: [heads, spans.count, perSpan], in: workers.pages)
    try partial.withUnsafeMutableElements { partialBuffer in
      try logSums.withUnsafeMutableElements { logBuffer in
        guard let out = SharedElements(partialBuffer), let logs = SharedElements(logBuffer)
        else { return }
        try workers.forEach(heads * spans.count) { task in
          let (head, span) = task.quotientAndRemainder(dividingBy: spans.count)
          sumSpan(
            head: head, keys: spans[span], logSums: logs.base + head * keyCount,
            into: out.base + task * perSpan)
        }
      }
    }
    return joinInverted(partial, spans: spans.count, logSums: logSums, width: width)
  }

  private func sumSpan(
    head: Int, keys: Range<Int>, logSums: UnsafeMutablePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    let (queryCount, width) = (queryCount, valueWidth)
    // All queries meet in a softmax, so blocks of keys shrink as queries grow.
    let block = Blocks.size(in: 16...256, each: queryCount)
    let scratchCount = scratchCount(rows: block)
    withScratch(scratchCount + queryCount * block) { scratch in
      let scores = scratch + scratchCount
      for range in Blocks(keys, size: block) {
        withBlock(range, head: head, scratch: scratch) { keyValue in
          fillScores(scores, head: head, queries: 0..<queryCount, keys: keyValue.keys)
          addOffsets(scores, head: head, queries: 0..<queryCount, keys: range.count)
          pk_softmax_columns(
            scores, queryCount, range.count, range.count, logSums + range.lowerBound)
          for query in 0..<queryCount {
            let sum = pk_sum(scores + query * range.count, range.count)
            out[queryCount * width + query] += Float(sum)
          }
          StridedMatrix(scores, rows: queryCount, columns: range.count)
            .times(keyValue.values).add(to: out, stride: width)
        }
      }
    }
  }

  func addOffsets(
    _ scores: UnsafeMutablePointer<Float>, head: Int, queries: Range<Int>, keys: Int
  ) {
    guard let offsets else { return }
    offsets.withUnsafeElements { offsets in
      for (row, query) in queries.enumerated() {
        let offset = offsets[head * queryCount + query]
        for key in 0..<keys { scores[row * keys + key] += offset }
      }
    }
  }

  func joinInverted(
    _ partial: Tensor, spans: Int, logSums: Tensor, width: Int
  ) -> AttentionAverage {
    let perSpan = queryCount * (width + 1)
    var totals = Tensor(shape: [heads, queryCount])
    var weightSums = totals
    var values = Tensor(shape: [heads, queryCount, width])
    partial.withUnsafeElements { partial in
      weightSums.withUnsafeMutableElements { weightSums in
        totals.withUnsafeMutableElements { totals in
          values.withUnsafeMutableElements { values in
            for row in 0..<heads * queryCount {
              let (head, query) = row.quotientAndRemainder(dividingBy: queryCount)
              let bases = (0..<spans).map { (head * spans + $0) * perSpan }
              for base in bases { totals[row] += partial[base + queryCount * width + query] }
              weightSums[row] = totals[row] / max(totals[row], 1e-8)
              totals[row] = max(totals[row], 1e-8)
              for base in bases {
                for column in 0..<width {
                  values[row * width + column] += partial[base + query * width + column]
                }
              }
              for column in 0..<width { values[row * width + column] /= totals[row] }
            }
          }
        }
      }
    }
    return AttentionAverage(
      values: values, weightSums: weightSums,
      statistics: .overQueries(logSums: logSums, totals: totals))
  }
}

extension BatchedAttention {
  /// What weights are divided by at least, as in torch's `F.normalize` there.
  private static let least: Float = 1e-8
  private static let keysAtOnce = 256

  /// What inverted attention averages, `[batch × queries, heads × value width]`, and what each
  /// query's weights add up to before they are divided, `[batch × heads × queries]`.
  ///
  /// - Throws: `ComputationCancelled`.
  package func invertedAverages(workers: Workers) throws -> (values: Tensor, totals: Tensor) {
    let (count, width, all) = (queryCount, value.width, heads * value.width)
    let pass = InvertedPass(self)
    var totals = Tensor(shape: [batch * heads * count], in: workers.pages)
    let values = try Tensor(shape: [batch * count, all], in: workers.pages) { buffer in
      buffer.initialize(repeating: 0)
      try totals.withUnsafeMutableElements { sums in
        guard let out = SharedElements(buffer), let sums = SharedElements(sums) else { return }
        try workers.forEach(batch * heads) { pair in
          let (item, head) = pair.quotientAndRemainder(dividingBy: heads)
          pass.average(
            pair: pair, into: out.base + item * count * all + head * width, stride: all,
            totals: sums.base + pair * count)
        }
      }
    }
    return (values, totals)
  }

  /// Gradients of `invertedAverages`; parameters as for `gradients`.
  package func invertedGradients(
    totals: Tensor, averages: Tensor, gradient: Tensor, asksForKeyValues: Bool, workers: Workers
  ) throws -> Gradients {
    let pass = InvertedPass(self)
    let means = HeldInput(rowProducts(averages, gradient))
    let (sums, dA) = (HeldInput(totals), HeldInput(gradient))
    var queryGradients = Tensor(shape: queries.shape, in: workers.pages)
    var keyGradients = Tensor(
      shape: asksForKeyValues ? keyValues.shape : [0, 0], in: workers.pages)
    try queryGradients.withUnsafeMutableElements { queries in
      try keyGradients.withUnsafeMutableElements { keys in
        guard let queries = SharedElements(queries) else { return }
        let keyTarget = asksForKeyValues ? SharedElements(keys) : nil
        try workers.forEach(batch * heads) { pair in
          pass.addGradients(
            pair: pair, averages: dA.base, means: means.base + pair * queryCount,
            totals: sums.base + pair * queryCount, queries: queries.base,
            keyValues: keyTarget?.base)
        }
      }
    }
    return Gradients(queries: queryGradients, keyValues: asksForKeyValues ? keyGradients : nil)
  }

  /// One head of one item, block by block of keys.
  private struct InvertedPass: Sendable {
    let attention: BatchedAttention
    let queries: HeldInput
    let keyValues: HeldInput
    let mask: HeldInput?

    init(_ attention: BatchedAttention) {
      self.attention = attention
      queries = HeldInput(attention.queries)
      keyValues = HeldInput(attention.keyValues)
      mask = attention.mask.map { HeldInput($0) }
    }

    private var queryCount: Int { attention.queryCount }
    private var keyCount: Int { attention.keyCount }
    private var queryStride: Int { attention.queries.shape[1] }
    private var keyStride: Int { attention.keyValues.shape[1] }
    private var width: Int { attention.value.width }

    /// Where an item's queries of a head begin.
    private func queryStart(_ pair: Int) -> Int {
      pair / attention.heads * queryCount * queryStride
        + attention.query.start(of: pair % attention.heads)
    }

    /// Where a head's columns of an item's keys begin, from a row on.
    private func keyStart(
      _ pair: Int, _ row: Int, _ columns: BatchedAttention.HeadColumns
    ) -> Int {
      (pair / attention.heads * keyCount + row) * keyStride
        + columns.start(of: pair % attention.heads)
    }

    /// A head's queries of an item.
    private func query(_ pair: Int) -> StridedMatrix<Float> {
      StridedMatrix(
        queries.base + queryStart(pair), rows: queryCount, columns: attention.query.width,
        stride: queryStride)
    }

    /// A head's keys of some of an item's rows; with other columns, their values.
    private func key(
      _ pair: Int, _ rows: Range<Int>, _ columns: BatchedAttention.HeadColumns
    ) -> StridedMatrix<Float> {
      StridedMatrix(
        keyValues.base + keyStart(pair, rows.lowerBound, columns), rows: rows.count,
        columns: columns.width, stride: keyStride)
    }

    /// The softmax over queries of a block of keys, `[queries, keys]`; masked keys have zeros.
    private func fillSoftmax(
      _ weights: UnsafeMutablePointer<Float>, pair: Int, keys: Range<Int>
    ) {
      query(pair).timesInBLAS(key(pair, keys, attention.key).transposed, scale: attention.scale)
        .store(in: weights, stride: keys.count)
      withScratch(keys.count) { logSums in
        pk_softmax_columns(weights, queryCount, keys.count, keys.count, logSums)
      }
      guard let mask else { return }
      let own = mask.base + pair / attention.heads * keyCount + keys.lowerBound
      for column in 0..<keys.count where own[column] == -.infinity {
        for row in 0..<queryCount { weights[row * keys.count + column] = 0 }
      }
    }

    private func drop(
      _ weights: UnsafeMutablePointer<Float>, pair: Int, keys: Range<Int>
    ) {
      guard let dropout = attention.dropout else { return }
      for row in 0..<queryCount {
        dropout.apply(
          to: weights + row * keys.count, count: keys.count,
          first: UInt64(pair * queryCount + row) * UInt64(keyCount) + UInt64(keys.lowerBound))
      }
    }

    private var blocks: Blocks { Blocks(keyCount, size: BatchedAttention.keysAtOnce) }

    func average(
      pair: Int, into out: UnsafeMutablePointer<Float>, stride: Int,
      totals: UnsafeMutablePointer<Float>
    ) {
      withScratch(queryCount * BatchedAttention.keysAtOnce) { weights in
        for keys in blocks {
          fillSoftmax(weights, pair: pair, keys: keys)
          for row in 0..<queryCount {
            totals[row] += Float(pk_sum(weights + row * keys.count, keys.count))
          }
          drop(weights, pair: pair, keys: keys)
          StridedMatrix(weights, rows: queryCount, columns: keys.count)
            .timesInBLAS(key(pair, keys, attention.value)).add(to: out, stride: stride)
        }
        for row in 0..<queryCount {
          pk_scale(out + row * stride, width, 1 / max(totals[row], BatchedAttention.least))
        }
      }
    }

    func addGradients(
      pair: Int, averages: UnsafePointer<Float>, means: UnsafePointer<Float>,
      totals: UnsafePointer<Float>, queries queryTarget: UnsafeMutablePointer<Float>,
      keyValues keyTarget: UnsafeMutablePointer<Float>?
    ) {
      let (item, head) = pair.quotientAndRemainder(dividingBy: attention.heads)
      let all = attention.heads * width
      let dA = StridedMatrix(
        averages + item * queryCount * all + head * width, rows: queryCount, columns: width,
        stride: all)
      let least = BatchedAttention.least
      let size = queryCount * BatchedAttention.keysAtOnce
      withScratch(3 * size) { scratch in
        let (weights, gradients, used) = (scratch, scratch + size, scratch + 2 * size)
        for keys in blocks {
          let count = keys.count
          fillSoftmax(weights, pair: pair, keys: keys)
          if let keyTarget {
            for row in 0..<queryCount {
              (used + row * count).update(from: weights + row * count, count: count)
              pk_scale(used + row * count, count, 1 / max(totals[row], least))
            }
            drop(used, pair: pair, keys: keys)
            StridedMatrix(used, rows: queryCount, columns: count).transposed.timesInBLAS(dA)
              .add(
                to: keyTarget + keyStart(pair, keys.lowerBound, attention.value), stride: keyStride)
          }
          dA.timesInBLAS(key(pair, keys, attention.value).transposed)
            .store(in: gradients, stride: count)
          drop(gradients, pair: pair, keys: keys)
          for row in 0..<queryCount {
            let mean = totals[row] > least ? means[row] : 0
            for index in row * count..<(row + 1) * count { gradients[index] -= mean }
            pk_scale(gradients + row * count, count, 1 / max(totals[row], least))
          }
          pk_softmax_columns_gradient(weights, gradients, queryCount, count, count)
          let dS = StridedMatrix(gradients, rows: queryCount, columns: count)
          dS.timesInBLAS(key(pair, keys, attention.key), scale: attention.scale)
            .add(to: queryTarget + queryStart(pair), stride: queryStride)
          if let keyTarget {
            dS.transposed.timesInBLAS(query(pair), scale: attention.scale)
              .add(
                to: keyTarget + keyStart(pair, keys.lowerBound, attention.key), stride: keyStride)
          }
        }
      }
    }
  }
}
