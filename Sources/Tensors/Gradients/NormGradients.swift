// Gradients of the norms of Rows.swift.

import CKernels

/// What a norm passes back.
package struct NormGradients: Sendable {
  /// Of its input: `[rows, columns]`.
  package let input: Tensor
  /// Of its gain: `[columns]`.
  package let gain: Tensor
  /// Of its bias: `[columns]`; zeros where it has none.
  package let bias: Tensor
}

extension Tensor {
  /// The gradients of `layerNorm`, from those of its output; self is its input `[rows, columns]`.
  package func layerNormGradients(
    gain: Tensor, epsilon: Float, output: Tensor, workers: Workers
  ) throws -> NormGradients {
    let columns = shape[1]
    let weights = HeldInput(gain)
    return try normGradients(output: output, workers: workers) { x, dy, dx, dgain, dbias in
      pk_layer_norm_gradient(x, weights.base, dy, dx, dgain, dbias, columns, epsilon)
    }
  }

  /// The gradients of `rootMeanSquareNorm`.
  package func rootMeanSquareNormGradients(
    gain: Tensor, epsilon: Float, output: Tensor, workers: Workers
  ) throws -> NormGradients {
    let columns = shape[1]
    let weights = HeldInput(gain)
    return try normGradients(output: output, workers: workers) { x, dy, dx, dgain, _ in
      let square = pk_dot(x, x, columns) / Double(max(1, columns))
      let scale = Float(1 / (square + Double(epsilon)).squareRoot())
      pk_scaled_norm_gradient(x, weights.base, dy, dx, dgain, columns, scale, 1)
    }
  }

  /// The gradients of `clampedRootMeanSquareNorm`; a row whose mean square counts as `least` is
  /// multiplied by a constant.
  package func clampedRootMeanSquareNormGradients(
    gain: Tensor, least: Float, output: Tensor, workers: Workers
  ) throws -> NormGradients {
    let columns = shape[1]
    let weights = HeldInput(gain)
    return try normGradients(output: output, workers: workers) { x, dy, dx, dgain, _ in
      let root = (pk_dot(x, x, columns) / Double(max(1, columns))).squareRoot()
      let scale = Float(1 / max(Double(least), root))
      pk_scaled_norm_gradient(
        x, weights.base, dy, dx, dgain, columns, scale, root > Double(least) ? 1 : 0)
    }
  }

  private func normGradients(
    output: Tensor, workers: Workers,
    _ body:
      @escaping @Sendable (
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        _ dgain: UnsafeMutablePointer<Double>, _ dbias: UnsafeMutablePointer<Double>
      ) -> Void
  ) throws -> NormGradients {
    precondition(shape == output.shape)
    let (rows, columns) = (shape[0], shape[1])
    let (x, dy) = (HeldInput(self), HeldInput(output))
    var sums: [Double] = []
    let input = try Tensor(shape: shape) { buffer in
      guard let dx = SharedElements(buffer) else { return }
      sums = try RowParts(rows: rows, sums: 2 * columns, workers: workers) { part, sums in
        for row in part {
          body(
            x.base + row * columns, dy.base + row * columns, dx.base + row * columns, sums,
            sums + columns)
        }
      }.total
    }
    return NormGradients(
      input: input, gain: Tensor(shape: [columns], values: sums[..<columns].map { Float($0) }),
      bias: Tensor(shape: [columns], values: sums[columns...].map { Float($0) }))
  }
}
