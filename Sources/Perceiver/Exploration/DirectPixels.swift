// What was read of each pixel, past all later stages: the part of DirectLogits that belongs to a token.

import Tensors

/// What pixels give a logit on the direct way: through values and output projections of cross-
/// attentions, past all later stages. Signed, exact as a part of the logit, and known from forward
/// alone; what self-attentions and feed-forwards make of a reading is left out.
public struct DirectPixels: ClaimingQuestion {
  /// What is explained.
  public let target: ExplanationTarget
  /// The stage after which the model is taken to end, as a lens; the last if nil.
  public let stage: Int?

  /// The question for a target, of the whole model or as if it ended after a stage.
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
    try run.checkDirectPixels()
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
        let share = run.shareOfSum(ofHead: head, at: id.index)
        guard share != 0 else { continue }
        let mean = try attention.map(
          head: .one(head), query: .mean, as: .probabilities, cancellation: cancellation)
        try map.addRows(
          .products, weights: mean.reshaped([1, mean.count]),
          products: given.matrix(
            head: head, queries: 0..<1, as: .scores, cancellation: cancellation),
          shifts: [0], factors: [share * Float(attention.mapCount)], workers: workers)
      }
    }
    let after = run.stages[last].latents
    let value = try end.constant + after.linear(weight: end.row, workers: workers).total
    return ExplanationMap(
      map.reshaped(run.mapAxes), sign: .signed,
      remainders: [
        .init(name: "\(target.title) from other parts of the model", value: value - map.total)
      ],
      sentence: claim(target.subject(run.tokenWords)).whole + ", by what was read of them alone.")
  }

  package func claim(_ subject: MapSubject) -> MapClaim { subject.speech }
}

extension PerceiverRun {
  /// Why what is read of single pixels is no part of a logit; nil if it is.
  package var directPixelsProblem: String? { directProblem ?? sumsProblem }

  fileprivate func checkDirectPixels() throws {
    if let reason = directPixelsProblem { throw ConfigurationError("direct pixels: \(reason)") }
  }
}
