// The map that the large pane shows, brought to the pane's size: shared by pane, legend and mouse.

import Perceiver
import Pictures
import Screens
import Tensors

/// A map as it is drawn.
struct DrawnMap: Sendable {
  /// Which pixel stands in which cell.
  let viewport: Viewport
  /// The averaged numbers, row by row.
  let numbers: [Float]
  /// Their colours, mixed with the photo's.
  let colours: [Colour]
  /// How numbers became shades.
  let shading: FittedTransfer
  /// How they became colours.
  let scale: MapShading

  /// Draws it by itself: in colours, or in glyphs where a terminal has too few.
  func draw(_ terminal: TerminalFacts, on screen: inout Screen, cache: inout RenderCache) {
    if terminal.depth.showsPictures {
      terminal.canvas.draw(
        colours, width: viewport.resolution.width, in: viewport.cells, on: &screen,
        dithering: &cache.dithering)
    } else {
      ShadeGlyphs.draw(
        numbers, columns: viewport.resolution.width, shading: shading, in: viewport.cells,
        symbols: terminal.symbols, on: &screen)
    }
  }
}

/// A map's numbers brought to the size at which they are drawn.
struct DrawnNumbers: Sendable {
  /// The averaged numbers, row by row.
  let values: [Float]
  /// What they were made of.
  let key: RenderCache.NumbersKey
}

extension ExplorerState {
  /// The area of the large pane in which the map stands.
  var mapArea: Rect? {
    guard let area = mainArea else { return nil }
    return mapView == .sideBySide ? SideBySidePane.halves(self, of: area).map : area
  }

  /// What the large pane shows of the map's picture; nil where it shows no picture.
  var mapViewport: Viewport? {
    guard let area = mapArea, ![.grid, .matrix, .shares].contains(mapView) else { return nil }
    return viewport(in: area)
  }

  /// How the numbers of the large pane lie on the screen: a map that explains lies over the input,
  /// whatever the shown stage's maps lie over.
  var shownGrid: KeyGrid { isExplanationShown ? KeyGrid(shape: open.tokenAxes) : keyGrid }

  /// What an area shows of the keys of the shown stage.
  func viewport(in area: Rect) -> Viewport {
    let grid = shownGrid
    if grid.rows == 1 { return Viewport(line: grid.columns, in: CurvePane.chart(in: area)) }
    return viewport(of: grid, in: area)
  }

  /// The map to show: the one asked for, or the latest one while that is being computed.
  package var shownMap: (request: MapRequest, map: MeasuredMap, isWanted: Bool)? {
    guard let wanted = open.wantedMap else { return nil }
    if case .map(let map)? = open.answers[wanted] { return (wanted, map, true) }
    let grid = keyGrid
    if let latest = open.latestShown, latest.stage == wanted.stage,
      case .map(let map)? = open.answers[latest],
      map.values.count == grid.frames * grid.frameCount
    {
      return (latest, map, false)
    }
    return nil
  }

  /// The numbers of the shown frame of a map.
  func frameValues(_ map: MeasuredMap) -> [Float] {
    keyGrid.numbers(ofFrame: shownFrame, in: map.values)
  }

  /// The photo of the shown frame; nil at stages whose keys are no pixels.
  var shownPhoto: PixelImage? {
    // Sound and labels have no stage in a picture.
    guard !mapLiesOverLatents, (open.modality?.axes.count ?? 3) == 3 else { return nil }
    return seenFrame
  }

  /// Whether the map marks the photo's characters, where there are no colours to mix.
  func marksPhoto(_ overlay: Overlay) -> Bool {
    !terminal.depth.showsPictures && terminal.showsAttributes
      && [.half, .full].contains(overlay) && shownPhoto != nil && keyGrid.rows > 1
  }

  /// What an area shows of the input's picture, whatever the shown stage reads.
  func pictureViewport(in area: Rect) -> Viewport {
    viewport(of: KeyGrid(shape: choices.input.axes), in: area)
  }

  /// What an area shows of a grid of the picture's proportions.
  func viewport(of grid: KeyGrid, in area: Rect) -> Viewport {
    Viewport(
      pictureWidth: grid.columns, pictureHeight: grid.rows, zoom: choices.view.zoom,
      centre: choices.view.centre, area: area, canvas: terminal.canvas)
  }

  /// The photo's colours in a viewport; empty without a photo.
  func photoColours(_ viewport: Viewport, cache: inout RenderCache) -> [RGB] {
    shownPhoto == nil ? [] : inputColours(viewport, cache: &cache)
  }

