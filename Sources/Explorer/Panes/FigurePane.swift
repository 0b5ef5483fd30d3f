// The paper's Figure 3 on screen: the photo beside many latents' scores at the shown cross-attention.

import Perceiver
import Screens

package enum FigurePane: MainPane {
  package static let topic = "figure 3"

  package static func isShown(_ state: ExplorerState) -> Bool { state.isFigureShown }

  /// The photo's part and the maps': beside each other or, of wide pictures, one above the other.
  static func parts(_ state: ExplorerState, of area: Rect) -> (photo: Rect, maps: Rect) {
    let grid = KeyGrid(shape: state.choices.input.axes)
    func parts(_ direction: Rect.SplitDirection) -> (photo: Rect, maps: Rect, filled: Int) {
      let isBeside = direction == .horizontally
      let room = area.split(
        direction, into: [.share(3), .fixed(1), .share(7)])[0]
      let cells = state.terminal.canvas.fitted(
        width: grid.columns, height: grid.rows, in: room)
      // The photo leaves to the maps what it does not fill.
      let parts = area.split(
        direction, into: [.fixed(isBeside ? cells.width : cells.height), .fixed(1), .share(1)])
      return (parts[0], parts[2], cells.width * cells.height)
    }
    let (beside, above) = (parts(.horizontally), parts(.vertically))
    let best = above.filled > beside.filled ? above : beside
    return (best.photo, best.maps)
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    let (photo, maps) = parts(state, of: area)
    MapPane.drawPhoto(state, state.pictureViewport(in: photo), on: &screen, cache: &cache)
    guard let tiles = state.tiles(.grid, in: maps) else {
      PaneText.note(MapPane.absence(state), state, in: maps, on: &screen)
      return
    }
    Tiles.draw(state, tiles, in: maps, on: &screen, cache: &cache)
    Tiles.drawRemark(tiles, state, on: &screen)
  }
}
