// Moving between channels of all heads side by side and one matrix for each head.

extension Tensor {
  /// `[rows, heads × width]` as `[heads, rows, width]`: head h owns channels h·width ….
  package func splitIntoHeads(_ heads: Int) -> Tensor {
    let (rows, width) = (shape[0], shape[1] / heads)
    return rearranged(to: [heads, rows, width]) { head, row in (row * heads + head) * width }
  }

  /// `[heads, rows, width]` as `[rows, heads × width]`.
  package func joiningHeads() -> Tensor {
    let (heads, rows, width) = (shape[0], shape[1], shape[2])
    return rearranged(to: [rows, heads, width]) { row, head in (head * rows + row) * width }
      .reshaped([rows, heads * width])
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
        for outer in 0..<shape[0] {
          for inner in 0..<shape[1] {
            let start = source(outer, inner)
            let target = (outer * shape[1] + inner) * width
            for column in 0..<width { out[target + column] = elements[start + column] }
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
