// A part of a run that can be switched off: a head, an update of a stage or all that it adds, a latent;
// and what stands in its place.

import Perceiver

/// A part of a run that can be switched off.
public enum RunPart: Sendable, Hashable {
  /// A head.
  case head(Int, stage: Int, HeadLoss = .zero)
  /// All that a stage adds.
  case stage(Int)
  /// What a stage's attention or its feed-forward adds.
  case update(Intervention.Update, stage: Int)
  /// A latent, from the start.
  case latent(Int, LatentLoss)

  /// What a head gives in place of its own.
  public enum HeadLoss: String, Sendable, Hashable, CaseIterable {
    /// Nothing.
    case zero
    /// What it gives on average over latents, to each of them.
    case average
    /// The mean of all that it may read, every key alike.
    case flat
  }

  /// What becomes of a latent before the first stage.
  public enum LatentLoss: String, Sendable, Hashable, CaseIterable {
    /// It is zero; later stages write into it.
    case zero
    /// It is taken away: no stage has it.
    case remove
    /// It is the mean of all latents.
    case average
  }

  /// The stage's index in the run; nil of a latent, which is of all.
  var stage: Int? {
    switch self {
    case .head(_, let stage, _), .stage(let stage), .update(_, let stage): stage
    case .latent: nil
    }
  }

  /// Whether a run of these stages and so many latents has it.
  func exists(in stages: [StageID], latents: Int) -> Bool {
    switch self {
    case .latent(let latent, _): latent < latents
    case .head(let head, let stage, _):
      stages.indices.contains(stage) && head < stages[stage].heads
    case .stage(let stage), .update(_, let stage): stages.indices.contains(stage)
    }
  }

  /// What it is called, with what was done to it: `cross 1 head 2`, `latent 17 removed`.
  func name(in stages: [StageID]) -> String {
    let place = placeName(in: stages)
    return switch self {
    case .head(_, _, let loss): place + loss.words
    case .stage, .update: place
    case .latent(_, let loss): "\(place) \(loss.word)"
    }
  }

  /// What it is called, whatever was done to it: `cross 1 head 2`, `latent 17`.
  func placeName(in stages: [StageID]) -> String {
    func stage(_ index: Int) -> String {
      stages.indices.contains(index) ? stages[index].name : "stage \(index + 1)"
    }
    return switch self {
    case .head(let head, let index, _): "\(stage(index)) head \(head + 1)"
    case .stage(let index): stage(index)
    case .update(let update, let index): "\(stage(index)) \(update.word)"
    case .latent(let latent, _): "latent \(latent + 1)"
    }
  }

  /// What was done to it, in a word: `off`, `averaged`, `removed`.
  var stateWord: String {
    switch self {
    case .head(_, _, let loss): loss.word
    case .stage, .update: "off"
    case .latent(_, let loss): loss.word
    }
  }

  /// The word for it while nothing is done to it.
  var wordWhenOn: String {
    if case .latent = self { "there" } else { "on" }
  }

  /// What it is, whatever stands in its place.
  private var place: [Int] {
    switch self {
    case .latent(let latent, _): [-1, latent]
    case .stage(let stage): [stage, -3]
    case .update(let update, let stage): [stage, update == .attention ? -2 : -1]
    case .head(let head, let stage, _): [stage, head]
    }
  }

  /// Whether another is the same part, whatever stands in its place.
  func isSamePart(as other: RunPart) -> Bool { place == other.place }

  /// Whether it stands before another: latents first, then in the order of stages.
  fileprivate func precedes(_ other: RunPart) -> Bool {
    place.lexicographicallyPrecedes(other.place)
  }

  /// The part of a name in a run of these stages; nil where none is called so.
  static func named(_ name: String, in stages: [StageID], latents: Int) -> RunPart? {
    if let stage = stages.stage(named: name) { return .stage(stage.index) }
    for update in [Intervention.Update.attention, .feedForward]
    where name.hasSuffix(" " + update.word) {
      guard let stage = stages.stage(named: String(name.dropLast(update.word.count + 1))) else {
        return nil
      }
      return .update(update, stage: stage.index)
    }
    let parts = name.split(separator: " head ", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, let stage = stages.stage(named: parts[0]) {
      for loss in HeadLoss.allCases where parts[1].hasSuffix(loss.words) {
        guard let head = Int(parts[1].dropLast(loss.words.count)), head > 0, head <= stage.heads
        else { continue }
        return .head(head - 1, stage: stage.index, loss)
      }
      return nil
    }
    let words = name.split(separator: " ")
    guard words.count == 3, words[0] == "latent", let number = Int(words[1]),
      (1...max(1, latents)).contains(number),
      let loss = LatentLoss.allCases.first(where: { $0.word == words[2] })
    else { return nil }
    return .latent(number - 1, loss)
  }
}

extension RunPart.HeadLoss {
  /// What stands behind a head's name.
  fileprivate var words: String { self == .zero ? "" : " \(word)" }

  /// What was done to the head.
  fileprivate var word: String {
    switch self {
    case .zero: "off"
    case .average: "averaged"
    case .flat: "flat"
    }
  }
}

extension RunPart.LatentLoss {
  /// What stands behind a latent's name.
  fileprivate var word: String {
    switch self {
    case .zero: "zeroed"
    case .remove: "removed"
    case .average: "averaged"
    }
  }
}

extension Intervention.Update {
  /// What it is called.
  var word: String { self == .attention ? "attention" : "feed-forward" }
}

extension [RunPart] {
  /// The parts with one switched off, or on where it was off in the same way; latents first, then in
  /// the order of stages.
  func toggling(_ part: RunPart) -> [RunPart] {
    if contains(part) { return filter { $0 != part } }
    return (filter { !$0.isSamePart(as: part) } + [part]).sorted { $0.precedes($1) }
  }

  /// What switches them off in a run.
  func interventions(in run: PerceiverRun) -> [Intervention] {
    // Latents are taken away all at once, behind what is done to single ones.
    let removed = compactMap { part -> Int? in
      if case .latent(let latent, .remove) = part { latent } else { nil }
    }
    let others = flatMap { $0.interventions(in: run) }
    guard !removed.isEmpty else { return others }
    let (latents, stages) = (
      others.filter { $0.stage == Intervention.beforeStages },
      others.filter { $0.stage != Intervention.beforeStages }
    )
    return latents + [.removeLatents(removed, after: Intervention.beforeStages)] + stages
  }
}

extension RunPart {
  /// What switches it off by itself; nothing of a latent that is taken away.
  fileprivate func interventions(in run: PerceiverRun) -> [Intervention] {
    switch self {
    case .head(let head, let stage, let loss):
      let (point, edit): (StagePoint, Intervention.Edit) =
        switch loss {
        case .zero: (.headOutputs, .zero)
        case .average: (.headOutputs, .mean)
        case .flat: (.scores, .zero)
        }
      return [.edit(point, edit, head: head, at: stage)]
    case .stage(let stage):
      let feedForward =
        run.hasFeedForward(at: stage) ? [Intervention.skip(.feedForward, at: stage)] : []
      return [.skip(.attention, at: stage)] + feedForward
    case .update(.attention, let stage): return [.skip(.attention, at: stage)]
    case .update(.feedForward, let stage):
      return run.hasFeedForward(at: stage) ? [.skip(.feedForward, at: stage)] : []
    case .latent(_, .remove): return []
    case .latent(let latent, let loss):
      return [
        .edit(
          .latents, loss == .zero ? .zero : .mean, row: latent, at: Intervention.beforeStages)
      ]
    }
  }
}
