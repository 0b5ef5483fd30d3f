// What each intent of the key table does to the state.

import Perceiver
import Pictures

extension ExplorerState {
  /// Does what a key asks for; the caller has seen that it is not disabled.
  mutating func perform(_ intent: Intent) -> [ExplorerEffect] {
    switch intent {
    case .nextStage: stepForward()
    case .previousStage: go(to: position - 1)
    case .firstStage: go(to: 0)
    case .lastStage: go(to: places.count - 1)
    case .autoplay: return toggleAutoplay()

    case .nextLatent: choose(latent: choices.selection.latent + 1)
    case .previousLatent: choose(latent: choices.selection.latent - 1)
    case .tenLatentsOn: choose(latent: choices.selection.latent + 10)
    case .tenLatentsBack: choose(latent: choices.selection.latent - 10)
    case .typeLatent: mode = .latentNumber(LineEditor())
    case .cycleAggregate: choices.selection.aggregate = choices.selection.aggregate.next
    case .nextHead: nextHead()
    case .averageHeads: choices.selection.headsAreAveraged.toggle()

    case .toggleValue: choices.selection.value = choices.selection.value.next
    case .cycleTransfer: choices.view.transfer = choices.view.transfer.next
    case .cycleColours: choices.view.colours = choices.view.colours.next
    case .cycleOverlay: choices.view.overlay = choices.view.overlay.next
    case .cycleView: show(mapView.next(among: availableViews))
    case .toggleGrid: toggleGrid()
    case .zoomIn: zoom(by: 1)
    case .zoomOut: zoom(by: -1)
    case .fit: (choices.view.zoom, choices.view.centre) = (1, ViewCentre())
    case .nextFrame: choices.view.frame += 1
    case .previousFrame: choices.view.frame -= 1

    case .toggleProbe: toggleProbe()
    case .leaveProbe: isProbing = false
    case .probeLeft: moveProbe(columns: -1, rows: 0, .cells)
    case .probeRight: moveProbe(columns: 1, rows: 0, .cells)
    case .probeUp: moveProbe(columns: 0, rows: -1, .cells)
    case .probeDown: moveProbe(columns: 0, rows: 1, .cells)
    case .probePixelLeft: moveProbe(columns: -1, rows: 0, .pixels)
    case .probePixelRight: moveProbe(columns: 1, rows: 0, .pixels)
    case .probePixelUp: moveProbe(columns: 0, rows: -1, .pixels)
    case .probePixelDown: moveProbe(columns: 0, rows: 1, .pixels)
    case .followProbe: followProbe()

    case .nextPane: moveFocus(by: 1)
    case .previousPane: moveFocus(by: -1)
    case .listDown: moveInList(by: 1)
    case .listUp: moveInList(by: -1)
    case .increase: stepHyperparameter(by: 1)
    case .decrease: stepHyperparameter(by: -1)
    case .editValue: editHyperparameter()
    case .applyDraft: applyDraft()
    case .discardDraft:
      choices.draft = choices.settings.configuration
      message = .information("changes dropped; u brings them back")
    case .undo: moveInHistory(history.undo(from: choices))
    case .redo: moveInHistory(history.redo(from: choices))
    case .newSeed: chooseNextSeed()

    case .export: openExport()
    case .commandLine: mode = .command(CommandLine())
    case .search: mode = .search(LineEditor())

    case .help: mode = .help(scroll: 0)
    case .quit: return [.cancel(.computations), .quit]
    case .cancel: return cancelOrQuit()
    case .suspend: return [.suspend]
    case .redraw: return [.redraw]
    }
    return []
  }
}

// MARK: - Stages

extension ExplorerState {
  private mutating func stepForward() {
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

  private mutating func toggleAutoplay() -> [ExplorerEffect] {
    guard autoplay == nil else {
      autoplay = nil
      message = .information("stopped")
      return []
    }
    autoplayRounds += 1
    autoplay = autoplayRounds
    go(to: position + 1 < places.count ? position + 1 : 0)
    return [.startTimer(.autoplay(autoplayRounds), seconds: Self.autoplaySeconds)]
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
      if target == nil {
        guard position + 1 < places.count else {
          autoplay = nil
          return []
        }
        go(to: position + 1)
      }
      return [.startTimer(.autoplay(round), seconds: Self.autoplaySeconds)]
    }
  }

