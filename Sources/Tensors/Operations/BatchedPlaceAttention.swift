// Attention of a batch to places and its gradients, for training, from sums along each axis: the
// algebra of `SeparableAttention.swift`, backward as well.
//
// With tokens x̂ standardised, P a query's weights over them, A = Σ P x̂ and dA its gradient:
//   dP = dA·x̂,  dS = P ∘ (dP − dA·A),  dq = scale · Σ dS x̂.
// dP has the form of a score, with dA in the query's place, and dq that of an average, with dS in
// the weights'. So both ways cost a place the same few operations, whatever a token's width.

import CKernels

/// Queries that have been folded into the space of tokens, and the places they read.
package struct BatchedPlaceAttention: Sendable {
  private let places: BatchedPlaces
  /// `[batch × queries, heads × columns]`; a column more than a token has is the weight of the 1
  /// behind it, which moves no softmax.
  private let queries: Tensor
  /// Columns of a head.
  private let stride: Int
  private let scale: Float

  package init(_ places: BatchedPlaces, heads: Int, queries: Tensor, scale: Float) {
    precondition(queries.shape[0] % places.items == 0 && queries.shape[1] % heads == 0)
    stride = queries.shape[1] / heads
    precondition(stride == places.columns || stride == places.columns + 1)
    (self.places, self.queries, self.scale) = (places, queries, scale)
  }

  /// The softmax of each query of each head: weight = 2^(score / ln 2 − peak) / sum,
  /// `[batch × queries × heads]` each.
  package struct Statistics: Sendable {
    fileprivate let peaks: Tensor
    fileprivate let sums: Tensor
  }

  /// What the softmaxes average, in the shape of the queries: standardised tokens, and 1 in a
  /// column behind them.
  ///
  /// - Throws: `ComputationCancelled`.
  package func averages(workers: Workers) throws -> (values: Tensor, statistics: Statistics) {
    let queries = HeldInput(queries)
    var peaks = Tensor(shape: [rows])
    var sums = Tensor(shape: [rows])
    let values = try Tensor(shape: self.queries.shape) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try peaks.withUnsafeMutableElements { peaks in
        try sums.withUnsafeMutableElements { sums in
          guard let peaks = SharedElements(peaks), let sums = SharedElements(sums) else { return }
          try forEachTile(workers) { grid, first, count, scratch in
            var asked = pk_grid_queries(
              queries: queries.base + first * stride, count: count, stride: stride, scale: scale,
              averages: out.base + first * stride, peaks: peaks.base + first,
              sums: sums.base + first)
            pk_place_averages(grid, &asked, scratch)
          }
        }
      }
    }
    return (values, Statistics(peaks: peaks, sums: sums))
  }

  /// The gradient of the queries from that of `averages`, both in their shape.
  ///
  /// - Throws: `ComputationCancelled`.
  package func queryGradient(
    _ statistics: Statistics, averages: Tensor, gradient: Tensor, workers: Workers
  ) throws -> Tensor {
    precondition(averages.shape == queries.shape && gradient.shape == queries.shape)
    let (queries, averages) = (HeldInput(queries), HeldInput(averages))
    let (peaks, sums) = (HeldInput(statistics.peaks), HeldInput(statistics.sums))
    let gradient = HeldInput(gradient)
    return try Tensor(shape: self.queries.shape) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try forEachTile(workers) { grid, first, count, scratch in
        // Averages, peaks and sums are only read.
        var asked = pk_grid_queries(
          queries: queries.base + first * stride, count: count, stride: stride, scale: scale,
          averages: UnsafeMutablePointer(mutating: averages.base + first * stride),
          peaks: UnsafeMutablePointer(mutating: peaks.base + first),
          sums: UnsafeMutablePointer(mutating: sums.base + first))
        pk_place_averages_gradient(
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
        UnsafePointer<pk_place_grid>, _ first: Int, _ count: Int,
        _ scratch: UnsafeMutablePointer<Float>
      ) -> Void
  ) throws {
    let lanes = 16
    let each = rows / places.items
    let tiles = (each + lanes - 1) / lanes
    try workers.forEach(places.items * tiles) { task in
      let (item, tile) = task.quotientAndRemainder(dividingBy: tiles)
      places.withGrid(item: item) { grid in
        withScratch(pk_place_grid_scratch(grid)) { scratch in
          body(grid, item * each + tile * lanes, min(lanes, each - tile * lanes), scratch)
        }
      }
    }
  }
}

/// Tokens `(data, then one table row for each axis)` of a batch as a layer norm standardises them,
/// without their means: of each place a scale and its data times scale, and the tables.
package struct BatchedPlaces: Sendable {
  package let items: Int
  /// The axes of an item without channels: `[height, width]`.
  let axes: [Int]
  let channels: Int
  /// For each axis `[length, features]`, the same number of features each.
  let tables: [Tensor]
  /// `[items × places, channels + 1]`: a scale, then data times scale.
  private let places: Tensor

  /// Prepares places.
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
    let moments = tables.map { FeatureMoments($0) }
    let width = Double(channels + tables.count * tables[0].shape[1])
    let (values, count) = (HeldInput(data), axes.reduce(1, *))
    let (all, atOnce) = (items * count, 1024)
    places = try Tensor(shape: [all, channels + 1]) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach((all + atOnce - 1) / atOnce) { part in
        for place in part * atOnce..<min(all, (part + 1) * atOnce) {
          let own = values.base + place * channels
          var (sum, square, rest) = (0.0, 0.0, place % count)
          for axis in stride(from: axes.count - 1, through: 0, by: -1) {
            sum += moments[axis].sums[rest % axes[axis]]
            square += moments[axis].squares[rest % axes[axis]]
            rest /= axes[axis]
          }
          for channel in 0..<channels {
            let value = Double(own[channel])
            sum += value
            square += value * value
          }
          let mean = sum / width
          let scale = 1 / (max(0, square / width - mean * mean) + epsilon).squareRoot()
          let target = out.base + place * (channels + 1)
          target[0] = Float(scale)
          for channel in 0..<channels {
            target[1 + channel] = Float(Double(own[channel]) * scale)
          }
        }
      }
    }
  }

  /// Places of an item.
  var count: Int { axes.reduce(1, *) }

  /// Floats in a token.
  package var columns: Int { channels + tables.count * features }

  /// Features of one coordinate.
  private var features: Int { tables[0].shape[1] }

  /// Calls `body` with an item's places as the kernels read them.
  func withGrid<Result>(
    item: Int, _ body: (UnsafePointer<pk_place_grid>) -> Result
  ) -> Result {
    precondition((0..<items).contains(item))
    let (held, own) = (tables.map { HeldInput($0) }, HeldInput(places))
    return withExtendedLifetime((held, own)) {
      axes.withUnsafeBufferPointer { axes in
        held.map { Optional($0.base) }.withUnsafeBufferPointer { tables in
          var grid = pk_place_grid(
            places: own.base + item * count * (channels + 1), count: count, channels: channels,
            axes: axes.count, lengths: axes.baseAddress, tables: tables.baseAddress,
            features: features)
          return body(&grid)
        }
      }
    }
  }
}
