// All heads of all stages as small maps: the whole model at a glance. The same heads as numbers are in
// HeadsPane.swift.

import Perceiver
import Pictures
import Screens
import Tensors

package enum HeadTilesPane: MainPane {
  package static let topic = "maps of heads"

  package static func isShown(_ state: ExplorerState) -> Bool { state.areHeadTilesShown }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    let (theme, symbols) = (state.preferences.theme, state.terminal.symbols)
    guard let tiles = state.headTiles(in: area) else {
      return PaneText.note("too small for maps of heads", state, in: area, on: &screen)
    }
    for (line, id) in tiles.stages.enumerated() {
      screen.write(
        id.name, in: tiles.name(of: line),
        style: id.index == state.headTable.chosen.stage ? .bold : theme.label, symbols: symbols)
    }
    let maps = state.headMaps(tiles)
    for row in tiles.rows {
      guard let cells = tiles.map(of: row), let label = tiles.label(of: row) else { continue }
      if let map = maps[row] {
        draw(
          state, state.coloured(map, of: maps, in: cells, cache: &cache), on: &screen, cache: &cache
        )
      } else {
        screen.put(
          state.spinner, x: cells.x + cells.width / 2, y: cells.y + cells.height / 2, within: area)
      }
      drawLabel(state, row, in: label, on: &screen)
    }
    if tiles.hiddenCount > 0 {
      screen.write(
        "+\(tiles.hiddenCount) more", in: area.row(area.height - 1), style: theme.label,
        symbols: symbols)
    }
  }

  private static func draw(
    _ state: ExplorerState, _ drawn: DrawnMap, on screen: inout Screen, cache: inout RenderCache
  ) {
    let cells = drawn.viewport.cells
    if state.terminal.depth.showsPictures {
      state.terminal.canvas.draw(
        drawn.colours, width: cells.width, in: cells, on: &screen, dithering: &cache.dithering)
    } else {
      ShadeGlyphs.draw(
        drawn.numbers, columns: cells.width, shading: drawn.shading, in: cells,
        symbols: state.terminal.symbols, on: &screen)
    }
  }

  private static func drawLabel(
    _ state: ExplorerState, _ row: HeadTable.Row, in line: Rect, on screen: inout Screen
  ) {
    let theme = state.preferences.theme
    let isChosen = row == state.headTable.chosen
    let off = state.choices.changes.off
    let isOff = off.contains(.stage(row.stage)) || off.contains(.head(row.head, stage: row.stage))
    let text = "\(row.head + 1)" + (isOff ? " off" : "")
    if isChosen { screen.fill(line, style: theme.chosen) }
    screen.write(
      isChosen ? "[\(text)]" : text, in: line, .centre,
      style: isChosen ? theme.chosen : theme.label,
      symbols: state.terminal.symbols)
  }

  /// The large pane's title.
  static func title(_ state: ExplorerState) -> String {
    let separator = " \(state.terminal.symbols.separator) "
    var parts = [
      "heads", "stages \(state.terminal.symbols.times) heads",
      state.choices.selection.value.rawValue,
    ]
    if let request = state.wantedHeads.first(where: { state.open.pending.contains($0) }) {
      parts.append("\(state.spinner) \(state.stageIDs[request.stage].name)")
    }
    return parts.joined(separator: separator)
  }

  /// What the maps are, and whose scale they have.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let scale =
      switch state.choices.view.scaleScope {
      case .map: "each on a scale of its own"
      case .shared: "one scale for all of a kind"
      case .locked: "on the locked scale"
      }
    let words =
      "\(scale); over the input means over latents, of self-attention latents \(state.terminal.symbols.times) latents"
    for (row, line) in words.wrapped(toWidth: area.width).prefix(area.height).enumerated() {
      screen.write(
        line, in: area.row(row), style: state.preferences.theme.label,
        symbols: state.terminal.symbols)
    }
  }
}

/// A head's map at the size at which it is drawn.
struct HeadMap: Sendable {
  let numbers: DrawnNumbers
  let ground: StageID.Kind.MapGround
}

extension ExplorerState {
  /// Whether the large pane shows all heads as small maps.
  var areHeadTilesShown: Bool { isHeadTableShown && headTable.form == .maps }

  /// Where the heads' maps stand; nil where they are not shown, or not one fits.
  var headTiles: HeadTileLayout? { mainArea.flatMap { headTiles(in: $0) } }

  func headTiles(in area: Rect) -> HeadTileLayout? {
    guard areHeadTilesShown else { return nil }
    return HeadTileLayout(
      area: area, stages: stageIDs.filter { $0.heads > 0 && $0.kind.mapGround != nil },
      grid: KeyGrid(shape: open.tokenAxes), chosen: headTable.chosen)
  }

  /// The questions for the maps that are seen, a stage each.
  func wantedHeadMaps(_ tiles: HeadTileLayout) -> [MapRequest] {
    tiles.stages.map { id in
      let size = tiles.size(of: id)
      return open.request(
        at: id,
        .headMaps(
          rows: 2 * size.height, columns: size.width, frame: choices.view.frame,
          of: id.kind.mapGround == .tokens ? open.inputModality : nil))
    }
  }

  /// The maps that are there.
  func headMaps(_ tiles: HeadTileLayout) -> [HeadTable.Row: HeadMap] {
    var maps: [HeadTable.Row: HeadMap] = [:]
    for request in wantedHeadMaps(tiles) {
      guard case .thumbnails(let found)? = open.answers[request],
        let ground = stageIDs[request.stage].kind.mapGround
      else { continue }
      for row in tiles.rows where row.stage == request.stage && row.head < found.values.shape[0] {
        guard let cells = tiles.map(of: row) else { continue }
        maps[row] = HeadMap(
          numbers: DrawnNumbers(
            values: found.values.row(row.head).values,
            key: numbersKey(request, in: Viewport(line: cells.width, in: cells))), ground: ground)
      }
    }
    return maps
  }

  /// A head's map in its colours: of its own scale, the locked one, or that of all of its kind.
  func coloured(
    _ map: HeadMap, of all: [HeadTable.Row: HeadMap], in cells: Rect, cache: inout RenderCache
  ) -> DrawnMap {
    let kind = NumberKind.attention(choices.selection.value)
    let alike = all.filter { $0.value.ground == map.ground }.sorted {
      ($0.key.stage, $0.key.head) < ($1.key.stage, $1.key.head)
    }.map(\.value.numbers)
    let scale =
      choices.view.scaleScope == .shared
      ? SharedNumbers(kind, alike.map(\.values), of: alike.map(\.key)) : scale(of: kind)
    return coloured(
      map.numbers, .leastToLargest, on: scale, in: Viewport(line: cells.width, in: cells),
      cache: &cache)
  }

  /// Goes between numbers of all heads and their maps.
  mutating func toggleHeadTiles() {
    headTable.form = headTable.form.next
    message = .information(
      areHeadTilesShown
        ? "a row for each stage, a column for each head; \(keyName("show-head")) opens one"
        : "numbers of all heads")
  }

  /// Moves among the heads' maps.
  mutating func moveInHeadTiles(stages: Int = 0, heads: Int = 0) {
    let all = stageIDs.filter { $0.heads > 0 && $0.kind.mapGround != nil }
    guard let index = all.firstIndex(where: { $0.index == headTable.chosen.stage }) else {
      if let first = headRows.first { headTable.chosen = first }
      return
    }
    let id = all[min(max(0, index + stages), all.count - 1)]
    headTable.chosen = HeadTable.Row(
      stage: id.index, head: min(max(0, headTable.chosen.head + heads), id.heads - 1))
  }
}
