// What transformers' models give with every output asked for, by the names of its outputs.

import Tensors

extension ReferenceForm {
  /// transformers' names: pictures have their channels first, and every attention and every hidden
  /// state is there.
  static let transformers = ReferenceForm(
    inputs: ["input", "input.input_ids", "input.pixel_values", "input.image"].map {
      Input($0, channels: .first)
    },
    masks: [Mask("attention_mask", .isRead)], sound: "input.audio",
    points: (sound: "subsampling.audio", pixels: "subsampling.image"),
    // The label is read whatever it is, as one token.
    passedOver: ["input.label"], values: TransformersValues.values)
}

/// A complete run in transformers' terms.
private enum TransformersValues {
  static func values(_ run: PerceiverRun) throws -> [ReferenceValue] {
    try attentions(run) + states(run) + outputs(run) + prepared(run)
  }

  /// `cross_attention.N`, the encoder's, then the decoder's, and `self_attention.N`.
  private static func attentions(_ run: PerceiverRun) -> [ReferenceValue] {
    var numbering = ReferenceNumbering()
    return run.stages.compactMap { stage in
      guard let attention = stage.attention else { return nil }
      let isSelf = stage.id.kind == .latentSelfAttention
      return ReferenceValue(
        numbering.next(isSelf ? "self_attention" : "cross_attention"), .attention
      ) { try attention.referenceWeights }
    }
  }

  /// `hidden_state.N`: the latents `[latents, dim]` before each self-attention and once more behind
  /// each block; and `last_hidden_state`.
  private static func states(_ run: PerceiverRun) -> [ReferenceValue] {
    var numbering = ReferenceNumbering()
    let encoder = run.stages.filter { $0.id.kind != .decoderCrossAttention }
    let states = encoder.indices.flatMap { index in
      let (id, next) = (encoder[index].id, index + 1 < encoder.count ? encoder[index + 1].id : nil)
      // A block's end is also the beginning of the next one.
      let endsBlock =
        id.kind == .latentSelfAttention && next != nil
        && (next?.kind != .latentSelfAttention || next?.layer != id.layer)
      return Array(repeating: encoder[index].latents, count: endsBlock ? 2 : 1)
    }
    let last = encoder.last?.latents ?? run.initialLatents
    return states.map { state in
      ReferenceValue(numbering.next("hidden_state"), .embeddings) { state }
    } + [ReferenceValue("last_hidden_state", .embeddings) { last }]
  }

  /// `logits`; of a film those of its points and of the label.
  private static func outputs(_ run: PerceiverRun) throws -> [ReferenceValue] {
    guard let output = run.output, run.model.plan.ending.isDecoded else { return [] }
    guard let film = try run.reconstructedPoints() else {
      return [ReferenceValue("logits", .output) { output }]
    }
    return [
      ReferenceValue("logits.audio", .output) { film.sound.reshaped([film.sound.count]) },
      ReferenceValue("logits.image", .output) { film.pixels },
      ReferenceValue("logits.label", .output) { output },
    ]
  }

  /// What stages read, in transformers' order of channels: `preprocessed`, the tokens
  /// `[tokens, channels]`, and `decoder_query`, what a decoder is asked, `[queries, channels]`.
  private static func prepared(_ run: PerceiverRun) -> [ReferenceValue] {
    let tokens = ReferenceValue("preprocessed", .prepared, .sometimes, of: .first) {
      let tokens = run.input.tokens.first
      guard let order = run.plans.lazy.compactMap(\.operation.tokenReader).first?.contextColumns
      else { return tokens }
      var back = order
      for (own, theirs) in order.enumerated() { back[theirs] = own }
      return tokens.gatheringColumns(back)
    }
    guard let queries = run.input.queries else { return [tokens] }
    return [
      tokens, ReferenceValue("decoder_query", .prepared, .sometimes, of: .first) { queries },
    ]
  }
}
