// What some queries' scores are made from over a range of columns: one number for each coordinate.

import CKernels

/// What scores over places are counted in.
enum ScoreUnit: Double {
  /// As they are: their exponentials are a softmax's weights.
  case natural = 1
  /// In units of ln 2: a weight is then a power of two, with an exact remainder.
  case powersOfTwo = 0.693147180559945309
}

/// Scores of queries against the rows of position tables, and their weights for the data.
///
/// The score of a place is its scale times the sum of one entry for each axis, plus data times
/// weights. Entries are summed in double: an error in one is shared by a whole row or column.
struct PlaceTables {
  /// Floats between two queries' entries of the last axis: a multiple of sixteen that leaves room
  /// behind them.
  let stride: Int
  private let places: SeparablePlaces
  private let queryCount: Int
  private let columns: Range<Int>
  // [queries, channels]; [queries, stride], its rows' largest entries [queries]; for the other axes
  // [length, queries].
  private let weights: FloatStorage
  private let inner: FloatStorage
  private let innerPeaks: FloatStorage
  private let outer: [FloatStorage]

  /// Tables of queries `range` of one head of `[heads, queries, columns]`.
  init(
    _ places: SeparablePlaces, queries: Tensor, head: Int, range: Range<Int>, columns: Range<Int>,
    unit: ScoreUnit = .natural
  ) {
    self.places = places
    self.columns = columns
    queryCount = range.count
    let stride = Self.padded(columns.count)
    self.stride = stride
    let (width, channels, features) = (queries.shape[2], places.channels, places.features)
    let weights = FloatStorage(count: max(1, range.count * channels))
    let inner = FloatStorage(count: range.count * stride)
    let innerPeaks = FloatStorage(count: range.count)
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
        doubles, width: width, first: channels + axis * features, places, axis: axis, rows: rows)
    }
    let last = places.axes.count - 1
    scores(axis: last, rows: columns).withUnsafeBufferPointer { scores in
      for query in 0..<range.count {
        for column in 0..<columns.count {
          inner.buffer[query * stride + column] = Float(scores[query * columns.count + column])
        }
        innerPeaks.buffer[query] =
          inner.buffer.baseAddress.map { pk_maximum($0 + query * stride, columns.count) }
          ?? -.infinity
      }
    }
    outer = (0..<last).map { axis in
      let length = places.axes[axis]
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
    self.innerPeaks = innerPeaks
  }

  /// Room for `count` floats and for reading sixteen at a time; an odd number of sixteens, since
  /// rows a power of two apart would fight for the same lines of the cache.
  static func padded(_ count: Int) -> Int { ((count + 15) / 16 | 1) * 16 }

  /// Calls `body` with `[queries, channels]`, `[queries, stride]` and the largest of each row of those.
  func withUnsafeTables<Result>(
    _ body: (
      _ weights: UnsafePointer<Float>, _ inner: UnsafePointer<Float>,
      _ innerPeaks: UnsafePointer<Float>
    ) -> Result
  ) -> Result {
    withExtendedLifetime((weights, inner, innerPeaks)) {
      // A storage has at least one element.
      guard let weights = weights.buffer.baseAddress, let inner = inner.buffer.baseAddress,
        let innerPeaks = innerPeaks.buffer.baseAddress
      else { preconditionFailure("no tables") }
      return body(weights, inner, innerPeaks)
    }
  }

  /// Writes the sum of the other axes' entries in a row: `[queries]`.
  func fillShifts(row: Int, into shifts: UnsafeMutablePointer<Float>) {
    shifts.update(repeating: 0, count: queryCount)
    for (axis, coordinate) in places.coordinates(ofRow: row).enumerated() {
      let entries = outer[axis].buffer
      for query in 0..<queryCount { shifts[query] += entries[coordinate * queryCount + query] }
    }
  }

  /// `[queries, rows.count]`: queries' entries from `first` on times rows of an axis's table.
  private static func product(
    _ queries: [Double], width: Int, first: Int, _ places: SeparablePlaces, axis: Int,
    rows: Range<Int>
  ) -> [Double] {
    let (count, features) = (queries.count / width, places.features)
    guard count > 0, !rows.isEmpty else { return [] }
    return [Double](unsafeUninitializedCapacity: count * rows.count) { out, initialised in
      queries.withUnsafeBufferPointer { queries in
        places.withDoubles(axis: axis, rows: rows) { table in
          guard let base = queries.baseAddress, let out = out.baseAddress else { return }
          Gemm.timesTransposed(
            base + first, stride: width, table, stride: features, rows: count,
            columns: rows.count, inner: features, into: out, stride: rows.count)
        }
      }
      initialised = count * rows.count
    }
  }
}
