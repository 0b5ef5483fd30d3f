// Layer normalisation of rows, forward and backward.
//
// Forward, for a row x of [rows, columns]: y = (x − mean) · r · gain + bias, r = 1 / √(variance + ε).
// Backward, with x̂ = (x − mean) · r and g = dy · gain: dx = r · (g − mean(g) − x̂ · mean(g x̂)),
// dgain = Σ dy x̂ and dbias = Σ dy over rows. Means and sums are in double and rounded once: each number
// of y, dx, dgain and dbias within u = 2⁻²⁴ of itself.

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
    try normGradients(gain: gain, output: output, workers: workers) { row in
      pk_layer_norm_gradient(&row, epsilon)
    }
  }

  /// The gradients of a norm, row by row: `body` writes dx and adds to dgain and dbias.
  func normGradients(
    gain: Tensor, output: Tensor, workers: Workers,
    _ body: @escaping @Sendable (_ row: inout pk_norm_row) -> Void
  ) throws -> NormGradients {
    precondition(shape == output.shape)
    let (rows, columns) = (shape[0], shape[1])
    let (x, gain, dy) = (HeldInput(self), HeldInput(gain), HeldInput(output))
    var sums: [Double] = []
    let input = try Tensor(shape: shape, in: workers.pages) { buffer in
      guard let dx = SharedElements(buffer) else { return }
      sums = try RowParts(rows: rows, sums: 2 * columns, workers: workers) { part, sums in
        for row in part {
          var own = pk_norm_row(
            x: x.base + row * columns, gain: gain.base, dy: dy.base + row * columns,
            dx: dx.base + row * columns, dgain: sums, dbias: sums + columns, count: columns)
          body(&own)
        }
      }.total
    }
    return NormGradients(
      input: input,
      gain: Tensor(shape: [columns], in: workers.pages, values: sums[..<columns].map { Float($0) }),
      bias: Tensor(shape: [columns], in: workers.pages, values: sums[columns...].map { Float($0) }))
  }
}