  /// The colours of the input's picture in a viewport; empty without one.
  func inputColours(_ viewport: Viewport, cache: inout RenderCache) -> [RGB] {
    guard let photo = seenFrame, !viewport.cells.isEmpty else { return [] }
    let key = RenderCache.PhotoKey(
      input: choices.input, frame: choices.view.frame, viewport: viewport)
    return cache.photo(key) {
      let resolution = viewport.resolution
      // A whole large photo takes long to average; its small copy looks the same.
      let preview = choices.input.previews[choices.view.frame]
      let region = viewport.region(ofWidth: preview.width, height: preview.height)
      let isEnough = region.width >= 2 * Double(resolution.width)
      if isEnough, preview.width < photo.width {
        return preview.resized(
          width: resolution.width, height: resolution.height, region: region
        ).pixels
      }
      return photo.resized(
        width: resolution.width, height: resolution.height,
        region: viewport.region(ofWidth: photo.width, height: photo.height)
      ).pixels
    }
  }

  /// The shown map's numbers brought to the size of a viewport; nil while there are none.
  func mapNumbers(_ viewport: Viewport, cache: inout RenderCache) -> DrawnNumbers? {
    guard let shown = shownMap, !viewport.cells.isEmpty else { return nil }
    let grid = keyGrid
    let key = numbersKey(shown.request, in: viewport)
    let numbers = cache.numbers(key) {
      shown.map.values.reshaped([grid.frames, grid.rows, grid.columns]).resampled(
        rows: grid.rows == 1 ? 1 : viewport.resolution.height, columns: viewport.resolution.width,
        frame: shownFrame, region: viewport.region
      ).values
    }
    return DrawnNumbers(values: numbers, key: key)
  }

  /// The shown map in a viewport; nil while there is none.
  func drawnMap(
    _ viewport: Viewport, overlay: Overlay, cache: inout RenderCache
  ) -> DrawnMap? {
    guard let shown = shownMap, let numbers = mapNumbers(viewport, cache: &cache) else {
      return nil
    }
    let isLine = keyGrid.rows == 1
    let photo = isLine || overlay == .alone ? [] : photoColours(viewport, cache: &cache)
    return coloured(
      numbers, .leastToLargest, on: scale(of: .attention(shown.request.value)), in: viewport,
      over: photo, overlay, cache: &cache)
  }

  /// Numbers in the colours of their scale, as they were drawn last if nothing of it has changed.
  ///
  /// - Parameters:
  ///   - scale: The numbers that the scale is fitted to; nil for their own.
  ///   - photo: The colours that they lie over; empty for none.
  func coloured(
    _ numbers: DrawnNumbers, _ span: MapShading.Span, on scale: SharedNumbers?,
    in viewport: Viewport, over photo: [RGB] = [], _ overlay: Overlay = .alone,
    cache: inout RenderCache
  ) -> DrawnMap {
    let appearance = choices.view.appearance
    let photoKey =
      photo.isEmpty
      ? nil
      : RenderCache.PhotoKey(input: choices.input, frame: choices.view.frame, viewport: viewport)
    let key = RenderCache.ColoursKey(
      numbers: numbers.key, photo: photoKey, appearance: appearance, overlay: overlay,
      scale: scale?.sources ?? [])
    let coloured = cache.coloured(key) {
      let shading = MapShading(span, of: scale?.numbers ?? numbers.values, appearance)
      let colours = shading.colours(of: numbers.values, over: photo, overlay)
      return RenderCache.Coloured(colours: colours.map(Colour.init), shading: shading)
    }
    return DrawnMap(
      viewport: viewport, numbers: numbers.values, colours: coloured.colours,
      shading: coloured.shading.transfer, scale: coloured.shading)
  }

  /// How the large pane's numbers became shades; nil while it shows none.
  func shownShading(cache: inout RenderCache) -> FittedTransfer? {
    if shownText != nil { return textShading }
    if isReconstructionShown || isExplanationShown { return nil }
    return switch mapView {
    case .shares: nil
    case .grid: gridTiles.flatMap { thumbnails($0, cache: &cache)?.shading }
    case .matrix: mainArea.flatMap { drawnMatrix(in: $0, cache: &cache)?.shading }
    case .one, .sideBySide, .row:
      mapViewport.flatMap { drawnMap($0, overlay: choices.view.overlay, cache: &cache)?.shading }
    }
  }

  /// Whether a square of the screen shows the average of several of a map's numbers.
  var drawsAverages: Bool {
    guard let area = mainArea, stageID?.kind.mapGround != nil, shownText == nil else {
      return false
    }
    switch mapView {
    case .shares: return false
    case .grid:
      guard let tiles = gridTiles else { return false }
      return keyGrid.columns > tiles.mapWidth || keyGrid.rows > 2 * tiles.mapHeight
    case .matrix:
      return (shownMatrix?.latentsPerEntry ?? 1) > 1
        || MatrixPane.viewport(self, in: area)?.averages ?? false
    case .one, .sideBySide, .row: return mapViewport?.averages ?? false
    }
  }

