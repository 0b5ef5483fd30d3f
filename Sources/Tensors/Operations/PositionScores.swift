// Scores and weights over separable positions: what they are made from over a range of columns, one
// number for each coordinate, and how they are made again row by row.

import CKernels

/// What scores over positions are counted in.
enum ScoreUnit: Double {
  /// As they are: their exponentials are a softmax's weights.
  case natural = 1
  /// In units of ln 2: a weight is then a power of two, with an exact remainder.
  case powersOfTwo = 0.693147180559945309
}

/// Scores of queries against the rows of position tables, and their weights for the data.
///
/// The score of a position is its scale times the sum of one entry for each axis, plus data times
/// weights. Entries are summed in double: an error in one is shared by a whole row or column.
struct PositionTables {
  /// Floats between two queries' entries of the last axis: a multiple of sixteen that leaves room
  /// behind them.
  let stride: Int
  private let positions: SeparablePositions
  private let queryCount: Int
  private let columns: Range<Int>
  // [queries, channels]; [queries, stride], its rows' largest entries [queries]; for the other axes
  // [length, queries].
  private let weights: FloatStorage
  private let inner: FloatStorage
  private let innerMaxima: FloatStorage
  private let outer: [FloatStorage]

  /// Tables of queries `range` of one head of `[heads, queries, columns]`.
  init(
    _ positions: SeparablePositions, queries: Tensor, head: Int, range: Range<Int>,
    columns: Range<Int>,
    unit: ScoreUnit = .natural
  ) {
    self.positions = positions
    self.columns = columns
    queryCount = range.count
    let stride = Self.padded(columns.count)
    self.stride = stride
    let (width, channels, features) = (queries.shape[2], positions.channels, positions.features)
    let weights = FloatStorage(count: max(1, range.count * channels))
    let inner = FloatStorage(count: range.count * stride)
    let innerMaxima = FloatStorage(count: range.count)
    inner.buffer.initialize(repeating: 0)
    let doubles = queries.withUnsafeElements { elements in
      let start = (head * queries.shape[1] + range.lowerBound) * width
      return elements[start..<start + range.count * width].map { Double($0) / unit.rawValue }
    }
    for query in 0..<range.count {
      for channel in 0..<channels {
        weights.buffer[query * channels + channel] = Float(doubles[query * width + channel])
      }
    }
    func scores(axis: Int, rows: Range<Int>) -> [Double] {
      Self.product(
        doubles, width: width, first: channels + axis * features, positions, axis: axis, rows: rows)
    }
    let last = positions.axes.count - 1
    scores(axis: last, rows: columns).withUnsafeBufferPointer { scores in
      for query in 0..<range.count {
        for column in 0..<columns.count {
          inner.buffer[query * stride + column] = Float(scores[query * columns.count + column])
        }
        innerMaxima.buffer[query] =
          inner.buffer.baseAddress.map { pk_maximum($0 + query * stride, columns.count) }
          ?? -.infinity
      }
    }
    outer = (0..<last).map { axis in
      let length = positions.axes[axis]
      let entries = FloatStorage(count: length * range.count)
      scores(axis: axis, rows: 0..<length).withUnsafeBufferPointer { scores in
        for index in 0..<length {
          for query in 0..<range.count {
            entries.buffer[index * range.count + query] = Float(scores[query * length + index])
          }
        }
      }
      return entries
    }
    self.weights = weights
    self.inner = inner
    self.innerMaxima = innerMaxima
  }

  /// Room for `count` floats and for reading sixteen at a time; an odd number of sixteens, since
  /// rows a power of two apart would fight for the same lines of the cache.
  static func padded(_ count: Int) -> Int { ((count + 15) / 16 | 1) * 16 }

  /// Calls `body` with `[queries, channels]`, `[queries, stride]` and the largest of each row of those.
  func withUnsafeTables<Result>(
    _ body: (
      _ weights: UnsafePointer<Float>, _ inner: UnsafePointer<Float>,
      _ innerMaxima: UnsafePointer<Float>
    ) -> Result
  ) -> Result {
    withExtendedLifetime((weights, inner, innerMaxima)) {
      // A storage has at least one element.
      guard let weights = weights.buffer.baseAddress, let inner = inner.buffer.baseAddress,
        let innerMaxima = innerMaxima.buffer.baseAddress
      else { preconditionFailure("no tables") }
      return body(weights, inner, innerMaxima)
    }
  }

