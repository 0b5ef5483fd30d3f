// Gradients of the GELUs of Rows.swift.

import CKernels

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
    let ones = HeldInput(Tensor(shape: [columns], repeating: 1))
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
    let rowsAtOnce = 32
    return try Tensor(shape: shape) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach((rows + rowsAtOnce - 1) / rowsAtOnce) { index in
        for row in index * rowsAtOnce..<min(rows, (index + 1) * rowsAtOnce) {
          body(row, source.base + row * columns, out.base + row * columns)
        }
      }
    }
  }
}
