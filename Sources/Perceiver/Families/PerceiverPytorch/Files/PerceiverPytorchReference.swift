// What perceiver-pytorch's models give, by the names that its modules' outputs are kept under.

import Tensors

extension ReferenceForm {
  /// perceiver-pytorch's: `output`, `embeddings` where they were asked for, and by stage
  /// `attention.N` `[items × heads, queries, keys]`, `residual_attention.N`
  /// `[items, latents, outputs, dim]` and `linear_attention.N.{q,k}` `[items × heads, tokens, features]`.
  static let perceiverPytorch = ReferenceForm(
    inputs: [Input("input")], masks: [Mask("mask", .isRead)], queries: "queries",
    values: { run in
      var numbering = ReferenceNumbering()
      var values = run.stages.flatMap { PerceiverPytorchValues.values(of: $0, &numbering) }
      if let output = run.output { values.append(ReferenceValue("output", .output) { output }) }
      if let last = run.stages.last?.latents {
        values.append(ReferenceValue("embeddings", .embeddings, .sometimes) { last })
      }
      return values
    })
}

private enum PerceiverPytorchValues {
  static func values(
    of stage: Stage, _ numbering: inout ReferenceNumbering
  ) -> [ReferenceValue] {
    var values: [ReferenceValue] = []
    if let attention = stage.attention {
      if let queries = attention.linearQueries {
        let name = numbering.next("linear_attention")
        values.append(ReferenceValue(name + ".q", .linear) { queries })
        values.append(
          ReferenceValue(name + ".k", .linear) {
            try swappingLastAxes(attention.referenceWeights)
          })
      } else {
        values.append(
          ReferenceValue(numbering.next("attention"), .attention) {
            try attention.referenceWeights
          })
      }
    }
    let shares = stage.residualShares
    if !shares.isEmpty {
      values.append(
        ReferenceValue(numbering.next("residual_attention"), .residual) { joined(shares) })
    }
    return values
  }

  /// `[latents, dim]` for each output as `[latents, outputs, dim]`.
  private static func joined(_ shares: [Tensor]) -> Tensor {
    let (latents, dim) = (shares[0].shape[0], shares[0].shape[1])
    let values = (0..<latents).flatMap { latent in shares.flatMap { $0.row(latent).values } }
    return Tensor(shape: [latents, shares.count, dim], values: values)
  }

  /// `[a, b, c]` as `[a, c, b]`.
  private static func swappingLastAxes(_ tensor: Tensor) -> Tensor {
    let (count, rows, columns) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
    return tensor.reshaped([count * rows, columns]).transposingItems(count)
      .reshaped([count, columns, rows])
  }
}
