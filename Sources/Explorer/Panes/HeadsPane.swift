// All heads of all stages as a table of numbers, sorted by any of them.

import Perceiver
import Pictures
import Screens

package enum HeadsPane: MainPane {
  package static func isShown(_ state: ExplorerState) -> Bool { state.isHeadTableShown }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard area.height > 1 else { return }
    let theme = state.preferences.theme
    let columns = columns(state, width: area.width)
    var heading = [StyledText(Self.start("stage", "head"), theme.label)]
    for column in columns {
      let isSorting = state.headTable.sorting == column
      let mark = isSorting ? String(state.terminal.symbols.arrowDown) : ""
      heading.append(
        StyledText(
          (mark + column.title).padded(toWidth: numberWidth, .trailing),
          isSorting ? .bold : theme.label))
    }
    screen.write(heading, x: area.x, y: area.y, within: area)
    let rows = state.headRows
    let list = area.inset(top: 1)
    let chosen = rows.firstIndex(of: state.headTable.chosen) ?? 0
    let shown = Range.lines(of: rows.count, rows: list.height, around: chosen)
    for (line, index) in shown.enumerated() {
      draw(
        rows[index], columns, isChosen: index == chosen, state, in: list.row(line), on: &screen)
    }
  }

  private static func draw(
    _ row: HeadTable.Row, _ columns: [HeadColumn], isChosen: Bool, _ state: ExplorerState,
    in line: Rect, on screen: inout Screen
  ) {
    let id = state.stageIDs[row.stage]
    let off = state.choices.changes.off
    let isOff = off.contains(.stage(row.stage)) || off.contains(.head(row.head, stage: row.stage))
    let style = isChosen ? state.preferences.theme.chosen : .plain
    if isChosen { screen.fill(line, style: style) }
    var text = start(id.name, "\(row.head + 1)" + (isOff ? " off" : ""))
    for column in columns {
      let number = state.headNumber(column, of: row)
      let words =
        number.map { Figures.number($0, digits: 2) }
        ?? (state.awaitsHeadNumber(column, of: row)
          ? state.terminal.symbols.ellipsis : "")
      text += words.padded(toWidth: numberWidth, .trailing)
    }
    screen.write(text, x: line.x, y: line.y, style: style, within: line)
  }

  private static let numberWidth = 9

  /// The stage and the head.
  private static func start(_ stage: String, _ head: String) -> String {
    stage.padded(toWidth: 12) + head.padded(toWidth: 6)
  }

  /// As many columns as fit; the one that rows are sorted by is among them.
  private static func columns(_ state: ExplorerState, width: Int) -> [HeadColumn] {
    let all = state.headColumns
    let count = max(1, (width - start("", "").count) / numberWidth)
    guard all.count > count else { return all }
    let first = Array(all.prefix(count))
    guard let sorting = state.headTable.sorting, !first.contains(sorting) else { return first }
    return first.dropLast() + [sorting]
  }

  /// The large pane's title: what rows are sorted by, and what is on its way.
  static func title(_ state: ExplorerState) -> String {
    let separator = " \(state.terminal.symbols.separator) "
    var parts = ["heads", state.headTable.sorting.map { "by \($0.rawValue)" } ?? "by stage"]
    if let request = state.wantedHeads.first(where: { state.open.pending.contains($0) }),
      case .heads(let column, _) = request.subject
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
    let words = (state.headTable.sorting ?? .entropy).meaning
    for (row, line) in words.wrapped(toWidth: area.width).prefix(area.height).enumerated() {
      screen.write(
        line, in: area.row(row), style: state.preferences.theme.label,
        symbols: state.terminal.symbols)
    }
  }
}
