// Attention residual (perceiver-pytorch 0.10.0): each layer's input mixes all earlier outputs.

import Tensors

/// perceiver-pytorch's `EnformerAttentionResidual`.
struct AttentionResidualBlock: Sendable, Hashable {
  /// The prefix of its parameters' names.
  let name: String
  let dim: Int
  let rank: Int
  /// Whether outputs are normalised before they are weighed: since 0.10.1.
  let norm: Norm
  /// How many outputs it mixes.
  let outputs: Int

  enum Norm: Sendable, Hashable { case rootMeanSquare, none }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    (norm == .none ? [] : [.gain(name + ".to_attn_logits.0.weight", dim)])
      + ParameterSpecification.linear(
        name + ".to_attn_logits.1", inputs: dim, outputs: rank, .without)
      + ParameterSpecification.linear(
        name + ".to_attn_logits.2", inputs: rank, outputs: dim, .without)
  }

  /// Multiplications and additions.
  func flops(latents: Double) -> Double {
    4 * latents * Double(outputs) * Double(dim) * Double(rank)
  }

  /// Mixes outputs `[latents, dim]`, first to last, by a softmax over them for each channel; also
  /// gives the shares, `[latents, dim]` for each output.
  func callAsFunction(
    _ outputs: [Variable], in pass: Pass
  ) throws -> (mixed: Variable, shares: [Tensor]) {
    let logits = try outputs.map { output in
      let normed =
        norm == .none
        ? output
        : try output.rootMeanSquareNorm(
          gain: pass.parameter(name + ".to_attn_logits.0.weight"), epsilon: Float.ulpOfOne)
      let inner = try pass.linear(normed, name + ".to_attn_logits.1", .without)
      return try pass.linear(inner, name + ".to_attn_logits.2", .without)
    }
    return pass.tape.softmaxMix(of: outputs, logits: logits)
  }
}
