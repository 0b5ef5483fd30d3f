// Which run maps are of while something is hidden or off: the one with the changes as soon as it is
// there, or the one without.

import Perceiver

/// Which run's maps are shown while something is hidden or off.
public enum MappedRun: String, Sendable, Hashable, CaseIterable {
  /// That with the changes.
  case changed = "with"
  /// The run as it is.
  case unchanged = "without"

  /// How it is called on screen.
  var words: String { "\(rawValue) the changes" }
}

extension Exploration {
  /// The run with changes, where maps of a stage are to be its own and it has computed the stage.
  func shownChanges(through stage: Int) -> ChangedRun? {
    guard choices.view.mappedRun == .changed, let changed, let run = changed.run,
      run.stages.indices.contains(stage)
    else { return nil }
    return changed
  }

  /// The run with changes, where maps that explain are to be its own and it is complete.
  var completeShownChanges: ChangedRun? { shownChanges(through: stageIDs.count - 1) }

  /// The same, where what is read through a decoder is told by its weights.
  var decodedChanges: ChangedRun? {
    completeShownChanges.flatMap { $0.run?.decoderProblem == nil ? $0 : nil }
  }

  /// The run that maps of a stage are of; nil while there is none.
  func mappedRun(through stage: Int) -> PerceiverRun? { shownChanges(through: stage)?.run ?? run }

  /// The run that is explained: as far as it is there, with the changes.
  var explainedRun: PerceiverRun? { completeShownChanges?.run ?? run }

  /// The run that a question is put to; nil where it is gone.
  func run(of request: MapRequest) -> PerceiverRun? {
    guard let generation = request.changed else { return run }
    return changed?.generation == generation ? changed?.run : nil
  }

  /// Whether maps of the run with changes are to be shown and it is not there yet: what would be asked
  /// of the run without them would soon be left behind.
  var awaitsChanges: Bool {
    guard choices.view.mappedRun == .changed, !choices.changes.isEmpty else { return false }
    guard let changed else { return true }
    return !changed.isStopped && changed.run?.isComplete != true
  }
}

extension ExplorerState {
  /// Which run the shown maps are of; nil while nothing is changed, or no map is shown that could be of
  /// either.
  var shownMappedRun: MappedRun? {
    guard !choices.changes.isEmpty, showsMapsOfEither else { return nil }
    let changed =
      if isThroughDecoderShown {
        open.decodedChanges
      } else if areReadersShown {
        open.shownChanges(through: (run?.stages.count ?? 0) - 1)
      } else if isWhyShown || areHeadTilesShown {
        open.completeShownChanges
      } else {
        open.shownChanges(through: position)
      }
    return changed == nil ? .unchanged : .changed
  }

  /// Whether the large pane shows maps of a run, or readers, and not numbers of it or what a decoder
  /// gives.
  private var showsMapsOfEither: Bool {
    if isExplanationShown || areHeadTilesShown || isFigureShown || areReadersShown { return true }
    return choices.view.replacement == nil && stage?.attention != nil
  }

  var reasonAgainstMappedRun: String? {
    choices.changes.isEmpty
      ? "nothing is hidden or off: \(keyName("mark")) hides pixels, \(keyName("switch-head")) "
        + "switches a head off" : nil
  }

  /// Shows maps of the other run.
  mutating func toggleMappedRun() { show(choices.view.mappedRun.next) }

  /// Shows maps of the run with the changes, or of the run without them.
  mutating func show(_ run: MappedRun) {
    choices.view.mappedRun = run
    message = .information("maps \(run.words)")
  }

  /// What has changed, in a sentence for captions; nil where the shown maps are of the run as it is.
  var changesNote: String? {
    guard shownMappedRun == .changed else { return nil }
    return "With changes: " + choices.changes.words(in: stageIDs).joined(separator: "; ") + "."
  }
}
