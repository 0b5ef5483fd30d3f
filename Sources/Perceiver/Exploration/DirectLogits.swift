// Direct logit attribution: the logit as a sum of what each part of the model adds, exactly.
//
// The residual stream is a plain sum, and the mean over latents comes before the last norm. With the
// norm's size frozen at this picture's, s = √(var(x̄) + ε), the end is a linear map of the mean
// latent: y = constant + ⟨a, x̄⟩, a = (γ ∘ W_c − mean(γ ∘ W_c)) / s. It is an identity and no
// counterfactual: s belongs to all. What all classes share means nothing to a softmax: the
// difference of two classes is the clearer question.

import Tensors

/// What each part of a model adds to a logit, or to the difference of two.
public struct DirectLogits: Sendable {
  /// What one stage adds.
  public struct StagePart: Sendable {
    /// The stage.
    public let id: StageID
    /// What each head adds through each latent, `[heads, latents]`; nil where there are no heads, or
    /// an intervention changes what they give together.
    public let heads: Tensor?
    /// What the bias of the heads' output projection adds through all latents; nil where `heads` is.
    public let bias: Double?
    /// What attention or mixing adds through each latent: `[latents]`.
    public let attention: Tensor
    /// What the feed-forward adds through each latent, `[latents]`; zeros where there is none.
    public let feedForward: Tensor
  }

  /// A number of the sum.
  public struct Part: Sendable, Hashable {
    /// What adds it.
    public enum Source: String, Sendable, Hashable, CaseIterable {
      /// The end, whatever the latents are: the classifier's bias, and the last norm's.
      case constant
      /// The latents before the first stage.
      case initial = "initial latents"
      /// One head.
      case head
      /// The bias of a stage's output projection.
      case bias
      /// A stage's attention or mixing as a whole, where it is no sum of heads.
      case attention
      /// A stage's feed-forward.
      case feedForward = "feed-forward"
      /// An intervention that changes latents between stages.
      case changes
    }

    /// What adds it.
    public let source: Source
    /// The stage that it belongs to; nil for what belongs to none.
    public let stage: StageID?
    /// From 0; nil where no head is meant.
    public let head: Int?
    /// How much, through all latents.
    public let value: Double

    init(_ source: Source, _ value: Double, stage: StageID? = nil, head: Int? = nil) {
      (self.source, self.value, self.stage, self.head) = (source, value, stage, head)
    }
  }

  /// What is explained.
  public let target: ResolvedTarget
  /// y as the model computes it; `sum` differs from it by rounding alone.
  public let value: Double
  /// What the end adds whatever the latents are.
  public let constant: Double
  /// What the initial latents add: `[latents]`.
  public let initial: Tensor
  /// What stages add, in order.
  public let stages: [StagePart]
  /// What each latent adds after all stages: `[latents]`.
  public let latents: Tensor
  /// What changes of latents add that no stage made: an intervention's.
  public let changes: Double

  /// Splits a run's logit.
  ///
  /// - Throws: `ConfigurationError` where the logit is no such sum, with the reason;
  ///   `ComputationCancelled`.
  public init(
    _ run: PerceiverRun, of target: ExplanationTarget, cancellation: Cancellation? = nil
  ) throws {
    try run.checkDirect()
    let run = try run.completed(cancellation: cancellation)
    self.target = try run.resolve(target)
    guard let output = run.output else { preconditionFailure("a complete run has an output") }
    value = self.target.value(output)
    let end = try run.direction(of: self.target, after: run.stageIDs.count - 1)
    constant = end.constant
    let workers = Workers(cancellation: cancellation)
    func through(_ rows: Tensor) throws -> Tensor {
      try rows.linear(weight: end.row, workers: workers).reshaped([rows.shape[0]])
    }
    initial = try through(run.latents(before: 0))
    stages = try run.stageIDs.map { id in
      let parts = try run.parts(ofStage: id.index, cancellation: cancellation)
      let isSum = !run.interventions.at(id.index).contains { $0.changesAttentionOutput }
      let heads = try (isSum ? parts.headOutputs : nil).map { averages in
        let weight = try run.outputWeight(ofStage: id.index)
        let width = averages.shape[1] / id.heads
        let row = try end.row.times(weight, workers: workers)
        return Tensor.stacking(
          try (0..<id.heads).map { head in
            let own = Range.head(head, width: width)
            return try averages.columns(own).linear(weight: row.columns(own), workers: workers)
              .reshaped([averages.shape[0]])
          })
      }
      return StagePart(
        id: id, heads: heads,
        bias: try heads.map {
          try run.outputBias(ofStage: id.index, along: end.row) * Double($0.shape[1])
        },
        attention: try through(parts.attention),
        feedForward: try parts.feedForward.map(through)
          ?? Tensor(shape: [parts.attention.shape[0]]))
    }
    let last = run.stages[run.stageIDs.count - 1].latents
    latents = try through(last)
    let parts = initial.total + stages.reduce(0) { $0 + $1.attention.total + $1.feedForward.total }
    changes = run.interventions.isEmpty ? 0 : latents.total - parts
  }

