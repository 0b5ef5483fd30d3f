// Scores and weights of an attention made again from its operands and statistics.

import CKernels

extension AttentionOperands {
  /// Scores of some queries of one head over all rows: `[queries.count, rows]`.
  package func scores(head: Int, queries range: Range<Int>, workers: Workers) throws -> Tensor {
    try numbers(head: head, queries: range, nil, workers: workers)
  }

  /// Weights of some queries of one head over all rows: `[queries.count, rows]`.
  package func weights(
    _ statistics: AttentionStatistics, head: Int, queries range: Range<Int>, workers: Workers
  ) throws -> Tensor {
    try numbers(head: head, queries: range, statistics, workers: workers)
  }

  private func numbers(
    head: Int, queries range: Range<Int>, _ statistics: AttentionStatistics?, workers: Workers
  ) throws -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= queryCount)
    let keyCount = rows.count
    if case .separable(let places) = rows {
      return try Tensor(shape: [range.count, keyCount]) { buffer in
        guard let out = SharedElements(buffer) else { return }
        try forEachRun(of: places, head: head, queries: range, statistics, workers: workers) {
          numbers, keys in
          for row in 0..<range.count {
            (out.base + row * keyCount + keys.lowerBound).update(
              from: numbers + row * keys.count, count: keys.count)
          }
        }
      }
    }
    // Blocks are large when few queries are asked for, so that a call to BLAS is worth its while.
    let block = 1024
    return try Tensor(shape: [range.count, keyCount]) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach((keyCount + block - 1) / block) { task in
        let keys = task * block..<min(keyCount, (task + 1) * block)
        let scratchCount = scratchCount(rows: block)
        withScratch(scratchCount + range.count * keys.count) { scratch in
          let numbers = scratch + scratchCount
          withBlock(keys, head: head, scratch: scratch) { keyValue in
            fillScores(numbers, head: head, queries: range, keyValue: keyValue, keys: keys.count)
          }
          finish(numbers, statistics, head: head, queries: range, keys: keys)
          for row in 0..<range.count {
            (out.base + row * keyCount + keys.lowerBound).update(
              from: numbers + row * keys.count, count: keys.count)
          }
        }
      }
    }
  }

  /// What all queries of one head give one row: scores, or weights where statistics are given.
  package func received(
    byRow row: Int, head: Int, _ statistics: AttentionStatistics?, workers: Workers
  ) throws -> Tensor {
    if case .separable(let places) = rows {
      return received(byPlace: row, of: places, head: head, statistics)
    }
    var result = Tensor(shape: [queryCount])
    result.withUnsafeMutableElements { result in
      guard let out = result.baseAddress else { return }
      withScratch(scratchCount(rows: 1)) { scratch in
        withBlock(row..<row + 1, head: head, scratch: scratch) { keyValue in
          fillScores(out, head: head, queries: 0..<queryCount, keyValue: keyValue, keys: 1)
        }
      }
      finish(out, statistics, head: head, queries: 0..<queryCount, keys: row..<row + 1)
    }
    return result
  }

  /// Turns bare scores `[queries, keys]` of one head and block into scores with their offsets, or
  /// into weights.
  func finish(
    _ numbers: UnsafeMutablePointer<Float>, _ statistics: AttentionStatistics?, head: Int,
    queries: Range<Int>, keys: Range<Int>
  ) {
    // A query's offset cancels in a softmax over keys: left out, it costs no precision either.
    switch statistics {
    case .overKeys, .overPlaces: break
    case .overQueries, nil: addOffsets(numbers, head: head, queries: queries, keys: keys.count)
    }
    guard let statistics else { return }
    for (row, query) in queries.enumerated() {
      weigh(numbers + row * keys.count, statistics, head: head, query: query, keys: keys)
    }
  }

  private func weigh(
    _ scores: UnsafeMutablePointer<Float>, _ statistics: AttentionStatistics, head: Int,
    query: Int, keys: Range<Int>
  ) {
    switch statistics {
    case .overKeys(let peaks, let sums):
      _ = pk_exp_shifted(scores, keys.count, peaks[head, query])
      pk_scale(scores, keys.count, 1 / sums[head, query])
    case .overPlaces(let peaks, let sums):
      let peak = peaks[head, query]
      for key in 0..<keys.count { scores[key] -= peak }
      pk_scale(scores, keys.count, Float(ScoreUnit.powersOfTwo.rawValue))
      _ = pk_exp_shifted(scores, keys.count, 0)
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
