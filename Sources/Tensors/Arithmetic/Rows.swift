// Arithmetic on the rows of a matrix: norms, the gated GELU, sums and means.

import CKernels

extension Tensor {
  /// Layer normalisation of each row of `[rows, columns]`: gain `[columns]`, bias `[columns]`.
  package func layerNorm(gain: Tensor, bias: Tensor, epsilon: Float, workers: Workers) throws
    -> Tensor
  {
    precondition(gain.count == shape[1] && bias.count == shape[1])
    let columns = shape[1]
    return try mapRows(to: columns, workers: workers) { row, out in
      gain.withUnsafeElements { gain in
        bias.withUnsafeElements { bias in
          pk_layer_norm(row, gain.baseAddress, bias.baseAddress, out, columns, epsilon)
        }
      }
    }
  }

  /// Each row of `[rows, columns]` over its root mean square, times gain `[columns]`.
  package func rootMeanSquareNorm(gain: Tensor, epsilon: Float, workers: Workers) throws -> Tensor {
    precondition(gain.count == shape[1])
    let columns = shape[1]
    return try mapRows(to: columns, workers: workers) { row, out in
      gain.withUnsafeElements { pk_rms_norm(row, $0.baseAddress, out, columns, epsilon) }
    }
  }

  /// Each row of `[rows, columns]` over its root mean square, which counts as no less than
  /// `least`, times gain `[columns]`: the RMSNorm of perceiver-pytorch up to 0.1.15.
  package func clampedRootMeanSquareNorm(
    gain: Tensor, least: Float, workers: Workers
  ) throws -> Tensor {
    precondition(gain.count == shape[1])
    let columns = shape[1]
    return try mapRows(to: columns, workers: workers) { row, out in
      var squares = 0.0
      for column in 0..<columns { squares += Double(row[column]) * Double(row[column]) }
      let scale = Float(1 / max(Double(least), (squares / Double(max(1, columns))).squareRoot()))
      gain.withUnsafeElements { gain in
        for column in 0..<columns { out[column] = row[column] * scale * gain[column] }
      }
    }
  }

  /// The exact GELU of each element of `[rows, columns]`.
  package func gelu(workers: Workers) throws -> Tensor {
    let columns = shape[1]
    let ones = Tensor(shape: [columns], repeating: 1)
    return try mapRows(to: columns, workers: workers) { row, out in
      ones.withUnsafeElements { pk_gated_gelu($0.baseAddress, row, out, columns) }
    }
  }

  /// Adds `constants[row]` to every element of a row of `[rows, columns]`.
  package mutating func addToRows(_ constants: Tensor) {
    precondition(constants.count == shape[0])
    let columns = shape[1]
    withUnsafeMutableElements { mine in
      constants.withUnsafeElements { constants in
        for index in mine.indices { mine[index] += constants[index / columns] }
      }
    }
  }

  /// GEGLU: rows `(x, gates)` of `[rows, 2 × half]` become `x · gelu(gates)`, `[rows, half]`.
  package func gatedGELU(workers: Workers) throws -> Tensor {
    let half = shape[1] / 2
    return try mapRows(to: half, workers: workers) { row, out in
      pk_gated_gelu(row, row + half, out, half)
    }
  }

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
