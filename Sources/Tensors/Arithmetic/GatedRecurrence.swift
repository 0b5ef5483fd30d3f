// The element-wise part of a gated recurrent unit (torch's GRUCell).

import Foundation

extension Tensor {
  /// The next hidden state: `(1 - z) · n + z · hidden`.
  ///
  /// - Parameters:
  ///   - hidden: `[rows, dim]`.
  ///   - inputGates: The input through its linear layer, `[rows, 3 × dim]`: r, z, n.
  ///   - hiddenGates: The hidden state through its own: `[rows, 3 × dim]`.
  package static func gatedRecurrence(
    hidden: Tensor, inputGates: Tensor, hiddenGates: Tensor, workers: Workers
  ) throws -> Tensor {
    let dim = hidden.shape[1]
    precondition(inputGates.shape == [hidden.shape[0], 3 * dim])
    precondition(hiddenGates.shape == inputGates.shape)
    let rows = hidden.shape[0]
    return try Tensor(shape: hidden.shape) { buffer in
      try hidden.withUnsafeElements { hidden in
        try inputGates.withUnsafeElements { inputGates in
          try hiddenGates.withUnsafeElements { hiddenGates in
            guard let out = SharedElements(buffer), let h = SharedInput(hidden),
              let x = SharedInput(inputGates), let y = SharedInput(hiddenGates)
            else { return }
            try workers.forEach(rows) { row in
              let (x, y) = (x.base + row * 3 * dim, y.base + row * 3 * dim)
              for index in 0..<dim {
                let reset = sigmoid(x[index] + y[index])
                let update = sigmoid(x[dim + index] + y[dim + index])
                let new = tanh(x[2 * dim + index] + reset * y[2 * dim + index])
                let old = h.base[row * dim + index]
                out.base[row * dim + index] = new + update * (old - new)
              }
            }
          }
        }
      }
    }
  }

  private static func sigmoid(_ value: Float) -> Float {
    1 / (1 + Float(Foundation.exp(-Double(value))))
  }
}
