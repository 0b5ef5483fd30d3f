// The element-wise part of a gated recurrent unit (torch's GRUCell), forward and backward.
//
// Shapes: the state [rows, dim], gates r, z, n side by side [rows, 3 × dim]. Exponentials are
// computed in double.
//
// Error, to first order in u = 2⁻²⁴, a gate's argument being x + y: r and z are wrong by at most
// 3 u of themselves + u |x + y| / 4; n by 4 u of itself (the library's tanh) + u (|x + r y| + |r y|) +
// |y| times r's; the state by u of itself + 2 u |z (h − n)| + n's + |h − n| times z's. Gradients, for
// gates as they are: of h u of itself, of z 5 u, of n 4 u + u |dout (1 − z)|, of r 4 u + |y| / 4 times n's.

import Foundation

extension Tensor {
  /// The next state: `(1 - z) · n + z · state`.
  ///
  /// - Parameters:
  ///   - state: `[rows, dim]`.
  ///   - inputGates: The input through its linear layer, `[rows, 3 × dim]`: r, z, n.
  ///   - stateGates: The state through its own: `[rows, 3 × dim]`.
  package static func gatedRecurrence(
    state: Tensor, inputGates: Tensor, stateGates: Tensor, workers: Workers
  ) throws -> Tensor {
    let dim = state.shape[1]
    precondition(inputGates.shape == [state.shape[0], 3 * dim])
    precondition(stateGates.shape == inputGates.shape)
    let rows = state.shape[0]
    return try Tensor(shape: state.shape, in: workers.pages) { buffer in
      try state.withUnsafeElements { state in
        try inputGates.withUnsafeElements { inputGates in
          try stateGates.withUnsafeElements { stateGates in
            guard let out = SharedElements(buffer), let h = SharedInput(state),
              let x = SharedInput(inputGates), let y = SharedInput(stateGates)
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

/// What a gated recurrence passes back.
package struct GatedRecurrenceGradients: Sendable {
  /// Of the state: `[rows, dim]`, without what goes through its gates.
  package let state: Tensor
  /// Of the gates' linear layers: `[rows, 3 × dim]` each.
  package let inputGates: Tensor
  package let stateGates: Tensor
}

extension Tensor {
  /// Gradients of `gatedRecurrence`, from that of the next state `[rows, dim]`.
  ///
  /// With r, z, n the gates and h the state, out = n + z(h − n), n = tanh(x + r·y).
  package static func gatedRecurrenceGradients(
    state: Tensor, inputGates: Tensor, stateGates: Tensor, output: Tensor, workers: Workers
  ) throws -> GatedRecurrenceGradients {
    let (rows, dim) = (state.shape[0], state.shape[1])
    let (h, x, y) = (HeldInput(state), HeldInput(inputGates), HeldInput(stateGates))
    let dout = HeldInput(output)
    var dx = Tensor(shape: inputGates.shape, in: workers.pages)
    var dy = Tensor(shape: inputGates.shape, in: workers.pages)
    let dh = try Tensor(shape: state.shape, in: workers.pages) { buffer in
      try dx.withUnsafeMutableElements { dx in
        try dy.withUnsafeMutableElements { dy in
          guard let dh = SharedElements(buffer), let dx = SharedElements(dx),
            let dy = SharedElements(dy)
          else { return }
          try workers.forEach(rows) { row in
            let start = row * 3 * dim
            for index in 0..<dim {
              let (r, z, n) = (start + index, start + dim + index, start + 2 * dim + index)
              let reset = sigmoid(x.base[r] + y.base[r])
              let update = sigmoid(x.base[z] + y.base[z])
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
    return GatedRecurrenceGradients(state: dh, inputGates: dx, stateGates: dy)
  }
}
