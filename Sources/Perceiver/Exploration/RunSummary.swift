// A whole run in a few numbers for each stage, head and latent, and how alike its stages are. The
// numbers themselves are in Summaries, AttentionSummary and Trust.

import Foundation
import Tensors

/// What latents and heads do over a run.
public struct RunSummary: Sendable {
  /// Latents after a stage, and what the stage added to them.
  public struct OfStage: Sendable, Hashable {
    /// The stage; nil before the first.
    public let stage: StageID?
    /// The stage's name, or `start` before the first.
    public var name: String { stage?.name ?? "start" }
    /// How many directions the latents use, 1 to their number.
    public let effectiveRank: Double
    /// The mean cosine between different latents; NaN of one latent.
    public let meanCosine: Double
    /// The mean over latents of ‖attention‖/‖latent‖; nil where no latents change.
    public let attentionUpdate: Double?
    /// The mean over latents of ‖feed-forward‖/‖latent + attention‖; nil where no latents change.
    public let feedForwardUpdate: Double?
    /// How much of the attention follows the content and not the position, 0 to 1, the mean over heads
    /// and latents; nil where latents are read or the input is text.
    public let contentShare: Double?
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
    /// nil where latents are read, which have no coordinates.
    public let spread: Double?
    /// How much of the attention follows the content and not the position, 0 to 1; nil where latents
    /// are read or the input is text.
    public let contentShare: Double?
    /// Its importance: the size of the gradient by the head's gate; nil where nothing is explained.
    public let importance: Double?

    /// Its numbers, in this order.
    package var numbers: [Double?] {
      [entropy, effectiveKeys, spread, contentShare, importance]
    }
  }

  /// One latent at one reading of the input, on average over heads.
  public struct OfLatent: Sendable, Hashable {
    /// The cross-attention.
    public let stage: StageID
    /// From 0.
    public let latent: Int
    /// The entropy of weights in nats.
    public let entropy: Double
    /// How many tokens are read in effect: the mean of exp(entropy).
    public let effectiveKeys: Double
    /// How wide its map is, in tokens.
    public let spread: Double
    /// How much of the attention follows the content and not the position, 0 to 1; nil of a text.
    public let contentShare: Double?
    /// How much what is explained hangs on what it reads: |Σ over heads ⟨average, ∂y/∂average⟩|; nil
    /// where nothing is explained.
    public let importance: Double?

    /// Its numbers, in this order.
    package var numbers: [Double?] {
      [entropy, effectiveKeys, spread, contentShare, importance]
    }
  }

  /// What of a summary may be asked for by itself.
  public enum Part: Sendable, Hashable, CaseIterable {
    /// `stages`.
    case stages
    /// `heads`.
    case heads
    /// `latents`.
    case latents
    /// `alignment`.
    case alignment
  }

  /// Before the first stage, and after each; empty where it was not asked for, as all that follow.
  public let stages: [OfStage]
  /// Heads of every stage that has any, in order.
  public let heads: [OfHead]
  /// Latents of every cross-attention to the input, in order.
  public let latents: [OfLatent]
  /// Linear CKA between the latents before the first stage and after each, each with each.
  public let alignment: [[Double]]

  /// Computes the summary of a run, which is completed first.
  ///
  /// - Parameters:
  ///   - target: What importance is measured by; nil for no importance.
  ///   - parts: What is computed; what only other parts need is not.
  /// - Throws: `ConfigurationError` for a target that the run has not, or a run that removes latents;
  ///   `ComputationCancelled`.
  public init(
    _ run: PerceiverRun, of target: ExplanationTarget?, only parts: Set<Part> = Set(Part.allCases),
    cancellation: Cancellation? = nil
  ) throws {
    let run = try run.completed(cancellation: cancellation)
    let latents = [run.streams(before: 0).latents] + run.stages.map(\.latents)
    guard latents.allSatisfy({ $0.shape[0] == latents[0].shape[0] }) else {
      throw ConfigurationError("summaries: expected a run that keeps all its latents")
    }
    let readsRows = parts.contains(.heads) || parts.contains(.latents)
    let grey =
      readsRows || parts.contains(.stages)
      ? try Self.grey(beside: run, cancellation: cancellation) : nil
    let readings =
      readsRows ? try Self.readings(of: run, beside: grey, cancellation: cancellation) : [:]
    let products =
      try parts.contains(.stages) || parts.contains(.alignment)
      ? Self.products(of: latents, cancellation: cancellation) : []
    var stages: [OfStage] = []
    for index in parts.contains(.stages) ? latents.indices : 0..<0 {
      let sizes =
        try index > 0 ? run.updateSizes(ofStage: index - 1, cancellation: cancellation) : nil
      let shares =
        try readings[index - 1].map(\.contentShare)
        ?? Self.contentShare(run, ofStage: index - 1, beside: grey, cancellation: cancellation)
      stages.append(
        OfStage(
          stage: index > 0 ? run.stageIDs[index - 1] : nil,
          effectiveRank: LatentSummary.effectiveRank(products[index]),
          meanCosine: LatentSummary.meanCosine(latents[index]),
          attentionUpdate: sizes.map { $0.attention.values.mean },
          feedForwardUpdate: sizes.map { $0.feedForward.values.mean },
          contentShare: shares.map { $0.values.mean }))
    }
    self.stages = stages
    alignment =
      try parts.contains(.alignment)
      ? LatentSummary.alignments(products, cancellation: cancellation) : []
    let gradients =
      try readsRows
      ? target.map { try HeadGradients(run, of: $0, cancellation: cancellation) } : nil
    heads =
      try parts.contains(.heads)
      ? run.stages.flatMap { stage in
        try Self.heads(of: stage, readings[stage.id.index], gradients, cancellation: cancellation)
      } : []
    self.latents =
      parts.contains(.latents)
      ? run.stageIDs.flatMap { id in
        readings[id.index].map { Self.latents(of: id, $0, gradients) } ?? []
      } : []
  }

