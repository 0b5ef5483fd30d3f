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
  /// Those of a matrix, whose numbers are from 0 to 1 and have two decimals.
  private static let shareWidth = 6
  private static let leastName = 12

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard area.height > 1 else { return }
    let rows = state.numberRows
    guard !rows.isEmpty else {
      return PaneText.note(absence(state), state, in: area, on: &screen)
    }
    let form = Form(state, rows, width: area.width)
    drawHeading(form, state, in: area.row(0), on: &screen)
    let list = area.inset(top: 1)
    let chosen = state.chosenNumberIndex
    let shadings = form.columns.map { shading(ofColumn: $0, rows, state) }
    for (line, index) in lines(state, in: area).enumerated() {
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
    var heading = [StyledText("".padded(toWidth: form.nameWidth), label)]
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
  private static func lines(_ state: ExplorerState, in area: Rect) -> Range<Int> {
    Range.lines(
      of: state.numberRows.count, rows: area.inset(top: 1).height, around: state.chosenNumberIndex)
  }

  /// The line that a cell lies in, of a table in an area.
  static func row(_ state: ExplorerState, at point: Point, in area: Rect) -> NumberTable.Row? {
    let list = area.inset(top: 1)
    let shown = lines(state, in: area)
    let index = shown.lowerBound + point.y - list.y
    return list.contains(point) && shown.contains(index) ? state.numberRows[index] : nil
  }

  /// How wide the name is, and which columns there is room for: the one that is sorted by among them.
  private struct Form {
    let nameWidth: Int
    let columnWidth: Int
    let columns: [Int]
    /// Whether the columns are the lines once more, each with each.
    let isMatrix: Bool

    init(_ state: ExplorerState, _ rows: [NumberTable.Row], width: Int) {
      let titles = state.numberColumns
      isMatrix = titles.contains { $0.shades == .shares }
      columnWidth = isMatrix ? shareWidth : numberWidth
      let names = rows.map { Self.name(of: $0, inMatrix: titles.contains { $0.shades == .shares }) }
      let longest = (names.map(\.displayWidth).max() ?? 0) + 1
      let all = Array(titles.indices)
      // A name that is cut off would be another's: columns give way to it, but for two.
      nameWidth = min(longest, max(leastName, width - min(all.count, 2) * columnWidth))
      let count = min(all.count, max(1, (width - nameWidth) / columnWidth))
      // Of a matrix the columns about the chosen line's own are shown: what is beside it is likest.
      let own = isMatrix ? (state.chosenNumberRow?.stage).map { $0 + 1 } ?? 0 : 0
      let first = min(max(0, own - count / 2), all.count - count)
      let shown = Array(all[first..<first + count])
      guard let sorting = state.numberSorting, !shown.contains(sorting) else {
        columns = shown
        return
      }
      columns = Array(shown.prefix(count - 1)) + [sorting]
    }

    /// A line's name; in a matrix behind its number, which heads its column.
    func name(of row: NumberTable.Row) -> String { Self.name(of: row, inMatrix: isMatrix) }

    private static func name(of row: NumberTable.Row, inMatrix: Bool) -> String {
      inMatrix ? "\(row.stage.map { $0 + 1 } ?? 0) \(row.name)" : row.name
    }

    /// A number as it is written.
    func words(of number: Double) -> String {
      guard isMatrix, number.isFinite else { return Figures.number(number, digits: 3) }
      let hundredths = Int((100 * number).rounded())
      let rest = "\(hundredths % 100)"
      return "\(hundredths / 100)." + (rest.count < 2 ? "0" : "") + rest
    }
  }

  /// The large pane's title: which table, what it is sorted by, and what is on its way.
  static func title(_ state: ExplorerState) -> String {
    guard let table = state.shownNumberTable else { return "table" }
    var parts = [table.title]
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

  /// What the sorted column means; of a matrix what its numbers mean, with their colours.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    guard let table = state.shownNumberTable else { return }
    let columns = state.numberColumns
    let sorting = state.numberSorting ?? 0
    guard columns.first?.shades == .shares else {
      let words = columns.indices.contains(sorting) ? columns[sorting].meaning : table.sentence
      return LegendPane.drawWords(words, state, in: area, on: &screen)
    }
    LegendPane.drawRamp(state, 0, 1, in: area.row(0), on: &screen)
    LegendPane.drawWords(
      "1 = the same; columns by number", state, in: area.inset(top: 1), on: &screen)
  }

  /// The name of the column that the legend explains.
  static func legendTitle(_ state: ExplorerState) -> String {
    guard let table = state.shownNumberTable else { return "legend" }
    let columns = state.numberColumns
    if columns.first?.shades == .shares { return "CKA" }
    let sorting = state.numberSorting ?? 0
    return columns.indices.contains(sorting) ? columns[sorting].title : table.title
  }
}
