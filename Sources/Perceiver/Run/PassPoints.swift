// Where a pass lets values at named points be edited, captured and differentiated.

import Tensors

/// What is done at points during a pass.
struct PassPoints {
  var interventions: [Intervention] = []
  /// Values whose gradients are kept.
  var marks: Set<Mark> = []
  /// Where values of one stage are put when they are there.
  var capture: Capture?
  /// Of stages whose weights or averages are marked.
  let values = Values()

  /// What attentions average, `[keys, inner]`, and what comes of it before edits,
  /// `[rows, inner]`.
  final class Values {
    var ofStage: [Int: Tensor] = [:]
    var averagesOfStage: [Int: Tensor] = [:]
  }

  /// Values of one stage to be read.
  final class Capture {
    let stage: Int
    let points: Set<StagePoint>
    /// Whether what the attention averages is read too.
    let asksForValues: Bool
    /// By point, after the stage's edits.
    var found: [StagePoint: Tensor] = [:]
    /// What the attention averages, `[keys, inner]`.
    var values: Tensor?

    init(_ points: Set<StagePoint>, stage: Int, asksForValues: Bool = false) {
      (self.points, self.stage, self.asksForValues) = (points, stage, asksForValues)
    }

    fileprivate func asks(for own: PointOfStage) -> Bool {
      own.stage == stage && points.contains(own.point)
    }
  }
}

extension Pass {
  /// The value at a point after the stage's edits.
  ///
  /// - Parameters:
  ///   - value: `[rows, …]`, of a batch of one where it is edited.
  ///   - columns: The value's part in it; nil for all of it.
  ///   - heads: How many share the columns.
  func at(
    _ point: StagePoint, _ value: Variable, columns: Range<Int>? = nil, heads: Int = 1
  ) -> Variable {
    guard let points else { return value }
    let columns = columns ?? 0..<value.value.shape[1]
    var value = value
    for case .edit(point, let edit, let head, let row) in changes {
      let own = head.map { head in
        Range.head(head, width: columns.count / heads, from: columns.lowerBound)
      }
      value = value.editing(
        rows: row.map { $0..<$0 + 1 } ?? 0..<value.value.shape[0], columns: own ?? columns,
        edit.region(columns, head: own))
    }
    let own = PointOfStage(point: point, stage: stage)
    if let capture = points.capture, capture.asks(for: own) {
      capture.found[point] =
        columns.count == value.value.shape[1] ? value.value : value.value.columns(columns)
    }
    guard points.marks.contains(.point(own)) else { return value }
    return tape.marking(
      value, as: .point(own), columns: columns.count == value.value.shape[1] ? nil : columns)
  }

  /// Scores are linear in queries: what scales or averages the ones does so to the others.
  func editingScores(ofQueries queries: Variable, heads: Int) -> Variable {
    points == nil ? queries : linearly(.scores, queries, heads: heads)
  }

  /// Averages are linear in weights: what scales or averages the ones does so to the others. Other
  /// weights average the values anew.
  ///
  /// - Parameter values: Of all keys, `[keys, inner]`; asked for where weights are replaced.
  func editingWeights(
    ofAverages averages: Variable, heads: Int, values: () throws -> Variable
  ) throws -> Variable {
    guard let points else { return averages }
    var averages = averages
    if points.marks.contains(.averages(stage)) {
      points.values.averagesOfStage[stage] = averages.value
      averages = tape.marking(averages, as: .averages(stage))
    }
    if let capture = points.capture, capture.asksForValues, capture.stage == stage {
      capture.values = try values().value
    }
    averages = linearly(.weights, averages, heads: heads)
    for case .edit(.weights, .replace(let replacement), let head, let row) in changes {
      let all = try replaced(by: replacement, heads: heads, values: values())
      let width = averages.value.shape[1] / heads
      let columns = head.map { Range.head($0, width: width) } ?? 0..<heads * width
      let rows = row.map { $0..<$0 + 1 } ?? 0..<averages.value.shape[0]
      averages =
        averages.editing(rows: rows, columns: columns, .scale(0)) + all.keeping(rows, columns)
    }
    let own = PointOfStage(point: .weights, stage: stage)
    guard points.marks.contains(.point(own)) else { return averages }
    points.values.ofStage[stage] = try values().value
    return tape.marking(averages, as: .point(own))
  }

  /// Edits of a matrix that is never stored, done to what it is linear in.
  private func linearly(_ point: StagePoint, _ value: Variable, heads: Int) -> Variable {
    let (count, width) = (value.value.shape[0], value.value.shape[1] / heads)
    var value = value
    for case .edit(point, let edit, let head, let row) in changes {
      guard let region = edit.linear else { continue }
      value = value.editing(
        rows: row.map { $0..<$0 + 1 } ?? 0..<count,
        columns: head.map { Range.head($0, width: width) } ?? 0..<heads * width, region)
    }
    return value
  }

