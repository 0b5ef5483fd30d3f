// What an intervention changes: what if a stage, a head, a latent or a part of the picture were not
// there, or another picture's were.

import Foundation
import Tensors

/// What happened to an answer between two outputs.
public struct Effect: Sendable, Hashable {
  /// The class's logit before the change; of a model without classes y, the target's number.
  public let before: Double
  /// The same after it.
  public let after: Double
  /// Whether classes are scored. Where they are not, there are no probabilities: what is told in them
  /// is NaN.
  public let isOfClasses: Bool
  /// Δ of the class's logit, or of y.
  public var logit: Double { after - before }
  /// Δ of the natural logarithm of the class's probability.
  public let logProbability: Double
  /// Δ of the class's probability.
  public let probability: Double
  /// KL(before ‖ after) in nats: it sees changes among the other classes too. Of labels that are each
  /// right or not by themselves, the sum of theirs.
  public let divergence: Double

  /// Makes the effect on the number of a target, of outputs without classes.
  ///
  /// - Precondition: Both outputs have the target's numbers.
  public init(before: Tensor, after: Tensor, of target: ResolvedTarget) {
    precondition(before.count == after.count)
    (self.before, self.after) = (target.value(before), target.value(after))
    isOfClasses = false
    (logProbability, probability, divergence) = (.nan, .nan, .nan)
  }

  /// Makes the effect on a class of logits `[classes]`.
  ///
  /// - Parameter problem: How logits are read.
  /// - Precondition: Both have the same classes, and `number` is one of them.
  public init(
    before: Tensor, after: Tensor, class number: Int, problem: ProblemType = .classes
  ) {
    precondition(before.count == after.count && (0..<before.count).contains(number))
    let (p, q) = (
      PerceiverRun.logProbabilities(before, problem),
      PerceiverRun.logProbabilities(after, problem)
    )
    isOfClasses = true
    (self.before, self.after) = (Double(before.values[number]), Double(after.values[number]))
    logProbability = q[number] - p[number]
    probability = exp(q[number]) - exp(p[number])
    var divergence = zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    if problem == .labels {
      // Where a label is not right; log(1 − p) is the log-probability of the logit negated.
      let negated = [before, after].map { logits in
        PerceiverRun.logProbabilities(
          Tensor(shape: logits.shape, values: logits.values.map { -$0 }), problem)
      }
      divergence += zip(negated[0], negated[1]).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
    self.divergence = divergence
  }

  /// Δlogit, Δlog p, Δp, KL; without classes y before and after the change, and Δy.
  public var numbers: [Double] {
    isOfClasses ? [logit, logProbability, probability, divergence] : [before, after, logit]
  }
}

/// Questions of what would be if a run were changed.
public struct WhatIf: Sendable {
  /// The run as it is, complete.
  public let run: PerceiverRun
  /// The class whose change is told, or the number of an output.
  public let target: ResolvedTarget
  private let before: Tensor

  /// - Throws: `ConfigurationError` where the model ends with its latents or the target is none of its
  ///   numbers, `ComputationCancelled`.
  public init(
    _ run: PerceiverRun, of target: ExplanationTarget, cancellation: Cancellation? = nil
  ) throws {
    let run = try run.completed(cancellation: cancellation)
    guard run.hasOutput, let output = run.output else {
      throw ConfigurationError("effects: \(PerceiverRun.lacksOutput)")
    }
    (self.run, self.target) = (run, try run.resolve(target))
    before = output
  }

  /// What a changed run gives.
  public struct Answer: Sendable {
    /// `[classes]`, or the outputs.
    public let logits: Tensor
    /// What it changes.
    public let effect: Effect
  }

  /// The answer of another run, of the same model.
  public func answer(
    of other: PerceiverRun, cancellation: Cancellation? = nil
  ) throws -> Answer {
    let other = try other.completed(cancellation: cancellation)
    guard let logits = other.output, logits.count == before.count else {
      throw ConfigurationError("effects: expected a run of the same outputs")
    }
    return Answer(logits: logits, effect: effect(logits))
  }

  /// What has happened where the output has become another.
  private func effect(_ after: Tensor) -> Effect {
    run.scoresClasses
      ? Effect(
        before: before, after: after, class: target.index,
        problem: run.model.configuration.problem)
      : Effect(before: before, after: after, of: target)
  }

