// A whole run in a few numbers for each stage and head, and how alike its stages are. The numbers
// themselves are in Summaries, Trust and Effects.

import Foundation
import Tensors

/// What latents and heads do over a run.
public struct RunSummary: Sendable {
  /// Latents after a stage, and what the stage added to them.
  public struct OfStage: Sendable, Hashable {
    /// The stage; nil before the first.
    public let stage: StageID?
    /// How many directions the latents use, 1 to their number.
    public let effectiveRank: Double
    /// The mean cosine between different latents; NaN of one latent.
    public let meanCosine: Double
    /// The mean over latents of ‖attention‖/‖latent‖; nil where no latents change.
    public let attentionUpdate: Double?
    /// The mean over latents of ‖feed-forward‖/‖latent + attention‖; nil where no latents change.
    public let feedForwardUpdate: Double?
  }

  /// One head, on average over what asks.
  public struct OfHead: Sendable, Hashable {
    /// The head's stage.
    public let stage: StageID
    /// From 0.
    public let head: Int
    /// The entropy of weights in nats; nil where weights are not rows that sum to one.
    public let entropy: Double?
    /// How many keys are read in effect: the mean of exp(entropy).
    public let effectiveKeys: Double?
    /// How wide a latent's map is, in tokens: the root of the mean squared distance from its centre;
    /// nil where latents are read, which have no place.
    public let spread: Double?
    /// How much of the attention follows the content and not the position, 0 to 1; nil where latents
    /// are read or the input is text.
    public let contentShare: Double?
    /// Its importance: the size of the gradient by the head's gate; nil where nothing is explained.
    public let importance: Double?
  }

  /// Before the first stage, and after each.
  public let stages: [OfStage]
  /// Heads of every stage that has any, in order.
  public let heads: [OfHead]
  /// Linear CKA between the latents of `stages`, each with each.
  public let alignment: [[Double]]

  /// Computes the summary of a run, which is completed first.
  ///
  /// - Parameter target: What importance is measured by; nil for no importance.
  /// - Throws: `ConfigurationError` for a target that the run has not, or a run that removes latents;
  ///   `ComputationCancelled`.
  public init(
    _ run: PerceiverRun, of target: ExplanationTarget?, cancellation: Cancellation? = nil
  ) throws {
    let run = try run.completed(cancellation: cancellation)
    let latents = [run.streams(before: 0).latents] + run.stages.map(\.latents)
    guard latents.allSatisfy({ $0.shape[0] == latents[0].shape[0] }) else {
      throw ConfigurationError("summaries: expected a run that keeps all its latents")
    }
    stages = try latents.enumerated().map { index, latents in
      try cancellation?.check()
      let sizes =
        try index > 0 ? run.updateSizes(ofStage: index - 1, cancellation: cancellation) : nil
      return OfStage(
        stage: index > 0 ? run.stageIDs[index - 1] : nil,
        effectiveRank: LatentSummary.effectiveRank(latents),
        meanCosine: LatentSummary.meanCosine(latents),
        attentionUpdate: sizes.map { $0.attention.values.mean },
        feedForwardUpdate: sizes.map { $0.feedForward.values.mean })
    }
    alignment = try LatentSummary.alignments(latents, cancellation: cancellation)
    let gradients = try target.map {
      try HeadGradients(run, of: $0, cancellation: cancellation).ofStage
    }
    let grey =
      run.readsTokenNumbers
      ? nil
      : try run.onGrey().completed(through: run.lastCrossAttention, cancellation: cancellation)
    heads = try run.stages.flatMap { stage -> [OfHead] in
      guard stage.id.heads > 0 else { return [] }
      let isReading = stage.id.kind == .crossAttention
      let entropy = try stage.attention?.entropy(cancellation: cancellation)
      let spread =
        isReading ? try stage.attention?.spread(cancellation: cancellation).width : nil
      let content: Tensor? =
        if isReading, stage.attention != nil, let grey {
          try run.contentShare(ofStage: stage.id.index, grey: grey, cancellation: cancellation)
        } else { nil }
      return (0..<stage.id.heads).map { head in
        let row = { (numbers: Tensor) in numbers.row(head).values }
        return OfHead(
          stage: stage.id, head: head, entropy: entropy.map { row($0).mean },
          effectiveKeys: entropy.map { row($0).map { exp(Double($0)) }.mean },
          spread: spread.map { row($0).mean }, contentShare: content.map { row($0).mean },
          importance: gradients?[stage.id.index].map { abs(Double($0.values[head])) })
      }
    }
  }
}

extension Collection where Element: BinaryFloatingPoint {
  /// Their mean in double; NaN of none.
  fileprivate var mean: Double { reduce(0.0) { $0 + Double($1) } / Double(count) }
}
