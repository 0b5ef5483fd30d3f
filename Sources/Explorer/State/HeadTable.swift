// The table of heads: which numbers stand in it, in which order, and what is asked for it.

import Perceiver
import Tensors

/// A column of numbers, one for each head.
public enum HeadColumn: String, Sendable, Hashable, CaseIterable {
  /// The mean entropy of latents' weights, in nats.
  case entropy
  /// How much of the attention is where it is because of the picture: 0 none, 1 all.
  case content
  /// The size of the answer's gradient by a gate of the head.
  case importance
  /// The share of attention that lies on the pixels hidden by hand, or on the object that was kept.
  case marks
  /// What becomes of the answer's probability without the head.
  case effect

  /// How it is called.
  struct Words: Sendable, Hashable {
    /// Its heading.
    let title: String
    /// Its heading where columns are narrow.
    var shortTitle: String
    /// What it means, for the legend.
    let meaning: String

    init(_ title: String, short: String? = nil, _ meaning: String) {
      (self.title, shortTitle, self.meaning) = (title, short ?? title, meaning)
    }
  }

  /// - Parameter scoresClasses: Whether heads are asked about the answer's class; else about a number y
  ///   of an output.
  func words(scoresClasses: Bool = true) -> Words {
    switch self {
    case .entropy:
      Words("entropy", short: "entr.", "entropy of weights in nats, mean over latents")
    case .content:
      Words(
        "content", short: "cont.", "share of attention that follows the picture, not the position")
    case .importance:
      Words(
        "import.", short: "imp.",
        "how fast the \(scoresClasses ? "answer's logit" : "output") changes with the head's gate")
    case .marks:
      Words(
        "marks", "share of attention on the hidden pixels, or on the object, mean over latents")
    case .effect:
      scoresClasses
        ? Words("Δp off", "change of the answer's probability without the head")
        : Words("Δy off", "change of the output without the head")
    }
  }

  /// Which columns stay where there is not room for all: the lower the longer.
  var rank: Int {
    switch self {
    case .effect: 0
    case .entropy: 1
    case .content: 2
    case .marks: 3
    case .importance: 4
    }
  }
}

/// How the table of heads is shown.
struct HeadTable: Sendable, Hashable {
  /// What is shown of each head.
  enum Form: String, Sendable, Hashable, CaseIterable {
    /// A line of numbers.
    case numbers
    /// A small map.
    case maps
  }

  /// What is shown of each head.
  var form = Form.numbers
  /// The column that rows are sorted by; nil for the order of stages.
  var sorting: HeadColumn?
  /// Whose numbers the maps' scales are fitted to; nil where it is as of all other views.
  var scaleScope: ScaleScope?
  /// The chosen head.
  var chosen = Row(stage: 0, head: 0)

  /// One head.
  struct Row: Sendable, Hashable {
    let stage: Int
    let head: Int
  }
}

extension ExplorerState {
  /// Whether the large pane shows the table of heads.
  var isHeadTableShown: Bool {
    choices.view.replacement == .heads && reasonAgainstHeadTable == nil
  }

  var reasonAgainstHeadTable: String? {
    guard run != nil else { return reasonAgainstStages }
    return headStages.isEmpty ? "no stage has attention heads" : nil
  }

  /// The stages whose heads can be seen.
  var headStages: [StageID] { stageIDs.filter { $0.heads > 0 && $0.kind.mapGround != nil } }

  /// A head's number, and whether it is off, alone or with its stage.
  func headLabel(_ row: HeadTable.Row) -> String {
    "\(row.head + 1)" + (isHeadOff(row) ? " off" : "")
  }

  /// Whether a head is off, in whichever way, alone or with its stage.
  func isHeadOff(_ row: HeadTable.Row) -> Bool {
    let off = choices.changes.off
    let whole: [RunPart] = [.stage(row.stage), .update(.attention, stage: row.stage)]
    let head = RunPart.head(row.head, stage: row.stage)
    return off.contains { whole.contains($0) || $0.isSamePart(as: head) }
  }

  /// The columns that have numbers for this model.
  var headColumns: [HeadColumn] {
    HeadColumn.allCases.filter { column in
      switch column {
      case .entropy: true
      case .content: !choices.input.isText
      case .importance: run?.model.configuration.classCount != nil || explainsNumber
      case .effect: explainsNumber
      case .marks: headMarks != nil
      }
    }
  }

  /// How a column is called for this model.
  func words(of column: HeadColumn) -> HeadColumn.Words {
    column.words(scoresClasses: run?.scoresClasses ?? true)
  }

  /// All heads of stages with attention, as they are sorted: the largest in size first, unknown ones
  /// last.
  var headRows: [HeadTable.Row] {
    let rows = headStages.flatMap { id in
      (0..<id.heads).map { HeadTable.Row(stage: id.index, head: $0) }
    }
    guard let column = headTable.sorting, headColumns.contains(column) else { return rows }
    return rows.sortedBySize { headNumber(column, of: $0) }
  }

