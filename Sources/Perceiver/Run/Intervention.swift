// What a run does otherwise than its model says: a value at a point of one stage edited, keys
// masked, an update skipped.

import Tensors

/// One change to one stage of a run. Interventions are part of what a run is: where two runs are
/// equal before a stage, with their interventions, so are their values before it, bit for bit.
public struct Intervention: Sendable, Hashable {
  /// What becomes of a value, or of a head's or a row's part in it.
  public enum Edit: Sendable, Hashable {
    /// All zeros. Of scores: every key alike.
    case zero
    /// The mean over rows, for every row.
    case mean
    /// Times a number.
    case scale(Float)
    /// Others of the same shape; not of scores.
    case replace(Replacement)
  }

  /// An update of a stage.
  public enum Update: Sendable, Hashable { case attention, feedForward }

  /// The stage's index in the run, or `beforeStages`.
  public let stage: Int
  let change: Change

  /// Instead of a stage's index: the latents before the first stage.
  public static let beforeStages = -1

  enum Change: Sendable, Hashable {
    case edit(StagePoint, Edit, head: Int?, row: Int?)
    case maskKeys([Bool])
    case removeLatents([Int])
    case readTokens(TokenSource)
  }

  /// Edits the value at a point.
  ///
  /// - Parameters:
  ///   - head: The head whose part is edited, from 0; all if nil. Points behind the heads have none.
  ///   - row: The row that is edited, from 0: a latent, say; all if nil.
  ///   - stage: The stage's index in the run.
  public static func edit(
    _ point: StagePoint, _ edit: Edit, head: Int? = nil, row: Int? = nil, at stage: Int
  ) -> Intervention {
    Intervention(stage: stage, change: .edit(point, edit, head: head, row: row))
  }

  /// Hides keys from a stage's attention, as a mask of the input hides them from all.
  ///
  /// - Parameter keeps: For each key (token or latent) whether it may be read.
  public static func maskKeys(keeping keeps: [Bool], at stage: Int) -> Intervention {
    Intervention(stage: stage, change: .maskKeys(keeps))
  }

  /// Takes latents away after a stage: no later stage, nor the end, has their rows. The latents behind
  /// them move up.
  ///
  /// - Parameter latents: Their indices, from 0; not all of them.
  public static func removeLatents(_ latents: [Int], after stage: Int) -> Intervention {
    Intervention(stage: stage, change: .removeLatents(latents))
  }

  /// Lets a cross-attention read the tokens of another run, of an input of the same axes.
  public static func readTokens(of run: PerceiverRun, at stage: Int) -> Intervention {
    Intervention(
      stage: stage,
      change: .readTokens(TokenSource(tokens: run.input.tokens, data: run.input.data)))
  }

  /// Leaves an update out, as if its last layer's weights and bias were zero.
  public static func skip(_ update: Update, at stage: Int) -> Intervention {
    edit(update == .attention ? .attentionOutput : .feedForwardOutput, .zero, at: stage)
  }

  /// Puts another run's value in the place of this one's.
  ///
  /// - Parameters:
  ///   - run: A run that has computed the stage `otherStage`, or the same stage if that is nil.
  ///   - head: The head that is replaced; all if nil.
  ///   - row: The row that is replaced; all if nil.
  /// - Throws: `ConfigurationError` where the run has no such value, `ComputationCancelled`.
  public static func replace(
    _ point: StagePoint, by run: PerceiverRun, stage otherStage: Int? = nil, head: Int? = nil,
    row: Int? = nil, at stage: Int, cancellation: Cancellation? = nil
  ) throws -> Intervention {
    let value = try run.value(of: point, at: otherStage ?? stage, cancellation: cancellation)
    return edit(point, .replace(Replacement(value)), head: head, row: row, at: stage)
  }
}

/// Tokens that take the place of a run's own.
struct TokenSource: Sendable, Hashable {
  let tokens: Tokens
  let data: Tensor?

  static func == (left: TokenSource, right: TokenSource) -> Bool {
    left.tokens.isShared(with: right.tokens)
  }

  func hash(into hasher: inout Hasher) { hasher.combine(tokens.axes) }
}

/// What takes a value's place.
public struct Replacement: Sendable, Hashable {
  let value: PointValue

  init(_ value: PointValue) { self.value = value }

  /// Numbers in the shape of the point's value.
  public init(_ tensor: Tensor) { value = .numbers(tensor) }

  public static func == (left: Replacement, right: Replacement) -> Bool {
    switch (left.value, right.value) {
    case (.numbers(let mine), .numbers(let theirs)): mine.hasSameBits(as: theirs)
    case (.attention(let mine), .attention(let theirs)): mine.isShared(with: theirs)
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    if case .numbers(let tensor) = value { hasher.combine(tensor.shape) }
  }
}

/// A value at a point.
public enum PointValue: Sendable {
  /// All of it.
  case numbers(Tensor)
  /// Scores or weights: a matrix for each head that gives rows or reductions when it is asked.
  case attention(StageAttention)
}

extension [Intervention] {
  /// Those of one stage, in the order in which they apply.
  func at(_ stage: Int) -> [Intervention] { filter { $0.stage == stage } }

