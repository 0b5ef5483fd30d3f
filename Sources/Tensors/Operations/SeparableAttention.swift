// Attention to a grid whose position features are separable: no token is ever made.
//
// A token is x = (data c, then for each axis a the features f_a of its coordinate), standardised:
// x̂ = (x - μ) r. Its score with a query g in token space is r (g·x - μ Σg). Since the entries of x̂
// sum to zero, taking the mean of g away from g changes no score; then Σg = 0, and a score is
//
//   r (g_data·c + Σ_a T_a[coordinate on a]),   T_a = g_a · f_a, one number for each coordinate.
//
// The average of x̂ under weights w is that of r x less one number, the average of r μ, which must
// be what makes its entries sum to zero. So neither scores nor averages need μ. Of r x, data sums
// directly; features need, for each axis, only the sums of w r over all positions of a coordinate
// (an image's row and column sums), and one small product with the table.
//
// A position costs a query about 2 × channels + 5 multiplications or additions and one exponential,
// whatever the number of bands.
//
// Error, to first order in u = 2⁻²⁴, for positions as they were prepared. A score:
// d = (channels + axes + 4) u × Σ of its terms' sizes, for table entries are summed in double and rounded
// once. A weight P, relatively: d + u |s − row maximum| + 2 u; below 2⁻¹²⁵ it is 0. A row maximum that
// moves by m scales what was summed, 2e-7 + m u more. Sums have three levels, sixteen lanes of a row,
// 64 rows, and all rows of a region: a position's part goes through N additions, columns / 16 + 4 of its
// region, 64, and rows / 64; a feature's also through one for each coordinate of its axis. With r x a
// token times its scale, an average of a region is wrong by at most (2 d + 2 u × the largest
// |s − row maximum| + (N + 6) u) Σ P |r x|; joining regions adds what RunningSoftmax says. In inverted
// attention weights are wrong as InvertedAttention.swift says, with this d, and sums are cut alike.

import CKernels

extension AttentionOperands {
  /// Queries in token space over positions; what all scores of a query share is taken away from it.
  ///
  /// - Parameters:
  ///   - queries: `[heads, queries, columns]`, scaled.
  ///   - offsets: A constant of each query's scores, `[heads, queries]`.
  package init(queries: Tensor, offsets: Tensor? = nil, positions: SeparablePositions) {
    self.init(
      queries: queries.withoutRowMeans(), offsets: offsets, rows: .separable(positions))
  }

  /// The average of standardised tokens under softmax over positions.
  func separableAverage(_ positions: SeparablePositions, workers: Workers) throws
    -> AttentionAverage
  {
    let cut = PositionCut(positions, heads: heads, queries: queryCount)
    let perPart = queryCount * (width + 2)
    // For each head and region: sums [queries, width], then row maxima and sums of weights
    // [queries].
    let partial = try Tensor(shape: [heads, cut.regions.count, perPart], in: workers.pages) {
      buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(heads * cut.regions.count * cut.tiles.count) { task in
        let (rest, tile) = task.quotientAndRemainder(dividingBy: cut.tiles.count)
        let (head, region) = rest.quotientAndRemainder(dividingBy: cut.regions.count)
        let queries = cut.tiles[tile]
        let base = out.base + (head * cut.regions.count + region) * perPart
        sumRegion(
          positions, cut.regions[region], head: head, queries: queries,
          into: SpanAverage(
            values: base + queries.lowerBound * width,
            rowMaxima: base + queryCount * width + queries.lowerBound,
            sums: base + queryCount * (width + 1) + queries.lowerBound))
      }
    }
    let joined = try SpanAverages(
      partial, self, spans: cut.regions.count, unit: ScoreUnit.powersOfTwo.rawValue
    ).joined(workers: workers)
    return AttentionAverage(
      values: joined.values.withoutRowMeans(), weightSums: joined.weightSums,
      statistics: joined.statistics.inPowersOfTwo)
  }

  private func sumRegion(
    _ positions: SeparablePositions, _ region: BlockGrid.Tile, head: Int, queries range: Range<Int>,
    into out: SpanAverage
  ) {
    let tables = PositionTables(
      positions, queries: queries, head: head, range: range, columns: region.columns,
      unit: .powersOfTwo)
    let sums = PositionSums(positions, region, queries: range.count)
    sums.withTile(tables) { tile, shifts in
      for (index, row) in region.rows.enumerated() {
        tables.fillShifts(row: row, into: shifts)
        positions.withRun(row: row, columns: region.columns) {
          pk_position_softmax_row($0, tile, index)
        }
        // Sums of few numbers added to sums of few sums: error does not grow with the rows.
        if index % 64 == 63 { pk_position_settle(tile, positions.channels) }
      }
      pk_position_settle(tile, positions.channels)
      out.rowMaxima.update(from: tile.pointee.row_maxima, count: range.count)
    }
    sums.write(values: out.values, weights: out.sums)
  }

