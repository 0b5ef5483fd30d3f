// What is changed of the open run, and the run that comes of it, computed beside it stage by stage.

import Perceiver

/// What a person takes away from a run to see what becomes of the answer.
public struct RunChanges: Sendable, Hashable {
  /// Pixels that are not read.
  public var hidden: PixelMarks?
  /// The cross-attentions that do not read them, by their indices in the run; all if none is named.
  public var hidingStages: [Int] = []
  /// Latents, heads and stages that are switched off: latents first, then in the order of stages.
  public var off: [RunPart] = []

  /// Nothing changed.
  public init() {}

  /// What is changed, in words.
  func words(in stages: [StageID]) -> [String] {
    let names = off.map { $0.name(in: stages) }
    let stageNames = hidingStages.compactMap { stages.indices.contains($0) ? stages[$0].name : nil }
    let at = stageNames.isEmpty ? "" : " at " + stageNames.joined(separator: ", ")
    return (hidden.map { [$0.brief + at] } ?? [])
      + (names.isEmpty ? [] : ["off: " + names.joined(separator: ", ")])
  }

  /// The same in few words: `3 off`, `2.8 % hidden`.
  var briefWords: [String] {
    (off.isEmpty ? [] : ["\(off.count) off"]) + (hidden.map { [$0.brief] } ?? [])
  }

  /// Whether nothing is changed.
  public var isEmpty: Bool { hidden == nil && off.isEmpty }

  /// The run with the changes, none of its changed stages computed.
  ///
  /// - Throws: `ConfigurationError` where the model does not allow them.
  func applied(to run: PerceiverRun) throws -> PerceiverRun {
    let latents = run.initialLatents.shape[0]
    let parts = off.filter { $0.exists(in: run.stageIDs, latents: latents) }
    let whole = try hidden.map { try hiding($0, from: run) } ?? run
    let interventions = parts.interventions(in: run)
    return interventions.isEmpty ? whole : try whole.changed(by: interventions)
  }

  /// The run whose stages do not read some pixels: all of them, or those that are named.
  private func hiding(_ marks: PixelMarks, from run: PerceiverRun) throws -> PerceiverRun {
    let stages = hidingStages.filter {
      run.stageIDs.indices.contains($0) && run.stageIDs[$0].kind == .crossAttention
    }
    guard !stages.isEmpty else { return try run.hiding(marks.hidden) }
    let keeps = marks.hidden.map { !$0 }
    // Who may read nothing at all takes nothing from the input.
    return try run.changed(
      by: stages.map {
        keeps.contains(true)
          ? .maskKeys(keeping: keeps, at: $0) : .edit(.headOutputs, .zero, at: $0)
      })
  }
}

/// A run with changes, as far as it is computed.
public struct ChangedRun: Sendable {
  /// What is changed.
  let changes: RunChanges
  /// The generation of the run that is changed.
  let base: Int
  /// Its own generation: answers of another are dropped.
  let generation: Int
  /// The run; nil until it is begun.
  var run: PerceiverRun?
  /// The classes at each of its computed stages.
  public internal(set) var scores: [ClassScores?] = []
  /// Whether a stage is on its way.
  var isComputing = true
  /// Whether it was stopped or failed; it is not tried again before something changes.
  var isStopped = false
  /// Whether it failed.
  var hasFailed = false
}

extension ExplorerState {
  /// The classes at the shown stage of the run with changes; nil until they are there.
  var changedScores: ClassScores? {
    guard let changed = open.changed, changed.scores.indices.contains(position) else { return nil }
    return changed.scores[position]
  }

  /// What of the run with changes is wanted and not under way.
  mutating func changedEffects() -> [ExplorerEffect] {
    let wanted = choices.changes
    guard training == nil, !wanted.isEmpty, !isBuilding, let run else {
      guard open.changed != nil else { return [] }
      open.changed = nil
      return [.cancel(.changed)]
    }
    guard let changed = open.changed, changed.changes == wanted, changed.base == open.generation
    else {
      let next = ChangedRun(changes: wanted, base: open.generation, generation: nextGeneration())
      open.changed = next
      return [.cancel(.changed), .change(run, wanted, generation: next.generation)]
    }
    guard let run = changed.run, !changed.isComputing, !changed.isStopped, !run.isComplete else {
      return []
    }
    open.changed?.isComputing = true
    return [.computeChangedStage(run, generation: changed.generation)]
  }

  /// Takes in a run with changes that was begun.
  mutating func keepChanged(_ outcome: Outcome<BuiltRun>, generation: Int) {
    guard generation == open.changed?.generation else { return }
    open.changed?.isComputing = false
    switch outcome {
    case .success(let built):
      open.changed?.run = built.run
      open.changed?.scores = built.scores
    case .cancelled: stopChanged(because: nil)
    case .failure(let reason): stopChanged(because: reason)
    }
  }

  /// Takes in a stage of a run with changes.
  mutating func keepChanged(_ outcome: Outcome<ComputedStage>, generation: Int) {
    guard generation == open.changed?.generation else { return }
    open.changed?.isComputing = false
    switch outcome {
    case .success(let computed):
      open.changed?.run = computed.run
      open.changed?.scores.append(computed.scores)
    case .cancelled: stopChanged(because: nil)
    case .failure(let reason): stopChanged(because: reason)
    }
  }

  /// Leaves the run with changes as it is.
  ///
  /// - Parameter reason: Why it failed; nil where it was cancelled.
  private mutating func stopChanged(because reason: String?) {
    open.changed?.isStopped = true
    guard let reason else { return }
    open.changed?.hasFailed = true
    message = .error(reason)
  }
}
