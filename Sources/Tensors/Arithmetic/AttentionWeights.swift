// Scores and weights of an attention made again from its operands and statistics.

import CKernels

extension AttentionOperands {
  /// Scores of some queries of one head over all rows: `[queries.count, rows]`.
  package func scores(head: Int, queries range: Range<Int>, workers: Workers) throws -> Tensor {
    try rowsOfWeights(head: head, queries: range, workers: workers) { _, _, _ in }
  }

  /// Weights of some queries of one head over all rows: `[queries.count, rows]`.
  package func weights(
    _ statistics: AttentionStatistics, head: Int, queries range: Range<Int>, workers: Workers
  ) throws -> Tensor {
    try rowsOfWeights(head: head, queries: range, workers: workers) { query, keys, scores in
      weigh(scores, statistics, head: head, query: query, keys: keys)
    }
  }

  /// What all queries of one head give one row: scores, or weights where statistics are given.
  package func received(
    byRow row: Int, head: Int, _ statistics: AttentionStatistics?, workers: Workers
  ) throws -> Tensor {
    var result = Tensor(shape: [queryCount])
    result.withUnsafeMutableElements { result in
      guard let out = result.baseAddress else { return }
      withScratch(scratchCount(rows: 1)) { scratch in
        withBlock(row..<row + 1, head: head, scratch: scratch) { keyValue in
          fillScores(out, head: head, queries: 0..<queryCount, keyValue: keyValue, keys: 1)
        }
      }
      addOffsets(out, head: head, queries: 0..<queryCount, keys: 1)
      guard let statistics else { return }
      for query in 0..<queryCount {
        weigh(out + query, statistics, head: head, query: query, keys: row..<row + 1)
      }
    }
    return result
  }

  private func rowsOfWeights(
    head: Int, queries range: Range<Int>, workers: Workers,
    finish: @Sendable (_ query: Int, _ keys: Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) throws -> Tensor {
    let keyCount = rows.count
    // Blocks are large when few queries are asked for, so that a call to BLAS is worth its while.
    let block = 1024
    return try Tensor(shape: [range.count, keyCount]) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach((keyCount + block - 1) / block) { task in
        let keys = task * block..<min(keyCount, (task + 1) * block)
        let scratchCount = scratchCount(rows: block)
        withScratch(scratchCount + range.count * keys.count) { scratch in
          let scores = scratch + scratchCount
          withBlock(keys, head: head, scratch: scratch) { keyValue in
            fillScores(scores, head: head, queries: range, keyValue: keyValue, keys: keys.count)
          }
          addOffsets(scores, head: head, queries: range, keys: keys.count)
          for (row, query) in range.enumerated() {
            finish(query, keys, scores + row * keys.count)
            (out.base + row * keyCount + keys.lowerBound).update(
              from: scores + row * keys.count, count: keys.count)
          }
        }
      }
    }
  }

  // Statistics of a softmax over keys leave out the query's offset, which cancels there.
  func weigh(
    _ scores: UnsafeMutablePointer<Float>, _ statistics: AttentionStatistics, head: Int,
    query: Int, keys: Range<Int>
  ) {
    switch statistics {
    case .overKeys(let peaks, let sums):
      let shift = peaks[head, query] + offset(head: head, query: query)
      _ = pk_exp_shifted(scores, keys.count, shift)
      pk_scale(scores, keys.count, 1 / sums[head, query])
    case .overQueries(let logSums, let totals):
      logSums.withUnsafeElements { logSums in
        let base = head * rows.count
        for (index, key) in keys.enumerated() { scores[index] -= logSums[base + key] }
      }
      _ = pk_exp_shifted(scores, keys.count, 0)
      pk_scale(scores, keys.count, 1 / totals[head, query])
    }
  }
}
