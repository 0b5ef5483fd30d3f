// The tables that `explain` writes: one list from which help, the README, files and JSON are made.

import Perceiver

/// A kind of table. Its rows go to `NAME.csv`, to `tables` in `explain.json` and to standard output.
enum ExplainTable: String, CaseIterable {
  case sweepStages = "sweep-stages"
  case sweepHeads = "sweep-heads"
  case sweepLatents = "sweep-latents"

  /// The options that ask for it.
  var option: String {
    switch self {
    case .sweepStages: "--sweep stages"
    case .sweepHeads: "--sweep heads"
    case .sweepLatents: "--sweep latents"
    }
  }

  /// Its columns' names, which are its keys in JSON.
  var columns: [String] {
    let effect = ["delta_logit", "delta_log_p", "delta_p", "kl"]
    return switch self {
    case .sweepStages: ["stage", "left_out"] + effect
    case .sweepHeads: ["stage", "head"] + effect
    case .sweepLatents: ["latent"] + effect
    }
  }

  /// What its rows say.
  var meaning: String {
    switch self {
    case .sweepStages:
      "what the answer loses without a stage's attention, its feed-forward, or both"
    case .sweepHeads: "what it loses where a head gives nothing"
    case .sweepLatents: "what it loses where a latent is not there from the start"
    }
  }

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
