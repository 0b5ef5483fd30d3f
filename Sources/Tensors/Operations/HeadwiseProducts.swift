// Products of every head's columns with that head's own matrix, for a batch.
//
// A weight `[heads × width, columns]` holds a matrix `[width, columns]` for each head. Rows hold
// heads side by side: `[rows, heads × width]` on the narrow side, `[rows, heads × columns]` on the
// wide one.

extension Tensor {
  /// From narrow to wide: head h of every row times its matrix.
  ///
  /// - Throws: `ComputationCancelled`.
  package func headwiseTimes(_ weight: Tensor, heads: Int, workers: Workers) throws -> Tensor {
    let (width, columns) = (weight.shape[0] / heads, weight.shape[1])
    precondition(shape[1] == heads * width)
    let w = HeldInput(weight)
    return try headwise(columns, heads: heads, workers: workers) { head, rows, source, out in
      Gemm.times(
        source + head * width, stride: heads * width, w.base + head * width * columns,
        stride: columns, rows: rows, columns: columns, inner: width,
        into: out + head * columns, stride: heads * columns)
    }
  }

  /// From wide to narrow: head h of every row times its matrix transposed.
  ///
  /// - Throws: `ComputationCancelled`.
  package func headwiseLinear(_ weight: Tensor, heads: Int, workers: Workers) throws -> Tensor {
    let (width, columns) = (weight.shape[0] / heads, weight.shape[1])
    precondition(shape[1] == heads * columns)
    let w = HeldInput(weight)
    return try headwise(width, heads: heads, workers: workers) { head, rows, source, out in
      Gemm.timesTransposed(
        source + head * columns, stride: heads * columns, w.base + head * width * columns,
        stride: columns, rows: rows, columns: width, inner: columns, into: out + head * width,
        stride: heads * width)
    }
  }

  /// The gradient of the weight in either direction: each head of self, the narrow side,
  /// transposed times that head of the wide side; `[heads × width, columns]`.
  ///
  /// - Throws: `ComputationCancelled`.
  package func headwiseTransposedTimes(
    _ wide: Tensor, heads: Int, workers: Workers
  ) throws -> Tensor {
    precondition(shape[0] == wide.shape[0])
    let (width, columns) = (shape[1] / heads, wide.shape[1] / heads)
    let rows = shape[0]
    let (a, b) = (HeldInput(self), HeldInput(wide))
    let spans = max(1, min(8, rows / 256))
    let partial = try Tensor(shape: [spans, heads * width, columns]) { buffer in
      guard rows > 0, let out = SharedElements(buffer) else {
        return buffer.initialize(repeating: 0)
      }
      try workers.forEach(spans * heads) { task in
        let (span, head) = task.quotientAndRemainder(dividingBy: heads)
        let part = rows * span / spans..<rows * (span + 1) / spans
        Gemm.transposedTimes(
          a.base + part.lowerBound * heads * width + head * width, stride: heads * width,
          b.base + part.lowerBound * heads * columns + head * columns, stride: heads * columns,
          rows: width, columns: columns, inner: part.count,
          into: out.base + (span * heads + head) * width * columns, stride: columns)
      }
    }
    return partial.summingFirstAxis()
  }

  private func headwise(
    _ columns: Int, heads: Int, workers: Workers,
    _ body:
      @Sendable (
        _ head: Int, _ rows: Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>
      ) -> Void
  ) throws -> Tensor {
    let (rows, width) = (shape[0], shape[1])
    let source = HeldInput(self)
    let rowsAtOnce = 256
    return try Tensor(shape: [rows, heads * columns]) { buffer in
      guard let out = SharedElements(buffer) else { return }
      let parts = (rows + rowsAtOnce - 1) / rowsAtOnce
      try workers.forEach(parts * heads) { task in
        let (part, head) = task.quotientAndRemainder(dividingBy: heads)
        let start = part * rowsAtOnce
        body(
          head, min(rows, start + rowsAtOnce) - start, source.base + start * width,
          out.base + start * heads * columns)
      }
    }
  }
}
