// What perceiver-io's models give, by the names of its arguments and outputs.

extension ReferenceForm {
  /// perceiver-io's names: `attention.N` in the order of the stages, and `logits`. Pictures have their
  /// channels last, two frames' patches first.
  static let perceiverIO = ReferenceForm(
    inputs: [
      Input("input.pixel_values"), Input("input.input_ids"),
      Input("input.inputs", channels: .first),
    ],
    masks: [Mask("input.pad_mask", .isHidden)],
    values: { run in
      var numbering = ReferenceNumbering()
      let attentions = run.stages.compactMap(\.attention).map { attention in
        ReferenceValue(numbering.next("attention"), .attention) { try attention.referenceWeights }
      }
      return attentions
        + (run.output.map { output in
          [ReferenceValue("logits", .output) { output }]
        } ?? [])
    })
}
