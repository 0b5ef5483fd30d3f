// The gradient of a mean under a softmax across tensors (SoftmaxMix.swift).

extension Tensor {
  /// Gradients of `softmaxMix`, from that of what was mixed: of every tensor, without what goes
  /// through its logits, and of every tensor's logits.
  ///
  /// With shares s: d tensor = s · d mixed, d logit = s · d mixed · (tensor − mixed).
  package static func softmaxMixGradients(
    of tensors: [Tensor], shares: [Tensor], mixed: Tensor, output: Tensor
  ) -> (tensors: [Tensor], logits: [Tensor]) {
    let gradients = shares.map { share in output.multiplied(by: share) }
    let logits = zip(tensors, gradients).map { tensor, gradient in
      var away = tensor
      away.add(mixed, times: -1)
      return away.multiplied(by: gradient)
    }
    return (gradients, logits)
  }
}
