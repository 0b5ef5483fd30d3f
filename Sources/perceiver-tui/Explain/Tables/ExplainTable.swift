// The tables that `explain` writes: one list from which help, the README, files and JSON are made.

import Perceiver

/// A kind of table. Its rows go to `NAME.csv`; those of one input to `tables` in `explain.json` and to
/// standard output too.
enum ExplainTable: String, CaseIterable {
  case classes
  case sweepStages = "sweep-stages"
  case sweepHeads = "sweep-heads"
  case sweepLatents = "sweep-latents"
  case sweepLatentsEnd = "sweep-latents-end"
  case direct
  case directLatents = "direct-latents"
  case summaryStages = "summary-stages"
  case summaryHeads = "summary-heads"
  case summaryLatents = "summary-latents"
  case summaryAlignment = "summary-alignment"
  case randomised
  case byStage = "by-stage"
  case inputs
  case means

  /// The options that ask for it.
  var option: String {
    switch self {
    case .classes: "--classes"
    case .sweepStages: "--sweep stages"
    case .sweepHeads: "--sweep heads"
    case .sweepLatents, .sweepLatentsEnd: "--sweep latents"
    case .direct, .directLatents: "--direct"
    case .summaryStages, .summaryHeads, .summaryLatents, .summaryAlignment: "--summaries"
    case .randomised: "--randomise"
    case .byStage: "--by-stage"
    case .inputs, .means: "--labels, --object-mask, --trust"
    }
  }

  /// Its columns' names, which are its keys in JSON.
  var columns: [String] {
    let effect = Self.effectColumns(ofClasses: true)
    return switch self {
    case .classes: ["change", "stage", "class", "class_name", "logit", "p"]
    case .sweepStages: ["stage", "left_out"] + effect
    case .sweepHeads: ["stage", "head"] + effect
    case .sweepLatents, .sweepLatentsEnd: ["latent"] + effect
    case .direct: ["part", "stage", "head", "adds"]
    case .directLatents: ["latent", "adds", "alone"]
    case .summaryStages:
      [
        "stage", "effective_rank", "mean_cosine", "attention_update", "feed_forward_update",
        "content_share",
      ]
    case .summaryHeads:
      [
        "stage", "head", "entropy", "effective_keys", "spread", "content_share", "importance",
      ]
    case .summaryLatents:
      [
        "stage", "latent", "entropy", "effective_keys", "spread", "content_share", "importance",
      ]
    case .summaryAlignment: ["stage", "start", "cross 1", "…"]
    case .randomised:
      ["method", "drawn", "blocks", "spearman", "cosine", "top_tenth", "ssim"]
    case .byStage: ["method", "stage", "share"]
    case .inputs:
      [
        "input", "label", "label_name", "answer", "answer_name", "p_answer", "p_label", "right",
        "method", "gain", "p_after_8th", "content_share", "share", "points",
      ]
    case .means: ["class", "class_name", "method", "measure", "inputs", "mean", "interval"]
    }
  }

  /// What effects are told in, of a class or of a number of an output.
  static func effectColumns(ofClasses: Bool) -> [String] {
    ofClasses
      ? ["delta_logit", "delta_log_p", "delta_p", "kl"] : ["before", "after", "difference"]
  }

  /// Its columns where it tells effects on a model without classes.
  var columnsOfOutputs: [String] {
    let effect = Self.effectColumns(ofClasses: true)
    return columns.filter { !effect.contains($0) } + Self.effectColumns(ofClasses: false)
  }

  /// What its rows say.
  var meaning: String {
    switch self {
    case .classes:
      "what the likeliest classes' logits and probabilities are after a stage, as the input is and "
        + "after each change"
    case .sweepStages:
      "what the answer loses without a stage's attention, its feed-forward, or both"
    case .sweepHeads: "what it loses where a head gives nothing"
    case .sweepLatents: "what it loses where a latent is not there from the start"
    case .sweepLatentsEnd:
      "what it loses where a latent is left out of the mean at the end alone; others have read it"
    case .direct:
      "what each part adds to the logit, or to the difference from the other class: the constant of "
        + "the end, the initial latents, each stage's heads, bias and feed-forward"
    case .directLatents:
      "what each latent adds to it after all stages (these and the constant sum to it too), and what "
        + "it would be if the latent alone were read"
    case .summaryStages:
      "how many directions latents use after a stage, how alike they are, how large its updates are "
        + "beside what they are added to, and how much of its attention follows the content"
    case .summaryHeads:
      "how evenly a head reads (nats, and keys in effect), how wide in tokens, how much of it follows "
        + "the content, and how fast the answer's logit changes with its gate"
    case .summaryLatents:
      "the same of each latent at each reading of the input, on average over heads; importance is how "
        + "much the answer's logit hangs on what it reads"
    case .summaryAlignment: "how alike the latents of two stages are (linear CKA)"
    case .randomised:
      "how alike a map is to the trained model's once a block and all above it are drawn anew: rank "
        + "correlation, cosine, share of the largest tenth, structural similarity"
    case .byStage:
      "which share of a map each reading brings, and what is left to the initial latents"
    case .inputs:
      "of several inputs, what each is and what was answered, and what each map is worth; beside the "
        + "inputs' folders"
    case .means:
      "of several inputs, the means of all and of each class with 95 % intervals; also as means.json"
    }
  }

  /// Whether it is of several inputs, and not of each.
  var isOfFolder: Bool { self == .inputs || self == .means }

  /// The file of its rows.
  var file: String { rawValue + ".csv" }

  /// Its line in help.
  var helpLine: String {
    "  \(rawValue) (\(option)): \(meaning); columns: " + columns.joined(separator: ", ")
  }
}

extension Sweep.Parts {
  /// The table of its rows.
  var table: ExplainTable {
    switch self {
    case .stages: .sweepStages
    case .heads: .sweepHeads
    case .latents: .sweepLatents
    }
  }
}
