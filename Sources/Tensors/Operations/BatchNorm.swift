// A batch norm that has learnt: columns moved and scaled by its running statistics.
//
// Error, to first order in u = 2⁻²⁴: with f = gain / √(variance + epsilon), itself 2.5 u off, a value is
// wrong by at most 4.5 u |(x − mean) · f| + u |y|, an input's gradient by 3.5 u of itself, a gain's by
// 5.5 u Σ|terms| + u, a bias's by u of itself: both are summed in double.

extension Tensor {
  /// torch's `BatchNorm` in evaluation, of rows `[rows, columns]`:
  /// `(x − mean) / √(variance + epsilon) · gain + bias`, each `[columns]`.
  package func batchNorm(
    gain: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, epsilon: Float
  ) -> Tensor {
    let (factors, means, biases) = (
      Self.factors(gain, variance, epsilon), mean.values, bias.values
    )
    let columns = shape[1]
    let source = HeldInput(self)
    return Tensor(shape: shape, in: pages) { out in
      for index in out.indices {
        let column = index % columns
        out[index] = (source.base[index] - means[column]) * factors[column] + biases[column]
      }
    }
  }

  /// Gradients of `batchNorm` from that of its output; statistics are constants.
  package func batchNormGradients(
    gain: Tensor, mean: Tensor, variance: Tensor, epsilon: Float, output: Tensor
  ) -> (input: Tensor, gain: Tensor, bias: Tensor) {
    let columns = shape[1]
    let factors = Self.factors(gain, variance, epsilon)
    let plain = Self.factors(Tensor(shape: [columns], in: pages, repeating: 1), variance, epsilon)
    let (means, source, gradient) = (mean.values, HeldInput(self), HeldInput(output))
    var dgain = [Double](repeating: 0, count: columns)
    var dbias = dgain
    let input = Tensor(shape: shape, in: pages) { out in
      for index in out.indices {
        let column = index % columns
        let own = gradient.base[index]
        out[index] = own * factors[column]
        dgain[column] += Double(own * (source.base[index] - means[column]) * plain[column])
        dbias[column] += Double(own)
      }
    }
    return (
      input, Tensor(shape: [columns], in: pages, values: dgain.map { Float($0) }),
      Tensor(shape: [columns], in: pages, values: dbias.map { Float($0) })
    )
  }

  private static func factors(_ gain: Tensor, _ variance: Tensor, _ epsilon: Float) -> [Float] {
    zip(gain.values, variance.values).map { $0 / ($1 + epsilon).squareRoot() }
  }

  /// Negative elements as zero.
  package func rectified() -> Tensor {
    let source = HeldInput(self)
    return Tensor(shape: shape, in: pages) { out in
      // Not max(0, x), which would hide NaN.
      for index in out.indices { out[index] = source.base[index] < 0 ? 0 : source.base[index] }
    }
  }

  /// The gradient of `rectified` from that of its output.
  package func rectifiedGradient(output: Tensor) -> Tensor {
    let (source, gradient) = (HeldInput(self), HeldInput(output))
    return Tensor(shape: shape, in: pages) { out in
      for index in out.indices { out[index] = source.base[index] > 0 ? gradient.base[index] : 0 }
    }
  }
}
