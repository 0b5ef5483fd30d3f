// Rows over their root mean square, forward and backward: torch's RMSNorm, and that of
// perceiver-pytorch up to 0.1.15.
//
// Forward, for a row x of [rows, columns]: y = x · s · gain, s one over the root mean square.
// Backward, with g = dy · gain: dx = s · (g − x s² · mean(g x)), or s · g where s is a constant, and
// dgain = Σ dy x s over rows. Means and sums are in double; the scale is rounded, then its two products:
// a number of y within 3 u of itself, u = 2⁻²⁴, one of dgain within 2 u of the sizes of its terms, one
// of dx within 5 u of those of its own.

import CKernels

extension Tensor {
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
}

extension Tensor {
  /// The gradients of `rootMeanSquareNorm`.
  package func rootMeanSquareNormGradients(
    gain: Tensor, epsilon: Float, output: Tensor, workers: Workers
  ) throws -> NormGradients {
    let columns = shape[1]
    return try normGradients(gain: gain, output: output, workers: workers) { row in
      let square = pk_dot(row.x, row.x, columns) / Double(max(1, columns))
      let scale = Float(1 / (square + Double(epsilon)).squareRoot())
      pk_scaled_norm_gradient(&row, scale, 1)
    }
  }

  /// The gradients of `clampedRootMeanSquareNorm`; a row whose mean square counts as `least` is
  /// multiplied by a constant.
  package func clampedRootMeanSquareNormGradients(
    gain: Tensor, least: Float, output: Tensor, workers: Workers
  ) throws -> NormGradients {
    let columns = shape[1]
    return try normGradients(gain: gain, output: output, workers: workers) { row in
      let root = (pk_dot(row.x, row.x, columns) / Double(max(1, columns))).squareRoot()
      let scale = Float(1 / max(Double(least), root))
      pk_scaled_norm_gradient(&row, scale, root > Double(least) ? 1 : 0)
    }
  }
}
