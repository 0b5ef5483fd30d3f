// Attention residual: each layer's input mixes all earlier outputs.

import Tensors

/// Outputs weighed by two layers, channel by channel.
struct AttentionResidualBlock: Sendable, Hashable {
  /// The gain of the root-mean-square norm before the layers, `[dim]`; nil where nothing is normalised.
  let gain: String?
  /// The layer to few channels, and the one back.
  let inner: Projection
  let outer: Projection
  /// How many outputs it mixes.
  let outputs: Int

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    (gain.map { [.gain($0, inner.inputs)] } ?? []) + inner.parameters + outer.parameters
  }

  /// Multiplications and additions.
  func flops(latents: Double) -> Double {
    4 * latents * Double(outputs) * Double(inner.inputs) * Double(inner.outputs)
  }

  /// Mixes outputs `[latents, dim]`, first to last, by a softmax over them for each channel; also
  /// gives the shares, `[latents, dim]` for each output.
  func callAsFunction(
    _ outputs: [Variable], in pass: Pass
  ) throws -> (mixed: Variable, shares: [Tensor]) {
    let logits = try outputs.map { output in
      let normed =
        try gain.map {
          try output.rootMeanSquareNorm(gain: pass.parameter($0), epsilon: Float.ulpOfOne)
        } ?? output
      return try pass.linear(pass.linear(normed, inner), outer)
    }
    return pass.tape.softmaxMix(of: outputs, logits: logits)
  }
}
