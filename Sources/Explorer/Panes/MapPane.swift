// One map over the photo, in half blocks or in glyphs, with the pixel cursor.

import Pictures
import Screens

package enum MapPane: MainPane {
  package static let topic = "map"

  package static func isShown(_ state: ExplorerState) -> Bool { true }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    draw(state, overlay: state.choices.view.overlay, in: area, on: &screen, cache: &cache)
  }

  package static func draw(
    _ state: ExplorerState, overlay: Overlay, in area: Rect, on screen: inout Screen,
    cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    let viewport = state.viewport(in: area)
    guard let drawn = state.drawnMap(viewport, overlay: overlay, cache: &cache) else {
      drawPhoto(state, viewport, on: &screen, cache: &cache)
      PaneText.note(Self.absence(state), state, in: area, on: &screen)
      return
    }
    if state.terminal.depth.showsPictures || overlay == .off {
      state.terminal.canvas.draw(
        drawn.colours, width: viewport.resolution.width, in: viewport.cells, on: &screen,
        dithering: &cache.dithering)
    } else if state.marksPhoto(overlay) {
      let photo = state.photoColours(viewport, cache: &cache)
      state.terminal.canvas.draw(
        photo.map(Colour.init), width: viewport.resolution.width, in: viewport.cells, on: &screen)
      ShadeMarks.apply(
        drawn.numbers, columns: viewport.resolution.width, shading: drawn.shading,
        in: viewport.cells, on: &screen)
    } else {
      ShadeGlyphs.draw(
        drawn.numbers, columns: viewport.resolution.width, shading: drawn.shading,
        in: viewport.cells, symbols: state.terminal.symbols, on: &screen)
    }
    MarksDrawing.draw(state, viewport, on: &screen)
    drawCursor(state, viewport, on: &screen)
    if overlay != .off, let remark = state.shownMap?.map.statistics.remark {
      PaneText.note(remark, state, in: area, on: &screen)
    }
  }

  static func drawPhoto(
    _ state: ExplorerState, _ viewport: Viewport, on screen: inout Screen,
    cache: inout RenderCache
  ) {
    let photo = state.photoColours(viewport, cache: &cache)
    state.terminal.canvas.draw(
      photo.map(Colour.init), width: viewport.resolution.width, in: viewport.cells, on: &screen,
      dithering: &cache.dithering)
    MarksDrawing.draw(state, viewport, on: &screen)
    drawCursor(state, viewport, on: &screen)
  }

  /// What is said while there is no map.
  static func absence(_ state: ExplorerState) -> String {
    let ellipsis = state.terminal.symbols.ellipsis
    if state.isBuilding { return "\(state.spinner) building model\(ellipsis)" }
    if state.isComputingStage {
      return "\(state.spinner) computing \(state.stageID?.name ?? "stage")\(ellipsis)"
    }
    if state.run == nil { return "no model; change its hyperparameters and apply" }
    if let stage = state.stage, stage.attention == nil {
      return "\(stage.id.name) is a perceptron: no attention"
    }
    if state.stage == nil { return "\(state.stageID?.name ?? "this stage") is not computed" }
    return "\(state.spinner) computing the map\(ellipsis)"
  }

  /// Draws the pixel cursor, where it is out.
  static func drawCursor(
    _ state: ExplorerState, _ viewport: Viewport, on screen: inout Screen
  ) {
    guard state.isProbing, !state.isProbingLatents else { return }
    let at = state.shownGrid.coordinate(of: state.probedKey)
    guard at.frame == state.shownFrame, let cell = viewport.cell(x: at.column, y: at.row) else {
      return
    }
    let frame = state.terminal.symbols.frame
    let cells = viewport.cells
    let style = state.preferences.theme.cursor
    for (dx, dy, glyph) in [
      (-1, 0, frame.horizontal), (1, 0, frame.horizontal), (0, -1, frame.vertical),
      (0, 1, frame.vertical),
    ] {
      screen.put(glyph, x: cell.x + dx, y: cell.y + dy, style: style, within: cells)
    }
    screen.put(
      state.terminal.symbols.crosshair, x: cell.x, y: cell.y, style: style, within: cells)
  }
}

/// Shades as attributes of the photo's characters, where there are no colours to lay over it.
enum ShadeMarks {
  /// Marks cells by the mean shade of their two numbers.
  static func apply(
    _ numbers: [Float], columns: Int, shading: FittedTransfer, in area: Rect,
    on screen: inout Screen
  ) {
    for row in 0..<area.height {
      for column in 0..<min(columns, area.width) {
        let shades = [2 * row * columns + column, (2 * row + 1) * columns + column].compactMap {
          numbers.indices.contains($0) ? shading.shade(of: numbers[$0]) : nil
        }
        guard !shades.isEmpty else { continue }
        let style = style(of: shades.reduce(0, +) / Float(shades.count))
        screen.restyle(Rect(x: area.x + column, y: area.y + row, width: 1, height: 1)) {
          $0.attributes.formUnion(style.attributes)
        }
      }
    }
  }

  /// How a shade from 0 to 1 is marked: not at all, underlined, bold, reversed.
  static func style(of shade: Float) -> Style {
    switch shade {
    case ..<0.25: .plain
    case ..<0.5: Style(attributes: .underline)
    case ..<0.75: .bold
    default: .reverse
    }
  }
}

/// Shades as glyphs, where there are no colours to show them with.
enum ShadeGlyphs {
  /// Draws numbers, two rows of them in each cell, by how much ink their mean shade has.
  static func draw(
    _ numbers: [Float], columns: Int, shading: FittedTransfer, in area: Rect, symbols: Symbols,
    on screen: inout Screen
  ) {
    guard columns > 0 else { return }
    for row in 0..<area.height {
      for column in 0..<min(columns, area.width) {
        let upper = 2 * row * columns + column
        let lower = upper + columns
        guard numbers.indices.contains(upper) else { continue }
        let pair = [upper, lower].compactMap {
          numbers.indices.contains($0) ? shading.shade(of: numbers[$0]) : nil
        }
        screen.put(
          glyph(pair, symbols), x: area.x + column, y: area.y + row, within: area)
      }
    }
  }

  /// The glyph of the mean of some shades; `?` where there is none.
  static func glyph(_ shades: [Float], _ symbols: Symbols) -> Character {
    guard !shades.isEmpty else { return "?" }
    return symbols.luminance(of: shades.reduce(0, +) / Float(shades.count))
  }
}

/// Words inside panes.
enum PaneText {
  /// A sentence on the last line of an area, set apart from what it lies on.
  static func note(_ text: String, _ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    guard !text.isEmpty else { return }
    let line = area.row(area.height - 1)
    let shown =
      " " + text.truncated(toWidth: line.width - 2, ellipsis: state.terminal.symbols.ellipsis) + " "
    screen.write(shown, in: line, .centre, style: .reverse, symbols: state.terminal.symbols)
  }

  /// Lines from the top of an area, as many as fit.
  static func lines(
    _ lines: [[StyledText]], in area: Rect, symbols: Symbols, on screen: inout Screen
  ) {
    for (index, pieces) in lines.prefix(area.height).enumerated() {
      let row = area.row(index)
      let width = pieces.reduce(0) { $0 + $1.text.displayWidth }
      screen.write(pieces, x: row.x, y: row.y, within: row)
      if width > row.width, let mark = symbols.ellipsis.last, row.width > 0 {
        screen.put(mark, x: row.endX - 1, y: row.y, within: row)
      }
    }
  }
}
