// A table of numbers about the whole run; numbers that speak for a class and against it have two
// colours.

import Perceiver
import Pictures
import Screens

package enum NumberTablePane: MainPane {
  package static let topic = "table of numbers"

  package static func isShown(_ state: ExplorerState) -> Bool { state.isNumberTableShown }

  private typealias Form = NumberTableForm

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard area.height > 1 else { return }
    let area = RowMapPane.draw(state, in: area, on: &screen, cache: &cache)
    let rows = state.numberRows
    guard !rows.isEmpty else {
      return PaneText.note(absence(state), state, in: area, on: &screen)
    }
    guard let form = state.numberTableForm(width: area.width) else { return }
    drawHeading(form, state, in: area.row(0), on: &screen)
    let list = area.inset(top: 1)
    let chosen = state.chosenNumberIndex(in: rows)
    let shadings = form.columns.map { shading(ofColumn: $0, rows, state) }
    for (line, index) in lines(rows, state, in: area).enumerated() {
      draw(
        rows[index], form, shadings, isChosen: index == chosen, state, in: list.row(line),
        on: &screen)
    }
  }

  /// How numbers of a column become colours; nil for none.
  private static func shading(
    ofColumn column: Int, _ rows: [NumberTable.Row], _ state: ExplorerState
  ) -> MapShading? {
    switch state.numberColumns[column].shades {
    case .none: return nil
    case .signed:
      let numbers = rows.compactMap { $0.numbers[column].map { Float($0) } }
      return MapShading(.aroundZero, of: numbers, state.choices.view.appearance)
    case .shares:
      return MapShading(
        .leastToLargest, of: [0, 1],
        MapAppearance(transfer: .linear, colours: state.choices.view.colours))
    }
  }

  private static func drawHeading(
    _ form: Form, _ state: ExplorerState, in line: Rect, on screen: inout Screen
  ) {
    let label = state.preferences.theme.label
    let key = state.preferences.theme.key
    let more = form.mark(state.terminal.symbols)
    var heading = [StyledText(more.padded(toWidth: form.nameWidth), key)]
    for column in form.columns {
      let isSorting = state.numberSorting == column
      let mark = isSorting ? String(state.terminal.symbols.arrowDown) : ""
      // A stage's name is wider than what a matrix has of it.
      let title = form.isMatrix ? "\(column)" : state.numberColumns[column].title
      heading.append(
        StyledText(
          (mark + title).padded(toWidth: form.columnWidth, .trailing),
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
    let name = form.name(of: row).truncated(
      toWidth: form.nameWidth - 1, ellipsis: state.terminal.symbols.ellipsis)
    var x = screen.write(
      name.padded(toWidth: form.nameWidth), x: line.x, y: line.y, style: style, within: line)
    for (column, shading) in zip(form.columns, shadings) {
      let number = row.numbers[column]
      let words = number.map { form.words(of: $0) } ?? ""
      var cell = style
      // The number stands on its colour, which is never the only mark. Of a matrix the chosen line is
      // the one that is looked at.
      if let number, let colour = shading?.colour(of: Float(number)), !isChosen || form.isMatrix,
        state.terminal.depth.showsPictures
      {
        let ground = Colour(colour)
        cell = Style(foreground: ground.contrasting, background: ground)
      }
      x = screen.write(" ", x: x, y: line.y, style: style, within: line)
      x = screen.write(
        words.padded(toWidth: form.columnWidth - 1, .trailing), x: x, y: line.y, style: cell,
        within: line)
    }
  }

  private static func absence(_ state: ExplorerState) -> String {
    if state.isNumberTableDeclined { return "no numbers: it was stopped, or has no answer" }
    return "\(state.spinner) computing\(state.terminal.symbols.ellipsis)"
  }

  /// The lines that an area shows.
  private static func lines(
    _ rows: [NumberTable.Row], _ state: ExplorerState, in area: Rect
  ) -> Range<Int> {
    Range.lines(
      of: rows.count, rows: area.inset(top: 1).height, around: state.chosenNumberIndex(in: rows))
  }

  /// The line that a cell lies in, of a table in an area.
  static func row(_ state: ExplorerState, at point: Point, in area: Rect) -> NumberTable.Row? {
    let list = state.tableParts(of: area).table.inset(top: 1)
    let rows = state.numberRows
    let shown = lines(rows, state, in: area)
    let index = shown.lowerBound + point.y - list.y
    return list.contains(point) && shown.contains(index) ? rows[index] : nil
  }

  /// The large pane's title: which table, what it is sorted by, and what is on its way.
  static func title(_ state: ExplorerState) -> String {
    guard let table = state.shownNumberTable else { return "table" }
    var parts = [table.title]
    if table.isOfMap, let method = state.method(of: table) {
      let target = method.asksForTarget ? " for " + state.whyWords(state.whyTarget(method)) : ""
      parts.append(method.name + target)
    } else if table.isOfEffects, state.run?.scoresClasses == false {
      parts.append(state.whyWords(state.target(of: table)))
    }
    if let sorting = state.numberSorting {
      parts.append("by \(state.numberColumns[sorting].title)")
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
    guard let row = state.chosenNumberRow else { return [] }
    let label = state.preferences.theme.label
    let numbers = zip(state.numberColumns, row.numbers).compactMap { column, number in
      number.map { [StyledText("\(column.title) ", label), StyledText(Figures.number($0))] }
    }
    return [[StyledText(row.name, .bold)]] + numbers
  }

  /// What a column means; of a matrix what its numbers mean, with their colours.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    guard let table = state.shownNumberTable else { return }
    guard !state.isNumberMatrix else {
      LegendPane.drawRamp(state, 0, 1, in: area.row(0), on: &screen)
      return LegendPane.drawWords(
        "1 = the same; columns by number", state, in: area.inset(top: 1), on: &screen)
    }
    let words = explained(state).map(\.meaning) ?? state.sentence(of: table)
    LegendPane.drawWords(words, state, in: area, on: &screen)
  }

  /// The name of the column that the legend explains.
  static func legendTitle(_ state: ExplorerState) -> String {
    guard let table = state.shownNumberTable else { return "legend" }
    if state.isNumberMatrix { return "CKA" }
    return explained(state)?.title ?? table.title
  }

  /// The columns; those of a matrix, which are its lines once more, in one entry.
  package static func columns(_ state: ExplorerState) -> [ColumnWord] {
    guard state.isNumberMatrix, let table = state.shownNumberTable else {
      return state.numberColumns.map { ColumnWord($0) }
    }
    return [
      ColumnWord(
        [legendTitle(state)],
        state.sentence(of: table) + " A column has the number of its line.")
    ]
  }

  /// The column that the legend explains: the sorted one, else the first of those that are shown.
  private static func explained(_ state: ExplorerState) -> NumberTable.Column? {
    let columns = state.numberColumns
    return (state.numberSorting ?? state.numberTableForm?.columns.first).flatMap {
      columns.indices.contains($0) ? columns[$0] : nil
    }
  }
}
