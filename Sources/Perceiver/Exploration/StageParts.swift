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
    if let values = try streamedValues(ofStage: stage, cancellation: cancellation) { return values }
    let capture = PassPoints.Capture([], stage: stage, asksForValues: true)
    try recompute(capture, cancellation: cancellation)
    guard let values = capture.values else {
      throw ConfigurationError("\(stageIDs[stage].name): expected attention, found no values")
    }
    return values
  }

  /// The same of a cross-attention that makes no tokens: a channel of the values has the form of a
  /// score, so that it is read as one. Nil for other stages, and where something is changed or hidden.
  private func streamedValues(
    ofStage stage: Int, cancellation: Cancellation?
  ) throws -> Tensor? {
    guard request.mask == nil, interventions.at(stage).isEmpty,
      let attention = stages[stage].attention, attention.method == .separable,
      let block = plans[stage].operation.tokenReader
    else { return nil }
    let (heads, width) = (block.heads, block.valueWidth)
    let channels = Tensor(shape: [width, width]).addingIdentity()
    let folded = try StreamedTokenAttention(block, parameters: model.parameters).foldingValues(
      .stacking(Array(repeating: channels, count: heads)),
      workers: Workers(cancellation: cancellation))
    let products = attention.products(with: folded.queries, constants: folded.offsets)
    return try Tensor(shape: [attention.mapSize, heads * width]) { out in
      for head in 0..<heads {
        let rows = try products.matrix(
          head: head, queries: 0..<width, as: .scores, cancellation: cancellation)
        rows.withUnsafeElements { rows in
          for token in 0..<attention.mapSize {
            for channel in 0..<width {
              out[(token * heads + head) * width + channel] =
                rows[channel * attention.mapSize + token]
            }
          }
        }
      }
    }
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
