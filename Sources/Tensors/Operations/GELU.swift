// The exact GELU and the gated one (GEGLU), forward and backward.
//
// Forward: gelu(x) = x Φ(x), and of rows (x, gates) [rows, 2 × half] x · gelu(gates), [rows, half].
// Backward: gelu'(x) = Φ(x) + x φ(x). Errors are below 1e-6 relative to the gates' size.

import CKernels

extension Tensor {
  /// The exact GELU of each element of `[rows, columns]`.
  package func gelu(workers: Workers) throws -> Tensor {
    let columns = shape[1]
    let ones = Tensor(shape: [columns], in: workers.pages, repeating: 1)
    return try mapRows(to: columns, workers: workers) { row, out in
      ones.withUnsafeElements { pk_gated_gelu($0.baseAddress, row, out, columns) }
    }
  }

  /// GEGLU: rows `(x, gates)` of `[rows, 2 × half]` become `x · gelu(gates)`, `[rows, half]`.
  package func gatedGELU(workers: Workers) throws -> Tensor {
    let half = shape[1] / 2
    return try mapRows(to: half, workers: workers) { row, out in
      pk_gated_gelu(row, row + half, out, half)
    }
  }
}

extension Tensor {
  /// The gradient of `gatedGELU` from that of its output `[rows, half]`; self is its input
  /// `[rows, 2 × half]`.
  package func gatedGELUGradient(output: Tensor, workers: Workers) throws -> Tensor {
    let half = shape[1] / 2
    let dy = HeldInput(output)
    return try eachRow(workers: workers) { row, x, dx in
      pk_gated_gelu_gradient(x, x + half, dy.base + row * half, dx, dx + half, half)
    }
  }

  /// The gradient of `gelu` from that of its output; both, and self, `[rows, columns]`.
  package func geluGradient(output: Tensor, workers: Workers) throws -> Tensor {
    let columns = shape[1]
    let dy = HeldInput(output)
    let ones = HeldInput(Tensor(shape: [columns], in: workers.pages, repeating: 1))
    return try eachRow(workers: workers) { row, x, dx in
      withScratch(columns) { unused in
        pk_gated_gelu_gradient(ones.base, x, dy.base + row * columns, unused, dx, columns)
      }
    }
  }

  /// A tensor of the same shape, row by row.
  func eachRow(
    workers: Workers,
    _ body: @Sendable (Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) throws -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    let source = HeldInput(self)
    return try Tensor(shape: shape, in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(Blocks(rows, size: 32)) { part in
        for row in part {
          body(row, source.base + row * columns, out.base + row * columns)
        }
      }
    }
  }
}
