// Latents by latents, for self-attention: a row for each latent that reads, a column for each read.

import Perceiver
import Screens

package enum MatrixPane: MainPane {
  package static let topic = "matrix"

  package static func isShown(_ state: ExplorerState) -> Bool { state.mapView == .matrix }

  /// The matrix inside an area: a line of words above it, a column of marks to its left.
  static func viewport(_ state: ExplorerState, in area: Rect) -> Viewport? {
    guard let matrix = state.shownMatrix, area.width >= 3, area.height >= 3 else { return nil }
    let shape = matrix.map.values.shape
    return Viewport(
      pictureWidth: shape[1], pictureHeight: shape[0], zoom: 1, centre: ViewCentre(),
      area: area.inset(left: 1, top: 1, right: 0, bottom: 0), canvas: state.terminal.canvas)
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    let symbols = state.terminal.symbols
    guard let matrix = state.shownMatrix, let drawn = state.drawnMatrix(in: area, cache: &cache)
    else {
      if state.shownMatrix == nil {
        PaneText.note(MapPane.absence(state), state, in: area, on: &screen)
      }
      return
    }
    let viewport = drawn.viewport
    screen.write(
      caption(state, matrix.latentsPerEntry), in: area.row(0), style: state.preferences.theme.label,
      symbols: symbols)
    drawn.draw(state.terminal, on: &screen, cache: &cache)
    drawMarks(state, viewport, matrix.latentsPerEntry, on: &screen)
    if let remark = matrix.map.statistics.remark {
      PaneText.note(remark, state, in: area, on: &screen)
    }
  }

  private static func caption(_ state: ExplorerState, _ latentsPerEntry: Int) -> String {
    let mean = latentsPerEntry > 1 ? ", \(latentsPerEntry) latents averaged in each" : ""
    return state.stageID?.kind.mapGround == .outputs
      ? "rows: latents, columns: outputs" + mean
      : "each row: what one latent reads of all latents" + mean
  }

  private static func drawMarks(
    _ state: ExplorerState, _ viewport: Viewport, _ latentsPerEntry: Int, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let style = state.preferences.theme.cursor
    if state.choices.selection.latents == .one,
      let cell = viewport.cell(x: 0, y: state.choices.selection.latent / latentsPerEntry)
    {
      screen.put(symbols.pointRight, x: viewport.cells.x - 1, y: cell.y, style: style)
      if let key = state.probe,
        let at = viewport.cell(
          x: key / latentsPerEntry, y: state.choices.selection.latent / latentsPerEntry)
      {
        screen.put(symbols.crosshair, x: at.x, y: at.y, style: style)
      }
    }
  }
}
