// The end of the model: mean over latents, norm, linear.

import Tensors

/// perceiver-pytorch's `to_logits`.
struct ClassifierHead: Sendable, Hashable {
  let dim: Int
  let classes: Int

  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] {
    [.gain("to_logits.1.weight", dim), .bias("to_logits.1.bias", dim)]
      + ParameterSpecification.linear("to_logits.2", inputs: dim, outputs: classes)
  }

  /// Multiplications and additions.
  var flops: Double { 2 * Double(dim) * Double(classes) }

  /// Logits `[classes]` from latents `[latents, dim]`.
  func apply(to latents: Tensor, parameters: Parameters, workers: Workers) throws -> Tensor {
    try latents.meanOfRows()
      .layerNorm(
        gain: parameters["to_logits.1.weight"], bias: parameters["to_logits.1.bias"],
        epsilon: AttentionBlock.epsilon, workers: workers
      )
      .linear(
        weight: parameters["to_logits.2.weight"], bias: parameters["to_logits.2.bias"],
        workers: workers
      )
      .row(0)
  }
}