  /// The answer with interventions beside the run's own. It begins behind the stages before the
  /// first of them.
  ///
  /// - Throws: `ConfigurationError` for what does not fit the run, `ComputationCancelled`.
  public func answer(
    _ interventions: [Intervention], cancellation: Cancellation? = nil
  ) throws -> Answer {
    try answer(of: run.changed(by: interventions), cancellation: cancellation)
  }

  /// The answer where tokens are hidden from all stages.
  public func hiding(_ hidden: [Bool], cancellation: Cancellation? = nil) throws -> Answer {
    try answer(of: run.hiding(hidden), cancellation: cancellation)
  }

  /// Effects of leaving out each stage's attention, its feed-forward, and both, in the order of
  /// stages; a stage without a feed-forward has no effect there.
  ///
  /// - Throws: `ComputationCancelled`.
  public func stages(cancellation: Cancellation? = nil) throws -> [StageEffects] {
    try run.stageIDs.map { id in
      cancellation?.report(id.index, of: run.stageIDs.count)
      let attention = Intervention.skip(.attention, at: id.index)
      let without = try answer([attention], cancellation: cancellation).effect
      guard run.hasFeedForward(at: id.index) else {
        return StageEffects(id: id, attention: without, feedForward: none, both: without)
      }
      let feedForward = Intervention.skip(.feedForward, at: id.index)
      return StageEffects(
        id: id, attention: without,
        feedForward: try answer([feedForward], cancellation: cancellation).effect,
        both: try answer([attention, feedForward], cancellation: cancellation).effect)
    }
  }

  /// The effect of no change.
  private var none: Effect { effect(before) }

  /// Effects of leaving out parts of a stage.
  public struct StageEffects: Sendable, Hashable {
    /// The stage.
    public let id: StageID
    /// Without what attention adds.
    public let attention: Effect
    /// Without what the feed-forward adds.
    public let feedForward: Effect
    /// Without both.
    public let both: Effect
  }

  /// Effects of each head of a stage giving nothing.
  ///
  /// - Throws: `ConfigurationError` for a stage without heads, `ComputationCancelled`.
  public func heads(ofStage stage: Int, cancellation: Cancellation? = nil) throws -> [Effect] {
    guard run.stageIDs.indices.contains(stage), run.shape(of: .headOutputs, at: stage) != nil else {
      throw ConfigurationError("effects: expected a stage with heads, found \(stage)")
    }
    return try (0..<run.stageIDs[stage].heads).map { head in
      cancellation?.report(head, of: run.stageIDs[stage].heads)
      return try self.head(head, ofStage: stage, cancellation: cancellation)
    }
  }

  /// The effect of one head giving nothing.
  ///
  /// - Throws: As `heads(ofStage:)` does.
  func head(_ head: Int, ofStage stage: Int, cancellation: Cancellation?) throws -> Effect {
    try answer(
      [.edit(.headOutputs, .zero, head: head, at: stage)], cancellation: cancellation
    ).effect
  }

  /// Effects of each latent not being there from the start.
  ///
  /// - Throws: `ConfigurationError` where latents cannot be removed, `ComputationCancelled`.
  public func latents(cancellation: Cancellation? = nil) throws -> [Effect] {
    let count = run.initialLatents.shape[0]
    return try (0..<count).map { latent in
      cancellation?.report(latent, of: count)
      return try answer(
        [.removeLatents([latent], after: Intervention.beforeStages)], cancellation: cancellation
      ).effect
    }
  }

  /// Effects of each latent being left out of the mean at the end, and of nothing before: other
  /// latents have read it all the same. No stage is computed for it.
  ///
  /// - Throws: `ConfigurationError` where the model does not end with a mean over latents,
  ///   `ComputationCancelled`.
  public func latentsAtEnd(cancellation: Cancellation? = nil) throws -> [Effect] {
    let logits = try run.logitsWithoutEachLatent(cancellation: cancellation)
    return (0..<logits.shape[0]).map { effect(logits.row($0)) }
  }
}

/// Where an answer is carried: another picture's latents, or its tokens, put into a run.
public struct Patching: Sendable {
  /// The run that goes on: it reads its own picture.
  public let base: PerceiverRun
  /// The run whose parts are put in.
  public let source: PerceiverRun
  /// What makes the difference: the source's class against the base's.
  public let target: ResolvedTarget