  /// Writes the sum of the other axes' entries in a row: `[queries]`.
  func fillShifts(row: Int, into shifts: UnsafeMutablePointer<Float>) {
    shifts.update(repeating: 0, count: queryCount)
    for (axis, coordinate) in positions.coordinates(ofRow: row).enumerated() {
      let entries = outer[axis].buffer
      for query in 0..<queryCount { shifts[query] += entries[coordinate * queryCount + query] }
    }
  }

  /// `[queries, rows.count]`: queries' entries from `first` on times rows of an axis's table.
  private static func product(
    _ queries: [Double], width: Int, first: Int, _ positions: SeparablePositions, axis: Int,
    rows: Range<Int>
  ) -> [Double] {
    let (count, features) = (queries.count / width, positions.features)
    guard count > 0, !rows.isEmpty else { return [] }
    return [Double](unsafeUninitializedCapacity: count * rows.count) { out, initialised in
      queries.withUnsafeBufferPointer { queries in
        positions.withDoubles(axis: axis, rows: rows) { table in
          guard let base = queries.baseAddress, let out = out.baseAddress else { return }
          StridedMatrix(base + first, rows: count, columns: features, stride: width)
            .times(StridedMatrix(table, rows: rows.count, columns: features).transposed)
            .store(in: out, stride: rows.count)
        }
      }
      initialised = count * rows.count
    }
  }
}

extension PositionTables {
  /// Floats that `fillScores` writes: the last query's are padded to a multiple of sixteen.
  var scoreCount: Int { queryCount * columns.count + 16 }

  /// Writes the scores of all queries over one row of positions, `[queries, columns]`, without offsets;
  /// -infinity where a position is masked.
  ///
  /// - Parameter shifts: Room for one number for each query.
  func fillScores(
    ofRow row: Int, shifts: UnsafeMutablePointer<Float>, into scores: UnsafeMutablePointer<Float>
  ) {
    fillShifts(row: row, into: shifts)
    withUnsafeTables { weights, inner, _ in
      positions.withRun(row: row, columns: columns) { run in
        // In order: a query's padding is where the next one's scores begin.
        for query in 0..<queryCount {
          _ = pk_position_scores(
            run, weights + query * positions.channels, inner + query * stride, shifts[query],
            scores + query * columns.count)
        }
      }
    }
  }

  /// Calls `body` with all queries as kernels over one row of positions know them.
  ///
  /// - Parameter shifts: Room for one number for each query.
  func withQueries(
    ofRow row: Int, _ terms: PositionTerms, shifts: UnsafeMutablePointer<Float>,
    _ body: (UnsafePointer<pk_position_run>, UnsafePointer<pk_position_queries>) -> Void
  ) {
    fillShifts(row: row, into: shifts)
    withUnsafeTables { weights, inner, _ in
      var own = pk_position_queries(
        queries: queryCount, stride: stride, weights: weights, tables: inner, shifts: shifts,
        offsets: terms.offsets.base, factors: terms.factors?.base)
      positions.withRun(row: row, columns: columns) { body($0, &own) }
    }
  }
}

extension SeparablePositions {
  /// Calls `body` with every row, in ranges of at most 1024 columns, and with what `tables` makes of those
  /// columns; tables are made once for all rows where the rows go to several threads.
  func forEachRow<Tables: Sendable>(
    workers: Workers, tables: @Sendable (_ columns: Range<Int>) -> Tables,
    _ body: @Sendable (_ row: Int, _ columns: Range<Int>, Tables) -> Void
  ) throws {
    let regions = BlockGrid(of: self, columns: 1024)
    @Sendable func visit(_ region: BlockGrid.Tile, _ tables: Tables) {
      for row in region.rows { body(row, region.columns, tables) }
    }
    if regions.rows.count == 1 {
      return try workers.forEach(regions) { visit($0, tables($0.columns)) }
    }
    for (block, columns) in regions.columns.enumerated() {
      let tables = tables(columns)
      try workers.forEach(regions.rows.count) {
        visit(regions[$0 * regions.columns.count + block], tables)
      }
    }
  }

  /// Floats that kernels write of so many columns.
  static func room(_ columns: Int) -> Int {
    let block = Int(PK_POSITION_BLOCK)
    return (columns / block + 1) * block
  }
}

/// What becomes of scores over positions.
struct PositionTerms: Sendable {
  /// What is added to a query's scores, `[queries]`.
  fileprivate let offsets: HeldInput
  /// What its power of two is multiplied by, `[queries]`; nil where scores stay scores.
  fileprivate let factors: HeldInput?

  /// Scores with a number added.
  init(offsets: Tensor) {
    (self.offsets, factors) = (HeldInput(offsets), nil)
  }

