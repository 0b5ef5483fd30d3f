// Moving between channels of all heads side by side and one matrix for each head.

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
          for (place, column) in order.enumerated() {
            out[row * order.count + place] = elements[row * width + column]
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
    return Tensor(shape: [left.shape[0], a + b]) { out in
      left.withUnsafeElements { left in
        right.withUnsafeElements { right in
          for row in 0..<(a + b == 0 ? 0 : out.count / (a + b)) {
            let start = row * (a + b)
            for column in 0..<a { out[start + column] = left[row * a + column] }
            for column in 0..<b { out[start + a + column] = right[row * b + column] }
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
