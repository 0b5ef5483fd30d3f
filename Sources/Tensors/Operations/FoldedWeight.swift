// A linear layer behind a layer norm as one matrix over standardised rows, and queries carried
// through such a layer into the space of what it projects.
//
// Error, u = 2⁻²⁴: a weight times its gain is rounded once, to u of itself; constants, folded queries
// and the gradients of gain and bias are summed in double and rounded once. The weight's gradient is
// wrong by at most 2 u of its two terms' sizes.

extension Tensor {
  /// `[weight ∘ gain | weight · bias + layerBias]`: what takes a standardised row with a 1 behind it to where
  /// norm and layer would take the row; self is the weight `[outputs, inputs]`.
  ///
  /// - Parameter layerBias: The layer's own, `[outputs]`; nil for none.
  /// - Returns: `[outputs, inputs + 1]`.
  package func foldingNorm(gain: Tensor, bias: Tensor, layerBias: Tensor? = nil) -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    precondition(gain.count == columns && bias.count == columns)
    let constants = layerBias.map(\.values)
    precondition(constants == nil || constants?.count == rows)
    let (weight, gain, bias) = (HeldInput(self), HeldInput(gain), HeldInput(bias))
    return Tensor(shape: [rows, columns + 1], in: pages) { out in
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

  /// Gradients of `foldingNorm`, from that of the folded matrix: of weight, gain, bias and the layer's
  /// own bias.
  package func foldingNormGradients(
    gain: Tensor, bias: Tensor, output: Tensor
  ) -> (weight: Tensor, gain: Tensor, bias: Tensor, layerBias: Tensor) {
    let (rows, columns) = (shape[0], shape[1])
    precondition(output.shape == [rows, columns + 1])
    let (weight, gains, biases) = (HeldInput(self), HeldInput(gain), HeldInput(bias))
    let gradient = HeldInput(output)
    var dgain = [Double](repeating: 0, count: columns)
    var dbias = dgain
    let dweight = Tensor(shape: shape, in: pages) { out in
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
      dweight, Tensor(shape: [columns], in: pages, values: dgain.map { Float($0) }),
      Tensor(shape: [columns], in: pages, values: dbias.map { Float($0) }),
      output.columns(columns..<columns + 1).reshaped([rows])
    )
  }
}

extension Tensor {
  /// Queries folded: `scale · (self · keys) ∘ gain`, `[queries, channels]`, and the constants of
  /// their scores, `scale · ((self · keys) · bias + self · layerBias)`, `[queries]`.
  ///
  /// Computed in double and rounded once: an error here is shared by every score of the query.
  ///
  /// - Parameters:
  ///   - keys: The projection, `[width, channels]`; self is `[queries, width]`.
  ///   - gain: `[channels]`.
  ///   - bias: `[channels]`.
  ///   - layerBias: The projection's own, `[width]`; nil for none.
  package func folded(
    through keys: Tensor, gain: Tensor, bias: Tensor, layerBias: Tensor? = nil, scale: Double,
    workers: Workers
  ) throws -> (queries: Tensor, offsets: Tensor) {
    precondition(shape.count == 2 && keys.shape[0] == shape[1])
    let (queries, channels) = (shape[0], keys.shape[1])
    precondition(gain.count == channels && bias.count == channels)
    let fold = Fold(
      keys: keys.doubles, gains: gain.doubles, biases: bias.doubles,
      constants: layerBias?.doubles, scale: scale, channels: channels)
    var folded = Tensor(shape: [queries, channels], in: workers.pages)
    var offsets = Tensor(shape: [queries], in: workers.pages)
    try folded.withUnsafeMutableElements { foldedBuffer in
      try offsets.withUnsafeMutableElements { offsetBuffer in
        guard let out = SharedElements(foldedBuffer), let constants = SharedElements(offsetBuffer)
        else { return }
        try workers.forEach(Blocks(queries, size: 64)) { range in
          fold.write(
            rows(range).doubles, count: range.count, to: out.base + range.lowerBound * channels,
            offsets: constants.base + range.lowerBound)
        }
      }
    }
    return (folded, offsets)
  }

  fileprivate var doubles: [Double] { withUnsafeElements { $0.map { Double($0) } } }
}

/// What all queries of a head are folded with.
private struct Fold: Sendable {
  let keys: [Double]
  let gains: [Double]
  let biases: [Double]
  let constants: [Double]?
  let scale: Double
  let channels: Int

  /// Folds `[count, width]`.
  func write(
    _ queries: [Double], count: Int, to out: UnsafeMutablePointer<Float>,
    offsets: UnsafeMutablePointer<Float>
  ) {
    let width = queries.count / max(1, count)
    var product = [Double](repeating: 0, count: count * channels)
    StridedMatrix(queries, rows: count, columns: width)
      .times(StridedMatrix(keys, rows: width, columns: channels), scale: scale)
      .store(in: &product, stride: channels)
    for query in 0..<count {
      var offset = 0.0
      if let constants {
        for column in 0..<width {
          offset += scale * queries[query * width + column] * constants[column]
        }
      }
      for channel in 0..<channels {
        let value = product[query * channels + channel]
        offset += value * biases[channel]
        out[query * channels + channel] = Float(value * gains[channel])
      }
      offsets[query] = Float(offset)
    }
  }
}
