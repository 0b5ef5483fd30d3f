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

  /// One part that can be switched off.
  public struct Part: Sendable, Hashable {
    /// The stage; nil for a latent, which is missing from all.
    public var stage: StageID?
    /// Which updates of the stage are left out: `attention`, `feed-forward`, `both`; nil for heads
    /// and latents.
    public var update: String?
    /// From 0; nil where no head is meant.
    public var head: Int?
    /// From 0; nil where no latent is meant.
    public var latent: Int?

    /// What it is called: `cross 1 attention`, `latent 1.1 head 2`, `latent 3`.
    public var name: String {
      let words = [
        stage?.name, update, head.map { "head \($0 + 1)" }, latent.map { "latent \($0 + 1)" },
      ]
      return words.compactMap(\.self).joined(separator: " ")
    }

    /// What switches it off.
    public var interventions: [Intervention] {
      if let latent { return [.removeLatents([latent], after: Intervention.beforeStages)] }
      guard let stage = stage?.index else { return [] }
      if let head { return [.edit(.headOutputs, .zero, head: head, at: stage)] }
      return (update == "feed-forward" ? [] : [.skip(.attention, at: stage)])
        + (update == "attention" ? [] : [.skip(.feedForward, at: stage)])
    }
  }

  /// One part switched off.
  public struct Row: Sendable, Hashable {
    /// The part.
    public let part: Part
    /// What it changes.
    public let effect: Effect

    /// The part's stage; nil for a latent.
    public var stage: StageID? { part.stage }
    /// Which updates of the stage are left out; nil for heads and latents.
    public var update: String? { part.update }
    /// From 0; nil where no head is meant.
    public var head: Int? { part.head }
    /// From 0; nil where no latent is meant.
    public var latent: Int? { part.latent }
  }

  /// What is switched off.
  public let parts: Parts

  /// Makes the question.
  public init(over parts: Parts) { self.parts = parts }

  /// Why a model has no such parts that can be switched off; nil where it has.
  package func problem(_ run: PerceiverRun) -> String? {
    switch parts {
    case .stages: nil
    case .heads: parts(of: run).isEmpty ? "no stage has attention heads" : nil
    case .latents: run.latentRemovalProblem
    }
  }

  /// The parts of a run, in the order of stages; of a stage without a feed-forward its attention alone.
  public func parts(of run: PerceiverRun) -> [Part] {
    switch parts {
    case .stages:
      return run.stageIDs.flatMap { id -> [Part] in
        let updates =
          ["attention"] + (run.hasFeedForward(at: id.index) ? ["feed-forward", "both"] : [])
        return updates.map { Part(stage: id, update: $0) }
      }
    case .heads:
      return run.stageIDs.filter {
        $0.heads > 0 && run.shape(of: .headOutputs, at: $0.index) != nil
      }.flatMap { id in (0..<id.heads).map { Part(stage: id, head: $0) } }
    case .latents: return (0..<run.initialLatents.shape[0]).map { Part(latent: $0) }
    }
  }

  /// A row for each part. It takes as many runs, each from the changed stage on.
  ///
  /// - Throws: `ConfigurationError` where the model has no such parts, with the reason,
  ///   `ComputationCancelled`.
  public func rows(_ whatIf: WhatIf, cancellation: Cancellation? = nil) throws -> [Row] {
    if let problem = problem(whatIf.run) { throw ConfigurationError("sweep: \(problem)") }
    let all = parts(of: whatIf.run)
    return try all.enumerated().map { done, part in
      cancellation?.report(done, of: all.count)
      return Row(
        part: part,
        effect: try whatIf.answer(part.interventions, cancellation: cancellation).effect)
    }
  }
}