  /// The shown map with what draws it, at its own size; nil while it is not computed.
  func mapDrawing(_ overlay: Overlay) -> MapDrawing? {
    if isExplanationShown { return explanationDrawing(overlay) }
    guard let shown = shownMap, shown.isWanted else { return nil }
    let grid = keyGrid
    var alone = self
    alone.pinned = nil
    return MapDrawing(
      Tensor(shape: [grid.rows, grid.columns], values: frameValues(shown.map)), photo: shownPhoto,
      appearance: choices.view.appearance, scaledAs: lockedNumbers(.attention(shown.request.value)),
      overlay: overlay, caption: ["\(choices.input.name): \(MapTitle.text(alone, width: 200))"])
  }
}

// MARK: - Many maps

/// The small maps of a page that are there, shaded on one scale.
struct Thumbnails: Sendable {
  /// The numbers of a latent's map, row by row, where they are there.
  let numbers: [Int: [Float]]
  /// Their colours.
  let colours: [Int: [Colour]]
  /// One shading for all, so that tiles can be compared.
  let shading: FittedTransfer

  /// How many numbers there are.
  var count: Int { numbers.values.reduce(0) { $0 + $1.count } }
}

extension ExplorerState {
  /// The numbers of a page of tiles by latent, as far as they are there; nil while none is.
  func thumbnailNumbers(
    _ tiles: TileLayout
  ) -> (numbers: [Int: [Float]], keys: [RenderCache.NumbersKey])? {
    var numbers: [Int: [Float]] = [:]
    var keys: [RenderCache.NumbersKey] = []
    for request in wantedThumbnails(tiles) {
      guard case .thumbnails(let map)? = open.answers[request],
        case .thumbnails(_, let latents, _, _, _, _) = request.subject
      else { continue }
      for (index, latent) in latents.enumerated() { numbers[latent] = map.values.row(index).values }
      keys.append(numbersKey(request, in: nil))
    }
    return numbers.isEmpty ? nil : (numbers, keys)
  }

  /// The small maps of a page of tiles; nil while none is there.
  func thumbnails(_ tiles: TileLayout, cache: inout RenderCache) -> Thumbnails? {
    let keys = wantedThumbnails(tiles).filter { open.answers[$0] != nil }.map {
      numbersKey($0, in: nil)
    }
    guard !keys.isEmpty else { return nil }
    let scale = scale(of: .attention(choices.selection.value))
    let appearance = choices.view.appearance
    let key = RenderCache.ThumbnailsKey(
      maps: keys, appearance: appearance, scale: scale?.sources ?? [])
    return cache.thumbnails(key) {
      let numbers = thumbnailNumbers(tiles)?.numbers ?? [:]
      let all = scale?.numbers ?? tiles.latents.flatMap { numbers[$0] ?? [] }
      let shading = FittedTransfer(appearance.transfer, to: all)
      return Thumbnails(
        numbers: numbers,
        colours: numbers.mapValues {
          appearance.colours.colours(of: $0, by: shading).map(Colour.init)
        }, shading: shading)
    }
  }

  /// The latent matrix, while it is shown and there.
  var shownMatrix: (map: MeasuredMap, latentsPerEntry: Int)? {
    guard let request = wantedMatrix, case .matrix(let map, let size)? = open.answers[request]
    else {
      return nil
    }
    return (map, size)
  }

  /// The latent matrix's numbers at the size at which an area shows it.
  func matrixNumbers(in area: Rect, cache: inout RenderCache) -> DrawnNumbers? {
    guard let request = wantedMatrix, let matrix = shownMatrix,
      let viewport = MatrixPane.viewport(self, in: area)
    else { return nil }
    let key = numbersKey(request, in: viewport)
    let numbers = cache.numbers(key) {
      matrix.map.values.resampled(
        rows: viewport.resolution.height, columns: viewport.resolution.width,
        region: viewport.region
      ).values
    }
    return DrawnNumbers(values: numbers, key: key)
  }

  /// The latent matrix at the size at which an area shows it.
  func drawnMatrix(in area: Rect, cache: inout RenderCache) -> DrawnMap? {
    guard let numbers = matrixNumbers(in: area, cache: &cache),
      let viewport = MatrixPane.viewport(self, in: area)
    else { return nil }
    return coloured(
      numbers, .leastToLargest, on: scale(of: .attention(choices.selection.value)), in: viewport,
      cache: &cache)
  }
}
