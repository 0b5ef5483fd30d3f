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

  /// The stage's index in the run.
  public let stage: Int
  let change: Change

  enum Change: Sendable, Hashable {
    case edit(StagePoint, Edit, head: Int?, row: Int?)
    case maskKeys([Bool])
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
  /// - Parameter shape: The shape of the value at a point, heads first where it is headwise and
  ///   never stored; nil where the stage has no such point.
  /// - Throws: `ConfigurationError` with what was expected and found.
  func check(_ places: [StagePlace], shape: (StagePoint, Int) -> [Int]?) throws {
    for intervention in self {
      let stage = intervention.stage
      guard places.indices.contains(stage) else {
        throw ConfigurationError(
          "intervention: expected a stage from 0 to \(places.count - 1), found \(stage)")
      }
      func expected(_ what: String, _ found: String) -> ConfigurationError {
        ConfigurationError(
          "intervention at \(places[stage].name): expected \(what), found \(found)")
      }
      switch intervention.change {
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
          let heads = point.isHeadwise ? places[stage].heads : 0
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

extension StagePoint {
  /// Whether a head has columns or a matrix of its own there.
  var isHeadwise: Bool {
    switch self {
    case .queries, .keys, .scores, .weights, .headOutputs: true
    case .attentionOutput, .feedForwardOutput, .latents: false
    }
  }
}
