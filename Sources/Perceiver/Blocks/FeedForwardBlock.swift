// Pre-normalised feed-forward with a gated GELU, four times as wide inside.

import Tensors

/// perceiver-pytorch's `PreNorm(dim, FeedForward(dim))`.
struct FeedForwardBlock: Sendable, Hashable {
  /// The prefix of its parameters' names.
  let name: String
  let dim: Int
  var normKind = NormBlock.Kind.layer
  var joining = Joining.added

  /// How the output joins its input.
  enum Joining: Sendable, Hashable { case added, replacing }

  private var hidden: Int { 4 * dim }

  /// The norm before it.
  var norm: NormBlock { NormBlock(name: name + ".norm", dim: dim, kind: normKind) }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    ParameterSpecification.linear(name + ".fn.net.0", inputs: dim, outputs: 2 * hidden)
      + ParameterSpecification.linear(name + ".fn.net.2", inputs: hidden, outputs: dim)
      + norm.parameters
  }

  /// Multiplications and additions of the two linear layers.
  func flops(rows: Double) -> Double { 2 * rows * 3 * Double(dim) * Double(hidden) }

  /// `[rows, dim]` after the block: with what it adds, or what replaces it.
  func callAsFunction(_ rows: Variable, in pass: Pass) throws -> Variable {
    try pass.inParts(rows, unlessAsked: .feedForwardOutput) { x in
      let hidden = try pass.linear(norm(x, in: pass), name + ".fn.net.0").gatedGELU()
      let output = try pass.at(
        .feedForwardOutput,
        pass.linear(hidden, name + ".fn.net.2").dropping(pass.feedForwardDropout()))
      return joining == .added ? x + output : output
    }
  }
}
