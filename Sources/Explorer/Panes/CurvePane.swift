// A map over one axis, of audio or of latents: columns as high as the value, and a strip of shades.

import Perceiver
import Screens

package enum CurvePane: MainPane {
  package static let topic = "curve"

  package static func isShown(_ state: ExplorerState) -> Bool { state.keyGrid.rows == 1 }

  /// The part of an area that columns and strip take; words stand above them.
  static func chart(in area: Rect) -> Rect {
    area.height >= 4 ? area.inset(left: 0, top: 2, right: 0, bottom: 0) : area
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    let viewport = state.viewport(in: area)
    let symbols = state.terminal.symbols
    if area.height >= 4 {
      screen.write(
        caption(state), in: area.row(0), style: state.preferences.theme.label, symbols: symbols)
    }
    guard let drawn = state.drawnMap(viewport, overlay: .alone, cache: &cache) else {
      PaneText.note(MapPane.absence(state), state, in: area, on: &screen)
      return
    }
    draw(drawn, state, on: &screen)
    if let remark = state.shownMap?.map.statistics.remark {
      PaneText.note(remark, state, in: area, on: &screen)
    }
  }

  /// Draws a map over a line: columns, or the sound that it lies over, above a strip of its colours.
  /// Columns stand on the least number, or on zero where the scale lies around it.
  static func draw(_ drawn: DrawnMap, _ state: ExplorerState, on screen: inout Screen) {
    let symbols = state.terminal.symbols
    let chart = drawn.viewport.cells
    let (columns, strip) = chart.split(.vertically, at: chart.height > 3 ? -2 : chart.height)
    if let samples = state.shownSamples {
      Waveform.draw(samples, drawn, state, in: columns, on: &screen)
    } else if drawn.scale.span == .aroundZero {
      Waveform.drawFromZero(drawn, state, in: columns, on: &screen)
    } else {
      let shades = drawn.numbers.map { Double(drawn.shading.shade(of: $0) ?? 0) }
      screen.drawColumns(shades, in: columns, style: state.preferences.theme.bar, symbols: symbols)
    }
    for y in strip.y..<strip.endY {
      for (index, colour) in drawn.colours.prefix(strip.width).enumerated() {
        if state.terminal.depth.showsPictures {
          screen.put(" ", x: strip.x + index, y: y, style: Style(background: colour))
        } else {
          let shade = drawn.shading.shade(of: drawn.numbers[index]).map { [$0] } ?? []
          screen.put(ShadeGlyphs.glyph(shade, symbols), x: strip.x + index, y: y)
        }
      }
    }
    MarksDrawing.draw(state, drawn.viewport, on: &screen)
    drawCursor(state, drawn.viewport, on: &screen)
  }

  private static func caption(_ state: ExplorerState) -> String {
    let count = state.keyGrid.columns
    if state.open.showsRow { return DecoderRow.caption(state) }
    if state.shownSamples != nil {
      return "the sound, coloured by attention, positions 1 to \(count)"
    }
    guard state.mapLiesOverLatents else {
      return "over positions 1 to \(count)"
    }
    return state.stageID?.kind.mapGround == .outputs
      ? "how much outputs 1 to \(count) read the latent"
      : "weights over latents 1 to \(count)"
  }

  private static func drawCursor(
    _ state: ExplorerState, _ viewport: Viewport, on screen: inout Screen
  ) {
    guard let key = state.probe, let cell = viewport.cell(x: key, y: 0) else { return }
    for y in viewport.cells.y..<viewport.cells.endY {
      let character = screen[cell.x, y].character
      screen.put(
        character == " " ? state.terminal.symbols.frame.vertical : character, x: cell.x, y: y,
        style: state.preferences.theme.cursor)
    }
  }
}
