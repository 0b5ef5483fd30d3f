// What queries have summed over a region of places, and the averages of tokens it makes.

import CKernels

/// Weights, data and position marginals of some queries, summed over a region.
struct PlaceSums {
  private let places: SeparablePlaces
  private let region: PlaceRegion
  private let queries: Int
  private let stride: Int
  private let memory: FloatStorage

  /// Where each array starts in memory, and its length.
  private struct Parts {
    var marginals = 0..<0, settledMarginals = 0..<0, sums = 0..<0, settledSums = 0..<0
    var rowTotals = 0..<0, peaks = 0..<0, shifts = 0..<0, scores = 0..<0
  }
  private let parts: Parts

  private static let lanes = 16

  init(_ places: SeparablePlaces, _ region: PlaceRegion, queries: Int) {
    self.places = places
    self.region = region
    self.queries = queries
    stride = PlaceTables.padded(region.columns.count)
    var next = 0
    func take(_ count: Int) -> Range<Int> {
      defer { next += (count + 15) / 16 * 16 }
      return next..<next + count
    }
    let lanes = queries * (places.channels + 1) * Self.lanes
    let parts = Parts(
      marginals: take(queries * stride), settledMarginals: take(queries * stride),
      sums: take(lanes), settledSums: take(lanes),
      rowTotals: take(queries * region.rows.count), peaks: take(queries), shifts: take(queries),
      scores: take(stride))
    self.parts = parts
    memory = FloatStorage(count: next)
    memory.buffer.initialize(repeating: 0)
    memory.buffer[parts.peaks].update(repeating: -.infinity)
  }

  /// Calls `body` with the sums as the kernels know them, and room for the shifts of a row.
  func withTile(
    _ tables: PlaceTables,
    _ body: (UnsafePointer<pk_place_tile>, UnsafeMutablePointer<Float>) -> Void
  ) {
    precondition(tables.stride == stride)
    withExtendedLifetime(memory) {
      // A storage has at least one element.
      guard let base = memory.buffer.baseAddress else { preconditionFailure("no memory") }
      tables.withUnsafeTables { weights, inner, innerPeaks in
        var tile = pk_place_tile(
          queries: queries, stride: stride, row_stride: region.rows.count, weights: weights,
          tables: inner, table_peaks: innerPeaks, shifts: base + parts.shifts.lowerBound,
          marginals: base + parts.marginals.lowerBound,
          settled_marginals: base + parts.settledMarginals.lowerBound,
          sums: base + parts.sums.lowerBound, settled_sums: base + parts.settledSums.lowerBound,
          peaks: base + parts.peaks.lowerBound, row_totals: base + parts.rowTotals.lowerBound,
          scores: base + parts.scores.lowerBound)
        body(&tile, base + parts.shifts.lowerBound)
      }
    }
  }

  /// Adds weights `[queries, columns]` of one row of places, the region's row `index`.
  func add(
    _ weights: UnsafeMutablePointer<Float>, _ tile: pk_place_tile, row: Int, index: Int,
    columns: Range<Int>
  ) {
    let lanes = (places.channels + 1) * Self.lanes
    places.withRun(row: row, columns: columns) { run in
      for query in 0..<queries {
        tile.row_totals[query * tile.row_stride + index] = pk_place_weighted_sums(
          run, weights + query * columns.count, tile.marginals + query * stride,
          tile.sums + query * lanes)
      }
    }
  }

  /// Writes the sums of tokens times scale and weight, `[queries, width]`, and of weights,
  /// `[queries]`; all rows must have been settled.
  func write(values: UnsafeMutablePointer<Float>, weights: UnsafeMutablePointer<Float>) {
    let (channels, width) = (places.channels, places.columns)
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
    let last = places.axes.count - 1
    writeFeatures(
      of: last, places.tables[last].rows(region.columns),
      marginals: parts.settledMarginals.lowerBound, stride: stride, in: memory.buffer, to: values)
    for axis in 0..<last {
      let length = places.axes[axis]
      let marginals = FloatStorage(count: queries * length)
      fillMarginals(of: axis, into: marginals.buffer)
      writeFeatures(
        of: axis, places.tables[axis], marginals: 0, stride: length, in: marginals.buffer,
        to: values)
    }
  }

  /// Row totals added up by the coordinate on one axis: `[queries, length]`.
  private func fillMarginals(of axis: Int, into out: UnsafeMutableBufferPointer<Float>) {
    let length = places.axes[axis]
    out.initialize(repeating: 0)
    // In double, since many rows may share a coordinate.
    var sums = [Double](repeating: 0, count: length)
    let coordinates = region.rows.map { places.coordinates(ofRow: $0)[axis] }
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
      Gemm.times(
        UnsafePointer(base + start), stride: stride, table, stride: places.features, rows: queries,
        columns: places.features, inner: rows,
        into: values + places.channels + axis * places.features, stride: places.columns)
    }
  }
}