  /// The pixels on which heads' shares are told: the hidden ones, or where none is the object.
  private var headMarks: PixelMarks? { choices.changes.hidden ?? choices.object }

  /// The request for a column at a stage; nil where it has no numbers there.
  private func headRequest(_ column: HeadColumn, at id: StageID) -> MapRequest? {
    let readsInput = id.kind == .crossAttention
    switch column {
    case .entropy: break
    case .content, .marks: guard readsInput else { return nil }
    case .importance, .effect: break
    }
    // What one pass gives for all stages is asked once.
    let isOfAll = column == .content || column == .importance
    return MapRequest(
      stage: isOfAll ? 0 : id.index, value: .probabilities,
      subject: .heads(
        column, column == .marks ? headMarks : nil,
        of: [.importance, .effect].contains(column) ? headTarget : .answer))
  }

  /// What importance and effects are of: the answer, or the number of an output that is explained.
  var headTarget: ExplanationTarget {
    run?.scoresClasses == false ? ExplanationTarget(numbered(choices.view.why.choice)) : .answer
  }

  /// What the table still lacks, a column after the other, the costliest last.
  var wantedHeads: [MapRequest] {
    guard isHeadTableShown, let run, run.isComplete || training != nil else { return [] }
    let cost: [HeadColumn] = [.importance, .entropy, .marks, .content, .effect]
    if let row = missingOutputRow(explainsNumber) { return [row] }
    var wanted: [MapRequest] = []
    for request in headTiles.map({ wantedHeadMaps($0) }) ?? []
    where run.stages.indices.contains(request.stage) {
      wanted.append(request)
      if open.answers[request] == nil, !open.declined.contains(request) { return wanted }
    }
    for column in cost where headColumns.contains(column) {
      for id in headStages {
        guard id.index < run.stages.count, let request = headRequest(column, at: id),
          wanted.last != request
        else { continue }
        wanted.append(request)
        // One at a time, so that what is on the way is soon left behind.
        if open.answers[request] == nil, !open.declined.contains(request) { return wanted }
      }
    }
    return wanted
  }

  /// A number of the table; nil while it is not there, or where there is none.
  func headNumber(_ column: HeadColumn, of row: HeadTable.Row) -> Double? {
    guard stageIDs.indices.contains(row.stage),
      let request = headRequest(column, at: stageIDs[row.stage]),
      case .heads(let numbers)? = open.answers[request], let stage = numbers[row.stage],
      stage.indices.contains(row.head)
    else { return nil }
    return stage[row.head]
  }

  /// Whether a number of the table will be there.
  func awaitsHeadNumber(_ column: HeadColumn, of row: HeadTable.Row) -> Bool {
    guard stageIDs.indices.contains(row.stage),
      let request = headRequest(column, at: stageIDs[row.stage])
    else { return false }
    return open.answers[request] == nil && !open.declined.contains(request)
  }
}

extension HeadColumn {
  /// The column's numbers by stage and head: of all stages for what one pass gives, else of one.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  func numbers(
    of run: PerceiverRun, at stage: Int, marks: PixelMarks?, target: ExplanationTarget,
    cancellation: Cancellation
  ) throws -> [Int: [Double]] {
    let id = run.stageIDs[stage]
    switch self {
    case .entropy:
      guard let attention = run.stages[stage].attention else { return [stage: []] }
      return [stage: try attention.entropy(cancellation: cancellation).meansOfRows]
    case .marks:
      guard let attention = run.stages[stage].attention, let marks else { return [stage: []] }
      return [
        stage: try (0..<attention.heads).map { head in
          try marks.share(
            of: attention.map(
              head: .one(head), query: .mean, as: .probabilities, cancellation: cancellation)
          ) ?? .nan
        }
      ]
    case .importance:
      return try HeadGradients(run, of: target, cancellation: cancellation).ofStage.mapValues {
        $0.values.map { abs(Double($0)) }
      }
    case .content:
      let readings = run.stageIDs.filter { $0.kind == .crossAttention }
      let grey = try run.onGrey().completed(
        through: readings.last?.index ?? -1, cancellation: cancellation)
      var shares: [Int: [Double]] = [:]
      for (done, reading) in readings.enumerated() where run.stages[reading.index].attention != nil
      {
        cancellation.report(done, of: readings.count)
        shares[reading.index] = try run.contentShare(
          ofStage: reading.index, grey: grey, cancellation: cancellation
        ).meansOfRows
      }
      return shares
    case .effect:
      return [
        stage: try WhatIf(run, of: target, cancellation: cancellation)
          .heads(ofStage: id.index, cancellation: cancellation).map {
            $0.isOfClasses ? $0.probability : $0.logit
          }
      ]
    }
  }
}

extension Tensor {
  /// The mean of each row of `[rows, columns]`.
  fileprivate var meansOfRows: [Double] {
    (0..<shape[0]).map { row in
      self.row(row).values.reduce(0.0) { $0 + Double($1) } / Double(max(1, shape[1]))
    }
  }
}
