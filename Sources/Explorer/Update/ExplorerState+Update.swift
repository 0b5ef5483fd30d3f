// The one door through which the state changes: an action in, effects out.

import Perceiver
import Screens

extension ExplorerState {
  /// Takes an action in and returns what has to be done about it outside.
  public mutating func update(_ action: ExplorerAction) -> [ExplorerEffect] {
    let (point, formerHistory) = (undoPoint, history)
    let before = point.choices
    isHistoryKept = false
    var effects: [ExplorerEffect] = []
    switch action {
    case .start: break
    case .input(let event): effects = handle(event)
    case .terminal(let facts):
      terminal = facts
      preferences.adopt(facts.background)
    case .timer(let timer): effects = handleTimer(timer)
    default: effects = receive(action)
    }
    if action.endsReading { filesBeingRead = max(0, filesBeingRead - 1) }
    filesBeingRead += effects.count { $0.isReading }
    keepTrainedModel(point, formerHistory)
    // What undo, redo and a session bring back has its own.
    var hasMoved = false
    if case .input = action, !isHistoryKept {
      restoreValue(after: before)
      // What comes of itself, such as the stages of autoplay, is part of the step that began it.
      hasMoved = (target ?? position) != point.stage
    }
    if choices != before || hasMoved, !isHistoryKept { remember(point) }
    effects += remembering(action, before: before)
    effects += settle()
    return effects + runStartSteps()
  }

  /// Brings all that follows from choices into line with them.
  ///
  /// - Returns: The work that the choices ask for and that is not yet under way.
  mutating func settle() -> [ExplorerEffect] {
    clampChoices()
    countCosts()
    planRedrawing()
    return reconciliation()
  }

  mutating func handle(_ event: InputEvent) -> [ExplorerEffect] {
    switch event {
    case .key(let key):
      message = nil
      if key != .control("c") {
        isQuitArmed = false
        if !quits(key) { isLeavingArmed = false }
        open.declined.removeAll()
        open.declinesStages = false
        // What Ctrl-C stopped begins again; what failed would fail again.
        if let changed = open.changed, changed.isStopped, !changed.hasFailed { open.changed = nil }
        pinned?.declined.removeAll()
      }
      return press(key)
    case .mouse(let event): return handleMouse(event)
    case .resize(let width, let height):
      terminal.width = width
      terminal.height = height
      return []
    case .paste(let text): return paste(text)
    }
  }

  private mutating func press(_ key: Key) -> [ExplorerEffect] {
    if let command = preferences.keys.command(for: key, in: [.everywhere]),
      command.reach == .everyMode
    {
      return run(keyed: command)
    }
    guard mode == .normal else { return pressInMode(key) }
    // Where nothing is drawn, nothing is done but to leave.
    guard layout != nil || quits(key) else { return [] }
    guard let command = preferences.keys.command(for: key, in: keyContexts) else {
      viewBeforeGridKey = nil
      if takeDigit(key) { return [] }
      count = nil
      message = .information(
        reasonElsewhere(key)
          ?? "\(key.name(terminal.keyNames)) does nothing here; \(keyName(.help)) lists the keys")
      return []
    }
    defer { count = nil }
    if command.id != "toggle-grid" { viewBeforeGridKey = nil }
    if dropsCount(key) { return [] }
    if key == .escape, hasWaitingCommands {
      leaveWaiting()
      return []
    }
    return run(keyed: command)
  }

  /// Why the commands that a key has only where one is not do nothing, in the words of the first that
  /// says; what moves in a list or a picture is about that alone, and says nothing of the key.
  private func reasonElsewhere(_ key: Key) -> String? {
    let moving: Set<KeyContext> = [.hyperparameters, .probe, .grid, .heads, .table]
    return CommandTable.all.lazy.filter {
      !moving.contains($0.context) && preferences.keys.keys(of: $0).contains(key)
    }.compactMap { $0.reason(self) }.first
  }

  /// Whether a key drops the number that was typed before it, and nothing else; says so.
  mutating func dropsCount(_ key: Key) -> Bool {
    guard key == .escape, let count else { return false }
    message = .information("the number \(count) is dropped")
    return true
  }

  /// Takes a digit of a number before a key: `3]` goes three latents on.
  mutating func takeDigit(_ key: Key) -> Bool {
    guard let digit = key.typed?.wholeNumberValue, key.typed?.isASCII == true,
      digit > 0 || count != nil
    else { return false }
    count = min((count ?? 0) * 10 + digit, Self.largestCount)
    message = .information(
      "\(count ?? 0) times the next key; \(Key.escape.name(terminal.keyNames)) drops the number")
    return true
  }

