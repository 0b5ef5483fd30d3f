// Channels of all heads side by side, and one matrix for each head: moving between them, and products
// of every head's columns with that head's own matrix, for a batch.
//
// A weight `[heads × width, columns]` holds a matrix `[width, columns]` for each head. Rows hold
// heads side by side: `[rows, heads × width]` on the narrow side, `[rows, heads × columns]` on the
// wide one.
//
// Forward N = narrow, W = wide and M a head's matrix: W = N·M or N = W·Mᵀ. Backward: of W = N·M,
// dN = dW·Mᵀ and dM = Nᵀ·dW; of N = W·Mᵀ, dW = dN·M and dM = dNᵀ·W. So each product is the other's
// backward, and the weight's gradient is `headwiseTransposedTimes` of the narrow and the wide side.
//
// Error: what splits and joins moves numbers and rounds none. A number of a product is wrong by at most
// n u Σ|a × b| to first order, u = 2⁻²⁴: n is the width from narrow to wide and the columns from wide to
// narrow. Of a weight's gradient, whose rows are cut into at most 8 spans, n is ⌈rows / spans⌉ + spans.

extension Range<Int> {
  /// The channels of one head, where each has `width` and they stand side by side.
  ///
  /// - Parameter start: Where the first head's begin.
  package static func head(_ head: Int, width: Int, from start: Int = 0) -> Range<Int> {
    start + head * width..<start + (head + 1) * width
  }
}

extension Tensor {
  /// `[rows, heads × width]` as `[heads, rows, width]`: head h owns channels h·width ….
  package func splitIntoHeads(_ heads: Int) -> Tensor {
    let (rows, width) = (shape[0], shape[1] / heads)
    if heads == 1 { return reshaped([1, rows, width]) }
    return rearranged(to: [heads, rows, width]) { head, row in (row * heads + head) * width }
  }

  /// `[heads, rows, width]` as `[rows, heads × width]`.
  package func joiningHeads() -> Tensor {
    let (heads, rows, width) = (shape[0], shape[1], shape[2])
    if heads == 1 { return reshaped([rows, width]) }
    return rearranged(to: [rows, heads, width]) { row, head in (head * rows + row) * width }
      .reshaped([rows, heads * width])
  }

  private func rearranged(to shape: [Int], from source: (Int, Int) -> Int) -> Tensor {
    let width = shape[2]
    return Tensor(shape: shape, in: pages) { out in
      withUnsafeElements { elements in
        guard let from = elements.baseAddress, let to = out.baseAddress else { return }
        for outer in 0..<shape[0] {
          for inner in 0..<shape[1] {
            (to + (outer * shape[1] + inner) * width)
              .initialize(from: from + source(outer, inner), count: width)
          }
        }
      }
    }
  }
}

extension Tensor {
  /// From narrow to wide: head h of every row times its matrix.
  ///
  /// - Throws: `ComputationCancelled`.
  package func headwiseTimes(_ weight: Tensor, heads: Int, workers: Workers) throws -> Tensor {
    let (width, columns) = (weight.shape[0] / heads, weight.shape[1])
    precondition(shape[1] == heads * width)
    let w = HeldInput(weight)
    return try headwise(columns, heads: heads, workers: workers) { head, rows, source, out in
      let own = StridedMatrix(w.base + head * width * columns, rows: width, columns: columns)
      StridedMatrix(source, rows: rows, columns: heads * width).columns(.head(head, width: width))
        .times(own).store(in: out + head * columns, stride: heads * columns)
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
      let own = StridedMatrix(w.base + head * width * columns, rows: width, columns: columns)
      StridedMatrix(source, rows: rows, columns: heads * columns)
        .columns(.head(head, width: columns)).times(own.transposed)
        .store(in: out + head * width, stride: heads * width)
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
    let spans = Blocks(rows, evenly: min(8, rows / 256))
    let partial = try Tensor(shape: [spans.count, heads * width, columns], in: workers.pages) {
      buffer in
      guard rows > 0, let out = SharedElements(buffer) else {
        return buffer.initialize(repeating: 0)
      }
      try workers.forEach(spans.count * heads) { task in
        let (span, head) = task.quotientAndRemainder(dividingBy: heads)
        let part = spans[span]
        let narrow = StridedMatrix(a.base, rows: rows, columns: heads * width).rows(part)
          .columns(.head(head, width: width))
        let wide = StridedMatrix(b.base, rows: rows, columns: heads * columns).rows(part)
          .columns(.head(head, width: columns))
        narrow.transposed.timesInBLAS(wide).store(
          in: out.base + (span * heads + head) * width * columns, stride: columns)
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
    let parts = Blocks(rows, size: 256)
    return try Tensor(shape: [rows, heads * columns], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(parts.count * heads) { task in
        let (index, head) = task.quotientAndRemainder(dividingBy: heads)
        let part = parts[index]
        body(
          head, part.count, source.base + part.lowerBound * width,
          out.base + part.lowerBound * heads * columns)
      }
    }
  }
}
