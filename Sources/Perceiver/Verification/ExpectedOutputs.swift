// What transformers' models give with every output asked for, by the names of its outputs.

import Tensors

/// A complete run in transformers' terms: `logits`, `last_hidden_state`, `cross_attention.N` (the
/// encoder's, then the decoder's), `self_attention.N`, and `hidden_state.N`: the latents before each
/// self-attention and once more behind each block, `[latents, dim]`.
struct ExpectedOutputs {
  /// The name by which such a file is known.
  static let lastState = "last_hidden_state"

  let values: [(name: String, tensor: Tensor)]
  /// What stages read, in transformers' order of channels: `preprocessed`, the tokens
  /// `[tokens, channels]`, and `decoder_query`, what a decoder is asked, `[queries, channels]`. A file
  /// has them of its first item alone.
  let prepared: [(name: String, tensor: Tensor)]

  /// - Throws: `ComputationCancelled`.
  init(_ run: PerceiverRun) throws {
    var values: [(name: String, tensor: Tensor)] = []
    var (cross, selves, hidden) = (0, 0, 0)
    let blockEnds = Set(
      run.stageIDs.indices.filter { index in
        let id = run.stageIDs[index]
        let next = run.stageIDs.indices.contains(index + 1) ? run.stageIDs[index + 1] : nil
        return id.kind == .latentSelfAttention
          && (next?.kind != .latentSelfAttention || next?.layer != id.layer)
      })
    var last = run.initialLatents
    for (index, stage) in run.stages.enumerated() {
      let isSelf = stage.id.kind == .latentSelfAttention
      if let attention = stage.attention {
        let matrix = try attention.matrix(as: .probabilities)
        values.append((isSelf ? "self_attention.\(selves)" : "cross_attention.\(cross)", matrix))
        if isSelf { selves += 1 } else { cross += 1 }
      }
      guard stage.id.kind != .decoderCrossAttention else { continue }
      last = stage.latents
      // A block's end is also the beginning of the next one.
      let isLast = run.stageIDs.dropFirst(index + 1).allSatisfy {
        $0.kind == .decoderCrossAttention
      }
      for _ in 0..<(blockEnds.contains(index) && !isLast ? 2 : 1) {
        values.append(("hidden_state.\(hidden)", stage.latents))
        hidden += 1
      }
    }
    values.append((Self.lastState, last))
    if let output = run.output, run.model.plan.ending.isDecoded {
      if let film = try run.reconstructedPoints() {
        values.append(("logits.audio", film.sound.reshaped([film.sound.count])))
        values.append(("logits.image", film.pixels))
        values.append(("logits.label", output))
      } else {
        values.append(("logits", output))
      }
    }
    self.values = values
    var tokens = run.input.tokens.first
    if let order = run.plans.lazy.compactMap(\.operation.tokenReader).first?.contextColumns {
      var back = order
      for (own, theirs) in order.enumerated() { back[theirs] = own }
      tokens = tokens.gatheringColumns(back)
    }
    prepared =
      [("preprocessed", tokens)] + (run.input.queries.map { [("decoder_query", $0)] } ?? [])
  }

  /// A picture of transformers, `[channels, height, width]`, or frames of them, with channels last;
  /// other inputs as they are.
  static func channelsLast(_ input: Tensor) -> Tensor {
    let axes = input.shape.count - 1
    guard axes == 2 || axes == 3 else { return input }
    let (height, width) = (input.shape[axes - 1], input.shape[axes])
    let (frames, channels) = (axes == 3 ? input.shape[0] : 1, input.shape[axes - 2])
    return input.reshaped([frames * channels, height * width]).transposingItems(frames)
      .reshaped(input.shape.dropLast(3) + [height, width, channels])
  }
}
