// Going back to a session: each step once what it needs is there.

import Inputs
import Perceiver

/// Something that is done once what the one before it asked for is there.
enum StartStep: Sendable {
  /// A command line that the program was started with.
  case line(String)
  /// A command whose key was pressed while the model was being built, and the number before it.
  case command(Command.ID, count: Int?)
  /// A line that was typed while the model was being built.
  case typed(String)
  /// What the present step of the tour is about is shown.
  case tourStep
  /// A model on an input of a session.
  case explore(OpenedSession.Opened)
  /// The present view is pinned, and shown so beside what follows.
  case pin(PinnedComparison)
  /// A stage is shown; it is computed already.
  case stage(Int)
  /// What surrounds the map is as a session says.
  case screen(SavedScreen)
}

extension ExplorerState {
  /// Goes to a session: to what it explores at once, to the rest of it step by step.
  mutating func open(_ session: OpenedSession) -> [ExplorerEffect] {
    let kept = pinned
    (pinned, comparison, isProbing, marking) = (nil, .beside, false, nil)
    sessionPath = session.path
    preferences.hints = session.saved.screen.hints
    inputs = InputSequence(session.saved.inputs)
    inputs?.index = session.saved.inputIndex
    startSteps = []
    if let pinned = session.pinned {
      begin(pinned)
      startSteps += shown(pinned)
      startSteps += [.pin(session.saved.comparison.comparison), .explore(session.open)]
    } else {
      begin(session.open)
    }
    startSteps += shown(session.open)
    startSteps.append(.screen(session.saved.screen))
    return kept.map { $0.pending.map { .cancel(.answer($0)) } } ?? []
  }

  /// What goes back to the stage that was seen, where later ones are computed.
  private func shown(_ opened: OpenedSession.Opened) -> [StartStep] {
    opened.last > opened.stage ? [.stage(opened.stage)] : []
  }

  /// Runs the steps that wait, each once what it needs is there; where one cannot be done, that is
  /// said and the rest is left.
  mutating func runStartSteps() -> [ExplorerEffect] {
    var effects: [ExplorerEffect] = []
    while !startSteps.isEmpty, run != nil, !isBuilding, !isComputingStage, !isReading,
      target == nil,
      !awaitsChangesToPin
    {
      effects += run(startSteps.removeFirst())
      effects += settle()
    }
    return effects
  }

  /// Whether the view that is pinned next still lacks its run with changes: once pinned it gets no
  /// further.
  private var awaitsChangesToPin: Bool {
    if case .pin? = startSteps.first { open.awaitsChanges } else { false }
  }

  private mutating func run(_ step: StartStep) -> [ExplorerEffect] {
    switch step {
    case .line(let line):
      let effects = run(line: line)
      if message?.kind == .error { startSteps = [] } else { message = nil }
      return effects
    case .command(let id, let count):
      return takeWaiting { state in
        state.count = count
        defer { state.count = nil }
        return state.run(keyed: CommandTable[id])
      }
    case .tourStep: arrangeTour()
    case .typed(let line): return takeWaiting { $0.run(line: line) }
    case .explore(let opened): begin(opened)
    case .pin(let comparison):
      let said = message
      let effects = togglePin()
      (self.comparison, message) = (comparison, said)
      return effects
    case .stage(let index): go(to: index)
    case .screen(let saved): show(saved)
    }
    return []
  }

  private mutating func begin(_ opened: OpenedSession.Opened) {
    choices = opened.choices
    // The value before a figure was one of other choices.
    valueBeforeFigure = nil
    (open.position, open.target) = (0, opened.last)
    // The pinned view may be of the same run, which then goes on where it is.
    if open.key == open.wantedKey { open.go(to: opened.last) }
  }

  private mutating func show(_ saved: SavedScreen) {
    focus = saved.focus
    if let name = saved.hyperparameter { selectHyperparameter(named: name) }
    if saved.cursor != nil || saved.latentCursor != nil {
      // The list of readers keeps its token without the cursor.
      isProbing = !areReadersShown
      probedKey = saved.cursor ?? 0
      probedLatent = saved.latentCursor ?? 0
    }
    (headTable.sorting, headTable.form) = (saved.sorting, saved.headForm)
    headTable.scaleScope = saved.headScale
    channelTable = saved.channels
    if case .table(let table)? = choices.view.replacement {
      numberTable = NumberTableView(
        table: table, sorting: saved.tableSorting, chosen: saved.tableRow)
    }
    if case .head(let head, let stage, _)? = saved.head.flatMap({
      RunPart.named($0, in: stageIDs, latents: 0)
    }) {
      headTable.chosen = HeadTable.Row(stage: stage, head: head)
    }
    readerIndex = saved.reader
  }
}
