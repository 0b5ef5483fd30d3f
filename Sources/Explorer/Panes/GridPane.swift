// Many latents' maps at once, on one scale: the grid of the large pane and the strip below it.

import Perceiver
import Pictures
import Screens

package enum GridPane: MainPane {
  package static let topic = "grid"

  package static func isShown(_ state: ExplorerState) -> Bool { state.mapView == .grid }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard let tiles = state.tiles(.grid, in: area) else {
      PaneText.note(MapPane.absence(state), state, in: area, on: &screen)
      return
    }
    Tiles.draw(state, tiles, in: area, on: &screen, cache: &cache)
    Tiles.drawRemark(tiles, state, on: &screen)
  }
}

package enum LatentsPane: Pane {
  /// Its entry in the glossary.
  package static let topic = "strip"

  /// Which latents are shown, as fully as there is room for.
  static func title(_ state: ExplorerState, width: Int) -> String {
    let owner = "\(state.mapOwner)s"
    guard let tiles = state.stripTiles else { return owner }
    let range = "\(tiles.latents.lowerBound + 1) to \(tiles.latents.upperBound)"
    let forms = ["\(owner) \(range) of \(state.latentCount)", "\(owner) \(range)", range]
    return forms.first { $0.displayWidth <= width } ?? range
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
        // A map of one axis is one row.
        draw(
          state, numbers, thumbnails.colours[latent] ?? [], thumbnails.shading,
          isLine: state.keyGrid.rows == 1, in: map, on: &screen, cache: &cache)
      } else {
        screen.put(
          state.spinner, x: map.x + map.width / 2, y: map.y + map.height / 2, within: area)
      }
      let isChosen =
        latent == state.choices.selection.latent && state.choices.selection.latents == .one
      drawLabel(
        "\(latent + 1)", isChosen: isChosen, state, in: tiles.label(of: latent), on: &screen)
    }
  }

  /// Draws numbers as a map, two rows of them in each cell; a line's cells show the same above and
  /// below.
  ///
  /// - Parameter colours: The numbers' colours, where the terminal shows pictures.
  static func draw(
    _ state: ExplorerState, _ numbers: [Float], _ colours: [Colour], _ shading: FittedTransfer,
    isLine: Bool, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard area.width > 0, !numbers.isEmpty else { return }
    if state.terminal.depth.showsPictures {
      state.terminal.canvas.draw(
        isLine ? colours + colours : colours, width: area.width, in: area, on: &screen,
        dithering: &cache.dithering)
    } else {
      ShadeGlyphs.draw(
        isLine ? numbers + numbers : numbers, columns: area.width, shading: shading, in: area,
        symbols: state.terminal.symbols, on: &screen)
    }
  }

  /// Writes a tile's name under its map, in brackets if it is the chosen one.
  static func drawLabel(
    _ name: String, isChosen: Bool, _ state: ExplorerState, in line: Rect,
    on screen: inout Screen
  ) {
    let theme = state.preferences.theme
    let bracketed = "[\(name)]"
    let text = isChosen && bracketed.displayWidth <= line.width ? bracketed : name
    if isChosen { screen.fill(line, style: theme.chosen) }
    screen.write(
      text, in: line, .centre, style: isChosen ? theme.chosen : theme.label,
      symbols: state.terminal.symbols)
  }

  /// Says how many tiles have no room, where some have none.
  static func drawRemark(_ tiles: TileLayout, _ state: ExplorerState, on screen: inout Screen) {
    guard let line = tiles.remark else { return }
    screen.write(
      tiles.remarkWords, in: line, .trailing, style: state.preferences.theme.label,
      symbols: state.terminal.symbols)
  }
}
