// Tables of numbers about a whole run: what the answer loses without each part, what each part adds to
// it, summaries of stages and heads, and a map as the model's weights become random.

import Perceiver

/// A table of numbers about a run.
public enum NumberTable: String, Sendable, Hashable, CaseIterable {
  /// The answer without what each stage adds.
  case stages
  /// The answer without each head.
  case heads
  /// The answer without each latent.
  case latents
  /// The answer without each latent in the mean at the end alone.
  case latentsAtEnd = "latents-at-end"
  /// What each part adds to the logit.
  case parts
  /// What each latent adds to the logit.
  case partsOfLatents = "latent-parts"
  /// Latents after each stage in a few numbers.
  case summary
  /// Every head in a few numbers.
  case summaryOfHeads = "head-summary"
  /// Every latent at every reading of the input in a few numbers.
  case summaryOfLatents = "latent-summary"
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
    case .latentsAtEnd: "the answer without each latent at the end"
    case .parts: "what each part adds"
    case .partsOfLatents: "what each latent adds"
    case .summary: "latents after each stage"
    case .summaryOfHeads: "heads in numbers"
    case .summaryOfLatents: "latents in numbers"
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
    case .latentsAtEnd:
      "What the answer loses where one latent is left out of the mean at the end; others have read it."
    case .parts: "What each part adds to the logit; all together are the logit exactly."
    case .partsOfLatents:
      "What each latent adds to the logit after all stages; with the constant they are the logit."
    case .summary:
      "How many directions latents use, how alike they are, what stages change."
    case .summaryOfHeads: "How wide each head reads, and how much of that follows the picture."
    case .summaryOfLatents:
      "How wide each latent reads at each reading, and how much of that follows the picture."
    case .readings:
      "How much of the map comes from each stage that reads the input, and from before them."
    case .random:
      "A map that stays as weights become random does not show what was learnt."
    }
  }

  /// Its columns.
  var columns: [Column] {
    switch self {
    case .stages, .heads, .latents, .latentsAtEnd:
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
    case .partsOfLatents:
      [
        Column(title: "adds", meaning: "what the latent adds to the logit", isSigned: true),
        Column(
          title: "alone", meaning: "what the logit would be if the latent alone were read",
          isSigned: true),
      ]
    case .summary:
      [
        Column(title: "rank", meaning: "effective rank: how many directions the latents use"),
        Column(title: "cosine", meaning: "mean cosine between different latents"),
        Column(title: "attn.", meaning: "size of what attention adds, by the latents' own"),
        Column(
          title: "feed-f.", meaning: "size of what the feed-forward adds, by the latents' own"),
        Column(title: "content", meaning: "share of attention that follows the picture"),
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
    case .summaryOfLatents:
      [
        Column(title: "entropy", meaning: "entropy of weights in nats, mean over heads"),
        Column(title: "keys", meaning: "how many places are read in effect: exp(entropy), mean"),
        Column(title: "spread", meaning: "how wide the latent's map is, in tokens"),
        Column(title: "content", meaning: "share of attention that follows the picture"),
        Column(
          title: "import.", meaning: "how much the answer's logit hangs on what the latent reads"),
      ]
    case .readings:
      [
        Column(title: "sum", meaning: "the sum of the part of the map that this stage brings"),
        Column(title: "share", meaning: "its share of the map and what is left to initial latents"),
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
  /// - Parameter method: The method that it is about; nil for none.
  func problem(_ run: PerceiverRun, method: ExplanationMethod?) -> String? {
    switch self {
    case .stages, .heads, .latents, .latentsAtEnd:
      guard run.scoresClasses else {
        return "the model scores no classes, so there is none to lose"
      }
      if self == .heads, Self.stagesWithHeads(run).isEmpty { return "no stage has attention heads" }
      return self == .latentsAtEnd && !run.endsWithMeanOfLatents
        ? "the model does not end with a mean of its latents" : nil
    case .parts, .partsOfLatents: return method?.problem(run)
    case .summary, .summaryOfHeads: return nil
    case .summaryOfLatents:
      return run.stageIDs.contains { $0.kind == .crossAttention }
        ? nil : "no stage's latents read the input"
    case .readings: return Self.stagewise(method, run) == nil ? "no map is a sum of readings" : nil
    case .random: return method == nil ? "there is no map to compare" : nil
    }
  }

  /// Latents of one piece.
  static let latentsPerPiece = 8

  /// Stages whose heads can be switched off.
  static func stagesWithHeads(_ run: PerceiverRun) -> [StageID] {
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
