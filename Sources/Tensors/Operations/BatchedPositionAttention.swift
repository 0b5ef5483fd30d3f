// Attention of a batch to positions and its gradients, for training, from sums along each axis: the
// algebra of `SeparableAttention.swift`, backward as well.
//
// With tokens x̂ standardised, P a query's weights over them, A = Σ P x̂ and dA its gradient:
//   dP = dA·x̂,  dS = P ∘ (dP − dA·A),  dq = scale · Σ dS x̂.
// dP has the form of a score, with dA in the query's place, and dq that of an average, with dS in
// the weights'. So forward and backward cost a position the same few operations, whatever a token's
// width.
//
// Error, to first order in u = 2⁻²⁴, for positions as they were prepared. A score:
// d = (features of an axis + axes + channels + 5) u × Σ of its terms' sizes, for a table entry sums its
// features in float. A weight P, relatively: d + u |s − row maximum| + 2 u; below 2⁻¹²⁵ it is 0.
// Sums have two levels, spans of at most 256 positions of a row, and all spans: a position's part goes
// through N additions, 256 and one for each span; a feature's also through one for each coordinate of
// its axis; with more than four channels, data goes through one for each position. With r x a token
// times its scale, a sum is wrong by at most E = (2 d + 2 u × the largest |s − row maximum| +
// (N + 6) u) Σ P |r x|, an average by E, the mean of E over the token's columns, and columns × u times
// the mean of |average|. Backward: dP as a score of dA's terms; D in double, rounded once; dS by
// (the error of P + 3 u) |dS| + P × (that of dP + u |D|); dq by scale × (Σ |r x| × that of dS +
// (N + 2) u Σ|dS × r x|), what all of dS has left over taken away in double. Data's gradient sums queries
// one after another: dx̂ and Σ dx̂ x̂ by (2 × queries + 3) u Σ (|P dA| + |dS q|) and what P's and dS's
// errors make of it; dx in double, rounded once.

import CKernels

/// Queries that have been folded into the space of tokens, and the positions they read.
package struct BatchedPositionAttention: Sendable {
  private let positions: BatchedPositions
  /// `[batch × queries, heads × columns]`; a column more than a token has is the weight of the 1
  /// behind it, which moves no softmax.
  private let queries: Tensor
  /// Columns of a head.
  private let stride: Int
  private let scale: Float

  package init(_ positions: BatchedPositions, heads: Int, queries: Tensor, scale: Float) {
    precondition(queries.shape[0] % positions.items == 0 && queries.shape[1] % heads == 0)
    stride = queries.shape[1] / heads
    precondition(stride == positions.columns || stride == positions.columns + 1)
    (self.positions, self.queries, self.scale) = (positions, queries, scale)
  }

  /// The softmax of each query of each head: weight = 2^(score / ln 2 − row maximum) / sum,
  /// `[batch × queries × heads]` each.
  package struct Statistics: Sendable {
    fileprivate let rowMaxima: Tensor
    fileprivate let sums: Tensor
  }

  /// What the softmaxes average, in the shape of the queries: standardised tokens, and 1 in a
  /// column behind them.
  ///
  /// - Throws: `ComputationCancelled`.
  package func averages(workers: Workers) throws -> (values: Tensor, statistics: Statistics) {
    let queries = HeldInput(queries)
    var rowMaxima = Tensor(shape: [rows], in: workers.pages)
    var sums = Tensor(shape: [rows], in: workers.pages)
    let values = try Tensor(shape: self.queries.shape, in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try rowMaxima.withUnsafeMutableElements { rowMaxima in
        try sums.withUnsafeMutableElements { sums in
          guard let rowMaxima = SharedElements(rowMaxima), let sums = SharedElements(sums) else {
            return
          }
          try forEachTile(workers) { grid, first, count, scratch in
            var asked = pk_grid_queries(
              queries: queries.base + first * stride, count: count, stride: stride, scale: scale,
              averages: out.base + first * stride, row_maxima: rowMaxima.base + first,
              sums: sums.base + first)
            pk_position_averages(grid, &asked, scratch)
          }
        }
      }
    }
    return (values, Statistics(rowMaxima: rowMaxima, sums: sums))
  }

  /// The gradient of the queries from that of `averages`, both in their shape.
  ///
  /// - Throws: `ComputationCancelled`.
  package func queryGradient(
    _ statistics: Statistics, averages: Tensor, gradient: Tensor, workers: Workers
  ) throws -> Tensor {
    precondition(averages.shape == queries.shape && gradient.shape == queries.shape)
    let (queries, averages) = (HeldInput(queries), HeldInput(averages))
    let (rowMaxima, sums) = (HeldInput(statistics.rowMaxima), HeldInput(statistics.sums))
    let gradient = HeldInput(gradient)
    return try Tensor(shape: self.queries.shape, in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try forEachTile(workers) { grid, first, count, scratch in
        // Averages, row maxima and sums are only read.
        var asked = pk_grid_queries(
          queries: queries.base + first * stride, count: count, stride: stride, scale: scale,
          averages: UnsafeMutablePointer(mutating: averages.base + first * stride),
          row_maxima: UnsafeMutablePointer(mutating: rowMaxima.base + first),
          sums: UnsafeMutablePointer(mutating: sums.base + first))
        pk_position_averages_gradient(
          grid, &asked, gradient.base + first * stride, scratch, out.base + first * stride)
      }
    }
  }

  /// Queries of all heads and items.
  private var rows: Int { queries.count / stride }

  /// Calls `body` for tiles of at most sixteen queries of one item, whatever their heads.
  private func forEachTile(
    _ workers: Workers,
    _ body:
      @Sendable (
        UnsafePointer<pk_position_grid>, _ first: Int, _ count: Int,
        _ scratch: UnsafeMutablePointer<Float>
      ) -> Void
  ) throws {
    let each = rows / positions.items
    let tiles = Blocks(each, size: 16)
    try workers.forEach(positions.items * tiles.count) { task in
      let (item, index) = task.quotientAndRemainder(dividingBy: tiles.count)
      let tile = tiles[index]
      positions.withGrid(item: item) { grid in
        withScratch(pk_position_grid_scratch(grid)) { scratch in
          body(grid, item * each + tile.lowerBound, tile.count, scratch)
        }
      }
    }
  }
}

