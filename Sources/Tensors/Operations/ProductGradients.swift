// Gradients of matrix products: products over rows, and sums of columns.

import CKernels

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

  /// `[parts, …]` summed over parts, in order.
  package func summingFirstAxis() -> Tensor {
    guard shape[0] != 1 else { return row(0) }
    var total = Tensor(shape: Array(shape.dropFirst()))
    for part in 0..<shape[0] { total.add(row(part)) }
    return total
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

/// A loop over parts of a matrix's rows, each with sums of its own, added up in order.
struct RowParts {
  /// What the parts' sums add up to.
  private(set) var total: [Double]

  /// Calls `body` with each part's rows and its sums, which begin as zeros.
  ///
  /// - Throws: `ComputationCancelled`.
  init(
    rows: Int, sums count: Int, workers: Workers,
    _ body: @Sendable (Range<Int>, UnsafeMutablePointer<Double>) -> Void
  ) throws {
    let size = max(64, (rows + 31) / 32)
    let parts = (rows + size - 1) / size
    var all = [Double](repeating: 0, count: max(1, parts * count))
    try all.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let sums = SharedSums(base: base)
      try workers.forEach(parts) { part in
        body(part * size..<min(rows, (part + 1) * size), sums.base + part * count)
      }
    }
    total = [Double](repeating: 0, count: count)
    for part in 0..<parts {
      for index in 0..<count { total[index] += all[part * count + index] }
    }
  }

  private struct SharedSums: @unchecked Sendable {
    // Unchecked: every part writes sums of its own.
    let base: UnsafeMutablePointer<Double>
  }
}
