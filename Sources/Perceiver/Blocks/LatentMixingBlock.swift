// A perceptron across latents, the same for every channel, in place of self-attention.

import Tensors

/// A norm, and two convolutions of width one over the latents' index with a GELU between.
struct LatentMixingBlock: StageOperation {
  /// The prefix of its parameters' names.
  let name: String
  /// The norm before it.
  let norm: NormBlock
  /// The convolutions, whose weights are stored as `[outputs, inputs, 1]`.
  let inner: Projection
  let outer: Projection

  var kind: StageID.Kind { .latentMixing }
  var heads: Int { 0 }
  var dim: Int { norm.dim }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    let convolutions = (inner.parameters + outer.parameters).map { parameter in
      parameter.shape.count == 2
        ? ParameterSpecification(
          name: parameter.name, shape: parameter.shape + [1],
          initialisation: parameter.initialisation) : parameter
    }
    return convolutions + norm.parameters
  }

  func flops(_ size: RunSize) -> Double {
    4 * Double(dim) * Double(inner.inputs) * Double(inner.outputs)
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
    func convolved(_ columns: Variable, _ layer: Projection) throws -> Variable {
      let weight = pass.parameter(layer.weightName)
      return try columns.linear(
        weight.reshaped(Array(weight.value.shape.dropLast())),
        bias: layer.biasName.map { pass.parameter($0) })
    }
    // Rows are a channel's latents: a convolution of width one is a linear layer over them.
    let columns = try norm(latents, in: pass).transposed(items: items)
    let hidden = try convolved(columns, inner).gelu().dropping(pass.feedForwardDropout())
    return try convolved(hidden, outer).transposed(items: items)
  }
}
