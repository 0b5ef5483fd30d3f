// The gradient of the element-wise part of a gated recurrent unit (GatedRecurrence.swift).

import Foundation

/// What a gated recurrence passes back.
package struct GatedRecurrenceGradients: Sendable {
  /// Of the hidden state: `[rows, dim]`, without what goes through its gates.
  package let hidden: Tensor
  /// Of the gates' linear layers: `[rows, 3 × dim]` each.
  package let inputGates: Tensor
  package let hiddenGates: Tensor
}

extension Tensor {
  /// Gradients of `gatedRecurrence`, from that of the next hidden state `[rows, dim]`.
  ///
  /// With r, z, n the gates and h the hidden state, out = n + z(h − n), n = tanh(x + r·y).
  package static func gatedRecurrenceGradients(
    hidden: Tensor, inputGates: Tensor, hiddenGates: Tensor, output: Tensor, workers: Workers
  ) throws -> GatedRecurrenceGradients {
    let (rows, dim) = (hidden.shape[0], hidden.shape[1])
    let (h, x, y) = (HeldInput(hidden), HeldInput(inputGates), HeldInput(hiddenGates))
    let dout = HeldInput(output)
    var dx = Tensor(shape: inputGates.shape)
    var dy = Tensor(shape: inputGates.shape)
    let dh = try Tensor(shape: hidden.shape) { buffer in
      try dx.withUnsafeMutableElements { dx in
        try dy.withUnsafeMutableElements { dy in
          guard let dh = SharedElements(buffer), let dx = SharedElements(dx),
            let dy = SharedElements(dy)
          else { return }
          try workers.forEach(rows) { row in
            let start = row * 3 * dim
            for index in 0..<dim {
              let (r, z, n) = (start + index, start + dim + index, start + 2 * dim + index)
              let reset = logistic(x.base[r] + y.base[r])
              let update = logistic(x.base[z] + y.base[z])
              let new = tanh(x.base[n] + reset * y.base[n])
              let gradient = dout.base[row * dim + index]
              let intoNew = gradient * (1 - update) * (1 - new * new)
              let intoReset = intoNew * y.base[n] * reset * (1 - reset)
              let intoUpdate =
                gradient * (h.base[row * dim + index] - new) * update * (1 - update)
              dh.base[row * dim + index] = gradient * update
              (dx.base[r], dy.base[r]) = (intoReset, intoReset)
              (dx.base[z], dy.base[z]) = (intoUpdate, intoUpdate)
              (dx.base[n], dy.base[n]) = (intoNew, intoNew * reset)
            }
          }
        }
      }
    }
    return GatedRecurrenceGradients(hidden: dh, inputGates: dx, hiddenGates: dy)
  }

  private static func logistic(_ value: Float) -> Float {
    1 / (1 + Float(Foundation.exp(-Double(value))))
  }
}