  /// Weights of scores in units of ln 2.
  ///
  /// - Parameters:
  ///   - rowMaxima: `[queries]`.
  ///   - sums: `[queries]`.
  ///   - factors: What weights are multiplied by, one for each query; nil for 1.
  init(rowMaxima: Tensor, sums: Tensor, factors: [Float]? = nil) {
    let count = rowMaxima.count
    offsets = HeldInput(Tensor(shape: [count], values: rowMaxima.values.map { -$0 }))
    let inverse = sums.values.map { 1 / $0 }
    self.factors = HeldInput(
      Tensor(
        shape: [count], values: factors.map { zip(inverse, $0).map { $0 * $1 } } ?? inverse))
  }
}

/// Tables of queries that weigh positions, and of others whose scores stand beside the weights; where
/// there are none, the same.
struct PositionPair: Sendable {
  private let asked: PositionTables
  private let beside: PositionTables
  private let queryCount: Int

  init(
    _ positions: SeparablePositions, _ asked: AttentionOperands, _ beside: AttentionOperands?,
    head: Int, columns: Range<Int>
  ) {
    queryCount = asked.queryCount
    func tables(_ queries: Tensor, _ unit: ScoreUnit) -> PositionTables {
      PositionTables(
        positions, queries: queries, head: head, range: 0..<asked.queryCount, columns: columns,
        unit: unit)
    }
    let own = tables(asked.queries, .powersOfTwo)
    self.asked = own
    self.beside = beside.map { tables($0.queries, .natural) } ?? own
  }

  /// Calls `body` with both as kernels over one row know them.
  ///
  /// - Parameters:
  ///   - other: What becomes of the scores beside.
  ///   - shifts: Room for two numbers for each query.
  func withQueries(
    ofRow row: Int, _ terms: PositionTerms, beside other: PositionTerms,
    shifts: UnsafeMutablePointer<Float>,
    _ body: (
      UnsafePointer<pk_position_run>, _ asked: UnsafePointer<pk_position_queries>,
      _ beside: UnsafePointer<pk_position_queries>
    ) -> Void
  ) {
    asked.withQueries(ofRow: row, terms, shifts: shifts) { run, asked in
      beside.withQueries(ofRow: row, other, shifts: shifts + queryCount) { _, beside in
        body(run, asked, beside)
      }
    }
  }
}

extension AttentionOperands {
  /// Calls `body` with scores (or weights, where statistics are given) of queries of one head,
  /// `[queries, keys]`, for runs of positions that together are all.
  func forEachRun(
    of positions: SeparablePositions, head: Int, queries range: Range<Int>,
    _ statistics: AttentionStatistics?, workers: Workers,
    _ body: @Sendable (_ numbers: UnsafeMutablePointer<Float>, _ keys: Range<Int>) -> Void
  ) throws {
    let regions = BlockGrid(of: positions, columns: PositionCut.columns(queries: range.count))
    try workers.forEach(regions) { region in
      let tables = PositionTables(
        positions, queries: queries, head: head, range: range, columns: region.columns,
        unit: statistics.unit)
      withScratch(tables.scoreCount + range.count) { numbers in
        for row in region.rows {
          tables.fillScores(ofRow: row, shifts: numbers + tables.scoreCount, into: numbers)
          let first = row * positions.width
          let keys = first + region.columns.lowerBound..<first + region.columns.upperBound
          finish(numbers, statistics, head: head, queries: range, keys: keys)
          body(numbers, keys)
        }
      }
    }
  }

  /// What all queries of a head give one position: scores, or weights where statistics are given.
  func received(
    byPosition position: Int, of positions: SeparablePositions, head: Int,
    _ statistics: AttentionStatistics?
  ) -> Tensor {
    let (row, column) = position.quotientAndRemainder(dividingBy: positions.width)
    let (all, columns) = (0..<queryCount, column..<column + 1)
    let tables = PositionTables(
      positions, queries: queries, head: head, range: all, columns: columns, unit: statistics.unit)
    return withScratch(tables.scoreCount + queryCount) { numbers in
      tables.fillScores(ofRow: row, shifts: numbers + tables.scoreCount, into: numbers)
      finish(numbers, statistics, head: head, queries: all, keys: position..<position + 1)
      return Tensor(
        shape: [queryCount], values: UnsafeBufferPointer(start: numbers, count: queryCount))
    }
  }
}

extension AttentionStatistics? {
  /// What the scores that become weights are counted in.
  var unit: ScoreUnit {
    if case .overPositions = self { .powersOfTwo } else { .natural }
  }
}
