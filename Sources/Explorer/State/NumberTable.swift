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
  /// How alike the latents after any two stages are.
  case alignment
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
    /// What its numbers are as colours.
    var shades = Shades.none
  }

  /// What numbers are as colours.
  enum Shades: Sendable, Hashable {
    /// They have none.
    case none
    /// They speak for something and against it, and have two.
    case signed
    /// They are shares from 0 to 1 in all columns alike: a matrix.
    case shares
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
    case .alignment: "how alike stages are"
    case .summaryOfHeads: "heads in numbers"
    case .summaryOfLatents: "latents in numbers"
    case .readings: "what each reading brings"
    case .random: "the map as weights become random"
    }
  }

  /// What its parts are added up to, where they are: one class's logit, or a class less another.
  struct Whole: Sendable, Hashable {
    /// The class.
    let name: String
    /// What is taken away from it; nil for nothing.
    let against: String?

    /// `Ankle boot less Sandal`, `Ankle boot's logit`.
    var words: String { against.map { "\(name) less \($0)" } ?? "\(name)'s logit" }
    /// What the numbers are then, behind their words.
    var kind: String { against == nil ? "the logit" : "the difference of both logits" }
  }

  /// Whether it tells what changes without a part.
  var isOfEffects: Bool {
    switch self {
    case .stages, .heads, .latents, .latentsAtEnd: true
    default: false
    }
  }

  /// Whether a number of its lines hangs on what is explained, a class or an output.
  var asksForTarget: Bool {
    isOfEffects || self == .summaryOfHeads || self == .summaryOfLatents
  }

  /// Whether its numbers are parts of a whole.
  var hasWhole: Bool { self == .parts || self == .partsOfLatents }

  /// What its lines say, in a sentence.
  ///
  /// - Parameters:
  ///   - whole: What the parts are of, in a table of parts.
  ///   - tokens: What the input is called.
  func sentence(of whole: Whole?, _ tokens: TokenWords) -> String {
    let (words, kind) = (whole?.words ?? "the logit", whole?.kind ?? "the logit")
    switch self {
    case .stages:
      return "What the answer loses where an attention, a feed-forward or both add nothing."
    case .heads: return "What the answer loses where one head gives nothing."
    case .latents: return "What the answer loses where one latent is not there from the start."
    case .latentsAtEnd:
      return
        "What the answer loses where one latent is left out of the mean at the end; others have "
        + "read it."
    case .parts: return "What each part adds to \(words); all together are \(kind) exactly."
    case .partsOfLatents:
      return "What each latent adds to \(words) after all stages; with the constant they are "
        + "\(kind)."
    case .summary:
      return "How many directions latents use, how alike they are, what stages change."
    case .alignment:
      return "How alike the latents after two stages are (linear CKA): 1 = the same, 0 = unlike."
    case .summaryOfHeads:
      return "How wide each head reads, and how much of that follows \(tokens.whole)."
    case .summaryOfLatents:
      return "How wide each latent reads at each reading, and how much of that follows "
        + tokens.whole + "."
    case .readings:
      return "How much of the map comes from each stage that reads the input, and from before them."
    case .random:
      return "A map that stays as weights become random does not show what was learnt."
    }
  }

  /// The same for a narrow line: it fits a screen of 80 columns, as far as names of classes allow.
  func briefSentence(of whole: Whole?, _ tokens: TokenWords) -> String {
    switch self {
    case .latentsAtEnd: "What the answer loses where one latent is left out of the mean at the end."
    case .parts, .partsOfLatents:
      "What each \(self == .parts ? "part" : "latent") adds to \(whole?.words ?? "the logit")"
        + (whole?.against == nil ? "." : " (the difference of both logits).")
    case .alignment: "How alike the latents after two stages are (linear CKA): 1 = the same."
    case .summaryOfLatents:
      "How wide each latent reads, and how much of that follows \(tokens.whole)."
    case .readings: "How much of the map each stage that reads the input brings."
    default: sentence(of: whole, tokens)
    }
  }

  /// What a summary has of whoever reads: heads on average over latents, or latents over heads.
  private static func columnsOfReaders(meanOver others: String, importance: String) -> [Column] {
    [
      Column(title: "entropy", meaning: "entropy of weights in nats, mean over \(others)"),
      Column(title: "keys", meaning: "how many tokens are read in effect: exp(entropy), mean"),
      Column(title: "spread", meaning: "how wide a latent's map is, in tokens"),
      Column(title: "content", meaning: "share of attention that follows the picture"),
      Column(title: "import.", meaning: importance),
    ]
  }

  /// Its columns, of a run of these stages.
  ///
  /// - Parameters:
  ///   - whole: What the parts are of, in a table of parts.
  ///   - scoresClasses: Whether what is explained is a class; else it is a number y of an output.
  func columns(
    _ stages: [StageID], of whole: Whole? = nil, scoresClasses: Bool = true
  ) -> [Column] {
    let words = whole?.words ?? "the logit"
    switch self {
    case .alignment:
      return [
        Column(title: "start", meaning: "likeness to the latents before any stage", shades: .shares)
      ]
        + stages.map {
          Column(
            title: $0.name, meaning: "likeness to the latents after \($0.name)", shades: .shares)
        }
    case .stages, .heads, .latents, .latentsAtEnd:
      guard scoresClasses else {
        return [
          Column(title: "Δy", meaning: "change of the explained number", shades: .signed),
          Column(title: "y before", meaning: "the explained number as it is"),
          Column(title: "y after", meaning: "the explained number without the part"),
        ]
      }
      return [
        Column(title: "Δlogit", meaning: "change of the class's logit", shades: .signed),
        Column(
          title: "Δlog p", meaning: "change of the logarithm of its probability", shades: .signed),
        Column(title: "Δp", meaning: "change of the class's probability", shades: .signed),
        Column(title: "KL", meaning: "how far all probabilities moved, in nats"),
      ]
    case .parts:
      return [
        Column(title: "adds", meaning: "what the part adds to \(words)", shades: .signed),
        Column(
          title: "so far", meaning: "the sum of the constant and all parts up to this one",
          shades: .signed),
      ]
    case .partsOfLatents:
      return [
        Column(title: "adds", meaning: "what the latent adds to \(words)", shades: .signed),
        Column(
          title: "alone", meaning: "what \(words) would be if the latent alone were read",
          shades: .signed),
      ]
    case .summary:
      return [
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
      return Self.columnsOfReaders(
        meanOver: "latents", importance: "how fast the answer's logit changes with the head's gate")
    case .summaryOfLatents:
      return Self.columnsOfReaders(
        meanOver: "heads", importance: "how much the answer's logit hangs on what the latent reads")
    case .readings:
      return [
        Column(title: "sum", meaning: "the sum of the part of the map that this stage brings"),
        Column(title: "share", meaning: "its share of the map and what is left to initial latents"),
      ]
    case .random:
      return [
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
      guard run.hasOutput else { return ExplainedOutput.missing }
      if self == .latentsAtEnd {
        return run.endsWithMeanOfLatents
          ? nil : "the model does not end with a mean of its latents"
      }
      return lostParts(run).isEmpty ? "no stage has attention heads" : nil
    case .parts, .partsOfLatents: return method?.problem(run)
    case .summary, .summaryOfHeads, .alignment: return nil
    case .summaryOfLatents:
      return run.stageIDs.contains { $0.kind == .crossAttention }
        ? nil : "no stage's latents read the input"
    case .readings: return method == nil ? "no map is a sum of readings" : nil
    case .random: return method == nil ? "there is no map to compare" : nil
    }
  }

  /// The method that is asked for readings: the one of why where its map is a sum of them, else the
  /// first that is; nil where none is.
  ///
  /// - Parameter suits: Whether a method has an answer now.
  static func stagewise(
    _ method: ExplanationMethod?, where suits: (ExplanationMethod) -> Bool
  ) -> ExplanationMethod? {
    ([method] + ["relevance", "rollout-residual"].map { ExplanationMethod.named($0) })
      .compactMap { $0 }.first {
        suits($0) && $0.question(.answer) is any StagewiseMapQuestion
      }
  }

  /// Whether it is about the map of one method.
  var isOfMap: Bool { self == .readings || self == .random }

  /// How many pieces it has.
  func pieceCount(_ run: PerceiverRun) -> Int { max(1, lostParts(run).count) }

  /// What is switched off for each line, piece by piece: by stage, or some latents at a time; empty for
  /// a table of something else.
  func lostParts(_ run: PerceiverRun) -> [[Sweep.Part]] {
    guard let swept else { return [] }
    let parts = Sweep(over: swept).parts(of: run)
    guard swept == .latents else {
      // Parts of one stage stand one behind another.
      return parts.reduce(into: []) { pieces, part in
        if pieces.last?.first?.stage == part.stage {
          pieces[pieces.count - 1].append(part)
        } else {
          pieces.append([part])
        }
      }
    }
    return stride(from: 0, to: parts.count, by: Self.latentsPerPiece).map {
      Array(parts[$0..<min($0 + Self.latentsPerPiece, parts.count)])
    }
  }

  /// What is switched off for its lines; nil for a table of something else.
  private var swept: Sweep.Parts? {
    switch self {
    case .stages: .stages
    case .heads: .heads
    case .latents: .latents
    default: nil
    }
  }

  /// Latents of one piece.
  private static let latentsPerPiece = 8
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
