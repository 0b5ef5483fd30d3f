// Arithmetic on the rows of a matrix: sums, factors and means.

import CKernels

extension Tensor {
  /// The sum of two tensors of one shape.
  package func adding(_ other: Tensor) -> Tensor {
    precondition(shape == other.shape)
    var result = self
    result.add(other)
    return result
  }

  /// Adds a tensor of the same shape, times a factor.
  package mutating func add(_ other: Tensor, times factor: Float = 1) {
    precondition(shape == other.shape)
    withUnsafeMutableElements { mine in
      other.withUnsafeElements { pk_add_scaled(mine.baseAddress, $0.baseAddress, factor, $0.count) }
    }
  }

  /// Raises each element to `other`'s where that is larger.
  package mutating func raise(to other: Tensor) {
    precondition(shape == other.shape)
    withUnsafeMutableElements { mine in
      other.withUnsafeElements { pk_raise_to(mine.baseAddress, $0.baseAddress, $0.count) }
    }
  }

  /// Multiplies every element by a factor.
  package mutating func scale(by factor: Float) {
    withUnsafeMutableElements { pk_scale($0.baseAddress, $0.count, factor) }
  }

  /// Multiplies each row of `[rows, columns]` by `factors` `[columns]`, element by element.
  package func scalingColumns(by factors: Tensor) -> Tensor {
    precondition(factors.count == shape[1])
    var result = self
    let columns = shape[1]
    result.withUnsafeMutableElements { mine in
      factors.withUnsafeElements { factors in
        for start in stride(from: 0, to: mine.count, by: max(1, columns)) {
          for column in 0..<columns { mine[start + column] *= factors[column] }
        }
      }
    }
    return result
  }

  /// The sum of all elements, on several threads.
  package func sum(workers: Workers) throws -> Double {
    let stretch = 1 << 18
    let parts = try Tensor(shape: [(count + stretch - 1) / stretch]) { sums in
      try withUnsafeElements { elements in
        guard let input = SharedInput(elements), let out = SharedElements(sums) else { return }
        try workers.forEach(sums.count) { part in
          let start = part * stretch
          out.base[part] = Float(pk_sum(input.base + start, min(stretch, count - start)))
        }
      }
    }
    return parts.values.reduce(0) { $0 + Double($1) }
  }

  /// The mean of the rows of `[rows, columns]`: `[1, columns]`, summed in double.
  package func meanOfRows() -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    var sums = [Double](repeating: 0, count: columns)
    withUnsafeElements { elements in
      for row in 0..<rows {
        for column in 0..<columns { sums[column] += Double(elements[row * columns + column]) }
      }
    }
    return Tensor(shape: [1, columns], values: sums.map { Float($0 / Double(max(1, rows))) })
  }

  func mapRows(
    to columns: Int, workers: Workers,
    _ body: @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) throws -> Tensor {
    let (rows, width) = (shape[0], shape[1])
    let rowsAtOnce = 32
    return try Tensor(shape: [rows, columns]) { outBuffer in
      try withUnsafeElements { elements in
        guard let out = SharedElements(outBuffer), let source = SharedInput(elements) else {
          return outBuffer.initialize(repeating: 0)
        }
        try workers.forEach((rows + rowsAtOnce - 1) / rowsAtOnce) { index in
          for row in index * rowsAtOnce..<min(rows, (index + 1) * rowsAtOnce) {
            body(source.base + row * width, out.base + row * columns)
          }
        }
      }
    }
  }
}
