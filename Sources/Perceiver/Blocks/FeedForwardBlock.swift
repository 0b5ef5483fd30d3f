// Pre-normalised feed-forward: two linear layers with a GELU between.

import Tensors

/// `outer(activation(inner(norm(x))))`, added to x or in its place.
struct FeedForwardBlock: Sendable, Hashable {
  /// What stands between its layers.
  enum Activation: Sendable, Hashable {
    /// The exact GELU.
    case gelu
    /// GEGLU: half of the inner layer's outputs times the GELU of the other half.
    case gatedGELU
  }

  /// How the output joins its input.
  enum Joining: Sendable, Hashable { case added, replacing }

  let norm: NormBlock
  let inner: Projection
  let outer: Projection
  let activation: Activation
  var joining = Joining.added

  var dim: Int { outer.outputs }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    inner.parameters + outer.parameters + norm.parameters
  }

  /// Multiplications and additions of the two linear layers.
  func flops(rows: Double) -> Double {
    2 * rows * Double(dim) * (Double(inner.outputs) + Double(outer.inputs))
  }

  /// `[rows, dim]` after the block: with what it adds, or what replaces it.
  func callAsFunction(_ rows: Variable, in pass: Pass) throws -> Variable {
    try pass.inParts(rows, unlessAsked: .feedForwardOutput) { x in
      let wide = try pass.linear(norm(x, in: pass), inner)
      let hidden =
        switch activation {
        case .gelu: try wide.gelu()
        case .gatedGELU: try wide.gatedGELU()
        }
      let output = try pass.at(
        .feedForwardOutput,
        pass.linear(hidden, outer).dropping(pass.feedForwardDropout()))
      return joining == .added ? x + output : output
    }
  }
}
