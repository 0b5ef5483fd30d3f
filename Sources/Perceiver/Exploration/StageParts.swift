// What a stage adds to its stream, in parts: read from a computed run by doing the stage again.

import Tensors

/// Numbers of one stage that a run does not keep, after its interventions.
struct StageParts: Sendable {
  /// What each head averages, `[rows, heads × width]`; nil where it has no heads.
  let headOutputs: Tensor?
  /// What attention or mixing adds, before a gate: `[rows, dim]`.
  let attention: Tensor
  /// What the feed-forward adds: `[rows, dim]`; nil for none.
  let feedForward: Tensor?
  /// What the attention averages, `[keys, heads × width]`; nil where it was not asked for.
  let values: Tensor?
}

extension PerceiverRun {
  /// Parts of a computed stage.
  ///
  /// - Throws: `ComputationCancelled`.
  func parts(
    ofStage stage: Int, asksForValues: Bool = false, cancellation: Cancellation?
  ) throws -> StageParts {
    let capture = PassPoints.Capture(
      [.headOutputs, .attentionOutput, .feedForwardOutput], stage: stage,
      asksForValues: asksForValues)
    try recompute(capture, cancellation: cancellation)
    guard let attention = capture.found[.attentionOutput] else {
      throw ConfigurationError("\(stageIDs[stage].name): expected what it adds")
    }
    return StageParts(
      headOutputs: capture.found[.headOutputs], attention: attention,
      feedForward: capture.found[.feedForwardOutput], values: capture.values)
  }

  /// Latents before a computed stage: `[latents, dim]`.
  func latents(before stage: Int) -> Tensor { streams(before: stage).latents }

  /// Each head's columns of the output projection side by side: `[dim, heads × width]`.
  func outputWeight(ofStage stage: Int) throws -> Tensor {
    guard let block = plans[stage].operation.attentionBlock else {
      throw ConfigurationError("\(stageIDs[stage].name): expected heads, found none")
    }
    return model.parameters.weight(of: block.output)
  }
}
