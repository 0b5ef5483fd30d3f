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
            pk_place_averages(
              grid, queries.base + first * stride, stride, count, scale, scratch,
              out.base + first * stride, peaks.base + first, sums.base + first)
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
        pk_place_averages_gradient(
          grid, queries.base + first * stride, stride, count, scale,
          averages.base + first * stride, peaks.base + first, sums.base + first,
          gradient.base + first * stride, scratch, out.base + first * stride)
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
