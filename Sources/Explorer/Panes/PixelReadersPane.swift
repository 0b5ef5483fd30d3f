// The list of who reads the pixel at the cursor.

import Perceiver
import Pictures
import Screens

package enum PixelReadersPane: MainPane {
  package static let topic = "list of readers"

  package static func isShown(_ state: ExplorerState) -> Bool { state.areReadersShown }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard area.height > 1 else { return }
    let area = RowMapPane.draw(state, in: area, on: &screen, cache: &cache)
    let theme = state.preferences.theme
    guard let readers = state.shownReaders else {
      return PaneText.note(MapPane.absence(state), state, in: area, on: &screen)
    }
    screen.write(
      heading, x: area.x, y: area.y, style: theme.label, within: area)
    let list = area.inset(top: 1)
    let shown = Range.lines(of: readers.count, rows: list.height, around: state.readerIndex)
    for (row, index) in shown.enumerated() {
      let (reader, isChosen) = (readers[index], index == state.readerIndex)
      let place = list.row(row)
      let style = isChosen ? theme.chosen : .plain
      if isChosen { screen.fill(place, style: style) }
      let times = Figures.number(Double(reader.weight) / state.uniformWeight, digits: 2)
      screen.write(
        line(
          state.stageIDs[reader.stage].name, "\(reader.head + 1)", "\(reader.latent + 1)",
          Figures.number(reader.weight), times + " \(state.terminal.symbols.times)"),
        x: place.x, y: place.y, style: style, within: place)
    }
  }

  /// The index of the reader whose line a cell lies in, of a list in an area.
  static func index(_ state: ExplorerState, at point: Point, in area: Rect) -> Int? {
    let list = state.tableParts(of: area).table.inset(top: 1)
    guard let readers = state.shownReaders, list.contains(point) else { return nil }
    let shown = Range.lines(of: readers.count, rows: list.height, around: state.readerIndex)
    let index = shown.lowerBound + point.y - list.y
    return shown.contains(index) ? index : nil
  }

  /// Columns of a line.
  static var wholeWidth: Int {
    heading.displayWidth + 1
  }

  /// The names of columns that say who reads: words of the glossary.
  private static let reader = (stage: "stage", head: "head", latent: "latent")
  /// The columns of numbers.
  private static let (weight, times) = (
    ColumnWord(["weight"], "share of a latent's attention on the pixel"),
    ColumnWord(
      ["times uniform"], "how many times the weight of a map that is the same everywhere")
  )

  /// The columns of numbers, in their order.
  static var numbers: [ColumnWord] { [weight, times] }

  private static var heading: String {
    line(reader.stage, reader.head, reader.latent, weight.names[0], times.names[0])
  }

  package static func columns(_ state: ExplorerState) -> [ColumnWord] {
    ColumnWord.ofGlossary(reader.stage, reader.head, reader.latent) + numbers
  }

  private static func line(
    _ stage: String, _ head: String, _ latent: String, _ weight: String, _ times: String
  ) -> String {
    stage.padded(toWidth: 12) + head.padded(toWidth: 6) + latent.padded(toWidth: 8)
      + weight.padded(toWidth: 11) + times
  }

  /// What the numbers of the list are.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    LegendPane.drawWords(weight.meaning, state, in: area, on: &screen)
  }

  /// The large pane's title.
  static func title(_ state: ExplorerState) -> String {
    let at = KeyGrid(shape: state.open.tokenAxes).coordinate(of: state.probedKey)
    let waiting = state.shownReaders == nil ? " \(state.spinner)" : ""
    let run = state.shownMappedRun.map { " \(state.terminal.symbols.separator) \($0.words)" } ?? ""
    return "who reads pixel (\(at.column), \(at.row)), at the computed stages" + run + waiting
  }
}
