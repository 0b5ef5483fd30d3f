// Hidden pixels hatched on the picture, and the rectangle that is being marked.

import Perceiver
import Screens

enum MarksDrawing {
  /// Hatches the cells of a viewport whose pixels are hidden.
  static func draw(_ state: ExplorerState, _ viewport: Viewport, on screen: inout Screen) {
    let marks = state.choices.changes.hidden
    let rectangle = state.markedRectangle
    guard marks != nil || rectangle != nil, !state.mapLiesOverLatents || state.isExplanationShown,
      marks?.axes ?? state.choices.tokenAxes == state.choices.tokenAxes
    else { return }
    let grid = KeyGrid(shape: state.choices.tokenAxes)
    let frame = grid.frames == 1 ? 0 : state.shownFrame
    let cells = viewport.cells
    for y in cells.y..<cells.endY {
      for x in cells.x..<cells.endX {
        guard let pixel = viewport.pixel(at: Point(x: x, y: y)) else { continue }
        if rectangle?.contains(row: pixel.y, column: pixel.x) == true {
          hatch(x, y, state.preferences.theme.cursor, state, on: &screen)
        } else if marks?.hidden[grid.key(column: pixel.x, row: pixel.y, frame: frame)] == true {
          let ground = screen[x, y].style.background
          hatch(
            x, y, Style(foreground: ground?.contrasting, background: ground), state, on: &screen)
        }
      }
    }
  }

  private static func hatch(
    _ x: Int, _ y: Int, _ style: Style, _ state: ExplorerState, on screen: inout Screen
  ) {
    screen.put(state.terminal.symbols.hatch, x: x, y: y, style: style)
  }
}
