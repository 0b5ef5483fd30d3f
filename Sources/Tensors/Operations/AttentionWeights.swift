// Scores and weights of an attention made again from its operands and statistics: rows, or a
// reduction over all queries, block by block.
//
// Error, to first order in u = 2⁻²⁴, the unit roundoff of float32, for operands and statistics as
// they are given. A score s: at most d = (n + 1) u × Σ of its terms' sizes; of keys that are rows the
// terms are width products and the offset, and n the width; of positions they are products with data
// and one table entry for each axis, times the token's scale, and n is channels + axes + 3. A weight,
// relatively: at most d + 3 u |s − c| + 2e-7 (the exponential's) + 2 u (one over the sum, and the
// product), with c the row maximum or the logarithm of the sum over queries; an exponential below
// 2.4e-38 may be 0. A mean adds (queries + 1) u times the mean of the absolute numbers, for it sums
// queries one after another; a maximum adds nothing.

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
    if case .separable(let positions) = rows {
      return try Tensor(shape: [range.count, keyCount], in: workers.pages) { buffer in
        guard let out = SharedElements(buffer) else { return }
        try forEachRun(of: positions, head: head, queries: range, statistics, workers: workers) {
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
    return try Tensor(shape: [range.count, keyCount], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(Blocks(keyCount, size: block)) { keys in
        let scratchCount = scratchCount(rows: block)
        withScratch(scratchCount + range.count * keys.count) { scratch in
          let numbers = scratch + scratchCount
          withBlock(keys, head: head, scratch: scratch) { keyValue in
            fillScores(numbers, head: head, queries: range, keys: keyValue.keys)
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
    if case .separable(let positions) = rows {
      return received(byPosition: row, of: positions, head: head, statistics)
    }
    var result = Tensor(shape: [queryCount], in: workers.pages)
    result.withUnsafeMutableElements { result in
      guard let out = result.baseAddress else { return }
      withScratch(scratchCount(rows: 1)) { scratch in
        withBlock(row..<row + 1, head: head, scratch: scratch) { keyValue in
          fillScores(out, head: head, queries: 0..<queryCount, keys: keyValue.keys)
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
    case .overKeys, .overPositions: break
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
    case .overKeys(let rowMaxima, let sums):
      _ = pk_exp_shifted(scores, keys.count, rowMaxima[head, query])
      pk_scale(scores, keys.count, 1 / sums[head, query])
    case .overPositions(let rowMaxima, let sums):
      let rowMaximum = rowMaxima[head, query]
      for key in 0..<keys.count { scores[key] -= rowMaximum }
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
    if case .separable(let positions) = rows, !statistics.isOverQueries {
      return try reduced(reduction, statistics, over: positions, head: head, workers: workers)
    }
    if case .separable(let positions) = rows {
      return try Tensor(shape: [keyCount], in: workers.pages) { buffer in
        guard let out = SharedElements(buffer) else { return }
        try forEachRun(
          of: positions, head: head, queries: 0..<queryCount, statistics, workers: workers
        ) { numbers, keys in
          reduce(numbers, keys: keys.count, reduction, into: out.base + keys.lowerBound)
        }
      }
    }
    let block = Blocks.size(in: 16...256, each: queryCount)
    return try Tensor(shape: [keyCount], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(Blocks(keyCount, size: block)) { keys in
        let scratchCount = scratchCount(rows: block)
        withScratch(scratchCount + queryCount * keys.count) { scratch in
          let scores = scratch + scratchCount
          withBlock(keys, head: head, scratch: scratch) { keyValue in
            fillScores(scores, head: head, queries: 0..<queryCount, keys: keyValue.keys)
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

extension AttentionOperands {
  /// The same over positions, where every query's scores are as `pk_position_queries` says: no
  /// score is stored.
  private func reduced(
    _ reduction: QueryReduction, _ statistics: AttentionStatistics?,
    over positions: SeparablePositions,
    head: Int, workers: Workers
  ) throws -> Tensor {
    let terms: PositionTerms =
      if case .overPositions(let rowMaxima, let sums) = statistics {
        PositionTerms(rowMaxima: rowMaxima.row(head), sums: sums.row(head))
      } else {
        PositionTerms(offsets: offsets?.row(head) ?? Tensor(shape: [queryCount]))
      }
    let (all, mean) = (0..<queryCount, 1 / Float(max(1, queryCount)))
    return try Tensor(shape: [positions.count], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try positions.forEachRow(workers: workers) { columns in
        PositionTables(
          positions, queries: queries, head: head, range: all, columns: columns,
          unit: statistics.unit)
      } _: { row, columns, tables in
        let room = SeparablePositions.room(columns.count)
        withScratch(room + queryCount) { numbers in
          tables.withQueries(ofRow: row, terms, shifts: numbers + room) { run, asked in
            switch reduction {
            case .mean:
              pk_position_sum_of_queries(run, asked, numbers)
              pk_scale(numbers, columns.count, mean)
            case .maximum: pk_position_largest_of_queries(run, asked, numbers)
            }
          }
          (out.base + row * positions.width + columns.lowerBound).update(
            from: numbers, count: columns.count)
        }
      }
    }
  }
}

extension AttentionStatistics? {
  fileprivate var isOverQueries: Bool {
    if case .overQueries = self { true } else { false }
  }
}