  /// - Parameter target: What recovery is measured by, of the source's output; nil for the source's
  ///   answer against the base's.
  /// - Throws: `ConfigurationError` where the runs do not fit each other, `ComputationCancelled`.
  public init(
    from source: PerceiverRun, into base: PerceiverRun, by target: ExplanationTarget? = nil,
    cancellation: Cancellation? = nil
  ) throws {
    self.source = try source.completed(cancellation: cancellation)
    self.base = try base.completed(cancellation: cancellation)
    guard base.mapAxes == source.mapAxes else {
      throw ConfigurationError(
        "patching: expected a second input of axes \(base.mapAxes), found \(source.mapAxes)")
    }
    if let target {
      self.target = try self.source.resolve(target)
    } else {
      let theirs = try self.source.resolve(.answer).index
      let mine = try self.base.resolve(.answer).index
      guard theirs != mine else {
        throw ConfigurationError(
          "patching: expected two inputs with different answers, or a class against another, found "
            + "the same answer for both")
      }
      self.target = try self.source.resolve(.init(.number(theirs), against: .number(mine)))
    }
  }

  /// The base's run with the source's latents put in after a stage, `Intervention.beforeStages` for
  /// before the first.
  ///
  /// - Parameter latents: Which; all if nil.
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  public func latents(
    after stage: Int, _ latents: [Int]? = nil, cancellation: Cancellation? = nil
  ) throws -> PerceiverRun {
    let theirs =
      stage == Intervention.beforeStages
      ? source.streams(before: 0).latents : try source.stageLatents(stage)
    let rows = latents.map { $0.map { Optional($0) } } ?? [nil]
    return try base.changed(
      by: rows.map {
        .edit(.latents, .replace(Replacement(theirs)), row: $0, at: stage)
      }
    ).completed(cancellation: cancellation)
  }

  /// The base's run where one cross-attention reads the source's input.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  public func input(
    at stage: Int, cancellation: Cancellation? = nil
  ) throws -> PerceiverRun {
    try base.changed(by: [.readTokens(of: source, at: stage)]).completed(
      cancellation: cancellation)
  }

  /// How far a patched run brings the base's difference to the source's: 0 not at all, 1 all.
  ///
  /// - Throws: `ConfigurationError` where both runs have the same difference.
  public func recovery(_ patched: PerceiverRun) throws -> Double {
    guard let theirs = source.output, let mine = base.output, let output = patched.output else {
      throw ConfigurationError("patching: expected complete runs")
    }
    let (from, to) = (target.value(mine), target.value(theirs))
    guard from != to else {
      throw ConfigurationError("patching: expected inputs that the model tells apart")
    }
    return (target.value(output) - from) / (to - from)
  }
}

extension PerceiverRun {
  /// Probabilities of classes from the logits of a complete run, `[classes]`, in double: a softmax, or
  /// where any of the labels may be right a sigmoid each.
  ///
  /// - Throws: `ConfigurationError` where the model scores no classes or the run is not complete.
  public func probabilities() throws -> [Double] {
    guard scoresClasses, let output else {
      throw ConfigurationError("probabilities: expected a complete run of a model with classes")
    }
    return logProbabilities(output).map { exp($0) }
  }

  /// A run of the same model on another input, with the same mask and queries, before its first stage;
  /// it has none of this run's interventions.
  ///
  /// - Throws: `ConfigurationError` for an input that the model does not read.
  public func beginning(on input: Tensor, sound: Tensor? = nil) throws -> PerceiverRun {
    try model.begin(input, sound: sound, mask: request.mask, queries: request.queries)
  }

  /// Whether a stage has a feed-forward.
  public func hasFeedForward(at stage: Int) -> Bool {
    stageIDs.indices.contains(stage) && shape(of: .feedForwardOutput, at: stage) != nil
  }

  /// A run of the same input with more interventions; stages before the first of them are taken
  /// over.
  ///
  /// - Throws: `ConfigurationError` for what does not fit the run.
  public func changed(by more: [Intervention]) throws -> PerceiverRun {
    try model.begin(
      request.input, sound: request.sound, mask: request.mask, queries: request.queries,
      interventions: interventions + more, reusing: self)
  }

  fileprivate func stageLatents(_ stage: Int) throws -> Tensor {
    guard stages.indices.contains(stage) else {
      throw ConfigurationError(
        "patching: expected a stage from 0 to \(stages.count - 1), found \(stage)")
    }
    return stages[stage].latents
  }
}
