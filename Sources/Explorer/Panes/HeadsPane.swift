// All heads of all stages as a table of numbers, sorted by any of them.

import Perceiver
import Pictures
import Screens

package enum HeadsPane: MainPane {
  package static let topic = "table of heads"

  package static func isShown(_ state: ExplorerState) -> Bool { state.isHeadTableShown }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard area.height > 1 else { return }
    let area = RowMapPane.draw(state, in: area, on: &screen, cache: &cache)
    let theme = state.preferences.theme
    let form = Form(state, width: area.width)
    var heading = [StyledText(form.start("stage", "head"), theme.label)]
    let columns = form.columns
    for column in columns {
      let isSorting = state.headTable.sorting == column
      let mark = isSorting ? String(state.terminal.symbols.arrowDown) : ""
      heading.append(
        StyledText(
          (mark + form.title(state.words(of: column))).padded(toWidth: form.numberWidth, .trailing),
          isSorting ? .bold : theme.label))
    }
    screen.write(heading, x: area.x, y: area.y, within: area)
    let rows = state.headRows
    let list = area.inset(top: 1)
    let chosen = rows.firstIndex(of: state.headTable.chosen) ?? 0
    let shown = Range.lines(of: rows.count, rows: list.height, around: chosen)
    for (line, index) in shown.enumerated() {
      draw(
        rows[index], form, isChosen: index == chosen, state, in: list.row(line), on: &screen)
    }
  }

  /// The head whose line a cell lies in, of a table in an area.
  static func row(_ state: ExplorerState, at point: Point, in area: Rect) -> HeadTable.Row? {
    let rows = state.headRows
    let list = state.tableParts(of: area).table.inset(top: 1)
    let chosen = rows.firstIndex(of: state.headTable.chosen) ?? 0
    let shown = Range.lines(of: rows.count, rows: list.height, around: chosen)
    let index = shown.lowerBound + point.y - list.y
    return list.contains(point) && shown.contains(index) ? rows[index] : nil
  }

  private static func draw(
    _ row: HeadTable.Row, _ form: Form, isChosen: Bool, _ state: ExplorerState,
    in line: Rect, on screen: inout Screen
  ) {
    let id = state.stageIDs[row.stage]
    let style = isChosen ? state.preferences.theme.chosen : .plain
    if isChosen { screen.fill(line, style: style) }
    var text = form.start(id.name, state.headLabel(row))
    for column in form.columns {
      let number = state.headNumber(column, of: row)
      let words =
        number.map { Figures.number($0, digits: 2) }
        ?? (state.awaitsHeadNumber(column, of: row)
          ? state.terminal.symbols.ellipsis : "")
      text += words.padded(toWidth: form.numberWidth, .trailing)
    }
    screen.write(text, x: line.x, y: line.y, style: style, within: line)
  }

  /// Columns of a line with all numbers, as wide as is good to read.
  static func usualWidth(_ state: ExplorerState) -> Int {
    Form.usual.stage + Form.usual.head + state.headColumns.count * Form.widths.usual
  }

  /// How wide the parts of a line are: as the table has room for all columns, else for as many as there
  /// is, the one that rows are sorted by among them.
  private struct Form {
    let columns: [HeadColumn]
    /// How many columns there is no room for.
    let hiddenCount: Int
    let numberWidth: Int
    private let stageWidth: Int
    private let headWidth: Int

    /// Columns as wide as is good to read, and as narrow as numbers and short headings still fit.
    fileprivate static let widths = (usual: 9, narrow: 8)
    /// Columns of a stage's name and a head's number, where there is room.
    fileprivate static let usual = (stage: 12, head: 6)

    init(_ state: ExplorerState, width: Int) {
      let all = state.headColumns
      let usual = Self.usual
      if usual.stage + usual.head + all.count * Self.widths.usual <= width {
        (stageWidth, headWidth, numberWidth) = (usual.stage, usual.head, Self.widths.usual)
        (columns, hiddenCount) = (all, 0)
        return
      }
      let rows = state.headRows
      let names = Set(rows.map(\.stage)).map { state.stageIDs[$0].name.displayWidth }
      let most = (rows.map(\.head).max() ?? 0) + 1
      stageWidth = max("stage".count, names.max() ?? 0) + 1
      headWidth = state.choices.changes.off.isEmpty ? max(4, "\(most)".count) : usual.head
      let room = max(0, width - stageWidth - headWidth)
      let count = max(1, room / Self.widths.narrow)
      numberWidth = min(Self.widths.usual, max(Self.widths.narrow, room / max(1, all.count)))
      hiddenCount = max(0, all.count - count)
      guard hiddenCount > 0 else {
        columns = all
        return
      }
      let sorting = state.headTable.sorting
      let kept = all.sorted { left, right in
        (left == sorting ? -1 : left.rank) < (right == sorting ? -1 : right.rank)
      }.prefix(count)
      columns = all.filter(kept.contains)
    }

    func title(_ words: HeadColumn.Words) -> String {
      numberWidth < Self.widths.usual ? words.shortTitle : words.title
    }

    /// The stage and the head.
    func start(_ stage: String, _ head: String) -> String {
      stage.padded(toWidth: stageWidth) + head.padded(toWidth: headWidth)
    }
  }

  /// The columns, with the headings that there is room for and the names that the readout has.
  package static func columns(_ state: ExplorerState) -> [ColumnWord] {
    let form = state.mainArea.map { Form(state, width: state.tableParts(of: $0).table.width) }
    return ColumnWord.ofGlossary("stage", "head")
      + state.headColumns.map { column in
        let words = state.words(of: column)
        return ColumnWord([form?.title(words) ?? words.title, column.rawValue], words.meaning)
      }
  }

  /// The large pane's title: what rows are sorted by, and what is on its way.
  static func title(_ state: ExplorerState) -> String {
    let separator = " \(state.terminal.symbols.separator) "
    var parts = ["heads", state.headTable.sorting.map { "by \($0.rawValue)" } ?? "by stage"]
    // The column that rows are sorted by is always among those that are shown.
    let hidden = state.mainArea.map { Form(state, width: $0.width).hiddenCount } ?? 0
    if hidden > 0 { parts.append("\(hidden) more by \(state.keyName("sort-heads"))") }
    if let request = state.wantedHeads.first(where: { state.open.pending.contains($0) }),
      case .heads(let column, _, _) = request.subject
    {
      let progress = state.open.progress[request].map { " \($0.done) of \($0.total)" } ?? ""
      let stage =
        [.importance, .content].contains(column)
        ? "" : " at \(state.stageIDs[request.stage].name)"
      parts.append("\(state.spinner) \(column.rawValue)\(stage)\(progress)")
    }
    return parts.joined(separator: separator)
  }

  /// The chosen head's numbers in words, and what is off.
  static func readout(_ state: ExplorerState, width: Int) -> [[StyledText]] {
    let label = state.preferences.theme.label
    guard let row = state.headRows.first(where: { $0 == state.headTable.chosen }) else { return [] }
    let name = RunPart.head(row.head, stage: row.stage).name(in: state.stageIDs)
    let numbers = state.headColumns.compactMap { column in
      state.headNumber(column, of: row).map { number in
        [StyledText("\(column.rawValue) ", label), StyledText(Figures.number(number))]
      }
    }
    return [[StyledText(name, .bold)]] + numbers
  }

  /// What the sorted column means.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let words = state.words(of: state.headTable.sorting ?? .entropy)
    LegendPane.drawWords(words.meaning, state, in: area, on: &screen)
  }
}