  /// Checks them against the stages of a run.
  ///
  /// - Throws: `ConfigurationError` with what was expected and found.
  func check(_ stageIDs: [StageID], of run: PerceiverRun) throws {
    let shape = { (point: StagePoint, stage: Int) in run.shape(of: point, at: stage) }
    try checkRemovals(stageIDs, of: run)
    for intervention in self where intervention.stage != Intervention.beforeStages {
      let stage = intervention.stage
      guard stageIDs.indices.contains(stage) else {
        throw ConfigurationError(
          "intervention: expected a stage from 0 to \(stageIDs.count - 1), found \(stage)")
      }
      func expected(_ what: String, _ found: String) -> ConfigurationError {
        ConfigurationError(
          "intervention at \(stageIDs[stage].name): expected \(what), found \(found)")
      }
      switch intervention.change {
      case .removeLatents: continue
      case .readTokens(let source):
        guard stageIDs[stage].kind == .crossAttention,
          !stageIDs.contains(where: { $0.kind.changesTokens })
        else { throw expected("a cross-attention to tokens that no stage changes", "none") }
        guard source.tokens.axes == run.mapAxes, source.tokens.columns == run.input.tokens.columns
        else {
          throw expected(
            "an input of axes \(run.mapAxes) with \(run.input.tokens.columns) numbers a token",
            "axes \(source.tokens.axes) with \(source.tokens.columns)")
        }
      case .maskKeys(let keeps):
        guard let keys = shape(.keys, stage)?[0] else {
          throw expected("a stage with attention", "none")
        }
        guard keeps.count == keys else {
          throw expected("\(keys) keys to keep or not", "\(keeps.count)")
        }
      case .edit(let point, let edit, let head, let row):
        guard let shape = shape(point, stage) else {
          throw expected("a point that it has", point.rawValue)
        }
        if let head {
          let heads = point.isHeadwise ? stageIDs[stage].heads : 0
          guard (0..<heads).contains(head) else {
            throw expected(heads > 0 ? "a head below \(heads)" : "no head", "\(head)")
          }
        }
        let rows = shape[shape.count - 2]
        if let row, !(0..<rows).contains(row) { throw expected("a row below \(rows)", "\(row)") }
        guard case .replace(let replacement) = edit else { continue }
        switch (point, replacement.value) {
        case (.scores, _):
          throw expected("weights to replace", "scores, which are not stored")
        case (.weights, .attention(let attention)):
          let theirs = [attention.heads, attention.queries, attention.keys]
          guard theirs == shape else { throw expected("weights \(shape)", "\(theirs)") }
        case (_, .numbers(let tensor)):
          guard tensor.shape == shape else { throw expected("numbers \(shape)", "\(tensor.shape)") }
        default: throw expected("numbers for \(point.rawValue)", "an attention")
        }
      }
    }
  }
}

extension [Intervention] {
  /// Checks what is done to latents before the first stage, and what removes latents.
  private func checkRemovals(_ stageIDs: [StageID], of run: PerceiverRun) throws {
    let (latents, dim) = (run.initialLatents.shape[0], run.initialLatents.shape[1])
    for case .edit(let point, let edit, let head, let row) in at(Intervention.beforeStages)
      .map(\.change)
    {
      var shapes = true
      if case .replace(let replacement) = edit {
        if case .numbers(let tensor) = replacement.value {
          shapes = tensor.shape == [latents, dim]
        } else {
          shapes = false
        }
      }
      guard point == .latents, head == nil, row.map({ (0..<latents).contains($0) }) ?? true, shapes
      else {
        throw ConfigurationError(
          "intervention before the first stage: expected latents [\(latents), \(dim)], found "
            + point.rawValue)
      }
    }
    guard at(Intervention.beforeStages).allSatisfy(\.isOfLatents) else {
      throw ConfigurationError(
        "intervention before the first stage: expected a change of the latents")
    }
    var removed: Int?
    for intervention in sorted(by: { $0.stage < $1.stage }) {
      if let removed, intervention.stage > removed, intervention.hangsOnRows(stageIDs) {
        throw ConfigurationError(
          "intervention: expected no change of single latents after a stage that removes some")
      }
      guard case .removeLatents(let rows) = intervention.change else { continue }
      if let problem = run.latentRemovalProblem {
        throw ConfigurationError("intervention: \(problem)")
      }
      guard !rows.isEmpty, Set(rows).count == rows.count, rows.count < latents,
        rows.allSatisfy((0..<latents).contains), removed == nil
      else {
        throw ConfigurationError(
          "intervention: expected latents from 0 to \(latents - 1) to remove, not all and each "
            + "once, found \(rows)")
      }
      removed = intervention.stage
    }
  }
}

extension PerceiverRun {
  /// Why no latent can be taken away; nil where one can.
  package var latentRemovalProblem: String? {
    if initialLatents.shape[0] == 1 {
      return "the model has one latent, and without it nothing is left to answer from"
    }
    let hasWeightsForEach =
      stageIDs.contains { $0.kind == .latentMixing } || plans.contains { $0.residual != nil }
    return hasWeightsForEach
      ? "the model has weights for each latent, so that its stages take no fewer" : nil
  }
}

extension Intervention {
  fileprivate var isOfLatents: Bool {
    switch change {
    case .edit(let point, _, _, _): point == .latents
    case .removeLatents: true
    case .maskKeys, .readTokens: false
    }
  }

  /// Whether it means latents by their number.
  fileprivate func hangsOnRows(_ stageIDs: [StageID]) -> Bool {
    switch change {
    case .edit(_, .replace, _, _): true
    case .edit(_, _, _, let row): row != nil
    case .maskKeys:
      stageIDs.indices.contains(stage) && stageIDs[stage].kind != .crossAttention
        && stageIDs[stage].kind != .linearAttention
    case .removeLatents: true
    case .readTokens: false
    }
  }
}

extension StagePoint {
  /// Whether a head has columns or a matrix of its own there.
  var isHeadwise: Bool {
    switch self {
    case .queries, .keys, .scores, .weights, .headOutputs: true
    case .attentionOutput, .feedForwardOutput, .latents: false
    }
  }
}
