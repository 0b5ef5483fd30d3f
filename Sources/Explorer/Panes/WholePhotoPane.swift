// The photo as it was opened, with the part framed that the model reads.

import Inputs
import Pictures
import Screens

package enum WholePhotoPane: MainPane {
  package static let topic = "whole photo"

  package static func isShown(_ state: ExplorerState) -> Bool { state.isWholePhotoShown }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty, let whole = state.choices.input.surroundings else { return }
    let (width, height) = whole.size
    let cells = state.terminal.canvas.fitted(width: width, height: height, in: area)
    guard !cells.isEmpty else { return }
    let picture = whole.picture.resized(width: cells.width, height: 2 * cells.height)
    state.terminal.canvas.draw(
      picture.pixels.map(Colour.init), width: cells.width, in: cells, on: &screen,
      dithering: &cache.dithering)
    frame(state, whole, in: cells, on: &screen)
  }

  /// A frame on the outermost cells of the part that is read.
  private static func frame(
    _ state: ExplorerState, _ whole: Surroundings, in cells: Rect, on screen: inout Screen
  ) {
    let region = whole.region
    func column(_ x: Double) -> Int {
      cells.x + Int((x / Double(whole.size.width) * Double(cells.width)).rounded())
    }
    func row(_ y: Double) -> Int {
      cells.y + Int((y / Double(whole.size.height) * Double(cells.height)).rounded())
    }
    let (left, top) = (column(region.x), row(region.y))
    let right = max(left + 2, column(region.x + region.width))
    let bottom = max(top + 2, row(region.y + region.height))
    screen.drawBox(
      Rect(x: left, y: top, width: right - left, height: bottom - top).intersection(cells),
      style: state.preferences.theme.cursor, symbols: state.terminal.symbols)
  }

  /// What was done to the photo, as fully as there is room for.
  static func title(_ state: ExplorerState, width: Int) -> String {
    let input = state.choices.input
    guard let whole = input.surroundings else { return input.name }
    let times = String(state.terminal.symbols.times)
    let separator = " \(state.terminal.symbols.separator) "
    let size = "\(whole.size.width)\(times)\(whole.size.height)"
    let brief = input.notes.map(\.brief).joined(separator: ", ")
    let detail = input.notes.map(\.sentence).joined(separator: ", ")
    let forms = [
      "whole photo \(size)" + separator + "framed: " + detail,
      "whole photo \(size)" + separator + "framed: " + brief, "whole photo \(size)",
    ]
    return forms.first { $0.displayWidth <= width } ?? forms[forms.count - 1]
  }
}
