// Hidden pixels hatched on the picture, the rectangle that is being marked, and the edge of the object
// that was kept.

import Perceiver
import Screens

enum MarksDrawing {
  /// Hatches the cells of a viewport whose pixels are hidden, and marks those at the object's edge.
  static func draw(_ state: ExplorerState, _ viewport: Viewport, on screen: inout Screen) {
    let marks = state.choices.changes.hidden
    let object = state.choices.object
    let rectangle = state.markedRectangle
    guard marks != nil || rectangle != nil || object != nil,
      !state.mapLiesOverLatents || state.isExplanationShown,
      [marks, object].allSatisfy({ $0.map { $0.axes == state.choices.tokenAxes } ?? true })
    else { return }
    let grid = KeyGrid(shape: state.choices.tokenAxes)
    let frame = grid.frames == 1 ? 0 : state.shownFrame
    let cells = viewport.cells
    let edge = state.terminal.symbols.crosshair
    func isObject(_ x: Int, _ y: Int) -> Bool {
      guard let object, let pixel = viewport.pixel(at: Point(x: x, y: y)) else { return false }
      return object.hidden[grid.key(column: pixel.x, row: pixel.y, frame: frame)]
    }
    for y in cells.y..<cells.endY {
      for x in cells.x..<cells.endX {
        guard let pixel = viewport.pixel(at: Point(x: x, y: y)) else { continue }
        if rectangle?.contains(row: pixel.y, column: pixel.x) == true {
          hatch(x, y, state.preferences.theme.cursor, state, on: &screen)
        } else if marks?.hidden[grid.key(column: pixel.x, row: pixel.y, frame: frame)] == true {
          let ground = screen[x, y].style.background
          hatch(
            x, y, Style(foreground: ground?.contrasting, background: ground), state, on: &screen)
        } else if isObject(x, y),
          ![(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].allSatisfy({ isObject($0.0, $0.1) })
        {
          let ground = screen[x, y].style.background
          screen.put(
            edge, x: x, y: y,
            style: Style(foreground: ground?.contrasting, background: ground))
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
