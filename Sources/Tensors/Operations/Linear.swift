// A linear layer and plain products of matrices, forward and backward.
//
// With y = x·Wᵀ + b and dy its gradient: dx = dy·W, dW = dyᵀ·x, db = Σ of dy's rows. Relative error
// of each: that of an sgemm over its inner length (blocks of BLAS), sums of biases in double.

import CKernels

extension Tensor {
  /// A linear layer: `self · weightᵀ + bias`, torch's `nn.Linear`.
  ///
  /// - Parameters:
  ///   - weight: `[outputs, inputs]`; self is `[rows, inputs]`.
  ///   - bias: `[outputs]`, or nil for none.
  /// - Returns: `[rows, outputs]`.
  package func linear(weight: Tensor, bias: Tensor? = nil, workers: Workers) throws -> Tensor {
    precondition(shape.count == 2 && weight.shape.count == 2 && shape[1] == weight.shape[1])
    let (rows, inner, outputs) = (shape[0], shape[1], weight.shape[0])
    precondition(bias == nil || bias?.count == outputs)
    let tiles = BlockGrid(ofProduct: rows, columns: outputs)
    return try Tensor(shape: [rows, outputs], in: workers.pages) { outBuffer in
      try withUnsafeElements { inputs in
        try weight.withUnsafeElements { weights in
          guard let out = SharedElements(outBuffer), let x = SharedInput(inputs),
            let w = SharedInput(weights)
          else { return outBuffer.initialize(repeating: 0) }
          try workers.forEach(tiles) { tile in
            let start = out.base + tile.rows.lowerBound * outputs + tile.columns.lowerBound
            bias?.copyToRows(of: start, tile: tile, stride: outputs)
            let own = StridedMatrix(x.base, rows: rows, columns: inner).rows(tile.rows)
            let weight = StridedMatrix(w.base, rows: outputs, columns: inner).rows(tile.columns)
            let product = own.times(weight.transposed)
            if bias == nil {
              product.store(in: start, stride: outputs)
            } else {
              product.add(to: start, stride: outputs)
            }
          }
        }
      }
    }
  }

  /// A plain product: `self [rows, inner] · other [inner, columns]`.
  package func times(_ other: Tensor, workers: Workers) throws -> Tensor {
    precondition(shape.count == 2 && other.shape.count == 2 && shape[1] == other.shape[0])
    let (rows, inner, columns) = (shape[0], shape[1], other.shape[1])
    let tiles = BlockGrid(ofProduct: rows, columns: columns)
    return try Tensor(shape: [rows, columns], in: workers.pages) { outBuffer in
      try withUnsafeElements { a in
        try other.withUnsafeElements { b in
          guard let out = SharedElements(outBuffer), let a = SharedInput(a), let b = SharedInput(b)
          else { return outBuffer.initialize(repeating: 0) }
          try workers.forEach(tiles) { tile in
            let own = StridedMatrix(a.base, rows: rows, columns: inner).rows(tile.rows)
            let other = StridedMatrix(b.base, rows: inner, columns: columns).columns(tile.columns)
            own.times(other).store(
              in: out.base + tile.rows.lowerBound * columns + tile.columns.lowerBound,
              stride: columns)
          }
        }
      }
    }
  }

  private func copyToRows(
    of start: UnsafeMutablePointer<Float>, tile: BlockGrid.Tile, stride: Int
  ) {
    withUnsafeElements { bias in
      let part = UnsafeBufferPointer(rebasing: bias[tile.columns])
      guard let source = part.baseAddress else { return }
      for row in 0..<tile.rows.count {
        (start + row * stride).update(from: source, count: part.count)
      }
    }
  }
}

extension Tensor {
  /// The gradient of `linear`'s input, from that of its output `[rows, outputs]`: `[rows, inputs]`.
  ///
  /// - Throws: `ComputationCancelled`.
  package static func linearInputGradient(
    weight: Tensor, output: Tensor, workers: Workers
  ) throws -> Tensor {
    try output.times(weight, workers: workers)
  }

  /// The gradient of `linear`'s weight, from that of its output `[rows, outputs]`: `[outputs, inputs]`.
  ///
  /// - Parameter input: What the layer was given, `[rows, inputs]`.
  /// - Throws: `ComputationCancelled`.
  package static func linearWeightGradient(
    input: Tensor, output: Tensor, workers: Workers
  ) throws -> Tensor {
    try output.transposedTimes(input, workers: workers)
  }

  /// The gradient of `linear`'s bias, from that of its output `[rows, outputs]`: `[outputs]`.
  ///
  /// - Throws: `ComputationCancelled`.
  package static func linearBiasGradient(output: Tensor, workers: Workers) throws -> Tensor {
    try output.columnSums(workers: workers)
  }

  /// A product over rows: `selfᵀ · inputs`.
  ///
  /// - Parameter inputs: `[rows, columns]`; self is `[rows, outputs]`.
  /// - Returns: `[outputs, columns]`.
  package func transposedTimes(_ inputs: Tensor, workers: Workers) throws -> Tensor {
    precondition(shape.count == 2 && inputs.shape.count == 2 && shape[0] == inputs.shape[0])
    let (inner, rows, columns) = (shape[0], shape[1], inputs.shape[1])
    let tiles = BlockGrid(ofProductOver: inner, rows: rows, columns: columns)
    let (a, b) = (HeldInput(self), HeldInput(inputs))
    let partial = try Tensor(shape: [tiles.rows.count, rows, columns], in: workers.pages) {
      buffer in
      guard inner > 0, let out = SharedElements(buffer) else {
        return buffer.initialize(repeating: 0)
      }
      try workers.forEach(tiles) { tile in
        let terms = tile.rows
        let own = StridedMatrix(a.base, rows: inner, columns: rows).rows(terms)
          .columns(tile.columns)
        let other = StridedMatrix(b.base, rows: inner, columns: columns).rows(terms)
        own.transposed.timesInBLAS(other).store(
          in: out.base + (tile.row * rows + tile.columns.lowerBound) * columns, stride: columns)
      }
    }
    return partial.summingFirstAxis()
  }

  /// The sum of the rows of `[rows, columns]`: `[columns]`, in double.
  package func columnSums(workers: Workers) throws -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    let values = HeldInput(self)
    let parts = try RowParts(rows: rows, sums: columns, workers: workers) { part, sums in
      pk_add_column_sums(
        values.base + part.lowerBound * columns, part.count, columns, columns, sums)
    }
    return Tensor(shape: [columns], in: workers.pages, values: parts.total.map { Float($0) })
  }
}

extension BlockGrid {
  /// The tiles of a matrix that a product writes.
  ///
  /// Tiles of 256 rows keep OpenBLAS near its full rate; a short matrix is cut by columns too, into
  /// about eight, so that a few threads all have work to the end.
  fileprivate init(ofProduct rows: Int, columns: Int) {
    self.rows = Blocks(rows, size: 256)
    let width = (columns + max(1, 8 / self.rows.count) - 1) / max(1, 8 / self.rows.count)
    self.columns = Blocks(columns, size: max(64, (width + 15) / 16 * 16))
  }

  /// The tiles of a product over many terms, blocks of terms by blocks of the result's rows.
  ///
  /// About eight tasks of work: a large result is cut by its rows, a small one over the sum.
  fileprivate init(ofProductOver terms: Int, rows: Int, columns: Int) {
    self.columns = Blocks(
      rows, size: rows * columns >= 1 << 18 ? max(64, (rows + 7) / 8) : max(1, rows))
    self.rows = Blocks(terms, atMost: min(8 / self.columns.count, terms / 256))
  }
}
