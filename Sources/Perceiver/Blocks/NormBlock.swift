// The norm before every attention and feed-forward.

import Tensors

/// A norm over channels: torch's `LayerNorm`, or the RMSNorm of releases up to 0.1.15.
struct NormBlock: Sendable, Hashable {
  enum Kind: Sendable, Hashable { case layer, rootMeanSquare }

  /// The prefix of its parameters' names.
  let name: String
  let dim: Int
  let kind: Kind

  var parameters: [ParameterSpecification] {
    switch kind {
    case .layer: [.gain(name + ".weight", dim), .bias(name + ".bias", dim)]
    case .rootMeanSquare: [.gain(name + ".g", dim)]
    }
  }

  /// Rows `[rows, dim]` normalised.
  func callAsFunction(_ rows: Variable, in pass: Pass) throws -> Variable {
    switch kind {
    case .layer:
      try rows.layerNorm(
        gain: pass.parameter(name + ".weight"), bias: pass.parameter(name + ".bias"),
        epsilon: Self.epsilon)
    case .rootMeanSquare:
      try rows.clampedRootMeanSquareNorm(gain: pass.parameter(name + ".g"), least: Self.epsilon)
    }
  }

  /// What a standardised row is multiplied by and what is added then, `[dim]` each.
  func affine(_ parameters: Parameters) -> (gain: Tensor, bias: Tensor) {
    switch kind {
    case .layer: (parameters[name + ".weight"], parameters[name + ".bias"])
    case .rootMeanSquare: (parameters[name + ".g"], Tensor(shape: [dim]))
    }
  }

  /// How tokens are standardised before gain and bias.
  var standardisation: TokenRows.Standardisation {
    switch kind {
    case .layer: .meanAndVariance(epsilon: Double(Self.epsilon))
    case .rootMeanSquare: .rootMeanSquare(least: Double(Self.epsilon))
    }
  }

  /// torch's `nn.LayerNorm` default; RMSNorm divides by no less than this.
  static let epsilon: Float = 1e-5
}
