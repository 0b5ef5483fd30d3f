// Tokens of a batch as one matrix, where training reads them many times.
//
// Error: plain tokens are moved, and nothing is rounded. Standardised ones are computed in double and
// rounded once: each number is wrong by at most u = 2⁻²⁴ of itself, but for the double's own rounding.
// So is a number of their gradient, whose error is a layer norm's.

import CKernels

extension Tensor {
  /// Tokens `(data, then one table row for each axis)` of a batch `[items, …axes, channels]`:
  /// `[items × tokens, channels + features]`.
  ///
  /// - Parameter tables: For each axis `[length, features]`; or none.
  /// - Throws: `ComputationCancelled`.
  package func tokenMatrix(tables: [Tensor], workers: Workers) throws -> Tensor {
    try tokenMatrix(tables: tables, extra: 0, workers: workers) { _, _ in }
  }

  /// The same tokens, each brought to mean 0 and variance 1 as before a layer norm's gain, and a
  /// 1 behind it, by which a bias becomes a column of a weight:
  /// `[items × tokens, channels + features + 1]`.
  package func standardisedTokenMatrix(
    tables: [Tensor], epsilon: Float, workers: Workers
  ) throws -> Tensor {
    let width = (shape.last ?? 0) + tables.reduce(0) { $0 + $1.shape[1] }
    let gain = HeldInput(Tensor(shape: [width], in: workers.pages, repeating: 1))
    let bias = HeldInput(Tensor(shape: [width], in: workers.pages))
    return try tokenMatrix(tables: tables, extra: 1, workers: workers) { token, scratch in
      scratch.update(from: token, count: width)
      pk_layer_norm(scratch, gain.base, bias.base, token, width, epsilon)
      token[width] = 1
    }
  }

  /// The gradient of `standardisedTokenMatrix`, from that of its output: of the data,
  /// `[items × tokens, channels]`; self is the batch. Tables and the 1 are constants.
  ///
  /// A token is normed as by a layer norm with a gain of one.
  ///
  /// - Throws: `ComputationCancelled`.
  package func standardisedTokenMatrixGradient(
    tables: [Tensor], epsilon: Float, output: Tensor, workers: Workers
  ) throws -> Tensor {
    let columns = output.shape[1] - 1
    let parts = try tokenMatrix(tables: tables, workers: workers).layerNormGradients(
      gain: Tensor(shape: [columns], in: workers.pages, repeating: 1), epsilon: epsilon,
      output: output.columns(0..<columns), workers: workers)
    return parts.input.columns(0..<(shape.last ?? 0))
  }

  private func tokenMatrix(
    tables: [Tensor], extra: Int, workers: Workers,
    _ finish:
      @Sendable (
        _ token: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
      ) -> Void
  ) throws -> Tensor {
    let axes = Array(shape.dropFirst().dropLast())
    precondition(shape.count >= 2 && (tables.isEmpty || tables.map { $0.shape[0] } == axes))
    let channels = shape[shape.count - 1]
    let features = tables.reduce(0) { $0 + $1.shape[1] }
    let tokens = shape[0] * axes.reduce(1, *)
    let columns = channels + features + extra
    let data = HeldInput(self)
    let held = tables.map { HeldInput($0) }
    let widths = tables.map { $0.shape[1] }
    return try Tensor(shape: [tokens, columns], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(Blocks(tokens, size: 256)) { part in
        withScratch(columns) { scratch in
          for token in part {
            let row = out.base + token * columns
            row.initialize(from: data.base + token * channels, count: channels)
            var (rest, end) = (token, channels + features)
            for axis in stride(from: held.count - 1, through: 0, by: -1) {
              let (next, position) = rest.quotientAndRemainder(dividingBy: axes[axis])
              end -= widths[axis]
              (row + end).initialize(
                from: held[axis].base + position * widths[axis], count: widths[axis])
              rest = next
            }
            finish(row, scratch)
          }
        }
      }
    }
  }
}
