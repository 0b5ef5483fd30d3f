// Moving in time: stages, autoplay, cancelling.

import Perceiver

extension ExplorerState {
  mutating func stepForward() {
    let last = places.count - 1
    let goal = (target ?? position) + 1
    guard goal <= last else {
      message = .information("this is the last stage")
      return
    }
    go(to: goal)
  }

  /// Shows a stage, or waits for it to be computed.
  mutating func go(to goal: Int) {
    guard let run else { return }
    let goal = min(max(0, goal), max(0, places.count - 1))
    if goal < run.stages.count {
      position = goal
      target = nil
    } else {
      position = max(0, run.stages.count - 1)
      target = goal
    }
  }

  mutating func toggleAutoplay() -> [ExplorerEffect] {
    guard autoplay == nil else {
      autoplay = nil
      message = .information("stopped")
      return []
    }
    autoplayRounds += 1
    autoplay = autoplayRounds
    go(to: position + 1 < places.count ? position + 1 : 0)
    return nextAutoplayRound(autoplayRounds)
  }

  private static let autoplaySeconds = 0.8

  mutating func take(_ timer: ExplorerTimer) -> [ExplorerEffect] {
    switch timer {
    case .spinner:
      isSpinnerRunning = false
      spinnerPhase += 1
      return []
    case .autoplay(let round):
      guard round == autoplay else { return [] }
      // A stage that is still being computed is waited for, then shown as long as the others.
      if target == nil { go(to: position + 1) }
      return nextAutoplayRound(round)
    case .notice(let round):
      // The keys of a training are worth more than what it began with.
      if message == training?.notice, training?.round == round { message = nil }
      return []
    }
  }

  /// Waits for the next stage's turn; once the last is on its way, there is none.
  private mutating func nextAutoplayRound(_ round: Int) -> [ExplorerEffect] {
    guard (target ?? position) + 1 < places.count else {
      autoplay = nil
      return []
    }
    return [.startTimer(.autoplay(round), seconds: Self.autoplaySeconds)]
  }

  /// Quits; a trained model that no file has is mentioned first.
  mutating func quit() -> [ExplorerEffect] {
    guard hasUnsavedTraining, !isLeavingArmed else { return [.cancel(.computations), .quit] }
    isLeavingArmed = true
    message = .information(
      "no file has the trained model; :save FILE writes it, \(keyName(.quit)) again quits")
    return []
  }

  mutating func cancelOrQuit() -> [ExplorerEffect] {
    if isQuitArmed { return [.cancel(.computations), .quit] }
    isQuitArmed = true
    if isTraining, !isExporting {
      return pauseTraining(saying: "Ctrl-C again quits") + [.cancel(.computations)]
    }
    if isBusy || isPlaying || target != nil {
      // Maps are given up only where nothing else was there to cancel: those of the stage that is
      // shown are asked for again once the rest has stopped.
      let isOnlyMaps =
        !(isBuilding || isComputingStage || isExporting || isPlaying || isReading)
        && target == nil
      if isOnlyMaps { declined.formUnion(pending) }
      target = nil
      autoplay = nil
      message = .information("cancelled; Ctrl-C again quits")
      return [.cancel(.computations)]
    }
    if mode != .normal {
      mode = .normal
      message = .information("Ctrl-C again quits")
      return []
    }
    message = .information("nothing is being computed; Ctrl-C again quits")
    return []
  }
}
