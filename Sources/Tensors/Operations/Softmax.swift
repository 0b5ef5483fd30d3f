// Softmaxes that are stored: along rows, backward, and across tensors of one shape, forward and
// backward.
//
// Error, to first order in u = 2⁻²⁴: of scores' gradients 2 u of dS, for P and dP as they are. Of a
// share among n tensors (8 + 2 d + n) u of itself, d its largest distance from the largest logit (an
// exponential is 4 u off, its argument u d); of what is mixed (8 + 2 d + 2 n) u Σ|share × tensor|. Of
// gradients of tensors u, of logits 3 u, of themselves, for shares and mix as they are.

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

extension Tensor {
  /// `Σ shares[i] · tensors[i]`, where shares are the softmax of logits across i, element by
  /// element; all of one shape.
  package static func softmaxMix(
    of tensors: [Tensor], logits: [Tensor]
  ) -> (mixed: Tensor, shares: [Tensor]) {
    precondition(!tensors.isEmpty && tensors.count == logits.count)
    var rowMaxima = logits[0]
    for logit in logits.dropFirst() { rowMaxima.raise(to: logit) }
    var sums = Tensor(shape: rowMaxima.shape, in: rowMaxima.pages)
    var result = Tensor(shape: rowMaxima.shape, in: rowMaxima.pages)
    let weights = zip(tensors, logits).map { tensor, logit in
      var weights = logit
      weights.add(rowMaxima, times: -1)
      weights.withUnsafeMutableElements { _ = pk_exp_shifted($0.baseAddress, $0.count, 0) }
      sums.add(weights)
      result.add(weights.multiplied(by: tensor))
      return weights
    }
    return (result.divided(by: sums), weights.map { $0.divided(by: sums) })
  }

  func multiplied(by other: Tensor) -> Tensor { combined(with: other) { $0 * $1 } }

  private func divided(by other: Tensor) -> Tensor { combined(with: other) { $0 / $1 } }

  private func combined(with other: Tensor, _ combine: (Float, Float) -> Float) -> Tensor {
    precondition(shape == other.shape)
    return Tensor(shape: shape, in: pages) { out in
      withUnsafeElements { a in
        other.withUnsafeElements { b in
          for index in out.indices { out[index] = combine(a[index], b[index]) }
        }
      }
    }
  }
}

extension Tensor {
  /// Gradients of `softmaxMix`, from that of what was mixed: of every tensor, without what goes
  /// through its logits, and of every tensor's logits.
  ///
  /// With shares s: d tensor = s · d mixed, d logit = s · d mixed · (tensor − mixed).
  package static func softmaxMixGradients(
    of tensors: [Tensor], shares: [Tensor], mixed: Tensor, output: Tensor
  ) -> (tensors: [Tensor], logits: [Tensor]) {
    let gradients = shares.map { share in output.multiplied(by: share) }
    let logits = zip(tensors, gradients).map { tensor, gradient in
      var away = tensor
      away.add(mixed, times: -1)
      return away.multiplied(by: gradient)
    }
    return (gradients, logits)
  }
}
