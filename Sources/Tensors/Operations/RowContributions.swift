// Rows of an attention's weights, and of what stands beside them, summed into one map: of rows that are
// there, or of all that queries have, which are made again and never stored.
//
// Error of a number of the map, to first order in u = 2⁻²⁴, for weights and products as they are given:
// at most (rows + c) u (|map| + Σ|contribution|), for rows are added one after another; c counts
// the roundings in a contribution: 1 for weights, 3 for products, 5 for toggles.

import CKernels

/// How a row's weights P and products G become part of a map, with a shift s and a factor f of the
/// row.
package enum RowContribution: Sendable {
  /// f P.
  case weights
  /// f P (G + s).
  case products
  /// max(0, f P (G + s)); f is not negative.
  case positiveProducts
  /// P / (1 − P) · (G + s) where a key is read, P / (1 + P) · (G + s) where it is not: what a row
  /// averages when one key goes or comes. `[keys]`, 0 where it is not read.
  case toggles(reads: Tensor)
}

extension Tensor {
  /// Adds rows to a map: self is `[keys]`.
  ///
  /// - Parameters:
  ///   - weights: `[rows, keys]`. Where a weight is 0 nothing is added, whatever the product is.
  ///   - products: `[rows, keys]`; not read for weights alone.
  ///   - shifts: One for each row.
  ///   - factors: One for each row.
  /// - Throws: `ComputationCancelled`.
  package mutating func addRows(
    _ contribution: RowContribution, weights: Tensor, products: Tensor?, shifts: [Float],
    factors: [Float], workers: Workers
  ) throws {
    let (rows, keys) = (weights.shape[0], weights.shape[1])
    precondition(count == keys && shifts.count == rows && factors.count == rows)
    precondition(products.map { $0.shape == weights.shape } ?? true)
    let (own, beside) = (HeldInput(weights), HeldInput(products ?? weights))
    let reads: HeldInput? =
      if case .toggles(let reads) = contribution { HeldInput(reads) } else { nil }
    try withUnsafeMutableElements { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(Blocks(keys, size: 2048)) { part in
        let (start, length) = (part.lowerBound, part.count)
        for row in 0..<rows {
          let (w, g) = (own.base + row * keys + start, beside.base + row * keys + start)
          switch contribution {
          case .weights: pk_add_scaled(out.base + start, w, factors[row], length)
          case .products:
            pk_add_products(out.base + start, w, g, length, shifts[row], factors[row])
          case .positiveProducts:
            pk_add_positive_products(out.base + start, w, g, length, shifts[row], factors[row])
          case .toggles:
            guard let reads else { continue }
            pk_add_toggles(out.base + start, w, g, reads.base + start, length, shifts[row])
          }
        }
      }
    }
  }
}

extension AttentionOperands {
  /// What the weights of all queries of one head add to a map over the rows: `[rows]`.
  ///
  /// - Parameters:
  ///   - statistics: Of these queries' softmax.
  ///   - products: Queries over the same rows whose scores stand beside the weights; nil for weights
  ///     alone.
  ///   - shifts: One for each query.
  ///   - factors: One for each query.
  /// - Throws: `ComputationCancelled`.
  package func contributed(
    _ contribution: RowContribution, _ statistics: AttentionStatistics,
    beside products: AttentionOperands?, head: Int, shifts: [Float], factors: [Float],
    workers: Workers
  ) throws -> Tensor {
    precondition(shifts.count == queryCount && factors.count == queryCount)
    if case .separable(let positions) = rows,
      case .overPositions(let rowMaxima, let sums) = statistics,
      let kernel = contribution.kernel
    {
      let terms = PositionTerms(
        rowMaxima: rowMaxima.row(head), sums: sums.row(head), factors: factors)
      return try contributed(
        kernel, over: positions, terms, beside: products, head: head, shifts: shifts,
        workers: workers)
    }
    var map = Tensor(shape: [rows.count])
    // Few weights at a time, however many rows there are.
    for range in Blocks.rows(queryCount, each: rows.count) {
      try map.addRows(
        contribution, weights: weights(statistics, head: head, queries: range, workers: workers),
        products: try products?.scores(head: head, queries: range, workers: workers),
        shifts: Array(shifts[range]), factors: Array(factors[range]), workers: workers)
    }
    return map
  }

  private func contributed(
    _ kernel: @escaping RowContribution.Kernel, over positions: SeparablePositions,
    _ terms: PositionTerms, beside products: AttentionOperands?, head: Int, shifts: [Float],
    workers: Workers
  ) throws -> Tensor {
    let own = self
    let added = PositionTerms(
      offsets: Tensor(
        shape: [queryCount], values: products?.offsets(head, plus: shifts) ?? shifts))
    return try Tensor(shape: [positions.count], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try positions.forEachRow(workers: workers) { columns in
        PositionPair(positions, own, products, head: head, columns: columns)
      } _: { row, columns, pair in
        let room = SeparablePositions.room(columns.count)
        withScratch(room + 2 * own.queryCount) { numbers in
          pair.withQueries(ofRow: row, terms, beside: added, shifts: numbers + room) {
            kernel($0, $1, $2, numbers)
          }
          (out.base + row * positions.width + columns.lowerBound).update(
            from: numbers, count: columns.count)
        }
      }
    }
  }

  /// A head's offsets and a number more for each query.
  private func offsets(_ head: Int, plus shifts: [Float]) -> [Float] {
    guard let offsets else { return shifts }
    return zip(offsets.row(head).values, shifts).map { $0 + $1 }
  }
}

extension RowContribution {
  /// Adds up all queries over a run of positions.
  fileprivate typealias Kernel =
    @Sendable (
      _ run: UnsafePointer<pk_position_run>, _ asked: UnsafePointer<pk_position_queries>,
      _ beside: UnsafePointer<pk_position_queries>, _ out: UnsafeMutablePointer<Float>
    ) -> Void

  /// Nil where rows are needed.
  fileprivate var kernel: Kernel? {
    switch self {
    case .weights: { pk_position_sum_of_queries($0, $1, $3) }
    case .products: { pk_position_products($0, $1, $2, $3) }
    case .positiveProducts: { pk_position_positive_products($0, $1, $2, $3) }
    case .toggles: nil
    }
  }
}
