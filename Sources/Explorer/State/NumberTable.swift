// Tables of numbers about a whole run: what the answer loses without each part, what each part adds to
// it, summaries of stages and heads, and a map as the model's weights become random.

import Perceiver
import Pictures
import Tensors

/// A table of numbers about a run.
public enum NumberTable: String, Sendable, Hashable, CaseIterable {
  /// The answer without what each stage adds.
  case stages
  /// The answer without each head.
  case heads
  /// The answer without each latent.
  case latents
  /// What each part adds to the logit.
  case parts
  /// Latents after each stage in a few numbers.
  case summary
  /// Every head in a few numbers.
  case summaryOfHeads = "head-summary"
  /// How much of a map each reading of the input brings.
  case readings
  /// How alike a map stays as weights become random.
  case random

  /// A column of numbers.
  struct Column: Sendable, Hashable {
    /// Its heading.
    let title: String
    /// What it means, for the legend.
    let meaning: String
    /// Whether its numbers speak for something and against it, and have two colours.
    var isSigned = false
  }

  /// One line.
  public struct Row: Sendable, Hashable {
    /// What it is of.
    package let name: String
    /// The stage's index in the run; nil where it is of none.
    package var stage: Int?
    /// The head, from 0; nil where it is of none.
    package var head: Int?
    /// The latent, from 0; nil where it is of none.
    package var latent: Int?
    /// A number for each column; nil where there is none.
    package let numbers: [Double?]
  }

  /// A part of a table that is computed by itself.
  public struct Piece: Sendable, Hashable {
    /// The table.
    let table: NumberTable
    /// Its place among the table's pieces.
    let index: Int
    /// The class that it is about.
    let target: ExplanationTarget
    /// The method whose map it is about; nil where it is about none.
    var method: String?
  }

  /// What it is called.
  package var title: String {
    switch self {
    case .stages: "the answer without each stage"
    case .heads: "the answer without each head"
    case .latents: "the answer without each latent"
    case .parts: "what each part adds"
    case .summary: "latents after each stage"
    case .summaryOfHeads: "heads in numbers"
    case .readings: "what each reading brings"
    case .random: "the map as weights become random"
    }
  }

  /// What its lines say, in a sentence.
  var sentence: String {
    switch self {
    case .stages: "What the answer loses where an attention, a feed-forward or both add nothing."
    case .heads: "What the answer loses where one head gives nothing."
    case .latents: "What the answer loses where one latent is not there from the start."
    case .parts: "What each part adds to the logit; all together are the logit exactly."
    case .summary:
      "How many directions latents use, how alike they are, and how stages change them."
    case .summaryOfHeads: "How wide each head reads, and how much of that follows the picture."
    case .readings: "How much of the map comes from each stage that reads the input."
    case .random:
      "A map that stays as it was while weights become random does not show what was learnt."
    }
  }

  /// Its columns.
  var columns: [Column] {
    switch self {
    case .stages, .heads, .latents:
      [
        Column(title: "Δlogit", meaning: "change of the class's logit", isSigned: true),
        Column(
          title: "Δlog p", meaning: "change of the logarithm of its probability", isSigned: true),
        Column(title: "Δp", meaning: "change of the class's probability", isSigned: true),
        Column(title: "KL", meaning: "how far all probabilities moved, in nats"),
      ]
    case .parts:
      [
        Column(title: "adds", meaning: "what the part adds to the logit", isSigned: true),
        Column(
          title: "so far", meaning: "the sum of the constant and all parts up to this one",
          isSigned: true),
      ]
    case .summary:
      [
        Column(title: "rank", meaning: "effective rank: how many directions the latents use"),
        Column(title: "cosine", meaning: "mean cosine between different latents"),
        Column(title: "attn.", meaning: "size of what attention adds, by the latents' own"),
        Column(
          title: "feed-f.", meaning: "size of what the feed-forward adds, by the latents' own"),
        Column(title: "CKA", meaning: "likeness to the latents one stage before: 1 = the same"),
        Column(
          title: "CKA end", meaning: "likeness to the latents after the last stage: 1 = the same"),
      ]
    case .summaryOfHeads:
      [
        Column(title: "entropy", meaning: "entropy of weights in nats, mean over latents"),
        Column(title: "keys", meaning: "how many places are read in effect: exp(entropy), mean"),
        Column(title: "spread", meaning: "how wide a latent's map is, in tokens"),
        Column(title: "content", meaning: "share of attention that follows the picture"),
        Column(
          title: "import.", meaning: "how fast the answer's logit changes with the head's gate"),
      ]
    case .readings:
      [
        Column(title: "sum", meaning: "the sum of the part of the map that this stage brings"),
        Column(title: "share", meaning: "its share of the whole map"),
      ]
    case .random:
      [
        Column(title: "rank cor.", meaning: "Spearman's correlation with the trained model's map"),
        Column(title: "cosine", meaning: "cosine with the trained model's map"),
        Column(title: "top 1/10", meaning: "share of the largest tenth that is still among it"),
        Column(title: "SSIM", meaning: "structural similarity with the trained model's map"),
      ]
    }
  }

