// What the state still lacks, compared with what is on its way: the source of most effects.

import Perceiver
import Screens

extension ExplorerState {
  /// The work that the present choices ask for and that is not yet under way.
  mutating func reconciliation() -> [ExplorerEffect] {
    modelEffects() + stageEffects() + trainingEffects() + mapEffects() + spinnerEffects()
  }

  /// Builds the model that is asked for, unless it is there or being built.
  private mutating func modelEffects() -> [ExplorerEffect] {
    let wanted = RunKey(settings: choices.settings, input: choices.input)
    guard wanted != (building ?? runKey) else { return [] }
    let base = run ?? formerRuns.last?.run
    keepFormerRun()
    generation += 1
    answers.removeAll()
    pending.removeAll()
    declined.removeAll()
    latestShown = nil
    isComputingStage = false
    target = target ?? position
    if let index = formerRuns.lastIndex(where: { $0.key == wanted }) {
      let former = formerRuns.remove(at: index)
      (run, scores, runKey, building) = (former.run, former.scores, wanted, nil)
      settleTarget()
      return [.cancel(.run)]
    }
    (run, scores, runKey, building) = (nil, [], nil, wanted)
    return [
      .cancel(.run),
      .build(choices.settings, base: base, choices.input, generation: generation),
    ]
  }

  /// Puts the present run aside for undo; two are kept, since they are large.
  private mutating func keepFormerRun() {
    guard let run, let runKey else { return }
    formerRuns.removeAll { $0.key == runKey }
    formerRuns.append(FormerRun(key: runKey, run: run, scores: scores))
    if formerRuns.count > 2 { formerRuns.removeFirst() }
  }

  /// Goes to the stage that was waited for, as far as stages are computed.
  mutating func settleTarget() {
    guard let run else { return }
    position = min(position, max(0, run.places.count - 1))
    guard let wanted = target else { return }
    let last = max(0, run.places.count - 1)
    let goal = min(wanted, last)
    if goal < run.stages.count {
      position = goal
      target = nil
    } else {
      // Each stage is shown as it comes.
      position = max(0, run.stages.count - 1)
      target = goal
    }
  }

  private mutating func stageEffects() -> [ExplorerEffect] {
    // Of a model that is being trained, stages are computed anew all the time.
    guard training?.trainer == nil, let run, let target, !isComputingStage,
      target >= run.stages.count, !run.isComplete
    else {
      return []
    }
    isComputingStage = true
    return [.computeStage(run, generation: generation)]
  }

  private mutating func mapEffects() -> [ExplorerEffect] {
    guard let stage, let run else { return [] }
    let wanted = wantedAnswers(at: stage.place).filter { !declined.contains($0) }
    let obsolete = pending.subtracting(wanted)
    pending.subtract(obsolete)
    var effects: [ExplorerEffect] = obsolete.map { .cancel(.answer($0)) }
    for request in wanted {
      if answers[request] != nil {
        answers.touch(request)
      } else if pending.insert(request).inserted {
        effects.append(.answer(request, run, generation: generation))
      }
    }
    if let request = wantedMap, answers[request] != nil { latestShown = request }
    return effects
  }

  private mutating func spinnerEffects() -> [ExplorerEffect] {
    guard isBusy, !isSpinnerRunning else { return [] }
    isSpinnerRunning = true
    return [.startTimer(.spinner, seconds: 0.12)]
  }
}

// MARK: - Questions

extension ExplorerState {
  /// The request for the one map that the selection names.
  var wantedMap: MapRequest? {
    guard let stage, let attention = stage.attention else { return nil }
    return request(
      at: stage.place,
      .map(
        choices.selection.heads(at: stage.place),
        choices.selection.queries(of: attention.mapCount)))
  }

  /// The request for the latent matrix, where it is shown.
  var wantedMatrix: MapRequest? {
    guard let place = stage?.place, stage?.attention != nil, mapLiesOverLatents, mapView == .matrix
    else {
      return nil
    }
    return request(at: place, .matrix(choices.selection.heads(at: place), longest: 1024))
  }

  /// The request for what latents give the probed key.
  var wantedReadings: MapRequest? {
    guard let place = stage?.place, stage?.attention != nil, let probe else { return nil }
    return request(at: place, .received(choices.selection.heads(at: place), key: probe))
  }

  /// The requests for the small maps of a page of tiles, in pieces that come in one by one.
  func wantedThumbnails(_ tiles: TileLayout) -> [MapRequest] {
    guard let place = stage?.place, stage?.attention != nil else { return [] }
    let heads = choices.selection.heads(at: place)
    let piece = 16
    return stride(from: tiles.latents.lowerBound, to: tiles.latents.upperBound, by: piece).map {
      request(
        at: place,
        .thumbnails(
          heads, $0..<min($0 + piece, tiles.latents.upperBound),
          rows: keyGrid.rows == 1 ? 1 : 2 * tiles.mapHeight, columns: tiles.mapWidth,
          frame: shownFrame))
    }
  }

  /// The frame of the keys that is shown, from 0; latents have one.
  var shownFrame: Int { min(choices.view.frame, max(0, keyGrid.frames - 1)) }

  /// The request for the picture that the model gives back, where it is shown.
  var wantedReconstruction: MapRequest? {
    guard let stage, isReconstructionShown else { return nil }
    return MapRequest(
      stage: stage.place.index, value: .probabilities,
      subject: .reconstruction(choices.input.scaling))
  }

  private func request(at place: StagePlace, _ subject: MapRequest.Subject) -> MapRequest {
    MapRequest(stage: place.index, value: choices.selection.value, subject: subject)
  }

  /// Everything that the screen shows of a stage, the most wanted first.
  func wantedAnswers(at place: StagePlace) -> [MapRequest] {
    var wanted = [wantedReconstruction, wantedMap, wantedReadings, wantedMatrix].compactMap { $0 }
    if let tiles = gridTiles { wanted += wantedThumbnails(tiles) }
    if let tiles = stripTiles { wanted += wantedThumbnails(tiles) }
    return wanted
  }

  /// Where everything stands; nil where the terminal is too small.
  var layout: ScreenLayout? {
    ScreenLayout(
      width: terminal.width, height: terminal.height, strip: mapView == .grid ? .none : .below,
      training: training.map { $0.lesson.data == nil ? .ofPicture : .ofClasses } ?? .none)
  }

  /// The tiles of the strip, where there is room for one.
  var stripTiles: TileLayout? { layout?.latents.flatMap { tiles(.strip, in: $0) } }

  /// The tiles of the grid, where it is shown.
  var gridTiles: TileLayout? {
    mapView == .grid ? layout.flatMap { tiles(.grid, in: $0.map) } : nil
  }

  /// Tiles for the latents of the shown stage; nil while it is not computed, or none fits.
  func tiles(_ arrangement: TileLayout.Arrangement, in area: Rect) -> TileLayout? {
    guard stage != nil else { return nil }
    return TileLayout(
      arrangement, area: area, grid: keyGrid, count: latentCount,
      chosen: choices.selection.latent)
  }
}
