// Which parts does the answer hang on? A table of effects: each stage, head or latent switched off by
// itself. The single effects are `WhatIf`'s.

import Tensors

/// A table of what an answer loses without each part of a model.
public struct Sweep: Sendable, Hashable {
  /// What is switched off, one after another.
  public enum Parts: String, Sendable, Hashable, CaseIterable {
    /// What each stage adds: its attention, its feed-forward, both.
    case stages
    /// Each head of each stage with heads: it gives zeros.
    case heads
    /// Each latent: it is not there from the start.
    case latents
  }

  /// One part switched off.
  public struct Row: Sendable, Hashable {
    /// The stage; nil for a latent, which is missing from all.
    public let stage: StageID?
    /// Which updates of the stage are left out: `attention`, `feed-forward`, `both`; nil for heads
    /// and latents.
    public let update: String?
    /// From 0; nil where no head is meant.
    public let head: Int?
    /// From 0; nil where no latent is meant.
    public let latent: Int?
    /// What it changes.
    public let effect: Effect

    init(
      stage: StageID? = nil, update: String? = nil, head: Int? = nil, latent: Int? = nil,
      effect: Effect
    ) {
      (self.stage, self.update, self.head, self.latent) = (stage, update, head, latent)
      self.effect = effect
    }
  }

  /// What is switched off.
  public let parts: Parts

  /// Makes the question.
  public init(over parts: Parts) { self.parts = parts }

  /// Why a model has no such parts that can be switched off; nil where it has.
  package func problem(_ run: PerceiverRun) -> String? {
    switch parts {
    case .stages: nil
    case .heads: Self.stagesWithHeads(of: run).isEmpty ? "no stage has attention heads" : nil
    case .latents: run.latentRemovalProblem
    }
  }

  private static func stagesWithHeads(of run: PerceiverRun) -> [StageID] {
    run.stageIDs.filter { $0.heads > 0 && run.shape(of: .headOutputs, at: $0.index) != nil }
  }

  /// A row for each part, in the order of stages; of a stage without a feed-forward one alone.
  /// It takes as many runs, each from the changed stage on.
  ///
  /// - Throws: `ConfigurationError` where the model has no such parts, with the reason,
  ///   `ComputationCancelled`.
  public func rows(_ whatIf: WhatIf, cancellation: Cancellation? = nil) throws -> [Row] {
    if let problem = problem(whatIf.run) { throw ConfigurationError("sweep: \(problem)") }
    switch parts {
    case .stages:
      return try whatIf.stages(cancellation: cancellation).flatMap { effects -> [Row] in
        let attention = Row(stage: effects.id, update: "attention", effect: effects.attention)
        guard whatIf.run.hasFeedForward(at: effects.id.index) else { return [attention] }
        return [
          attention,
          Row(stage: effects.id, update: "feed-forward", effect: effects.feedForward),
          Row(stage: effects.id, update: "both", effect: effects.both),
        ]
      }
    case .heads:
      let heads = Self.stagesWithHeads(of: whatIf.run).flatMap { id in
        (0..<id.heads).map { (id: id, head: $0) }
      }
      return try heads.enumerated().map { done, part in
        cancellation?.report(done, of: heads.count)
        return Row(
          stage: part.id, head: part.head,
          effect: try whatIf.head(part.head, ofStage: part.id.index, cancellation: cancellation))
      }
    case .latents:
      return try whatIf.latents(cancellation: cancellation).enumerated().map {
        Row(latent: $0.offset, effect: $0.element)
      }
    }
  }
}