extension BatchedPositionAttention {
  /// Channels of data whose gradient is worth making from positions: each is two sums of every query.
  package static let mostChannels = 4

  /// The gradient of the positions' data from that of `averages`: `[batch × positions, channels]`.
  ///
  /// Of tokens dx̂ = Σ P dA + dS q over queries. Queries and dA are taken without their means, which
  /// changes no score; so dx̂ has mean 0 too, and the norm, r over a token's deviation, takes it to
  /// dx = r (dx̂ − x̂ Σ dx̂ x̂ / columns). Σ dx̂ x̂ is Σ P dP + dS S: no feature's part is ever made.
  ///
  /// - Parameter planes: The same positions, one for each item.
  /// - Throws: `ComputationCancelled`.
  package func dataGradient(
    _ statistics: Statistics, averages: Tensor, gradient: Tensor, of planes: [SeparablePositions],
    workers: Workers
  ) throws -> Tensor {
    precondition(averages.shape == queries.shape && gradient.shape == queries.shape)
    precondition(planes.count == positions.items)
    let (each, columns) = (rows / positions.items, positions.columns)
    func own(_ tensor: Tensor, _ range: Range<Int>) -> Tensor {
      tensor.reshaped([rows, stride]).rows(range).columns(0..<columns)
    }
    let parts = try planes.enumerated().map { item, planes in
      let range = item * each..<(item + 1) * each
      var asked = own(queries, range)
      asked.scale(by: scale)
      let slopes = own(gradient, range).withoutRowMeans()
      let means = Tensor(
        shape: [each], values: slopes.rowProducts(own(averages, range)))
      func operands(_ queries: Tensor) -> AttentionOperands {
        AttentionOperands(
          queries: queries.reshaped([1, each, columns]), offsets: nil, positions: planes)
      }
      return try planes.dataGradient(
        operands(asked), operands(slopes),
        PositionTerms(
          rowMaxima: statistics.rowMaxima.elements(range), sums: statistics.sums.elements(range)),
        means: means, workers: workers)
    }
    return Tensor.joiningRows(parts)
  }
}

extension SeparablePositions {
  /// The gradient of data from queries that average positions and from their averages' gradients:
  /// `[positions, channels]`.
  ///
  /// - Parameter means: Of each query the sum of P dP, `[queries]`.
  fileprivate func dataGradient(
    _ asked: AttentionOperands, _ slopes: AttentionOperands, _ terms: PositionTerms, means: Tensor,
    workers: Workers
  ) throws -> Tensor {
    let (channels, count) = (channels, asked.queryCount)
    let (means, bare) = (HeldInput(means), PositionTerms(offsets: Tensor(shape: [count])))
    let norm = NormOfPositions(self)
    return try Tensor(shape: [self.count, channels], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try forEachRow(workers: workers) { columns in
        PositionPair(self, asked, slopes, head: 0, columns: columns)
      } _: { row, columns, pair in
        let room = Self.room(columns.count)
        withScratch((channels + 1) * room + 2 * count) { sums in
          pair.withQueries(
            ofRow: row, terms, beside: bare, shifts: sums + (channels + 1) * room
          ) { run, asked, beside in
            var all = pk_position_slopes(asked: asked, beside: beside, means: means.base)
            pk_position_data_slopes(run, &all, sums, room)
            norm.passBack(
              run.pointee, sums, stride: room, row: row, columns: columns,
              into: out.base + (row * width + columns.lowerBound) * channels)
          }
        }
      }
    }
  }
}

