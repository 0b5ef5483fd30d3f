// Inverted attention (perceiver-pytorch 0.9.0, slot attention): softmax over queries, then each
// query's weights are divided by their sum over keys.

import CKernels

extension AttentionOperands {
  /// The average of the values under softmax over queries, normalised over keys.
  ///
  /// Weights that sum to less than 1e-8 are divided by that, as torch's `F.normalize` does.
  package func invertedAverage(workers: Workers) throws -> AttentionAverage {
    if case .separable(let places) = rows {
      return try separableInvertedAverage(places, workers: workers)
    }
    let cut = Cut(self)
    let (heads, queryCount, width, keyCount) = (heads, queryCount, valueWidth, rows.count)
    let perSpan = queryCount * (width + 1)
    var logSums = Tensor(shape: [heads, keyCount])
    // For each head and span: weighted sums [queries, width], then weights' sums [queries].
    var partial = Tensor(shape: [heads, cut.spans, perSpan])
    try partial.withUnsafeMutableElements { partialBuffer in
      try logSums.withUnsafeMutableElements { logBuffer in
        guard let out = SharedElements(partialBuffer), let logs = SharedElements(logBuffer)
        else { return }
        try workers.forEach(heads * cut.spans) { task in
          let (head, span) = task.quotientAndRemainder(dividingBy: cut.spans)
          sumSpan(
            head: head, keys: span * cut.span..<min(keyCount, (span + 1) * cut.span),
            logSums: logs.base + head * keyCount, into: out.base + task * perSpan)
        }
      }
    }
    return joinInverted(partial, spans: cut.spans, logSums: logSums, width: width)
  }

  private func sumSpan(
    head: Int, keys: Range<Int>, logSums: UnsafeMutablePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    let (queryCount, width) = (queryCount, valueWidth)
    // All queries meet in a softmax, so blocks of keys shrink as queries grow.
    let block = max(16, min(256, 65536 / max(1, queryCount)))
    let scratchCount = scratchCount(rows: block)
    withScratch(scratchCount + queryCount * block) { scratch in
      let scores = scratch + scratchCount
      for start in stride(from: keys.lowerBound, to: keys.upperBound, by: block) {
        let range = start..<min(keys.upperBound, start + block)
        withBlock(range, head: head, scratch: scratch) { keyValue in
          fillScores(
            scores, head: head, queries: 0..<queryCount, keyValue: keyValue, keys: range.count)
          addOffsets(scores, head: head, queries: 0..<queryCount, keys: range.count)
          pk_softmax_columns(
            scores, queryCount, range.count, range.count, logSums + range.lowerBound)
          for query in 0..<queryCount {
            let sum = pk_sum(scores + query * range.count, range.count)
            out[queryCount * width + query] += Float(sum)
          }
          Gemm.times(
            scores, stride: range.count, keyValue.values, stride: keyValue.stride,
            rows: queryCount, columns: width, inner: range.count, beta: 1, into: out,
            stride: width)
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
