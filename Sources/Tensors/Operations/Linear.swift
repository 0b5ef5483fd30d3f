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
    let tiles = Tiles(rows: rows, columns: outputs)
    return try Tensor(shape: [rows, outputs]) { outBuffer in
      try withUnsafeElements { inputs in
        try weight.withUnsafeElements { weights in
          guard let out = SharedElements(outBuffer), let x = SharedInput(inputs),
            let w = SharedInput(weights)
          else { return outBuffer.initialize(repeating: 0) }
          try workers.forEach(tiles.count) { index in
            let tile = tiles[index]
            let start = out.base + tile.rows.lowerBound * outputs + tile.columns.lowerBound
            bias?.copyToRows(of: start, tile: tile, stride: outputs)
            Gemm.timesTransposed(
              x.base + tile.rows.lowerBound * inner, stride: inner,
              w.base + tile.columns.lowerBound * inner, stride: inner,
              rows: tile.rows.count, columns: tile.columns.count, inner: inner,
              beta: bias == nil ? 0 : 1, into: start, stride: outputs)
          }
        }
      }
    }
  }

  /// A plain product: `self [rows, inner] · other [inner, columns]`.
  package func times(_ other: Tensor, workers: Workers) throws -> Tensor {
    precondition(shape.count == 2 && other.shape.count == 2 && shape[1] == other.shape[0])
    let (rows, inner, columns) = (shape[0], shape[1], other.shape[1])
    let tiles = Tiles(rows: rows, columns: columns)
    return try Tensor(shape: [rows, columns]) { outBuffer in
      try withUnsafeElements { a in
        try other.withUnsafeElements { b in
          guard let out = SharedElements(outBuffer), let a = SharedInput(a), let b = SharedInput(b)
          else { return outBuffer.initialize(repeating: 0) }
          try workers.forEach(tiles.count) { index in
            let tile = tiles[index]
            Gemm.times(
              a.base + tile.rows.lowerBound * inner, stride: inner,
              b.base + tile.columns.lowerBound, stride: columns,
              rows: tile.rows.count, columns: tile.columns.count, inner: inner,
              into: out.base + tile.rows.lowerBound * columns + tile.columns.lowerBound,
              stride: columns)
          }
        }
      }
    }
  }

  private func copyToRows(of start: UnsafeMutablePointer<Float>, tile: Tiles.Tile, stride: Int) {
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
  /// The gradient of a linear layer's weight: `selfᵀ · inputs`.
  ///
  /// - Parameter inputs: `[rows, inputs]`; self is the gradient of the outputs, `[rows, outputs]`.
  /// - Returns: `[outputs, inputs]`.
  package func transposedTimes(_ inputs: Tensor, workers: Workers) throws -> Tensor {
    precondition(shape.count == 2 && inputs.shape.count == 2 && shape[0] == inputs.shape[0])
    let (inner, rows, columns) = (shape[0], shape[1], inputs.shape[1])
    let cut = ProductCut(rows: rows, columns: columns, inner: inner)
    let (a, b) = (HeldInput(self), HeldInput(inputs))
    let partial = try Tensor(shape: [cut.spans, rows, columns]) { buffer in
      guard inner > 0, let out = SharedElements(buffer) else {
        return buffer.initialize(repeating: 0)
      }
      try workers.forEach(cut.spans * cut.tiles) { task in
        let (span, tile) = task.quotientAndRemainder(dividingBy: cut.tiles)
        let keys = span * cut.span..<min(inner, (span + 1) * cut.span)
        let own = tile * cut.tile..<min(rows, (tile + 1) * cut.tile)
        Gemm.transposedTimes(
          a.base + keys.lowerBound * rows + own.lowerBound, stride: rows,
          b.base + keys.lowerBound * columns, stride: columns, rows: own.count, columns: columns,
          inner: keys.count, into: out.base + (span * rows + own.lowerBound) * columns,
          stride: columns)
      }
    }
    return partial.summingFirstAxis()
  }

  /// The sum of the rows of `[rows, columns]`: `[columns]`, in double; a linear layer's bias gets
  /// it as its gradient.
  package func columnSums(workers: Workers) throws -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    let values = HeldInput(self)
    let parts = try RowParts(rows: rows, sums: columns, workers: workers) { part, sums in
      pk_add_column_sums(
        values.base + part.lowerBound * columns, part.count, columns, columns, sums)
    }
    return Tensor(shape: [columns], values: parts.total.map { Float($0) })
  }
}

/// A matrix cut into rectangles by its shape alone, so that every thread count adds alike.
private struct Tiles: Sendable {
  struct Tile {
    let rows: Range<Int>
    let columns: Range<Int>
  }

  private let rows: Int
  private let columns: Int
  private let tileRows: Int
  private let tileColumns: Int

  // Tiles of 256 rows keep OpenBLAS near its full rate; a short matrix is cut by columns too,
  // into about eight, so that a few threads all have work to the end.
  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    tileRows = min(max(rows, 1), 256)
    let rowTiles = (rows + tileRows - 1) / tileRows
    let columnTiles = max(1, 8 / max(1, rowTiles))
    let width = (columns + columnTiles - 1) / columnTiles
    tileColumns = max(64, (width + 15) / 16 * 16)
  }

  var count: Int {
    rows == 0 || columns == 0
      ? 0 : ((rows + tileRows - 1) / tileRows) * ((columns + tileColumns - 1) / tileColumns)
  }

  subscript(index: Int) -> Tile {
    let across = (columns + tileColumns - 1) / tileColumns
    let (row, column) = (index / across * tileRows, index % across * tileColumns)
    return Tile(
      rows: row..<min(rows, row + tileRows), columns: column..<min(columns, column + tileColumns))
  }
}

/// How a product over many rows is cut: by its shape alone.
private struct ProductCut {
  let tile: Int
  let tiles: Int
  let span: Int
  let spans: Int

  init(rows: Int, columns: Int, inner: Int) {
    // About eight tasks of work; a large result is cut by its rows, a small one over the sum.
    tile = rows * columns >= 1 << 18 ? max(64, (rows + 7) / 8) : max(1, rows)
    tiles = max(1, (rows + tile - 1) / tile)
    let wanted = max(1, min(8 / tiles, inner / 256))
    span = max(1, (inner + wanted - 1) / wanted)
    spans = max(1, (inner + span - 1) / span)
  }
}
