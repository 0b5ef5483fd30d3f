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
}

extension PerceiverRun {
  /// Parts of a computed stage.
  ///
  /// - Throws: `ComputationCancelled`.
  func parts(ofStage stage: Int, cancellation: Cancellation?) throws -> StageParts {
    let capture = PassPoints.Capture(
      [.headOutputs, .attentionOutput, .feedForwardOutput], stage: stage)
    try recompute(capture, cancellation: cancellation)
    guard let attention = capture.found[.attentionOutput] else {
      throw ConfigurationError("\(stageIDs[stage].name): expected what it adds")
    }
    return StageParts(
      headOutputs: capture.found[.headOutputs], attention: attention,
      feedForward: capture.found[.feedForwardOutput])
  }

  /// What attention or mixing of a computed stage adds, before a gate: `[rows, dim]`. The feed-forward
  /// behind it is not computed.
  ///
  /// - Throws: `ComputationCancelled`.
  func attentionOutput(ofStage stage: Int, cancellation: Cancellation?) throws -> Tensor {
    let capture = PassPoints.Capture([.attentionOutput], stage: stage)
    try recompute(capture, cancellation: cancellation)
    guard let output = capture.found[.attentionOutput] else {
      throw ConfigurationError("\(stageIDs[stage].name): expected what it adds")
    }
    return output
  }

  /// What a computed stage's attention averages: `[keys, heads × width]`. The feed-forward behind it
  /// is not computed.
  ///
  /// - Throws: `ConfigurationError` for a stage without attention, `ComputationCancelled`.
  func values(ofStage stage: Int, cancellation: Cancellation?) throws -> Tensor {
    let capture = PassPoints.Capture([], stage: stage, asksForValues: true)
    try recompute(capture, cancellation: cancellation)
    guard let values = capture.values else {
      throw ConfigurationError("\(stageIDs[stage].name): expected attention, found no values")
    }
    return values
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

  /// What the output projection's bias adds along a row `[1, dim]`; 0 where it has none.
  func outputBias(ofStage stage: Int, along row: Tensor) throws -> Double {
    guard let block = plans[stage].operation.attentionBlock else {
      throw ConfigurationError("\(stageIDs[stage].name): expected heads, found none")
    }
    guard let bias = model.parameters.bias(of: block.output) else { return 0 }
    return zip(row.values, bias.values).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
  }
}
