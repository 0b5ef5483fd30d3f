// The paper's Figure 3 on screen: the photo beside many latents' scores at the shown cross-attention.

import Perceiver
import Screens

package enum FigurePane: MainPane {
  package static func isShown(_ state: ExplorerState) -> Bool { state.isFigureShown }

  /// The photo's part and the maps'.
  static func parts(of area: Rect) -> (photo: Rect, maps: Rect) {
    let parts = area.split(
      .horizontally, into: [.fixed(area.width * 3 / 10), .fixed(1), .share(1)])
    return (parts[0], parts[2])
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty else { return }
    let (photo, maps) = parts(of: area)
    MapPane.drawPhoto(state, state.pictureViewport(in: photo), on: &screen, cache: &cache)
    guard let tiles = state.tiles(.grid, in: maps) else {
      PaneText.note(MapPane.absence(state), state, in: maps, on: &screen)
      return
    }
    Tiles.draw(state, tiles, in: maps, on: &screen, cache: &cache)
  }
}