  private static func products(
    of latents: [Tensor], cancellation: Cancellation?
  ) throws -> [LatentSummary.Products] {
    try latents.map { latents in
      try cancellation?.check()
      return LatentSummary.Products(latents)
    }
  }

  /// The run on a picture without content, as far as the input is read; nil of a text, which has none.
  private static func grey(
    beside run: PerceiverRun, cancellation: Cancellation?
  ) throws -> PerceiverRun? {
    run.readsTokenNumbers
      ? nil
      : try run.onGrey().completed(through: run.lastCrossAttention, cancellation: cancellation)
  }

  /// What every cross-attention does, by stage.
  private static func readings(
    of run: PerceiverRun, beside grey: PerceiverRun?, cancellation: Cancellation?
  ) throws -> [Int: StageAttention.Reading] {
    var readings: [Int: StageAttention.Reading] = [:]
    let stages = run.stages.filter { $0.id.kind == .crossAttention }
    for (done, stage) in stages.enumerated() {
      cancellation?.report(done, of: stages.count)
      readings[stage.id.index] = try stage.attention?.reading(
        beside: grey?.stages[stage.id.index].attention, cancellation: cancellation)
    }
    return readings
  }

  /// The content share alone of a stage; nil where it reads no input, or one without a grey twin.
  private static func contentShare(
    _ run: PerceiverRun, ofStage stage: Int, beside grey: PerceiverRun?, cancellation: Cancellation?
  ) throws -> Tensor? {
    guard let grey, stage >= 0, run.stageIDs[stage].kind == .crossAttention,
      run.stages[stage].attention != nil
    else { return nil }
    return try run.contentShare(ofStage: stage, grey: grey, cancellation: cancellation)
  }

  private static func heads(
    of stage: Stage, _ reading: StageAttention.Reading?, _ gradients: HeadGradients?,
    cancellation: Cancellation?
  ) throws -> [OfHead] {
    guard stage.id.heads > 0 else { return [] }
    let entropy = try reading?.entropy ?? stage.attention?.entropy(cancellation: cancellation)
    let importance = gradients?.ofStage[stage.id.index]
    return (0..<stage.id.heads).map { head in
      let row = { (numbers: Tensor) in numbers.row(head).values }
      return OfHead(
        stage: stage.id, head: head, entropy: entropy.map { row($0).mean },
        effectiveKeys: entropy.map { row($0).map { exp(Double($0)) }.mean },
        spread: reading.map { row($0.width).mean },
        contentShare: reading?.contentShare.map { row($0).mean },
        importance: importance.map { abs(Double($0.values[head])) })
    }
  }

  private static func latents(
    of stage: StageID, _ reading: StageAttention.Reading, _ gradients: HeadGradients?
  ) -> [OfLatent] {
    let importance = gradients?.ofRows[stage.index]
    return (0..<reading.entropy.shape[1]).map { latent in
      // Numbers of one latent, by head.
      let column = { (numbers: Tensor) in
        (0..<numbers.shape[0]).map { Double(numbers[$0, latent]) }
      }
      let entropies = column(reading.entropy)
      return OfLatent(
        stage: stage, latent: latent, entropy: entropies.mean,
        effectiveKeys: entropies.map { exp($0) }.mean, spread: column(reading.width).mean,
        contentShare: reading.contentShare.map { column($0).mean },
        importance: importance.map { abs(column($0).reduce(0, +)) })
    }
  }
}

extension Collection where Element: BinaryFloatingPoint {
  /// Their mean in double; NaN of none.
  fileprivate var mean: Double { reduce(0.0) { $0 + Double($1) } / Double(count) }
}
