// Many latents' maps at once, on one scale: the grid of the large pane and the strip below it.

import Perceiver
import Pictures
import Screens

package enum GridPane: MainPane {
  package static func isShown(_ state: ExplorerState) -> Bool { state.mapView == .grid }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard let tiles = state.tiles(.grid, in: area) else {
      PaneText.note(MapPane.absence(state), state, in: area, on: &screen)
      return
    }
    Tiles.draw(state, tiles, in: area, on: &screen, cache: &cache)
  }
}

package enum LatentsPane: Pane {
  static func title(_ state: ExplorerState) -> String {
    guard let tiles = state.stripTiles else { return "latents" }
    return
      "\(state.mapOwner)s \(tiles.latents.lowerBound + 1) to \(tiles.latents.upperBound) of \(state.latentCount)"
  }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard let tiles = state.tiles(.strip, in: area) else {
      if state.reasonAgainstMaps != nil {
        PaneText.note("no attention, no maps", state, in: area, on: &screen)
      }
      return
    }
    Tiles.draw(state, tiles, in: area, on: &screen, cache: &cache)
  }
}

/// Small maps with their numbers.
enum Tiles {
  package static func draw(
    _ state: ExplorerState, _ tiles: TileLayout, in area: Rect, on screen: inout Screen,
    cache: inout RenderCache
  ) {
    let thumbnails = state.thumbnails(tiles, cache: &cache)
    for latent in tiles.latents {
      let map = tiles.map(of: latent)
      if let thumbnails, let numbers = thumbnails.numbers[latent] {
        draw(
          state, numbers, thumbnails.colours[latent] ?? [], thumbnails.shading, in: map, on: &screen
        )
      } else {
        screen.put(
          state.spinner, x: map.x + map.width / 2, y: map.y + map.height / 2, within: area)
      }
      drawLabel(state, latent, in: tiles.label(of: latent), on: &screen)
    }
  }

  private static func draw(
    _ state: ExplorerState, _ numbers: [Float], _ colours: [Colour], _ shading: FittedTransfer,
    in area: Rect, on screen: inout Screen
  ) {
    guard area.width > 0, !numbers.isEmpty else { return }
    // A map of one axis is one row, whose cells show the same above and below.
    let isLine = state.keyGrid.rows == 1
    if state.terminal.depth.showsPictures {
      state.terminal.canvas.draw(
        isLine ? colours + colours : colours, width: area.width, in: area, on: &screen)
    } else {
      ShadeGlyphs.draw(
        isLine ? numbers + numbers : numbers, columns: area.width, shading: shading, in: area,
        symbols: state.terminal.symbols,
        on: &screen)
    }
  }

  private static func drawLabel(
    _ state: ExplorerState, _ latent: Int, in line: Rect, on screen: inout Screen
  ) {
    let isChosen =
      latent == state.choices.selection.latent && state.choices.selection.latents == .one
    let theme = state.preferences.theme
    let text = isChosen ? "[\(latent + 1)]" : "\(latent + 1)"
    if isChosen { screen.fill(line, style: theme.chosen) }
    screen.write(
      text, in: line, .centre, style: isChosen ? theme.chosen : theme.label,
      symbols: state.terminal.symbols)
  }
}
