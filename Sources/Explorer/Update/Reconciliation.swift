// What the state still lacks, compared with what is on its way: the source of most effects.

import Perceiver
import Screens

extension ExplorerState {
  /// The work that the present choices ask for and that is not yet under way.
  mutating func reconciliation() -> [ExplorerEffect] {
    var effects = modelEffects()
    open.needsAllStages =
      isWhyShown || isHeadTableShown || isNumberTableShown || isPatchShown
      || !choices.changes.isEmpty
    // Of a model that is being trained, stages are computed anew all the time.
    if training?.trainer == nil { effects += open.stageEffects() }
    effects += trainingEffects()
    // Before maps are asked for: those of former changes are not wanted any more.
    effects += changedEffects()
    if let stage { effects += open.mapEffects(wanted: wantedAnswers(at: stage.id)) }
    effects += pinnedEffects()
    lockScale()
    effects += refinementEffects()
    return effects + spinnerEffects()
  }

  /// Opens an exploration of the model that is asked for, unless it is open or being built.
  private mutating func modelEffects() -> [ExplorerEffect] {
    let wanted = open.wantedKey
    guard wanted != (open.building ?? open.key) else { return [] }
    let base = run ?? former.last?.run
    putOpenAside()
    var next = Exploration(choices)
    next.generation = nextGeneration()
    (next.position, next.target) = (position, target ?? position)
    if let index = former.lastIndex(where: { $0.key == wanted }) {
      next.takeOver(former.remove(at: index))
      open = next
      return [.cancel(.run)]
    }
    next.building = wanted
    open = next
    return [
      .cancel(.run),
      .build(choices.settings, base: base, choices.input, generation: open.generation),
    ]
  }

  /// A number that no run has had.
  mutating func nextGeneration() -> Int {
    generations += 1
    return generations
  }

  /// Keeps what is computed for undo; of two explorations, since they are large.
  private mutating func putOpenAside() {
    guard open.run != nil, let key = open.key else { return }
    var aside = open
    aside.forgetAnswers()
    aside.changed = nil
    former.removeAll { $0.key == key }
    former.append(aside)
    if former.count > 2 { former.removeFirst() }
  }

  private mutating func spinnerEffects() -> [ExplorerEffect] {
    guard isBusy, !isSpinnerRunning else { return [] }
    isSpinnerRunning = true
    return [.startTimer(.spinner, seconds: 0.12)]
  }
}

// MARK: - Questions

extension ExplorerState {
  /// The request for the latent matrix, where it is shown.
  var wantedMatrix: MapRequest? {
    guard let stageID = stage?.id, stage?.attention != nil, mapLiesOverLatents, mapView == .matrix
    else {
      return nil
    }
    return open.request(at: stageID, .matrix(choices.selection.heads(at: stageID), longest: 1024))
  }

  /// The request for what latents give the probed key.
  var wantedReadings: MapRequest? {
    guard let stageID = stage?.id, stage?.attention != nil, let probe, !open.showsRow,
      !isExplanationShown
    else { return nil }
    // Kinds of tokens lie one behind another among the keys.
    let key = probe + (open.modality?.tokens.lowerBound ?? 0)
    return open.request(at: stageID, .received(choices.selection.heads(at: stageID), key: key))
  }

  /// The requests for the small maps of a page of tiles, in pieces that come in one by one.
  func wantedThumbnails(_ tiles: TileLayout) -> [MapRequest] {
    guard let stageID = stage?.id, stage?.attention != nil else { return [] }
    let heads = choices.selection.heads(at: stageID)
    let piece = 16
    return stride(from: tiles.latents.lowerBound, to: tiles.latents.upperBound, by: piece).map {
      open.request(
        at: stageID,
        .thumbnails(
          heads, $0..<min($0 + piece, tiles.latents.upperBound),
          rows: keyGrid.rows == 1 ? 1 : 2 * tiles.mapHeight, columns: tiles.mapWidth,
          frame: shownFrame, of: open.modality))
    }
  }

  /// The frame of what is shown, from 0; latents have one.
  var shownFrame: Int { min(choices.view.frame, max(0, shownGrid.frames - 1)) }

  /// The request for the reconstruction, where it is shown.
  var wantedReconstruction: MapRequest? {
    guard let stage, isReconstructionShown, !isWholeFlowShown else { return nil }
    let subject: MapRequest.Subject
    switch givenPicture {
    case .reconstruction?: subject = .reconstruction(choices.input.scaling)
    case .flow?: subject = .flow
    case .frames?, nil: return nil
    }
    return MapRequest(stage: stage.id.index, value: .probabilities, subject: subject)
  }

