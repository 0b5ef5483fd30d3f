// Queries carried through a projection and a norm's gain into the space of what is projected.

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
    let tile = 64
    var folded = Tensor(shape: [queries, channels])
    var offsets = Tensor(shape: [queries])
    try folded.withUnsafeMutableElements { foldedBuffer in
      try offsets.withUnsafeMutableElements { offsetBuffer in
        guard let out = SharedElements(foldedBuffer), let constants = SharedElements(offsetBuffer)
        else { return }
        try workers.forEach((queries + tile - 1) / tile) { index in
          let range = index * tile..<min(queries, (index + 1) * tile)
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
    Gemm.times(
      queries, stride: width, keys, stride: channels, rows: count, columns: channels,
      inner: width, alpha: scale, into: &product, stride: channels)
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