/// What takes gradients of standardised tokens back to their data.
private struct NormOfPositions: Sendable {
  private let outer: PositionMoments
  private let last: FeatureMoments
  private let width: Double
  private let channels: Int

  init(_ positions: SeparablePositions) {
    outer = PositionMoments(positions.tables.dropLast())
    last = FeatureMoments(positions.tables[positions.tables.count - 1])
    (width, channels) = (Double(positions.columns), positions.channels)
  }

  /// Writes gradients of a row's data, `[columns, channels]`, from `[channels + 1, stride]`: those of
  /// its standardised data, and Σ dx̂ x̂.
  func passBack(
    _ run: pk_position_run, _ slopes: UnsafePointer<Float>, stride: Int, row: Int,
    columns: Range<Int>, into out: UnsafeMutablePointer<Float>
  ) {
    var (features, squares) = (0.0, 0.0)
    outer.add(at: row, to: &features, &squares)
    for (index, column) in columns.enumerated() {
      let scale = Double(run.scale[index])
      var sum = scale * (features + last.sums[column])
      for channel in 0..<channels { sum += Double(run.data[channel * run.plane_stride + index]) }
      let (mean, pull) = (sum / width, Double(slopes[channels * stride + index]) / width)
      for channel in 0..<channels {
        let token = Double(run.data[channel * run.plane_stride + index]) - mean
        let slope = Double(slopes[channel * stride + index])
        out[index * channels + channel] = Float(scale * (slope - token * pull))
      }
    }
  }
}

/// Tokens `(data, then one table row for each axis)` of a batch as a layer norm standardises them,
/// without their means: of each position a scale and its data times scale, and the tables. Errors are
/// those of `SeparablePositions`.
package struct BatchedPositions: Sendable {
  package let items: Int
  /// The axes of an item without channels: `[height, width]`.
  let axes: [Int]
  let channels: Int
  /// For each axis `[length, features]`, the same number of features each.
  let tables: [Tensor]
  /// `[items × positions, channels + 1]`: a scale, then data times scale.
  private let positions: Tensor

  /// Prepares positions.
  ///
  /// - Parameters:
  ///   - data: `[items, …axes, channels]`.
  ///   - tables: For each axis `[length, features]`, the same number of features each.
  ///   - epsilon: What the norm adds to a token's variance.
  /// - Throws: `ComputationCancelled`.
  package init(data: Tensor, tables: [Tensor], epsilon: Double, workers: Workers) throws {
    let axes = Array(data.shape.dropFirst().dropLast())
    precondition(!axes.isEmpty && tables.map { $0.shape[0] } == axes)
    precondition(axes.allSatisfy { $0 > 0 })
    precondition(tables.allSatisfy { $0.shape[1] == tables[0].shape[1] })
    (items, self.axes, self.tables) = (data.shape[0], axes, tables)
    let channels = data.shape[data.shape.count - 1]
    self.channels = channels
    let moments = PositionMoments(tables)
    let width = Double(channels + tables.count * tables[0].shape[1])
    let (values, count) = (HeldInput(data), axes.reduce(1, *))
    let all = items * count
    positions = try Tensor(shape: [all, channels + 1], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(Blocks(all, size: 1024)) { part in
        for position in part {
          let own = values.base + position * channels
          var (sum, square) = (0.0, 0.0)
          moments.add(at: position % count, to: &sum, &square)
          for channel in 0..<channels {
            let value = Double(own[channel])
            sum += value
            square += value * value
          }
          let scale = PositionMoments.standard(
            sum: sum, squares: square, width: width, epsilon: epsilon
          ).scale
          let target = out.base + position * (channels + 1)
          target[0] = Float(scale)
          for channel in 0..<channels {
            target[1 + channel] = Float(Double(own[channel]) * scale)
          }
        }
      }
    }
  }

  /// Positions of an item.
  var count: Int { axes.reduce(1, *) }

  /// Floats in a token.
  package var columns: Int { channels + tables.count * features }

  /// Features of one coordinate.
  private var features: Int { tables[0].shape[1] }

  /// Calls `body` with an item's positions as the kernels read them.
  func withGrid<Result>(
    item: Int, _ body: (UnsafePointer<pk_position_grid>) -> Result
  ) -> Result {
    precondition((0..<items).contains(item))
    let (held, own) = (tables.map { HeldInput($0) }, HeldInput(positions))
    return withExtendedLifetime((held, own)) {
      axes.withUnsafeBufferPointer { axes in
        held.map { Optional($0.base) }.withUnsafeBufferPointer { tables in
          var grid = pk_position_grid(
            positions: own.base + item * count * (channels + 1), count: count, channels: channels,
            axes: axes.count, lengths: axes.baseAddress, tables: tables.baseAddress,
            features: features)
          return body(&grid)
        }
      }
    }
  }
}