  /// Why a run has no such table; nil if it has.
  ///
  /// - Parameter method: The method of why.
  func problem(_ run: PerceiverRun, method: ExplanationMethod?) -> String? {
    switch self {
    case .stages, .heads, .latents:
      guard run.scoresClasses else {
        return "the model scores no classes, so there is none to lose"
      }
      if self == .heads, Self.stagesWithHeads(run).isEmpty { return "no stage has attention heads" }
      return nil
    case .parts:
      return ExplanationMethod.named("direct-pixels")?.problem(run)
    case .summary, .summaryOfHeads: return nil
    case .readings: return Self.stagewise(method, run) == nil ? "no map is a sum of readings" : nil
    case .random: return method == nil ? "there is no map to compare" : nil
    }
  }

  /// Latents of one piece.
  private static let latentsPerPiece = 8

  private static func stagesWithHeads(_ run: PerceiverRun) -> [StageID] {
    run.stageIDs.filter { $0.heads > 0 && run.shape(of: .headOutputs, at: $0.index) != nil }
  }

  /// The method that is asked for readings: the one of why where its map is a sum of them, else the
  /// first that is; nil where none is.
  static func stagewise(_ method: ExplanationMethod?, _ run: PerceiverRun) -> ExplanationMethod? {
    ([method] + ["relevance", "rollout-residual"].map { ExplanationMethod.named($0) })
      .compactMap { $0 }.first {
        $0.problem(run) == nil && $0.question(.answer) is any StagewiseMapQuestion
      }
  }

  /// How many pieces it has.
  func pieceCount(_ run: PerceiverRun) -> Int {
    switch self {
    case .stages: run.stageIDs.count
    case .heads: Self.stagesWithHeads(run).count
    case .latents:
      (run.initialLatents.shape[0] + Self.latentsPerPiece - 1) / Self.latentsPerPiece
    default: 1
    }
  }
}

// MARK: - Computing

extension NumberTable.Piece {
  /// The lines of the piece.
  ///
  /// - Throws: `ConfigurationError` where the run has no such numbers, `ComputationCancelled`.
  func rows(of run: PerceiverRun, cancellation: Cancellation) throws -> [NumberTable.Row] {
    switch table {
    case .stages, .heads, .latents: return try effects(of: run, cancellation)
    case .parts: return try parts(of: run, cancellation)
    case .summary: return try summary(of: run, cancellation)
    case .summaryOfHeads: return try heads(of: run, cancellation)
    case .readings: return try readings(of: run, cancellation)
    case .random: return try randomised(run, cancellation)
    }
  }

  private func effects(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    let parts = NumberTable.lostParts(table, index, run)
    let whatIf = try WhatIf(run, of: target, cancellation: cancellation)
    return try parts.enumerated().map { done, part in
      cancellation.report(done, of: parts.count)
      let effect = try whatIf.answer(part.parts.interventions(in: run), cancellation: cancellation)
        .effect
      return NumberTable.Row(
        name: part.name, stage: part.stage, head: part.head, latent: part.latent,
        numbers: effect.numbers)
    }
  }

  private func parts(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    let found = try DirectLogits(run, of: target, cancellation: cancellation)
    var sum = 0.0
    var rows: [NumberTable.Row] = []
    func add(_ name: String, _ number: Double, stage: Int? = nil, head: Int? = nil) {
      sum += number
      rows.append(.init(name: name, stage: stage, head: head, numbers: [number, sum]))
    }
    add("constant", found.constant)
    add("initial latents", found.initial.sumOfAll)
    for part in found.stages {
      let (name, stage) = (part.id.name, part.id.index)
      var rest = part.attention.sumOfAll
      if let heads = part.heads {
        for head in 0..<heads.shape[0] {
          let number = heads.row(head).sumOfAll
          rest -= number
          add("\(name) head \(head + 1)", number, stage: stage, head: head)
        }
        add("\(name) bias", rest, stage: stage)
      } else {
        add("\(name) attention", rest, stage: stage)
      }
      if run.hasFeedForward(at: stage) {
        add("\(name) feed-forward", part.feedForward.sumOfAll, stage: stage)
      }
    }
    if found.changes != 0 { add("changes", found.changes) }
    return rows
  }

