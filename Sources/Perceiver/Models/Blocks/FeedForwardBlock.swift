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
  func apply(to rows: Tensor, parameters: Parameters, workers: Workers) throws -> Tensor {
    // Rows are taken in parts: the hidden layer of a whole photo's tokens would be large.
    guard rows.shape[0] > Self.rowsAtOnce else {
      return try applyAtOnce(to: rows, parameters: parameters, workers: workers)
    }
    let starts = stride(from: 0, to: rows.shape[0], by: Self.rowsAtOnce)
    let parts = try starts.map { start in
      try applyAtOnce(
        to: rows.rows(start..<min(rows.shape[0], start + Self.rowsAtOnce)),
        parameters: parameters, workers: workers)
    }
    return Tensor.joiningRows(parts)
  }

  private static let rowsAtOnce = 4096

  private func applyAtOnce(
    to rows: Tensor, parameters: Parameters, workers: Workers
  ) throws -> Tensor {
    var output = try norm.apply(to: rows, parameters: parameters, workers: workers)
      .linear(
        weight: parameters[name + ".fn.net.0.weight"], bias: parameters[name + ".fn.net.0.bias"],
        workers: workers
      )
      .gatedGELU(workers: workers)
      .linear(
        weight: parameters[name + ".fn.net.2.weight"], bias: parameters[name + ".fn.net.2.bias"],
        workers: workers)
    if joining == .added { output.add(rows) }
    return output
  }
}
