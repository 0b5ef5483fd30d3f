// A table of numbers about the whole run; numbers that speak for a class and against it have two
// colours.

import Perceiver
import Pictures
import Screens

package enum NumberTablePane: MainPane {
  package static let topic = "table of numbers"

  package static func isShown(_ state: ExplorerState) -> Bool { state.isNumberTableShown }

  /// Columns as wide as is good to read.
  private static let numberWidth = 10
  private static let leastName = 12

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard area.height > 1, let table = state.shownNumberTable else { return }
    let area = RowMapPane.draw(state, in: area, on: &screen, cache: &cache)
    let rows = state.numberRows
    guard !rows.isEmpty else {
      return PaneText.note(absence(state), state, in: area, on: &screen)
    }
    let form = Form(state, table, rows, width: area.width)
    drawHeading(table, form, state, in: area.row(0), on: &screen)
    let list = area.inset(top: 1)
    let chosen = state.chosenNumberIndex
    let shadings = form.columns.map { column -> MapShading? in
      guard table.columns[column].isSigned else { return nil }
      let numbers = rows.compactMap { $0.numbers[column].map { Float($0) } }
      return MapShading(.aroundZero, of: numbers, state.choices.view.appearance)
    }
    for (line, index) in lines(state, in: area).enumerated() {
      draw(
        rows[index], form, shadings, isChosen: index == chosen, state, in: list.row(line),
        on: &screen)
    }
  }

  /// Columns of a table with all its numbers.
  static func wholeWidth(of table: NumberTable, _ rows: [NumberTable.Row]) -> Int {
    max(leastName, (rows.map(\.name.displayWidth).max() ?? 0) + 1)
      + table.columns.count * numberWidth
  }

  private static func drawHeading(
    _ table: NumberTable, _ form: Form, _ state: ExplorerState, in line: Rect,
    on screen: inout Screen
  ) {
    let label = state.preferences.theme.label
    var heading = [StyledText("".padded(toWidth: form.nameWidth), label)]
    for column in form.columns {
      let isSorting = state.numberSorting == column
      let mark = isSorting ? String(state.terminal.symbols.arrowDown) : ""
      heading.append(
        StyledText(
          (mark + table.columns[column].title).padded(toWidth: numberWidth, .trailing),
          isSorting ? .bold : label))
    }
    screen.write(heading, x: line.x, y: line.y, within: line)
  }

  private static func draw(
    _ row: NumberTable.Row, _ form: Form, _ shadings: [MapShading?], isChosen: Bool,
    _ state: ExplorerState, in line: Rect, on screen: inout Screen
  ) {
    let style = isChosen ? state.preferences.theme.chosen : .plain
    if isChosen { screen.fill(line, style: style) }
    let name = row.name.truncated(
      toWidth: form.nameWidth - 1, ellipsis: state.terminal.symbols.ellipsis)
    var x = screen.write(
      name.padded(toWidth: form.nameWidth), x: line.x, y: line.y, style: style, within: line)
    for (column, shading) in zip(form.columns, shadings) {
      let number = row.numbers[column]
      let words = number.map { Figures.number($0, digits: 3) } ?? ""
      var cell = style
      // The sign stands before the number: colour is never the only mark.
      if let number, let colour = shading?.colour(of: Float(number)), !isChosen,
        state.terminal.depth.showsPictures
      {
        let ground = Colour(colour)
        cell = Style(foreground: ground.contrasting, background: ground)
      }
      x = screen.write(" ", x: x, y: line.y, style: style, within: line)
      x = screen.write(
        words.padded(toWidth: numberWidth - 1, .trailing), x: x, y: line.y, style: cell,
        within: line)
    }
  }

  private static func absence(_ state: ExplorerState) -> String {
    if state.isNumberTableDeclined { return "no numbers: it was stopped, or has no answer" }
    return "\(state.spinner) computing\(state.terminal.symbols.ellipsis)"
  }

  /// The lines that an area shows.
  private static func lines(_ state: ExplorerState, in area: Rect) -> Range<Int> {
    Range.lines(
      of: state.numberRows.count, rows: area.inset(top: 1).height, around: state.chosenNumberIndex)
  }

  /// The line that a cell lies in, of a table in an area.
  static func row(_ state: ExplorerState, at point: Point, in area: Rect) -> NumberTable.Row? {
    let list = state.tableParts(of: area).table.inset(top: 1)
    let shown = lines(state, in: area)
    let index = shown.lowerBound + point.y - list.y
    return list.contains(point) && shown.contains(index) ? state.numberRows[index] : nil
  }

  /// How wide the name is, and which columns there is room for: the one that is sorted by among them.
  private struct Form {
    let nameWidth: Int
    let columns: [Int]

    init(_ state: ExplorerState, _ table: NumberTable, _ rows: [NumberTable.Row], width: Int) {
      let longest = (rows.map(\.name.displayWidth).max() ?? 0) + 1
      let all = Array(table.columns.indices)
      // A name that is cut off would be another's: columns give way to it, but for two.
      nameWidth = min(longest, max(leastName, width - min(all.count, 2) * numberWidth))
      let count = min(all.count, max(1, (width - nameWidth) / numberWidth))
      guard count < all.count, let sorting = state.numberSorting, sorting >= count else {
        columns = Array(all.prefix(count))
        return
      }
      columns = Array(all.prefix(count - 1)) + [sorting]
    }
  }

  /// The large pane's title: which table, what it is sorted by, and what is on its way.
  static func title(_ state: ExplorerState) -> String {
    guard let table = state.shownNumberTable else { return "table" }
    var parts = [table.title]
    if let sorting = state.numberSorting {
      parts.append("by \(table.columns[sorting].title)")
    }
    let (done, total) = state.numberTableProgress
    if done < total, !state.isNumberTableDeclined {
      let progress = state.wantedNumbers.lazy.compactMap { state.open.progress[$0] }.first
      let words =
        total > 1 ? " \(done) of \(total)" : progress.map { " \($0.done) of \($0.total)" } ?? ""
      parts.append("\(state.spinner)\(words)")
    }
    return parts.joined(separator: " \(state.terminal.symbols.separator) ")
  }

  /// The chosen line's numbers in words.
  static func readout(_ state: ExplorerState) -> [[StyledText]] {
    guard let table = state.shownNumberTable, let row = state.chosenNumberRow else { return [] }
    let label = state.preferences.theme.label
    let numbers = zip(table.columns, row.numbers).compactMap { column, number in
      number.map { [StyledText("\(column.title) ", label), StyledText(Figures.number($0))] }
    }
    return [[StyledText(row.name, .bold)]] + numbers
  }

  /// What the sorted column means.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    guard let table = state.shownNumberTable else { return }
    let columns = table.columns
    let sorting = state.numberSorting ?? 0
    let words = columns.indices.contains(sorting) ? columns[sorting].meaning : table.sentence
    LegendPane.drawWords(words, state, in: area, on: &screen)
  }

  /// The name of the column that the legend explains.
  static func legendTitle(_ state: ExplorerState) -> String {
    guard let table = state.shownNumberTable else { return "legend" }
    let sorting = state.numberSorting ?? 0
    return table.columns.indices.contains(sorting) ? table.columns[sorting].title : table.title
  }
}
