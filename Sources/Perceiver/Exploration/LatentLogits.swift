// What the end of a model makes of single latents: each left out of the mean, and each alone.

import Tensors

extension PerceiverRun {
  /// Logits with each latent left out of the mean at the end, `[latents, classes]`: exact.
  ///
  /// - Throws: `ConfigurationError` where the model does not end with a mean over latents, or has one
  ///   alone: a mean of none is no number.
  public func logitsWithoutEachLatent(cancellation: Cancellation? = nil) throws -> Tensor {
    guard initialLatents.shape[0] > 1 else {
      throw ConfigurationError(
        "logits of latents: the model has one latent, and there is no mean without it")
    }
    return try logitsOfLatents(cancellation: cancellation) { latents in
      let (count, dim) = (latents.shape[0], latents.shape[1])
      let sum = latents.meanOfRows().values.map { Double($0) * Double(count) }
      return latents.withUnsafeElements { elements in
        Tensor(
          shape: [count, dim],
          values: (0..<count * dim).map {
            Float((sum[$0 % dim] - Double(elements[$0])) / Double(count - 1))
          })
      }
    }
  }

  /// Logits of each latent as if it were the mean, `[latents, classes]`: a lens, and no part of the
  /// logit.
  ///
  /// - Throws: As for those without each.
  public func logitsOfEachLatent(cancellation: Cancellation? = nil) throws -> Tensor {
    try logitsOfLatents(cancellation: cancellation) { $0 }
  }

  private func logitsOfLatents(
    cancellation: Cancellation?, _ means: (Tensor) -> Tensor
  ) throws -> Tensor {
    let run = try completed(cancellation: cancellation)
    guard endsWithMeanOfLatents, case .classifier(let head) = model.plan.ending,
      let last = run.stages.last
    else {
      throw ConfigurationError(
        "logits of latents: the model does not end with a classifier over the mean of its latents")
    }
    let pass = Pass(run.model, workers: Workers(cancellation: cancellation))
    let rows = means(last.latents)
    return try head(pass.tape.constant(rows), items: rows.shape[0], in: pass).value
  }
}
