// What methods of explanation may be told. ChangeOptions are the changes that are asked about.

import ArgumentParser
import Perceiver

/// Settings of methods.
struct ExplainOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The value of every channel from which gradients along a line begin, and that occlusion-value "
        + "paints. (default: 0)",
      valueName: "x"))
  var baseline: Float?

  @Option(
    help: ArgumentHelp("Points on that line. (default: 16)", valueName: "n"))
  var nodes: Int?

  @Option(
    help: ArgumentHelp(
      "Half pictures or noisy copies that a mean is of. (default: 16; for rise 256)",
      valueName: "n"))
  var samples: Int?

  @Option(
    help: ArgumentHelp(
      "What occlusion and occlusion-value count as lost: the target's logit, or the log-probability "
        + "of its class. (default: logit)",
      valueName: Measure.allCases.map(\.rawValue).joined(separator: "|")))
  var measure: Measure?

  /// What an occlusion counts as lost.
  enum Measure: String, CaseIterable, ExpressibleByArgument {
    case logit
    case logProbability = "log-p"
  }

  func validate() throws {
    for (name, value) in [("nodes", nodes), ("samples", samples)] {
      guard let value, !(1...100_000).contains(value) else { continue }
      throw ValidationError("--\(name): expected a whole number from 1 to 100000, found \(value)")
    }
    if let baseline, !baseline.isFinite {
      throw ValidationError("--baseline: expected a finite number, found \(baseline)")
    }
  }

  func values(seed: UInt64?) -> ExplanationSettings {
    var settings = ExplanationSettings()
    settings.baseline = baseline
    settings.nodes = nodes ?? settings.nodes
    settings.samples = samples
    settings.seed = seed ?? 0
    settings.measure = measure == .logProbability ? .logProbability : .target
    return settings
  }
}
