// Scores and weights over separable places, made again row by row.

import CKernels

/// Scores of some queries over a run of places.
enum PlaceScores {
  /// Floats that `fill` writes: the last query's are padded to a multiple of sixteen.
  static func scratchCount(queries: Int, columns: Int) -> Int { queries * columns + 16 }

  /// Writes `[queries, columns.count]` without offsets; -infinity where a place is hidden.
  ///
  /// - Parameter shifts: Room for one number for each query.
  static func fill(
    _ scores: UnsafeMutablePointer<Float>, _ places: SeparablePlaces, _ tables: PlaceTables,
    queries: Int, row: Int, columns: Range<Int>, shifts: UnsafeMutablePointer<Float>
  ) {
    tables.fillShifts(row: row, into: shifts)
    tables.withUnsafeTables { weights, inner, _ in
      places.withRun(row: row, columns: columns) { run in
        // In order: a query's padding is where the next one's scores begin.
        for query in 0..<queries {
          _ = pk_place_scores(
            run, weights + query * places.channels, inner + query * tables.stride, shifts[query],
            scores + query * columns.count)
        }
      }
    }
  }
}

extension AttentionOperands {
  /// Calls `body` with scores (or weights, where statistics are given) of queries of one head,
  /// `[queries, keys]`, for runs of places that together are all.
  func forEachRun(
    of places: SeparablePlaces, head: Int, queries range: Range<Int>,
    _ statistics: AttentionStatistics?, workers: Workers,
    _ body: @Sendable (_ numbers: UnsafeMutablePointer<Float>, _ keys: Range<Int>) -> Void
  ) throws {
    let regions = PlaceRegions(
      places, columns: PlaceCut.columns(places, queries: range.count))
    try workers.forEach(regions.count) { task in
      let region = regions[task]
      let tables = PlaceTables(
        places, queries: queries, head: head, range: range, columns: region.columns,
        unit: statistics.unit)
      let scratch = PlaceScores.scratchCount(queries: range.count, columns: region.columns.count)
      withScratch(scratch + range.count) { numbers in
        for row in region.rows {
          PlaceScores.fill(
            numbers, places, tables, queries: range.count, row: row, columns: region.columns,
            shifts: numbers + scratch)
          let first = row * places.width
          let keys = first + region.columns.lowerBound..<first + region.columns.upperBound
          finish(numbers, statistics, head: head, queries: range, keys: keys)
          body(numbers, keys)
        }
      }
    }
  }

  /// What all queries of a head give one place: scores, or weights where statistics are given.
  func received(
    byPlace place: Int, of places: SeparablePlaces, head: Int, _ statistics: AttentionStatistics?
  ) -> Tensor {
    let (row, column) = place.quotientAndRemainder(dividingBy: places.width)
    let (all, columns) = (0..<queryCount, column..<column + 1)
    let tables = PlaceTables(
      places, queries: queries, head: head, range: all, columns: columns, unit: statistics.unit)
    let scratch = PlaceScores.scratchCount(queries: queryCount, columns: 1)
    return withScratch(scratch + queryCount) { numbers in
      PlaceScores.fill(
        numbers, places, tables, queries: queryCount, row: row, columns: columns,
        shifts: numbers + scratch)
      finish(numbers, statistics, head: head, queries: all, keys: place..<place + 1)
      return Tensor(
        shape: [queryCount], values: UnsafeBufferPointer(start: numbers, count: queryCount))
    }
  }
}

extension AttentionStatistics? {
  /// What the scores that become weights are counted in.
  var unit: ScoreUnit {
    if case .overPlaces = self { .powersOfTwo } else { .natural }
  }
}