  /// The average under softmax over queries, normalised over positions: inverted attention.
  func separableInvertedAverage(
    _ positions: SeparablePositions, workers: Workers
  ) throws -> AttentionAverage {
    let regions = BlockGrid(of: positions, columns: PositionCut.columns(queries: queryCount))
    let perPart = queryCount * (width + 1)
    var logSums = Tensor(shape: [heads, positions.count], in: workers.pages)
    var partial = Tensor(shape: [heads, regions.count, perPart], in: workers.pages)
    try partial.withUnsafeMutableElements { partialBuffer in
      try logSums.withUnsafeMutableElements { logBuffer in
        guard let out = SharedElements(partialBuffer), let logs = SharedElements(logBuffer)
        else { return }
        try workers.forEach(heads * regions.count) { task in
          let (head, region) = task.quotientAndRemainder(dividingBy: regions.count)
          sumInverted(
            positions, regions[region], head: head, logSums: logs.base + head * positions.count,
            into: out.base + task * perPart)
        }
      }
    }
    let joined = joinInverted(partial, spans: regions.count, logSums: logSums, width: width)
    return AttentionAverage(
      values: joined.values.withoutRowMeans(), weightSums: joined.weightSums,
      statistics: joined.statistics)
  }

  private func sumInverted(
    _ positions: SeparablePositions, _ region: BlockGrid.Tile, head: Int,
    logSums: UnsafeMutablePointer<Float>, into out: UnsafeMutablePointer<Float>
  ) {
    let (all, count) = (0..<queryCount, region.columns.count)
    let tables = PositionTables(
      positions, queries: queries, head: head, range: all, columns: region.columns)
    let sums = PositionSums(positions, region, queries: queryCount)
    withScratch(tables.scoreCount) { scores in
      sums.withTile(tables) { tile, shifts in
        for (index, row) in region.rows.enumerated() {
          tables.fillScores(ofRow: row, shifts: shifts, into: scores)
          addOffsets(scores, head: head, queries: all, keys: count)
          pk_softmax_columns(
            scores, queryCount, count, count,
            logSums + row * positions.width + region.columns.lowerBound)
          sums.add(scores, tile.pointee, row: row, index: index, columns: region.columns)
          if index % 64 == 63 { pk_position_settle(tile, positions.channels) }
        }
        pk_position_settle(tile, positions.channels)
      }
    }
    sums.write(values: out, weights: out + queryCount * width)
  }
}

extension Tensor {
  /// Rows along the last axis, each less its mean.
  func withoutRowMeans() -> Tensor {
    let columns = shape[shape.count - 1]
    var result = self
    result.withUnsafeMutableElements { elements in
      guard let base = elements.baseAddress else { return }
      for start in stride(from: 0, to: elements.count, by: max(1, columns)) {
        pk_take_away_mean(base + start, columns)
      }
    }
    return result
  }
}

/// Weights, data and position marginals of some queries, summed over a region.
struct PositionSums {
  private let positions: SeparablePositions
  private let region: BlockGrid.Tile
  private let queries: Int
  private let stride: Int
  private let memory: FloatStorage

  /// Where each array starts in memory, and its length.
  private struct Parts {
    var marginals = 0..<0, settledMarginals = 0..<0, sums = 0..<0, settledSums = 0..<0
    var rowTotals = 0..<0, rowMaxima = 0..<0, shifts = 0..<0, scores = 0..<0
  }
  private let parts: Parts

  private static let lanes = 16

  init(_ positions: SeparablePositions, _ region: BlockGrid.Tile, queries: Int) {
    self.positions = positions
    self.region = region
    self.queries = queries
    stride = PositionTables.padded(region.columns.count)
    var next = 0
    func take(_ count: Int) -> Range<Int> {
      defer { next += (count + 15) / 16 * 16 }
      return next..<next + count
    }
    let lanes = queries * (positions.channels + 1) * Self.lanes
    let parts = Parts(
      marginals: take(queries * stride), settledMarginals: take(queries * stride),
      sums: take(lanes), settledSums: take(lanes),
      rowTotals: take(queries * region.rows.count), rowMaxima: take(queries), shifts: take(queries),
      scores: take(stride))
    self.parts = parts
    memory = FloatStorage(count: next)
    memory.buffer.initialize(repeating: 0)
    memory.buffer[parts.rowMaxima].update(repeating: -.infinity)
  }

