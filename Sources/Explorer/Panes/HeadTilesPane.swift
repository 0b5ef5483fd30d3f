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
    let scales = state.headScales(of: tiles.rows.compactMap { maps[$0] })
    for row in tiles.rows {
      guard let cells = tiles.map(of: row), let label = tiles.label(of: row) else { continue }
      if let map = maps[row] {
        let drawn = state.coloured(
          map.numbers, .leastToLargest, on: scales[map.ground],
          in: Viewport(line: cells.width, in: cells), cache: &cache)
        Tiles.draw(
          state, drawn.numbers, drawn.colours, drawn.shading, isLine: false, in: cells, on: &screen,
          cache: &cache)
      } else {
        screen.put(
          state.spinner, x: cells.x + cells.width / 2, y: cells.y + cells.height / 2, within: area)
      }
      Tiles.drawLabel(
        state.headLabel(row), isChosen: row == state.headTable.chosen, state, in: label, on: &screen
      )
    }
    if tiles.hiddenCount > 0 {
      screen.write(
        "+\(tiles.hiddenCount) more", in: area.row(area.height - 1), style: theme.label,
        symbols: symbols)
    }
  }

  /// The large pane's title.
  static func title(_ state: ExplorerState) -> String {
    let separator = " \(state.terminal.symbols.separator) "
    var parts = [
      "heads", "stages \(state.terminal.symbols.times) heads",
      state.choices.selection.value.rawValue,
    ]
    if let run = state.shownMappedRun { parts.append(run.words) }
    if let request = state.wantedHeads.first(where: { state.open.pending.contains($0) }) {
      parts.append("\(state.spinner) \(state.stageIDs[request.stage].name)")
    }
    return parts.joined(separator: separator)
  }

  /// What the maps are, and whose scale they have.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let scale =
      switch state.headScaleScope {
      case .map: "each on a scale of its own"
      case .shared: "one scale for all of a kind"
      case .locked: "on the locked scale"
      }
    let words =
      "\(scale); over the input means over latents, of self-attention latents \(state.terminal.symbols.times) latents"
    LegendPane.drawWords(words, state, in: area, on: &screen)
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
      area: area, stages: headStages, grid: KeyGrid(shape: open.tokenAxes),
      chosen: headTable.chosen)
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
            key: numbersKey(
              request, in: Viewport(line: cells.width, in: cells), head: row.head)), ground: ground)
      }
    }
    return maps
  }

  /// The scales of heads' maps, by what these lie over: one for all maps that are seen of a kind, the
  /// locked one, or none where each has its own.
  func headScales(of maps: [HeadMap]) -> [StageID.Kind.MapGround: SharedNumbers] {
    let kind = NumberKind.attention(choices.selection.value)
    return Dictionary(grouping: maps, by: \.ground).compactMapValues { alike in
      switch headScaleScope {
      case .map: nil
      case .shared: SharedNumbers(kind, alike.map(\.numbers.values), of: alike.map(\.numbers.key))
      case .locked: scale(of: kind)
      }
    }
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
    let all = headStages
    guard let index = all.firstIndex(where: { $0.index == headTable.chosen.stage }) else {
      if let first = headRows.first { headTable.chosen = first }
      return
    }
    let id = all[min(max(0, index + stages), all.count - 1)]
    headTable.chosen = HeadTable.Row(
      stage: id.index, head: min(max(0, headTable.chosen.head + heads), id.heads - 1))
  }
}