  /// More than there is to go through.
  private static let largestCount = 99_999

  /// Whether a key is one that quits.
  private func quits(_ key: Key) -> Bool {
    preferences.keys.command(for: key, in: [.everywhere])?.id == .quit
  }

  /// Brings indices back into the ranges of the model and the input.
  private mutating func clampChoices() {
    let frames = KeyGrid(shape: choices.input.axes).frames
    choices.view.frame = min(max(0, choices.view.frame), max(0, frames - 1))
    // While another model is built, the features of a linear attention are none of it.
    let isSame = open.key?.settings == choices.settings
    let latents = isSame ? latentCount : choices.settings.configuration.numLatents
    choices.selection.latent = min(max(0, choices.selection.latent), max(0, latents - 1))
    probedLatent = min(max(0, probedLatent), max(0, latentCount - 1))
    probedKey = min(max(0, probedKey), max(0, open.tokenAxes.reduce(1, *) - 1))
    hyperparameterIndex = min(max(0, hyperparameterIndex), max(0, catalog.count - 1))
    if let marks = choices.changes.hidden, marks.axes != choices.tokenAxes {
      choices.changes.hidden = nil
    }
    if choices.changes.hidden == nil { choices.changes.hidingStages = [] }
    if choices.changes.isEmpty { choices.view.mappedRun = .changed }
    if let object = choices.object, object.axes != choices.tokenAxes { choices.object = nil }
    // Among small maps there is no pixel for the cursor: the keys are the grid's.
    if isGridShown { isProbing = false }
    if !isProbing { marking = nil }
    // Parts that another model has not are none of it; while it is built, its stages are not known.
    let (stages, all) = (stageIDs, choices.settings.configuration.numLatents)
    if run != nil, !isBuilding, open.key == open.wantedKey,
      choices.changes.off.contains(where: { !$0.exists(in: stages, latents: all) })
    {
      choices.changes.off.removeAll { !$0.exists(in: stages, latents: all) }
    }
    if run != nil, !isBuilding, open.key == open.wantedKey,
      let last = choices.changes.hidingStages.last,
      last >= stages.count
    {
      choices.changes.hidingStages.removeAll { $0 >= stages.count }
    }
    if run != nil, !isBuilding, open.key == open.wantedKey { dropForeignClasses() }
  }

  /// Plans anew what a change of the chosen hyperparameter draws, where that or a value changed: two
  /// models are planned for it, which is too much for each frame.
  private mutating func planRedrawing() {
    guard focus == .hyperparameters, catalog.indices.contains(hyperparameterIndex) else {
      costs.redrawing = nil
      return
    }
    guard costs.redrawing?.name != hyperparameter.name else { return }
    costs.redrawing = .init(
      name: hyperparameter.name,
      words: hyperparameter.effect == .rebuildsModel ? hyperparameter.drawing(self) : nil)
  }

  /// Counts costs anew where a configuration or the input changed.
  private mutating func countCosts() {
    let counted = CostComparison.Counted(
      applied: choices.settings.configuration, draft: choices.draft, axes: choices.input.axes)
    guard counted != costs.counted else { return }
    costs = CostComparison(counted: counted)
    costs.applied = try? counted.applied.cost(inputAxes: counted.axes)
    guard choices.hasDraftChanges else {
      costs.draft = costs.applied
      return
    }
    costs.kept = (try? counted.draft.parameters(keptFrom: counted.applied)).map {
      .init(count: $0.kept, all: $0.all)
    }
    do {
      costs.draft = try counted.draft.cost(inputAxes: counted.axes)
    } catch {
      costs.problem = "\(error)"
    }
  }
}

extension ExplorerEffect {
  /// Whether a file is opened, which an action ends that `endsReading`.
  fileprivate var isReading: Bool {
    switch self {
    case .openInput, .fitInput, .openPatchSource, .openData, .loadWeights, .loadMask,
      .loadObject, .openSample, .openSession:
      true
    default: false
    }
  }
}

extension ExplorerAction {
  fileprivate var endsReading: Bool {
    switch self {
    case .inputOpened, .folderOpened, .patchSourceOpened, .dataOpened, .weightsLoaded, .maskLoaded,
      .objectLoaded, .sessionOpened:
      true
    default: false
    }
  }
}
