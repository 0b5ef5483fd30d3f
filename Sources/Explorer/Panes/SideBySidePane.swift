// The photo, and the map over it beside it or below it, whichever makes them larger.

import Pictures
import Screens

package enum SideBySidePane: MainPane {
  package static let topic = "side by side"

  package static func isShown(_ state: ExplorerState) -> Bool { state.mapView == .sideBySide }

  /// The photo's half and the map's.
  static func halves(_ state: ExplorerState, of area: Rect) -> (photo: Rect, map: Rect) {
    let shape = state.paneShape ?? PictureShape(columns: 1, rows: 1)
    let parts = shape.halves(of: area)
    return (parts.first, parts.second)
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    let halves = halves(state, of: area)
    if state.keyGrid.frames == 1, state.choices.input.frames.count == 2, state.shownPhoto != nil {
      // A map over tokens of two frames lies over both.
      for (frame, half) in [halves.photo, halves.map].enumerated() {
        var one = state
        one.choices.view.frame = frame
        MapPane.draw(
          one, overlay: state.choices.view.overlay, in: half, on: &screen, cache: &cache)
      }
      return
    }
    MapPane.drawPhoto(state, state.viewport(in: halves.photo), on: &screen, cache: &cache)
    // A photo beside a photo would say nothing.
    let overlay = state.choices.view.overlay == .off ? Overlay.alone : state.choices.view.overlay
    MapPane.draw(state, overlay: overlay, in: halves.map, on: &screen, cache: &cache)
  }
}
