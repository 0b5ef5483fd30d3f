// Pre-normalised feed-forward with a gated GELU, four times as wide inside.

import Tensors

/// perceiver-pytorch's `PreNorm(dim, FeedForward(dim))`.
struct FeedForwardBlock: Sendable, Hashable {
  /// The prefix of its parameters' names.
  let name: String
  let dim: Int

  private var hidden: Int { 4 * dim }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    ParameterSpecification.linear(name + ".fn.net.0", inputs: dim, outputs: 2 * hidden)
      + ParameterSpecification.linear(name + ".fn.net.2", inputs: hidden, outputs: dim)
      + [.gain(name + ".norm.weight", dim), .bias(name + ".norm.bias", dim)]
  }

  /// Multiplications and additions of the two linear layers.
  func flops(latents: Int) -> Double { 2 * Double(latents) * 3 * Double(dim) * Double(hidden) }

  /// The output before it is added to the latents: `[latents, dim]`.
  func apply(to latents: Tensor, parameters: Parameters, workers: Workers) throws -> Tensor {
    try latents
      .layerNorm(
        gain: parameters[name + ".norm.weight"], bias: parameters[name + ".norm.bias"],
        epsilon: AttentionBlock.epsilon, workers: workers
      )
      .linear(
        weight: parameters[name + ".fn.net.0.weight"], bias: parameters[name + ".fn.net.0.bias"],
        workers: workers
      )
      .gatedGELU(workers: workers)
      .linear(
        weight: parameters[name + ".fn.net.2.weight"], bias: parameters[name + ".fn.net.2.bias"],
        workers: workers)
  }
}
