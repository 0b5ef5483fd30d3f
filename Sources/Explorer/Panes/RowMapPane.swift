// The map of a table's chosen line, beside the table where a wide screen has room for it: what the line
// is of is seen while one goes through the list.

import Perceiver
import Pictures
import Screens
import Tensors

/// What a line of a table is of, as far as a map shows it.
struct RowMap: Sendable, Hashable {
  /// The stage's index in the run.
  let stage: Int
  /// The head, from 0; nil for the mean over heads.
  var head: Int?
  /// The latent, from 0; nil for the mean over latents.
  var latent: Int?
}

enum RowMapPane {
  /// Draws the chosen line's map beside a table, where there is room.
  ///
  /// - Returns: The area that is left to the table.
  static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) -> Rect {
    let parts = state.tableParts(of: area)
    guard let map = parts.map else { return parts.table }
    let (theme, symbols) = (state.preferences.theme, state.terminal.symbols)
    for y in area.y..<area.endY {
      screen.put(
        symbols.frame.vertical, x: parts.table.endX, y: y, style: theme.frame, within: area)
    }
    guard let row = state.rowMap, let request = state.wantedRowMap else {
      let words =
        state.run?.isComplete == false ? MapPane.absence(state) : "this line has no map of its own"
      screen.write(words, in: map.row(0), style: theme.label, symbols: symbols)
      return parts.table
    }
    screen.write(title(row, state), in: map.row(0), style: theme.label, symbols: symbols)
    guard let drawn = state.drawnRowMap(request, in: map.inset(top: 2), cache: &cache) else {
      screen.write(
        "\(state.spinner) computing the map\(symbols.ellipsis)", in: map.row(1), symbols: symbols)
      return parts.table
    }
    let scale = drawn.shading
    if let least = scale.least, let largest = scale.largest {
      // No map is without its scale.
      screen.write(
        "\(Figures.number(least)) to \(Figures.number(largest)), "
          + state.choices.view.transfer.rawValue, in: map.row(1), style: theme.label,
        symbols: symbols)
    }
    drawn.draw(state.terminal, on: &screen, cache: &cache)
    return parts.table
  }

  /// Which map it is.
  private static func title(_ row: RowMap, _ state: ExplorerState) -> String {
    let id = state.stageIDs[row.stage]
    let head = row.head.map { "head \($0 + 1)" } ?? (id.heads > 1 ? "mean of heads" : nil)
    let latent =
      id.kind.mapGround == .latents
      ? "latents \(state.terminal.symbols.times) latents"
      : row.latent.map { "latent \($0 + 1)" } ?? "mean of latents"
    return [id.name, head, latent, state.choices.selection.value.rawValue].compactMap(\.self)
      .joined(separator: " \(state.terminal.symbols.separator) ")
  }
}

extension ExplorerState {
  /// The least room at which a map stands beside a table: a screen's columns for both, and the map's.
  private static let leastBeside = (pane: 100, map: 40, height: 10)

  /// An area with a table divided between the table and its chosen line's map; no map where the table
  /// would lose columns to it.
  func tableParts(of area: Rect) -> (table: Rect, map: Rect?) {
    guard let width = widthOfTable, area.width >= Self.leastBeside.pane,
      area.height >= Self.leastBeside.height, area.width - width - 2 >= Self.leastBeside.map
    else { return (area, nil) }
    let (table, rest) = area.split(.horizontally, at: width)
    return (table, rest.inset(left: 2))
  }

  /// Columns of all that the shown table has; nil where there is none, or where it has maps of its own.
  private var widthOfTable: Int? {
    if isHeadTableShown { return areHeadTilesShown ? nil : HeadsPane.usualWidth(self) }
    if isNumberTableShown { return wholeNumberTableWidth }
    return areReadersShown ? PixelReadersPane.wholeWidth : nil
  }

  /// The map of the chosen line; nil where that is of no stage, head or latent that has one.
  var rowMap: RowMap? {
    let row: RowMap?
    if isHeadTableShown {
      row = chosenRow.map { RowMap(stage: $0.stage, head: $0.head) }
    } else if let line = chosenNumberRow {
      // Latents have no stage: they are seen where the input is read last.
      let stage = line.latent == nil ? nil : stageIDs.last { $0.kind == .crossAttention }?.index
      row = (line.stage ?? stage).map { RowMap(stage: $0, head: line.head, latent: line.latent) }
    } else if let readers = shownReaders, readers.indices.contains(readerIndex) {
      let reader = readers[readerIndex]
      row = RowMap(stage: reader.stage, head: reader.head, latent: reader.latent)
    } else {
      row = nil
    }
    guard let row, stageIDs.indices.contains(row.stage),
      [.tokens, .latents].contains(stageIDs[row.stage].kind.mapGround)
    else { return nil }
    return row
  }

  /// The question for it, where it is seen.
  var wantedRowMap: MapRequest? {
    guard let area = mainArea, tableParts(of: area).map != nil, let row = rowMap,
      let run, row.stage < run.stages.count
    else { return nil }
    let id = stageIDs[row.stage]
    let heads: HeadSelection = row.head.map { .one($0) } ?? (id.heads > 1 ? .mean : .one(0))
    guard id.kind.mapGround == .tokens else {
      return open.request(at: id, .matrix(heads, longest: 256))
    }
    return open.request(
      at: id, .map(heads, row.latent.map { .one($0) } ?? .mean, of: open.inputModality))
  }

  /// The map at the size at which an area shows all of it; nil until it is computed.
  fileprivate func drawnRowMap(
    _ request: MapRequest, in area: Rect, cache: inout RenderCache
  ) -> DrawnMap? {
    let (values, axes): (Tensor, [Int])
    switch open.answers[request] {
    case .map(let map)?: (values, axes) = (map.values, open.inputModality?.axes ?? open.tokenAxes)
    case .matrix(let map, _)?: (values, axes) = (map.values, map.values.shape)
    default: return nil
    }
    let grid = KeyGrid(shape: axes)
    guard values.count == grid.frames * grid.frameCount, !area.isEmpty else { return nil }
    let isLine = grid.rows == 1
    // What has one axis is a band.
    let band = Rect(x: area.x, y: area.y, width: area.width, height: min(3, area.height))
    let viewport =
      isLine
      ? Viewport(line: band.width, in: band)
      : Viewport(
        pictureWidth: grid.columns, pictureHeight: grid.rows, zoom: 1, centre: ViewCentre(),
        area: area, canvas: terminal.canvas)
    guard !viewport.cells.isEmpty else { return nil }
    let frame = min(choices.view.frame, max(0, grid.frames - 1))
    let key = numbersKey(request, frame: frame, in: viewport)
    let numbers = cache.numbers(key) {
      let whole = values.reshaped([grid.frames, grid.rows, grid.columns])
      return isLine
        ? whole.resampled(rows: 2 * band.height, columns: band.width, frame: frame).values
        : whole.resampled(
          rows: viewport.resolution.height, columns: viewport.resolution.width, frame: frame,
          region: viewport.region
        ).values
    }
    let isOverPhoto = !isLine && axes == choices.input.axes && choices.input.hasPictures
    let overlay = choices.view.overlay == .off ? .half : choices.view.overlay
    let photo =
      isOverPhoto && overlay != .alone ? inputColours(viewport, cache: &cache) : []
    return coloured(
      DrawnNumbers(values: numbers, key: key), .leastToLargest, on: nil, in: viewport,
      over: photo, overlay, cache: &cache)
  }
}
