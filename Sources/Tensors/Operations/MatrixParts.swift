// Some rows or columns of a matrix, matrices put together, and beneath each what it passes back.
// `Tensor.rows` and `Tensor.row` share memory and stand with the tensor itself.
//
// Error: numbers are moved, and none is rounded, forward or backward.

extension Tensor {
  /// Some columns of `[rows, columns]`, copied.
  package func columns(_ range: Range<Int>) -> Tensor {
    let width = shape[1]
    precondition(range.lowerBound >= 0 && range.upperBound <= width)
    return Tensor(shape: [shape[0], range.count], in: pages) { out in
      withUnsafeElements { elements in
        for row in 0..<shape[0] {
          for (index, column) in range.enumerated() {
            out[row * range.count + index] = elements[row * width + column]
          }
        }
      }
    }
  }

  /// The gradient of `columns`: `[rows, range.count]` at its columns of `[rows, width]`, zeros elsewhere.
  package func spreadingColumns(to range: Range<Int>, of width: Int) -> Tensor {
    precondition(shape.count == 2 && shape[1] == range.count)
    precondition(range.lowerBound >= 0 && range.upperBound <= width)
    let values = HeldInput(self)
    return Tensor(shape: [shape[0], width], in: pages) { out in
      out.initialize(repeating: 0)
      guard let base = out.baseAddress else { return }
      for row in 0..<shape[0] {
        (base + row * width + range.lowerBound)
          .update(from: values.base + row * range.count, count: range.count)
      }
    }
  }

  /// The gradient of `rows`: `[range.count, columns]` at its rows of `[count, columns]`, zeros
  /// elsewhere.
  package func spreadingRows(to range: Range<Int>, of count: Int) -> Tensor {
    precondition(shape.count == 2 && shape[0] == range.count)
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    let columns = shape[1]
    return Tensor.joiningRows([
      Tensor(shape: [range.lowerBound, columns], in: pages), self,
      Tensor(shape: [count - range.upperBound, columns], in: pages),
    ])
  }

  /// `[rows, columns.count]` with column i moved to `columns[i]` of `[rows, width]`.
  package func spreadingColumns(
    to columns: [Int32], of width: Int, elsewhere fill: Float
  ) -> Tensor {
    let rows = shape[0]
    return Tensor(shape: [rows, width], in: pages) { out in
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
  /// Columns in another order, of a matrix `[rows, columns]` or a vector `[columns]`.
  ///
  /// - Parameter order: For each column of the result where it stands in this one.
  package func gatheringColumns(_ order: [Int]) -> Tensor {
    let width = shape.last ?? 0
    precondition(order.allSatisfy { (0..<width).contains($0) })
    return Tensor(shape: Array(shape.dropLast()) + [order.count], in: pages) { out in
      withUnsafeElements { elements in
        for row in 0..<(width == 0 ? 0 : elements.count / width) {
          for (position, column) in order.enumerated() {
            out[row * order.count + position] = elements[row * width + column]
          }
        }
      }
    }
  }

  /// The gradient of `gatheringColumns` where each column is taken once, in this one's shape.
  ///
  /// - Parameter order: The same as forward.
  package func returningColumns(_ order: [Int]) -> Tensor {
    precondition(order.count == shape.last)
    var back = order
    for (position, column) in order.enumerated() { back[column] = position }
    return gatheringColumns(back)
  }

  /// Some elements of a vector, copied.
  package func elements(_ range: Range<Int>) -> Tensor {
    Tensor(shape: [range.count], in: pages, values: Array(values[range]))
  }
}

extension Tensor {
  /// Two matrices of as many rows side by side.
  package static func joiningColumns(_ left: Tensor, _ right: Tensor) -> Tensor {
    precondition(left.shape[0] == right.shape[0])
    let (a, b) = (left.shape[1], right.shape[1])
    let rows = left.shape[0]
    return Tensor(shape: [rows, a + b], in: left.pages) { out in
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
  ///
  /// - Parameter pages: Where the result takes its memory from; the first matrix's where it is nil.
  package static func joiningRows(_ parts: [Tensor], in pages: SparePages? = nil) -> Tensor {
    let columns = parts.first?.shape.last ?? 0
    precondition(parts.allSatisfy { $0.shape.count == 2 && $0.shape[1] == columns })
    let rows = parts.reduce(0) { $0 + $1.shape[0] }
    return Tensor(shape: [rows, columns], in: pages ?? parts.first?.pages ?? .ofProcess) { out in
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
    return Tensor(shape: [tensors.count] + shape, in: tensors.first?.pages ?? .ofProcess) { out in
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
}