  /// What other weights average: `[rows, inner]`. Another run's are made some rows at a time.
  private func replaced(
    by replacement: Replacement, heads: Int, values: Variable
  ) throws -> Variable {
    let (keys, cancellation) = (values.value.shape[0], tape.workers.cancellation)
    let (queries, found) =
      switch replacement.value {
      case .numbers(let tensor): (tensor.shape[1], tensor.shape[2])
      case .attention(let attention): (attention.queries, attention.keys)
      }
    guard found == keys else {
      throw ConfigurationError(
        "intervention at stage \(stage): expected weights of \(keys) keys, found \(found)")
    }
    return try values.averaged(rows: queries, heads: heads) { head, rows in
      switch replacement.value {
      case .numbers(let tensor): tensor.row(head).rows(rows)
      case .attention(let attention):
        try attention.matrix(
          head: head, queries: rows, as: .probabilities, cancellation: cancellation)
      }
    }
  }

  /// The changes of this stage, in the order in which they apply.
  private var changes: [Intervention.Change] {
    points?.interventions.at(stage).map(\.change) ?? []
  }

  /// Whether something is done or asked at a point of this stage.
  func touches(_ point: StagePoint) -> Bool {
    guard let points else { return false }
    let own = PointOfStage(point: point, stage: stage)
    return points.capture?.asks(for: own) == true || points.marks.contains(.point(own))
      || changes.contains { if case .edit(point, _, _, _) = $0 { true } else { false } }
  }

  /// Whether all that is read of this stage is there: nobody asks for the rest of it.
  var hasCaptured: Bool {
    guard let capture = points?.capture, capture.stage == stage else { return false }
    return capture.points.allSatisfy { capture.found[$0] != nil }
      && (!capture.asksForValues || capture.values != nil)
  }

  /// Whether the stage does as the model says, and nobody asks for a value within it.
  var isUntouched: Bool {
    guard let points else { return true }
    return changes.isEmpty && points.capture?.stage != stage
  }

  /// Latents without the rows that are removed after the stage.
  func removing(_ latents: Variable) -> Variable {
    var latents = latents
    for case .removeLatents(let removed) in changes {
      let gone = Set(removed)
      latents = latents.rows((0..<latents.value.shape[0]).filter { !gone.contains($0) })
    }
    return latents
  }

  /// The streams whose tokens this stage reads: its own, or those of another run.
  func read(_ streams: Streams<Variable>) -> Streams<Variable> {
    var streams = streams
    for case .readTokens(let source) in changes {
      streams.tokens = source.tokens
      streams.data = source.data.map(tape.constant)
      streams.channels = nil
    }
    return streams
  }

  /// Which keys of this stage's attention may be read, beside what the input's mask says.
  var keyVisibility: TokenVisibility {
    var all: [Bool]?
    for case .maskKeys(let keeps) in changes {
      all = all.map { zip($0, keeps).map { $0 && $1 } } ?? keeps
    }
    return TokenVisibility(all.map { TokenMask(shape: [$0.count], keeps: $0) })
  }
}

extension Intervention.Edit {
  /// The edit of some columns of numbers that are there.
  ///
  /// - Parameter head: The head's columns, of those of the point; all if nil.
  fileprivate func region(_ columns: Range<Int>, head: Range<Int>?) -> RegionEdit {
    switch self {
    case .zero: return .scale(0)
    case .mean: return .mean
    case .scale(let factor): return .scale(factor)
    case .replace(let replacement):
      // Interventions were checked: an attention replaces weights alone.
      guard case .numbers(let all) = replacement.value else { return .scale(1) }
      guard let head else { return .replace(all) }
      let start = columns.lowerBound
      return .replace(
        all.columns(head.lowerBound - start..<head.upperBound - start))
    }
  }

  /// The edit of what a matrix is linear in; nil where the matrix is replaced.
  fileprivate var linear: RegionEdit? {
    switch self {
    case .zero: .scale(0)
    case .mean: .mean
    case .scale(let factor): .scale(factor)
    case .replace: nil
    }
  }
}

extension Variable {
  /// Zeros but for a region.
  fileprivate func keeping(_ rows: Range<Int>, _ columns: Range<Int>) -> Variable {
    let (all, width) = (value.shape[0], value.shape[1])
    var result = self
    for (others, own) in [
      (0..<rows.lowerBound, 0..<width), (rows.upperBound..<all, 0..<width),
      (0..<all, 0..<columns.lowerBound), (0..<all, columns.upperBound..<width),
    ] where !others.isEmpty && !own.isEmpty {
      result = result.editing(rows: others, columns: own, .scale(0))
    }
    return result
  }
}

extension TokenVisibility {
  /// What is added to the scores of keys, 0 or -infinity; nil for nothing.
  ///
  /// - Parameter count: The number of keys.
  func mask(of count: Int) -> Tensor? {
    switch self {
    case .all: nil
    case .none: Tensor(shape: [count], repeating: -.infinity)
    case .some(let kept):
      Tensor(shape: [1, kept.count], repeating: 0)
        .spreadingColumns(to: kept, of: count, elsewhere: -.infinity).reshaped([count])
    }
  }
}
