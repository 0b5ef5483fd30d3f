// Moving in time: stages, and playing them one after another.

import Perceiver

extension CommandGroup {
  static let stages = CommandGroup(
    "stages", "move in time",
    [
      Command(
        "next-stage", keys: [.right, .character("n")], "next stage; computes it if needed",
        footer: .init("stage", keysOf: ["previous-stage", "next-stage"], .beginners),
        counting: .repeats,
        unless: \.reasonAgainstNextStage, .change { $0.stepForward() }),
      Command(
        "previous-stage", keys: [.left, .character("b")], "previous stage",
        counting: .repeats,
        unless: \.reasonAgainstStages, .change { $0.go(to: $0.position - 1) }),
      Command(
        "next-block", keys: [.character(")")], "beginning of the next block of stages",
        counting: .repeats,
        unless: \.reasonAgainstStages, .change { $0.goToBlock(by: 1) }),
      Command(
        "previous-block", keys: [.character("(")],
        "beginning of this block of stages, then of the previous one",
        counting: .repeats,
        unless: \.reasonAgainstStages, .change { $0.goToBlock(by: -1) }),
      Command(
        "first-stage", keys: [.home], "first stage", unless: \.reasonAgainstStages,
        .change { $0.go(to: 0) }),
      Command(
        "last-stage", keys: [.end], "last stage; computes all up to it",
        unless: \.reasonAgainstStages, .change { $0.go(to: $0.stageIDs.count - 1) }),
      Command(
        "stage", takes: "N | NAME", "go to a stage: `stage 3`, `stage cross 2`",
        choices: { $0.stageIDs.map(\.name) }, unless: \.reasonAgainstStages,
        .set { state, arguments throws(CommandError) in
          try state.goToStage(named: arguments.rest)
        }),
      Command(
        "autoplay", keys: [.space], "play the stages, or stop", footer: "play",
        unless: \.reasonAgainstStages, .start { $0.toggleAutoplay() }),
    ])
}

extension ExplorerState {
  /// Why no stage comes next.
  var reasonAgainstNextStage: String? {
    reasonAgainstStages
      ?? ((target ?? position) + 1 < stageIDs.count ? nil : "this is the last stage")
  }

  mutating func stepForward() { go(to: (target ?? position) + 1) }

  /// Goes to the beginning of a neighbouring block; back from within a block, to its own.
  mutating func goToBlock(by steps: Int) {
    let blocks = stageBlocks
    let from = target ?? position
    guard let block = blocks.firstIndex(where: { $0.contains(min(from, stageIDs.count - 1)) })
    else {
      return
    }
    let isWithin = steps < 0 && from > blocks[block].lowerBound
    let goal = isWithin ? block : block + steps
    guard blocks.indices.contains(goal) else {
      message = .information(steps > 0 ? "this is the last block" : "this is the first block")
      return
    }
    go(to: blocks[goal].lowerBound)
  }

  /// Shows a stage, or waits for it to be computed.
  mutating func go(to goal: Int) { open.go(to: goal) }

  /// Goes to a stage by number, counted from 1, or by name: `cross 2`, or `cross-2` as in file names.
  mutating func goToStage(named name: String) throws(CommandError) {
    guard let last = stageIDs.last else { throw CommandError(reasonAgainstStages ?? "no stages") }
    guard let stageID = stageIDs.stage(name) else {
      throw CommandError(
        "stage: expected 1 to \(stageIDs.count) or a name such as \(last.name), found "
          + (name.isEmpty ? "nothing" : name))
    }
    go(to: stageID.index)
  }

  mutating func toggleAutoplay() -> [ExplorerEffect] {
    guard autoplay == nil else {
      autoplay = nil
      message = .information("stopped")
      return []
    }
    autoplayRounds += 1
    autoplay = autoplayRounds
    go(to: position + 1 < stageIDs.count ? position + 1 : 0)
    return nextAutoplayRound(autoplayRounds)
  }

  private static let autoplaySeconds = 0.8
  private static let frameSeconds = 0.2

  /// Shows one frame after another, round the end, or stops.
  mutating func toggleFramePlay() -> [ExplorerEffect] {
    guard framePlay == nil else {
      framePlay = nil
      message = .information("stopped")
      return []
    }
    autoplayRounds += 1
    framePlay = autoplayRounds
    return [.startTimer(.frames(autoplayRounds), seconds: Self.frameSeconds)]
  }

  mutating func handleTimer(_ timer: ExplorerTimer) -> [ExplorerEffect] {
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
    case .refinement(let round):
      refine(round)
      return []
    case .frames(let round):
      guard round == framePlay else { return [] }
      let count = KeyGrid(shape: choices.input.axes).frames
      choices.view.frame = count > 0 ? (choices.view.frame + 1) % count : 0
      // Undo goes back to choices, and these are none.
      isHistoryKept = true
      return [.startTimer(.frames(round), seconds: Self.frameSeconds)]
    case .secondGridKey(let round):
      if round == gridKeyRounds { viewBeforeGridKey = nil }
      return []
    case .notice(let round):
      // The keys of a training are worth more than what it began with.
      if message == training?.notice, training?.round == round { message = nil }
      return []
    }
  }

  /// Waits for the next stage's turn; once the last is on its way, there is none.
  private mutating func nextAutoplayRound(_ round: Int) -> [ExplorerEffect] {
    guard (target ?? position) + 1 < stageIDs.count else {
      autoplay = nil
      return []
    }
    return [.startTimer(.autoplay(round), seconds: Self.autoplaySeconds)]
  }
}
