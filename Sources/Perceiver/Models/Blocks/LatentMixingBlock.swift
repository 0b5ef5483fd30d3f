// A perceptron across latents, the same for every channel, in place of self-attention.

import Tensors

/// perceiver-pytorch's `PreNorm(dim, Mixer(num_latents))`: two convolutions of width one over the
/// latents' index with a GELU between.
struct LatentMixingBlock: Sendable, Hashable {
  /// The prefix of its parameters' names.
  let name: String
  let latents: Int
  let dim: Int

  private var hidden: Int { 4 * latents }
  /// The norm before it.
  var norm: NormBlock { NormBlock(name: name + ".norm", dim: dim, kind: .layer) }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    convolution("0", inputs: latents, outputs: hidden)
      + convolution("3", inputs: hidden, outputs: latents) + norm.parameters
  }

  private func convolution(
    _ number: String, inputs: Int, outputs: Int
  ) -> [ParameterSpecification] {
    [
      .init(
        name: "\(name).fn.\(number).weight", shape: [outputs, inputs, 1],
        initialisation: .linearWeight(inputs: inputs)),
      .init(
        name: "\(name).fn.\(number).bias", shape: [outputs],
        initialisation: .linearBias(inputs: inputs)),
    ]
  }

  /// Multiplications and additions.
  var flops: Double { 4 * Double(dim) * Double(latents) * Double(hidden) }

  /// The output before it is added to `[latents, dim]`.
  func apply(to rows: Tensor, parameters: Parameters, workers: Workers) throws -> Tensor {
    let normed = try norm.apply(to: rows, parameters: parameters, workers: workers)
    let mixed = try convolve(normed, "0", parameters: parameters, workers: workers)
      .gelu(workers: workers)
    return try convolve(mixed, "3", parameters: parameters, workers: workers)
  }

  private func convolve(
    _ rows: Tensor, _ number: String, parameters: Parameters, workers: Workers
  ) throws -> Tensor {
    let weight = parameters["\(name).fn.\(number).weight"]
    var result = try weight.reshaped(Array(weight.shape.dropLast())).times(rows, workers: workers)
    result.addToRows(parameters["\(name).fn.\(number).bias"])
    return result
  }
}