  private mutating func cancelOrQuit() -> [ExplorerEffect] {
    if isQuitArmed { return [.cancel(.computations), .quit] }
    isQuitArmed = true
    if isBusy || isPlaying || target != nil {
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

// MARK: - Attention

extension ExplorerState {
  /// Shows one latent's map; numbers beyond the ends count as the ends.
  mutating func choose(latent: Int) {
    choices.selection.aggregate = .one
    choices.selection.latent = min(max(0, latent), max(0, latentCount - 1))
  }

  private mutating func nextHead() {
    guard let place else { return }
    let head = choices.selection.headIndex(at: place)
    choices.selection.setHead((head + 1) % max(1, place.heads), for: place.kind)
  }

  private mutating func toggleProbe() {
    isProbing.toggle()
    if isProbing && probedKey == 0 {
      let grid = KeyGrid(shape: choices.input.axes)
      probedKey = grid.key(column: grid.columns / 2, row: grid.rows / 2, frame: shownFrame)
    }
  }

  /// How far one press moves the cursor.
  private enum ProbeStep { case cells, pixels }

  private mutating func moveProbe(columns: Int, rows: Int, _ step: ProbeStep) {
    if place?.kind == .latentSelfAttention {
      probedLatent += columns
      if rows != 0 { choose(latent: choices.selection.latent + rows) }
      return
    }
    let grid = KeyGrid(shape: choices.input.axes)
    let size = step == .cells ? (mapViewport?.pixelsPerCell ?? (1, 1)) : (1, 1)
    let at = grid.place(of: probedKey)
    let column = min(max(0, at.column + columns * size.0), max(0, grid.columns - 1))
    let row = min(max(0, at.row + rows * size.1), max(0, grid.rows - 1))
    probe(column: column, row: row)
  }

  /// Puts the cursor on a pixel of the shown frame and keeps it in view.
  mutating func probe(column: Int, row: Int) {
    let grid = KeyGrid(shape: choices.input.axes)
    isProbing = true
    probedKey = grid.key(column: column, row: row, frame: shownFrame)
    if let viewport = mapViewport, viewport.cell(x: column, y: row) == nil {
      choices.view.centre.x = (Double(column) + 0.5) / Double(max(1, grid.columns))
      choices.view.centre.y = (Double(row) + 0.5) / Double(max(1, grid.rows))
    }
  }

  private mutating func followProbe() {
    guard let request = wantedReadings, case .received(let weights)? = answers[request],
      let most = weights.first
    else {
      message = .information("still asking which latents read this")
      return
    }
    choose(latent: most.latent)
    message = .information("latent \(most.latent + 1) reads it most")
  }
}

// MARK: - View

extension ExplorerState {
  /// The views that make sense at the shown stage.
  var availableViews: [MapView] {
    guard place?.kind != .latentSelfAttention else { return [.matrix, .one] }
    return choices.input.frames.isEmpty ? [.one, .grid] : [.one, .grid, .sideBySide]
  }

  /// Shows a view at stages of the shown kind.
  mutating func show(_ view: MapView) {
    if place?.kind == .latentSelfAttention {
      choices.view.latentView = view
    } else {
      choices.view.crossView = view
    }
    message = .information(view.name)
  }

  private mutating func toggleGrid() {
    guard place?.kind != .latentSelfAttention else {
      show(mapView == .matrix ? .one : .matrix)
      return
    }
    show(mapView == .grid ? .one : .grid)
  }

  /// Doubles or halves the size of the picture's pixels.
  mutating func zoom(by steps: Int) {
    let grid = KeyGrid(shape: choices.input.axes)
    let most = max(1, max(grid.columns, grid.rows) / 4)
    let zoom = steps > 0 ? choices.view.zoom * 2 : choices.view.zoom / 2
    let allowed = min(max(1, zoom), most)
    if allowed == choices.view.zoom {
      message = .information(steps > 0 ? "no closer" : "the whole picture is shown")
    }
    choices.view.zoom = allowed
    if allowed == 1 { choices.view.centre = ViewCentre() }
    if isProbing && allowed > 1 {
      let at = grid.place(of: probedKey)
      choices.view.centre.x = (Double(at.column) + 0.5) / Double(max(1, grid.columns))
      choices.view.centre.y = (Double(at.row) + 0.5) / Double(max(1, grid.rows))
    }
  }
}

// MARK: - Hyperparameters

extension ExplorerState {
  /// The panes that can have the focus.
  private var focusable: [Focus] {
    layout?.latents == nil ? [.map, .hyperparameters] : Focus.allCases
  }

  private mutating func moveFocus(by steps: Int) {
    let panes = focusable
    let index = panes.firstIndex(of: focus) ?? 0
    focus = panes[(index + steps + panes.count) % panes.count]
  }

  mutating func moveInList(by steps: Int) {
    guard focus == .hyperparameters else {
      choose(latent: choices.selection.latent + steps)
      return
    }
    let last = HyperparameterCatalog.all.count - 1
    hyperparameterIndex = min(max(0, hyperparameterIndex + steps), last)
  }

  /// The chosen hyperparameter.
  var hyperparameter: Hyperparameter {
    HyperparameterCatalog.all[min(max(0, hyperparameterIndex), HyperparameterCatalog.all.count - 1)]
  }

  private mutating func stepHyperparameter(by steps: Int) {
    focus = .hyperparameters
    let hyperparameter = hyperparameter
    let value = hyperparameter.value(in: choices.draft)
    let stepped = hyperparameter.value(value, steppedBy: steps)
    if stepped == value {
      message = .information(
        "\(hyperparameter.name) is \(value), its \(steps > 0 ? "largest" : "least")")
    }
    set(hyperparameter, to: stepped)
  }

  /// Changes the draft; an impossible value is said and nothing changes.
  mutating func set(_ hyperparameter: Hyperparameter, to value: HyperparameterValue) {
    do {
      try hyperparameter.set(value, in: &choices.draft)
    } catch {
      message = .error(error.description)
    }
  }

  private mutating func editHyperparameter() {
    let hyperparameter = hyperparameter
    let value = hyperparameter.value(in: choices.draft)
    mode = .editing(hyperparameter: hyperparameter.name, LineEditor("\(value)"))
  }

  mutating func applyDraft() {
    do {
      try choices.draft.validate()
      choices.settings.configuration = choices.draft
    } catch {
      message = .error("\(error)")
    }
  }

  private mutating func chooseNextSeed() {
    switch choices.settings.source {
    case .seed(let seed):
      choices.settings.source = .seed(seed &+ 1)
      message = .information("seed \(seed &+ 1); u goes back")
    case .weights(let weights):
      choices.settings.source = .seed(0)
      message = .information("untrained, seed 0; u brings \(weights.name) back")
    }
  }

  private mutating func moveInHistory(_ choices: Choices?) {
    guard let choices else { return }
    self.choices = choices
  }

  private mutating func openExport() {
    var dialog = ExportDialog(path: "")
    if choices.input.frames.isEmpty || place?.kind == .latentSelfAttention { dialog.subject = .map }
    dialog.path.set(proposedPath(dialog.subject, dialog.format))
    mode = .export(dialog)
  }
}

extension CaseIterable where Self: Equatable {
  /// The case after this one, the first after the last.
  var next: Self { next(among: Array(Self.allCases)) }

  /// The one after this among some, the first after the last or if this is none of them.
  func next(among cases: [Self]) -> Self {
    guard !cases.isEmpty else { return self }
    let index = cases.firstIndex(of: self).map { ($0 + 1) % cases.count } ?? 0
    return cases[index]
  }
}
