// A perceptron across latents, the same for every channel, in place of self-attention.

import Tensors

/// perceiver-pytorch's `PreNorm(dim, Mixer(num_latents))`: two convolutions of width one over the
/// latents' index with a GELU between.
struct LatentMixingBlock: StageOperation {
  /// The prefix of its parameters' names.
  let name: String
  let latents: Int
  let dim: Int

  private var hidden: Int { 4 * latents }
  var kind: StageID.Kind { .latentMixing }
  var heads: Int { 0 }
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

  func flops(_ size: RunSize) -> Double {
    4 * Double(dim) * Double(latents) * Double(hidden)
  }

  func keptBytes(_ size: RunSize) -> Double { 4 * size.latents * Double(dim) }
  func attentionCost(
    _ size: RunSize, tokens: TokenSize
  ) -> (operations: Double, bytes: Double) { (0, 0) }
  func attentionCount(_ size: RunSize) -> Double { 0 }
  func shape(of point: StagePoint, _ size: RunSize) -> [Int]? { nil }

  /// The output before it is added to `[items × latents, dim]`.
  func callAsFunction(
    _ latents: Variable, _ streams: Pass.Streams<Variable>, in pass: Pass
  ) throws -> Variable {
    let items = streams.tokens.items
    func convolved(_ columns: Variable, _ number: String) throws -> Variable {
      let weight = pass.parameter("\(name).fn.\(number).weight")
      return try columns.linear(
        weight.reshaped(Array(weight.value.shape.dropLast())),
        bias: pass.parameter("\(name).fn.\(number).bias"))
    }
    // Rows are a channel's latents: a convolution of width one is a linear layer over them.
    let columns = try norm(latents, in: pass).transposed(items: items)
    let hidden = try convolved(columns, "0").gelu().dropping(pass.feedForwardDropout())
    return try convolved(hidden, "3").transposed(items: items)
  }
}
