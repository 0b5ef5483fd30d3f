// The photo on the left, the map over it on the right.

import Pictures
import Screens

package enum SideBySidePane: MainPane {
  package static func isShown(_ state: ExplorerState) -> Bool { state.mapView == .sideBySide }

  /// The photo's half and the map's.
  static func halves(of area: Rect) -> (photo: Rect, map: Rect) {
    let parts = area.split(.horizontally, into: [.share(1), .fixed(1), .share(1)])
    return (parts[0], parts[2])
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    let halves = halves(of: area)
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
