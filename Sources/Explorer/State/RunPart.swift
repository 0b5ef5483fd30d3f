// A part of a run that can be switched off: a head, or all that a stage adds.

import Perceiver

/// A part of a run that can be switched off.
public enum RunPart: Sendable, Hashable {
  /// A head, which then gives nothing.
  case head(Int, stage: Int)
  /// All that a stage adds.
  case stage(Int)

  /// The stage's index in the run.
  var stage: Int {
    switch self {
    case .head(_, let stage), .stage(let stage): stage
    }
  }

  /// Whether a run of these stages has it.
  func exists(in stages: [StageID]) -> Bool {
    guard stages.indices.contains(stage) else { return false }
    if case .head(let head, _) = self { return head < stages[stage].heads }
    return true
  }

  /// What it is called: `cross 1 head 2`.
  func name(in stages: [StageID]) -> String {
    guard stages.indices.contains(stage) else { return "stage \(stage + 1)" }
    switch self {
    case .head(let head, _): return "\(stages[stage].name) head \(head + 1)"
    case .stage: return stages[stage].name
    }
  }

  /// What switches it off in a run.
  func interventions(in run: PerceiverRun) -> [Intervention] {
    switch self {
    case .head(let head, let stage): return [.edit(.headOutputs, .zero, head: head, at: stage)]
    case .stage(let stage):
      let feedForward =
        run.hasFeedForward(at: stage) ? [Intervention.skip(.feedForward, at: stage)] : []
      return [.skip(.attention, at: stage)] + feedForward
    }
  }
}

extension [RunPart] {
  /// The parts with one switched off, or on where it was off; in the order of stages.
  func toggling(_ part: RunPart) -> [RunPart] {
    if contains(part) { return filter { $0 != part } }
    func place(_ part: RunPart) -> (Int, Int) {
      if case .head(let head, let stage) = part { return (stage, head) }
      return (part.stage, -1)
    }
    return (self + [part]).sorted { place($0) < place($1) }
  }
}
