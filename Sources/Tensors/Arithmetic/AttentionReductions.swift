// Weights or scores of one head, reduced over all queries block by block.

import CKernels

/// How many queries become one number for each key.
package enum QueryReduction: Sendable {
  /// The mean over queries.
  case mean
  /// The largest over queries.
  case maximum
}

extension AttentionOperands {
  /// One number for each row, `[rows]`: scores of all queries of a head reduced, or weights where
  /// statistics are given.
  package func reduced(
    _ reduction: QueryReduction, _ statistics: AttentionStatistics?, head: Int, workers: Workers
  ) throws -> Tensor {
    let (keyCount, queryCount) = (rows.count, queryCount)
    if case .separable(let places) = rows {
      return try Tensor(shape: [keyCount]) { buffer in
        guard let out = SharedElements(buffer) else { return }
        try forEachRun(
          of: places, head: head, queries: 0..<queryCount, statistics, workers: workers
        ) { numbers, keys in
          reduce(numbers, keys: keys.count, reduction, into: out.base + keys.lowerBound)
        }
      }
    }
    let block = max(16, min(256, 65536 / max(1, queryCount)))
    return try Tensor(shape: [keyCount]) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach((keyCount + block - 1) / block) { task in
        let keys = task * block..<min(keyCount, (task + 1) * block)
        let scratchCount = scratchCount(rows: block)
        withScratch(scratchCount + queryCount * keys.count) { scratch in
          let scores = scratch + scratchCount
          withBlock(keys, head: head, scratch: scratch) { keyValue in
            fillScores(
              scores, head: head, queries: 0..<queryCount, keyValue: keyValue, keys: keys.count)
          }
          finish(scores, statistics, head: head, queries: 0..<queryCount, keys: keys)
          reduce(scores, keys: keys.count, reduction, into: out.base + keys.lowerBound)
        }
      }
    }
  }

  private func reduce(
    _ scores: UnsafePointer<Float>, keys: Int, _ reduction: QueryReduction,
    into out: UnsafeMutablePointer<Float>
  ) {
    out.update(from: scores, count: keys)
    for query in 1..<max(1, queryCount) {
      switch reduction {
      case .mean: pk_add_scaled(out, scores + query * keys, 1, keys)
      case .maximum: pk_raise_to(out, scores + query * keys, keys)
      }
    }
    if reduction == .mean { pk_scale(out, keys, 1 / Float(max(1, queryCount))) }
  }
}
