// Channels of all heads side by side, and one matrix for each head: moving between them, and products
// of every head's columns with that head's own matrix, for a batch.
//
// A weight `[heads × width, columns]` holds a matrix `[width, columns]` for each head. Rows hold
// heads side by side: `[rows, heads × width]` on the narrow side, `[rows, heads × columns]` on the
// wide one.
//
// Error: what splits, joins, gathers and spreads moves numbers and rounds none. A number of a product
// is wrong by at most n u Σ|a × b| to first order, u = 2⁻²⁴: n is the width from narrow to wide and
// the columns from wide to narrow. Of a weight's gradient, whose rows are cut into at most 8 spans, n is
// ⌈rows / spans⌉ + spans.

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

  /// Some columns of `[rows, columns]`, copied.
  package func columns(_ range: Range<Int>) -> Tensor {
    let width = shape[1]
    precondition(range.lowerBound >= 0 && range.upperBound <= width)
    return Tensor(shape: [shape[0], range.count]) { out in
      withUnsafeElements { elements in
        for row in 0..<shape[0] {
          for (index, column) in range.enumerated() {
            out[row * range.count + index] = elements[row * width + column]
          }
        }
      }
    }
  }

  /// Columns in another order, of a matrix `[rows, columns]` or a vector `[columns]`.
  ///
  /// - Parameter order: For each column of the result where it stands in this one.
  package func gatheringColumns(_ order: [Int]) -> Tensor {
    let width = shape.last ?? 0
    precondition(order.allSatisfy { (0..<width).contains($0) })
    return Tensor(shape: Array(shape.dropLast()) + [order.count]) { out in
      withUnsafeElements { elements in
        for row in 0..<(width == 0 ? 0 : elements.count / width) {
          for (position, column) in order.enumerated() {
            out[row * order.count + position] = elements[row * width + column]
          }
        }
      }
    }
  }

  /// Some elements of a vector, copied.
  package func elements(_ range: Range<Int>) -> Tensor {
    Tensor(shape: [range.count], values: Array(values[range]))
  }

  /// Two matrices of as many rows side by side.
  package static func joiningColumns(_ left: Tensor, _ right: Tensor) -> Tensor {
    precondition(left.shape[0] == right.shape[0])
    let (a, b) = (left.shape[1], right.shape[1])
    let rows = left.shape[0]
    return Tensor(shape: [rows, a + b]) { out in
      left.withUnsafeElements { left in
        right.withUnsafeElements { right in
          guard let out = out.baseAddress else { return }
          for row in 0..<rows {
            let start = out + row * (a + b)
            if let left = left.baseAddress { start.update(from: left + row * a, count: a) }
            if let right = right.baseAddress {
              (start + a).update(from: right + row * b, count: b)
            }
          }
        }
      }
    }
  }

  /// Matrices of as many columns one below another.
  package static func joiningRows(_ parts: [Tensor]) -> Tensor {
    let columns = parts.first?.shape.last ?? 0
    precondition(parts.allSatisfy { $0.shape.count == 2 && $0.shape[1] == columns })
    let rows = parts.reduce(0) { $0 + $1.shape[0] }
    return Tensor(shape: [rows, columns]) { out in
      var start = 0
      for part in parts {
        part.withUnsafeElements { elements in
          _ = UnsafeMutableBufferPointer(rebasing: out[start...]).initialize(from: elements)
          start += elements.count
        }
      }
    }
  }

  /// Tensors of one shape one after another: `[tensors.count] + shape`.
  package static func stacking(_ tensors: [Tensor]) -> Tensor {
    let shape = tensors.first?.shape ?? []
    precondition(tensors.allSatisfy { $0.shape == shape })
    return Tensor(shape: [tensors.count] + shape) { out in
      var start = 0
      for tensor in tensors {
        tensor.withUnsafeElements { elements in
          _ = UnsafeMutableBufferPointer(rebasing: out[start...])
            .initialize(from: elements)
          start += elements.count
        }
      }
    }
  }

  private func rearranged(to shape: [Int], from source: (Int, Int) -> Int) -> Tensor {
    let width = shape[2]
    return Tensor(shape: shape) { out in
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
  /// `[rows, columns.count]` with column i moved to `columns[i]` of `[rows, width]`.
  package func spreadingColumns(
    to columns: [Int32], of width: Int, elsewhere fill: Float
  ) -> Tensor {
    let rows = shape[0]
    return Tensor(shape: [rows, width]) { out in
      out.initialize(repeating: fill)
      withUnsafeElements { elements in
        for row in 0..<rows {
          for (index, column) in columns.enumerated() {
            out[row * width + Int(column)] = elements[row * columns.count + index]
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
    let spans = Blocks(rows, evenly: min(8, rows / 256))
    let partial = try Tensor(shape: [spans.count, heads * width, columns]) { buffer in
      guard rows > 0, let out = SharedElements(buffer) else {
        return buffer.initialize(repeating: 0)
      }
      try workers.forEach(spans.count * heads) { task in
        let (span, head) = task.quotientAndRemainder(dividingBy: heads)
        let part = spans[span]
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
    let parts = Blocks(rows, size: 256)
    return try Tensor(shape: [rows, heads * columns]) { buffer in
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
