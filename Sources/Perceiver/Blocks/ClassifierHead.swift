// The end of the model: mean over latents, norm, linear.

import Tensors

/// perceiver-pytorch's `to_logits` over latents.
struct ClassifierHead: Sendable, Hashable {
  let dim: Int
  let classes: Int
  /// The number of its norm in `to_logits`: 1 in the main class, where the mean is number 0.
  var first = 1
  var normKind = NormBlock.Kind.layer

  /// The norm before it.
  var norm: NormBlock {
    NormBlock(name: "to_logits.\(first)", dim: dim, kind: normKind)
  }
  /// The prefix of its linear layer's parameters.
  var linear: String { "to_logits.\(first + 1)" }

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    norm.parameters + ParameterSpecification.linear(linear, inputs: dim, outputs: classes)
  }

  /// Multiplications and additions.
  var flops: Double { 2 * Double(dim) * Double(classes) }

  /// Logits `[items, classes]` from latents `[items × latents, dim]`.
  func callAsFunction(_ latents: Variable, items: Int, in pass: Pass) throws -> Variable {
    try pass.linear(norm(latents.meanOfItems(items), in: pass), linear)
  }
}
