// A linear layer behind a layer norm, as one matrix over standardised rows.

extension Tensor {
  /// `[weight ∘ gain | weight · bias + layerBias]`: what takes a standardised row with a 1 behind it to where
  /// norm and layer would take the row; self is the weight `[outputs, inputs]`.
  ///
  /// - Parameter layerBias: The layer's own, `[outputs]`; nil for none. Its gradient is the last
  ///   column of the folded matrix's.
  /// - Returns: `[outputs, inputs + 1]`.
  package func foldingNorm(gain: Tensor, bias: Tensor, layerBias: Tensor? = nil) -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    precondition(gain.count == columns && bias.count == columns)
    let constants = layerBias.map(\.values)
    precondition(constants == nil || constants?.count == rows)
    let (weight, gain, bias) = (HeldInput(self), HeldInput(gain), HeldInput(bias))
    return Tensor(shape: [rows, columns + 1]) { out in
      for row in 0..<rows {
        var constant = constants.map { Double($0[row]) } ?? 0
        for column in 0..<columns {
          let value = weight.base[row * columns + column]
          out[row * (columns + 1) + column] = value * gain.base[column]
          constant += Double(value) * Double(bias.base[column])
        }
        out[row * (columns + 1) + columns] = Float(constant)
      }
    }
  }

  /// Gradients of `foldingNorm`, from that of the folded matrix: of weight, gain and bias.
  package func foldingNormGradients(
    gain: Tensor, bias: Tensor, output: Tensor
  ) -> (weight: Tensor, gain: Tensor, bias: Tensor) {
    let (rows, columns) = (shape[0], shape[1])
    precondition(output.shape == [rows, columns + 1])
    let (weight, gains, biases) = (HeldInput(self), HeldInput(gain), HeldInput(bias))
    let gradient = HeldInput(output)
    var dgain = [Double](repeating: 0, count: columns)
    var dbias = dgain
    let dweight = Tensor(shape: shape) { out in
      for row in 0..<rows {
        let own = gradient.base + row * (columns + 1)
        for column in 0..<columns {
          let value = weight.base[row * columns + column]
          out[row * columns + column] =
            own[column] * gains.base[column] + own[columns] * biases.base[column]
          dgain[column] += Double(own[column]) * Double(value)
          dbias[column] += Double(own[columns]) * Double(value)
        }
      }
    }
    return (
      dweight, Tensor(shape: [columns], values: dgain.map { Float($0) }),
      Tensor(shape: [columns], values: dbias.map { Float($0) })
    )
  }
}
