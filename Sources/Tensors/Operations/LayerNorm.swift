// Layer normalisation of rows, forward and backward.
//
// Forward, for a row x of [rows, columns]: y = (x − mean) · r · gain + bias, r = 1 / √(variance + ε).
// Backward, with x̂ = (x − mean) · r and g = dy · gain: dx = r · (g − mean(g) − x̂ · mean(g x̂)),
// dgain = Σ dy x̂ and dbias = Σ dy over rows. Means and sums are in double and rounded once.

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
}

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

  /// The gradients of a norm, row by row: `body` writes dx and adds to dgain and dbias.
  func normGradients(
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