  /// All numbers of the sum, in the order of stages; those of attention by head where it has heads.
  public var parts: [Part] {
    let changed = changes == 0 ? [] : [Part(.changes, changes)]
    return [Part(.constant, constant), Part(.initial, initial.total)]
      + stages.flatMap(\.parts) + changed
  }

  /// y: the sum of all parts.
  public var sum: Double { parts.reduce(0) { $0 + $1.value } }
}

extension DirectLogits.StagePart {
  fileprivate var parts: [DirectLogits.Part] {
    var parts: [DirectLogits.Part] = []
    if let heads, let bias {
      parts = (0..<heads.shape[0]).map {
        .init(.head, heads.row($0).total, stage: id, head: $0)
      }
      parts.append(.init(.bias, bias, stage: id))
    } else {
      parts.append(.init(.attention, attention.total, stage: id))
    }
    return parts + [.init(.feedForward, feedForward.total, stage: id)]
  }
}

extension Intervention {
  /// Whether it changes what a stage's heads give together.
  fileprivate var changesAttentionOutput: Bool {
    if case .edit(.attentionOutput, _, _, _) = change { true } else { false }
  }
}

extension PerceiverRun {
  /// Whether a classifier reads the mean of the latents at the end.
  package var endsWithMeanOfLatents: Bool {
    guard case .classifier = model.plan.ending else { return false }
    return !stageIDs.contains { $0.kind == .decoderCrossAttention }
  }

  /// Why a logit is no sum of parts; nil if it is.
  package var directProblem: String? {
    guard endsWithMeanOfLatents else {
      return "the model does not end with a classifier over the mean of its latents"
    }
    if plans.contains(where: { $0.residual != nil }) {
      return "an attention residual mixes layers by a softmax, so the latents are no plain sum"
    }
    if plans.contains(where: \.isGated) {
      return "a recurrent gate takes attention into the latents, so they are no plain sum"
    }
    if stageIDs.contains(where: { $0.kind.changesTokens }) {
      return "stages change the tokens, so what latents read is no longer the input"
    }
    return nil
  }

  /// - Throws: `ConfigurationError` with the reason where a logit is no sum of parts.
  func checkDirect() throws {
    if let reason = directProblem { throw ConfigurationError("direct logits: \(reason)") }
  }

  /// The end as a linear map of latents, with the norm's size frozen at what it is after a stage: y =
  /// constant + Σ over latents of ⟨row, latent⟩.
  func direction(
    of target: ResolvedTarget, after stage: Int
  ) throws -> (row: Tensor, constant: Double) {
    guard case .classifier(let head) = model.plan.ending else {
      throw ConfigurationError("direct logits: expected a classifier")
    }
    let latents = stages[stage].latents
    let mean = latents.meanOfRows().values.map { Double($0) }
    let dim = Double(mean.count)
    let (gain, bias) = head.norm.affine(model.parameters)
    let weight = model.parameters.weight(of: head.linear)
    let biases =
      model.parameters.bias(of: head.linear)?.values
      ?? Array(repeating: 0, count: head.classes)
    func difference(_ values: (Int) -> [Double]) -> [Double] {
      let own = values(target.index)
      guard let against = target.against else { return own }
      return zip(own, values(against)).map { $0 - $1 }
    }
    let row = difference { weight.row($0).values.map { Double($0) } }
    let folded = zip(row, gain.values).map { $0 * Double($1) }
    let centre = mean.reduce(0, +) / dim
    let (size, shared): (Double, Double) =
      switch head.norm.standardisation {
      case .meanAndVariance(let epsilon):
        (
          (mean.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / dim + epsilon).squareRoot(),
          folded.reduce(0, +) / dim
        )
      case .rootMeanSquare(let least):
        (max(least, (mean.reduce(0) { $0 + $1 * $1 } / dim).squareRoot()), 0)
      }
    let constant =
      zip(row, bias.values).reduce(0.0) { $0 + $1.0 * Double($1.1) }
      + difference { [Double(biases[$0])] }[0]
    let count = Double(latents.shape[0])
    return (
      Tensor(
        shape: [1, mean.count], values: folded.map { Float(($0 - shared) / size / count) }),
      constant
    )
  }
}

extension Tensor {
  /// The sum of all elements, in double.
  var total: Double { withUnsafeElements { $0.reduce(0.0) { $0 + Double($1) } } }
}
