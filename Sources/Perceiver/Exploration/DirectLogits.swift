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
    /// What each head adds through each latent, `[heads, latents]`; nil where there are no heads.
    /// The bias of the output projection is in `attention` alone.
    public let heads: Tensor?
    /// What attention or mixing adds through each latent: `[latents]`.
    public let attention: Tensor
    /// What the feed-forward adds through each latent, `[latents]`; zeros where there is none.
    public let feedForward: Tensor
  }

  /// What is explained.
  public let target: ResolvedTarget
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
    let end = try run.direction(of: self.target, after: run.stageIDs.count - 1)
    constant = end.constant
    let workers = Workers(cancellation: cancellation)
    func through(_ rows: Tensor) throws -> Tensor {
      try rows.linear(weight: end.row, workers: workers).reshaped([rows.shape[0]])
    }
    initial = try through(run.latents(before: 0))
    stages = try run.stageIDs.map { id in
      let parts = try run.parts(ofStage: id.index, cancellation: cancellation)
      let heads = try parts.headOutputs.map { averages in
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
        id: id, heads: heads, attention: try through(parts.attention),
        feedForward: try parts.feedForward.map(through)
          ?? Tensor(shape: [parts.attention.shape[0]]))
    }
    let last = run.stages[run.stageIDs.count - 1].latents
    latents = try through(last)
    let parts = initial.total + stages.reduce(0) { $0 + $1.attention.total + $1.feedForward.total }
    changes = run.interventions.isEmpty ? 0 : latents.total - parts
  }

  /// y: the sum of all parts.
  public var sum: Double {
    constant + initial.total + changes
      + stages.reduce(0) { $0 + $1.attention.total + $1.feedForward.total }
  }
}

/// What pixels give a logit on the direct way: through values and output projections of cross-
/// attentions, past all later stages. Signed, exact as a part of the logit, and known from forward
/// alone; what self-attentions and feed-forwards make of a reading is left out.
public struct DirectPixels: MapQuestion {
  /// What is explained.
  public let target: ExplanationTarget
  /// The stage after which the model is taken to end, as a lens; the last if nil.
  public let stage: Int?

  public init(of target: ExplanationTarget, after stage: Int? = nil) {
    (self.target, self.stage) = (target, stage)
  }

  /// The stage after which the model is taken to end, where classes are named by number; else the
  /// run's last, since its answer is asked for.
  public func lastStage(of run: PerceiverRun) -> Int {
    target.isAnswered ? run.stageIDs.count - 1 : stage ?? run.stageIDs.count - 1
  }

  /// `[…axes]`; left over is what y has from other parts.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    try run.checkDirect()
    let last = stage ?? run.stageIDs.count - 1
    guard run.stageIDs.indices.contains(last) else {
      throw ConfigurationError(
        "direct pixels: expected a stage from 0 to \(run.stageIDs.count - 1), found \(last)")
    }
    let run = try run.completed(through: lastStage(of: run), cancellation: cancellation)
    let target = try run.isComplete ? run.resolve(target) : run.resolveClasses(target)
    let end = try run.direction(of: target, after: last)
    let workers = Workers(cancellation: cancellation)
    var map = Tensor(shape: [run.tokenCount])
    for id in run.stageIDs[...last] where id.kind == .crossAttention {
      guard let attention = run.stages[id.index].attention,
        let block = run.plans[id.index].operation.tokenReader
      else { continue }
      let row = try end.row.times(run.outputWeight(ofStage: id.index), workers: workers)
      let folded = try StreamedTokenAttention(block, parameters: run.model.parameters)
        .foldingValues(row.splitIntoHeads(id.heads), workers: workers)
      let given = attention.products(with: folded.queries, constants: folded.offsets)
      for head in 0..<id.heads {
        let mean = try attention.map(
          head: .one(head), query: .mean, as: .probabilities, cancellation: cancellation)
        try map.addRows(
          .products, weights: mean.reshaped([1, mean.count]),
          products: given.matrix(
            head: head, queries: 0..<1, as: .scores, cancellation: cancellation),
          shifts: [0], factors: [Float(attention.mapCount)], workers: workers)
      }
    }
    let after = run.stages[last].latents
    let value = try end.constant + after.linear(weight: end.row, workers: workers).total
    return ExplanationMap(
      map.reshaped(run.mapAxes), sign: .signed,
      remainders: [
        .init(name: "\(target.title) from other parts of the model", value: value - map.total)
      ],
      sentence: "\(target.speech(of: run.placeWords.many)), by what was read of them alone.")
  }
}

extension PerceiverRun {
  /// Why a logit is no sum of parts; nil if it is.
  var directProblem: String? {
    guard case .classifier = model.plan.ending,
      !stageIDs.contains(where: { $0.kind == .decoderCrossAttention })
    else { return "the model does not end with a classifier over the mean of its latents" }
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

  /// Logits with each latent left out of the mean at the end, `[latents, classes]`: exact.
  ///
  /// - Throws: `ConfigurationError` where the model does not end with a mean over latents.
  public func logitsWithoutEachLatent(cancellation: Cancellation? = nil) throws -> Tensor {
    try logitsOfLatents(cancellation: cancellation) { latents in
      let (count, dim) = (latents.shape[0], latents.shape[1])
      let sum = latents.meanOfRows().values.map { Double($0) * Double(count) }
      return latents.withUnsafeElements { elements in
        Tensor(
          shape: [count, dim],
          values: (0..<count * dim).map {
            Float((sum[$0 % dim] - Double(elements[$0])) / Double(max(1, count - 1)))
          })
      }
    }
  }

  /// Logits of each latent as if it were the mean, `[latents, classes]`: a lens, and no part of the
  /// logit.
  ///
  /// - Throws: As for those without each.
  public func logitsOfEachLatent(cancellation: Cancellation? = nil) throws -> Tensor {
    try logitsOfLatents(cancellation: cancellation) { $0 }
  }

  private func logitsOfLatents(
    cancellation: Cancellation?, _ means: (Tensor) -> Tensor
  ) throws -> Tensor {
    let run = try completed(cancellation: cancellation)
    guard case .classifier(let head) = model.plan.ending, let last = run.stages.last,
      last.id.kind != .decoderCrossAttention
    else {
      throw ConfigurationError(
        "logits of latents: the model does not end with a classifier over the mean of its latents")
    }
    let pass = Pass(run.model, workers: Workers(cancellation: cancellation))
    let rows = means(last.latents)
    return try head(pass.tape.constant(rows), items: rows.shape[0], in: pass).value
  }
}

extension Tensor {
  /// The sum of all elements, in double.
  var total: Double { withUnsafeElements { $0.reduce(0.0) { $0 + Double($1) } } }
}