  /// Calls `body` with the sums as the kernels know them, and room for the shifts of a row.
  func withTile(
    _ tables: PositionTables,
    _ body: (UnsafePointer<pk_position_tile>, UnsafeMutablePointer<Float>) -> Void
  ) {
    precondition(tables.stride == stride)
    withExtendedLifetime(memory) {
      // A storage has at least one element.
      guard let base = memory.buffer.baseAddress else { preconditionFailure("no memory") }
      tables.withUnsafeTables { weights, inner, innerMaxima in
        var tile = pk_position_tile(
          queries: queries, stride: stride, row_stride: region.rows.count, weights: weights,
          tables: inner, table_maxima: innerMaxima, shifts: base + parts.shifts.lowerBound,
          marginals: base + parts.marginals.lowerBound,
          settled_marginals: base + parts.settledMarginals.lowerBound,
          sums: base + parts.sums.lowerBound, settled_sums: base + parts.settledSums.lowerBound,
          row_maxima: base + parts.rowMaxima.lowerBound,
          row_totals: base + parts.rowTotals.lowerBound,
          scores: base + parts.scores.lowerBound)
        body(&tile, base + parts.shifts.lowerBound)
      }
    }
  }

  /// Adds weights `[queries, columns]` of one row of positions, the region's row `index`.
  func add(
    _ weights: UnsafeMutablePointer<Float>, _ tile: pk_position_tile, row: Int, index: Int,
    columns: Range<Int>
  ) {
    let lanes = (positions.channels + 1) * Self.lanes
    positions.withRun(row: row, columns: columns) { run in
      for query in 0..<queries {
        tile.row_totals[query * tile.row_stride + index] = pk_position_weighted_sums(
          run, weights + query * columns.count, tile.marginals + query * stride,
          tile.sums + query * lanes)
      }
    }
  }

  /// Writes the sums of tokens times scale and weight, `[queries, width]`, and of weights,
  /// `[queries]`; all rows must have been settled.
  func write(values: UnsafeMutablePointer<Float>, weights: UnsafeMutablePointer<Float>) {
    let (channels, width) = (positions.channels, positions.columns)
    for query in 0..<queries {
      for index in 0...channels {
        let start = parts.settledSums.lowerBound + (query * (channels + 1) + index) * Self.lanes
        let sum = memory.buffer[start..<start + Self.lanes].reduce(0.0) { $0 + Double($1) }
        if index == 0 {
          weights[query] = Float(sum)
        } else {
          values[query * width + index - 1] = Float(sum)
        }
      }
    }
    let last = positions.axes.count - 1
    writeFeatures(
      of: last, positions.tables[last].rows(region.columns),
      marginals: parts.settledMarginals.lowerBound, stride: stride, in: memory.buffer, to: values)
    for axis in 0..<last {
      let length = positions.axes[axis]
      let marginals = FloatStorage(count: queries * length)
      fillMarginals(of: axis, into: marginals.buffer)
      writeFeatures(
        of: axis, positions.tables[axis], marginals: 0, stride: length, in: marginals.buffer,
        to: values)
    }
  }

  /// Row totals added up by the coordinate on one axis: `[queries, length]`.
  private func fillMarginals(of axis: Int, into out: UnsafeMutableBufferPointer<Float>) {
    let length = positions.axes[axis]
    out.initialize(repeating: 0)
    // In double, since many rows may share a coordinate.
    var sums = [Double](repeating: 0, count: length)
    let coordinates = region.rows.map { positions.coordinates(ofRow: $0)[axis] }
    for query in 0..<queries {
      for index in sums.indices { sums[index] = 0 }
      let start = parts.rowTotals.lowerBound + query * region.rows.count
      for (index, coordinate) in coordinates.enumerated() {
        sums[coordinate] += Double(memory.buffer[start + index])
      }
      for index in sums.indices { out[query * length + index] = Float(sums[index]) }
    }
  }

  private func writeFeatures(
    of axis: Int, _ table: Tensor, marginals start: Int, stride: Int,
    in buffer: UnsafeMutableBufferPointer<Float>, to values: UnsafeMutablePointer<Float>
  ) {
    guard let base = buffer.baseAddress else { return }
    let rows = table.shape[0]
    table.withUnsafeElements { table in
      guard let table = table.baseAddress else { return }
      StridedMatrix(UnsafePointer(base + start), rows: queries, columns: rows, stride: stride)
        .times(StridedMatrix(table, rows: rows, columns: positions.features))
        .store(
          in: values + positions.channels + axis * positions.features, stride: positions.columns)
    }
  }
}