  /// Everything that the screen shows of a stage, the most wanted first.
  func wantedAnswers(at stageID: StageID) -> [MapRequest] {
    var wanted = [wantedReconstruction, open.wantedMap, wantedReadings, wantedMatrix].compactMap {
      $0
    }
    if let tiles = gridTiles { wanted += wantedThumbnails(tiles) }
    if let tiles = stripTiles { wanted += wantedThumbnails(tiles) }
    wanted += wantedWhy
    if case .classes = mode { wanted += [wantedOutputRow].compactMap { $0 } }
    wanted += [
      wantedThroughDecoder, wantedPredictions, wantedChangedPredictions, wantedShares,
    ].compactMap { $0 }
    wanted += wantedFilmPixels + wantedWholeFlow
    if !isDrawingPinned {
      wanted +=
        wantedHeads + wantedNumbers + wantedPatches
        + [wantedReaders, wantedRowMap].compactMap { $0 }
    }
    return wanted
  }

  /// Where everything stands; nil where the terminal is too small.
  var layout: ScreenLayout? {
    ScreenLayout(
      width: terminal.width, height: terminal.height,
      strip: [.grid, .row, .shares].contains(mapView) || isThroughDecoderShown || isHeadTableShown
        || areReadersShown || isPatchShown || areChannelsShown || isNumberTableShown
        ? .none : .shown,
      hints: tourStep != nil
        ? .always
        : preferences.hints == .on ? hasLongMeaning ? .whereThereIsRoom : .brief : .none,
      content: .init(
        training: training.map { $0.lesson.data == nil ? .ofPicture : .ofClasses } ?? .none,
        explanation: isWhyShown ? .shown : .none),
      // A part of a picture fills any pane.
      pictures: pinned == nil && choices.view.zoom == 1 ? paneShape : nil)
  }

  /// Whether the sentence about the picture may need two lines: what random weights mean, or hidden
  /// pixels, is said in it too.
  private var hasLongMeaning: Bool {
    if choices.changes.hidden != nil { return true }
    guard training == nil, case .seed = choices.settings.source else { return false }
    return true
  }

  /// The proportions of what the large pane shows, from which its area is chosen; nil where it shows
  /// anything but one map or picture, or two of one size.
  var paneShape: PictureShape? {
    func shape(_ grid: KeyGrid, count: Int = 1) -> PictureShape? {
      grid.rows > 1 && grid.columns > 0
        ? PictureShape(columns: grid.columns, rows: grid.rows, count: count) : nil
    }
    if shownText != nil || isFigureShown || isPatchShown { return nil }
    if isWholePhotoShown, let size = choices.input.surroundings?.size {
      return shape(KeyGrid(shape: [size.height, size.width]))
    }
    let count = mapView == .sideBySide ? 2 : 1
    if isReconstructionShown { return shape(KeyGrid(shape: choices.input.axes), count: count) }
    if let stageID, stageID.kind.mapGround == nil, !isExplanationShown { return nil }
    switch mapView {
    case .grid, .row, .shares: return nil
    case .one, .sideBySide: return shape(shownGrid, count: count)
    case .matrix:
      // A square where it is not known yet how many read.
      let sides = shownMatrix?.map.values.shape ?? [1, 1]
      return PictureShape(
        columns: max(1, sides[1]), rows: max(1, sides[0]), margin: .init(left: 1, top: 1))
    }
  }

  /// The tiles of the strip, where there is room for one.
  var stripTiles: TileLayout? {
    isDrawingPinned ? nil : layout?.latents.flatMap { tiles(.strip, in: $0) }
  }

  /// The tiles of the grid, where it is shown.
  var gridTiles: TileLayout? {
    guard mapView == .grid, let area = mainArea, !isDrawingPinned || comparison == .beside
    else { return nil }
    return tiles(.grid, in: isFigureShown ? FigurePane.parts(self, of: area).maps : area)
  }

  /// Tiles for the latents of the shown stage; nil while it is not computed, or none fits.
  func tiles(_ arrangement: TileLayout.Arrangement, in area: Rect) -> TileLayout? {
    guard stage?.attention != nil else { return nil }
    return TileLayout(
      arrangement, area: area, grid: keyGrid, count: latentCount,
      chosen: choices.selection.latent)
  }
}