  private func summary(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    let found = try RunSummary(run, of: nil, cancellation: cancellation)
    let last = found.stages.count - 1
    return found.stages.enumerated().map { index, stage in
      NumberTable.Row(
        name: stage.stage?.name ?? "at first", stage: stage.stage?.index,
        numbers: [
          stage.effectiveRank, stage.meanCosine, stage.attentionUpdate, stage.feedForwardUpdate,
          index > 0 ? found.alignment[index - 1][index] : nil, found.alignment[index][last],
        ])
    }
  }

  private func heads(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    let explained = run.scoresClasses ? target : nil
    return try RunSummary(run, of: explained, cancellation: cancellation).heads.map { head in
      NumberTable.Row(
        name: "\(head.stage.name) head \(head.head + 1)", stage: head.stage.index, head: head.head,
        numbers: [
          head.entropy, head.effectiveKeys, head.spread, head.contentShare, head.importance,
        ])
    }
  }

  private func readings(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    guard
      let method = NumberTable.stagewise(method.flatMap { ExplanationMethod.named($0) }, run),
      let question = method.question(target) as? any StagewiseMapQuestion
    else { throw ConfigurationError("readings: no map is a sum of what each reading brings") }
    let parts = try question.parts(run, cancellation: cancellation)
    let stages = run.stageIDs.filter { $0.kind == .crossAttention }
    let size = parts.count / max(1, parts.shape[0])
    let sums = parts.reshaped([parts.shape[0], size])
    let numbers = (0..<parts.shape[0]).map { sums.row($0).sumOfAll }
    let all = numbers.reduce(0, +)
    return zip(stages, numbers).map { stage, number in
      NumberTable.Row(
        name: stage.name, stage: stage.index, numbers: [number, all == 0 ? nil : number / all])
    }
  }

  private func randomised(
    _ run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    guard let method = method.flatMap({ ExplanationMethod.named($0) }) else {
      throw ConfigurationError("random weights: there is no map to compare")
    }
    let maps = try RandomisedMaps(of: run.model, seed: 0, cancellation: cancellation)
    return try maps.rows(
      run, of: target, { method.question($0) }, cancellation: cancellation
    ).map { row in
      NumberTable.Row(
        name: row.name,
        stage: run.stageIDs.first { $0.name == row.name }?.index,
        numbers: [row.spearman, row.cosine, row.topTenthOverlap, row.structural])
    }
  }
}

extension NumberTable {
  /// What is taken away for one line.
  fileprivate struct Lost {
    let name: String
    let parts: [RunPart]
    var stage: Int?
    var head: Int?
    var latent: Int?
  }

  /// What is taken away in a piece, line by line.
  fileprivate static func lostParts(
    _ table: NumberTable, _ index: Int, _ run: PerceiverRun
  ) -> [Lost] {
    switch table {
    case .stages:
      let id = run.stageIDs[index]
      let attention = Lost(
        name: "\(id.name) attention", parts: [.update(.attention, stage: index)], stage: index)
      guard run.hasFeedForward(at: index) else { return [attention] }
      return [
        attention,
        Lost(
          name: "\(id.name) feed-forward", parts: [.update(.feedForward, stage: index)],
          stage: index),
        Lost(name: "\(id.name) both", parts: [.stage(index)], stage: index),
      ]
    case .heads:
      let id = stagesWithHeads(run)[index]
      return (0..<id.heads).map { head in
        Lost(
          name: "\(id.name) head \(head + 1)", parts: [.head(head, stage: id.index)],
          stage: id.index, head: head)
      }
    case .latents:
      let first = index * latentsPerPiece
      return (first..<min(first + latentsPerPiece, run.initialLatents.shape[0])).map { latent in
        Lost(name: "latent \(latent + 1)", parts: [.latent(latent, .remove)], latent: latent)
      }
    default: return []
    }
  }
}

extension Tensor {
  /// The sum of all its numbers.
  fileprivate var sumOfAll: Double {
    withUnsafeElements { $0.reduce(0) { $0 + Double($1) } }
  }
}

extension Sequence {
  /// The elements with the largest in size first; those without a finite number last, equal ones in
  /// their order.
  func sortedBySize(_ number: (Element) -> Double?) -> [Element] {
    let keyed = enumerated().map { index, element in
      (
        element: element, index: index,
        size: number(element).flatMap { $0.isFinite ? abs($0) : nil } ?? -1
      )
    }
    return keyed.sorted { (-$0.size, $0.index) < (-$1.size, $1.index) }.map(\.element)
  }
}
