// The gradient of a softmax along rows.

import CKernels

extension Tensor {
  /// From the gradient of weights `[rows, keys]` to that of the scores they are the softmax of:
  /// `dS = P ∘ (dP − Σ P dP)`, sums along each row, in double.
  ///
  /// - Parameter weights: P, in the same shape.
  package mutating func becomeScoresGradient(weights: Tensor) {
    precondition(shape == weights.shape)
    let columns = shape[1]
    let own = HeldInput(weights)
    withUnsafeMutableElements { elements in
      guard let base = elements.baseAddress else { return }
      for start in stride(from: 0, to: elements.count, by: max(1, columns)) {
        let mean = pk_dot(own.base + start, base + start, columns)
        pk_softmax_gradient(own.base + start, base + start, mean, columns)
      }
    }
  }
}
