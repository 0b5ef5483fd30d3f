// The choice of classes over the screen: the class on the left, what it is compared with on the right.

import Pictures
import Screens

package enum ClassDialogPane {
  package static func draw(
    _ state: ExplorerState, _ dialog: ClassDialog, in area: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let theme = state.preferences.theme
    let parts = Parts(area)
    screen.fill(parts.box)
    screen.drawBox(
      parts.box, title: state.givesRows ? "explain which output" : "explain which class",
      style: theme.focusedFrame, symbols: symbols)
    guard parts.hasRoom else { return }
    let heading = state.givesRows ? "the output" : "the class"
    draw(state, dialog, .choice, heading, in: parts.list(.choice), on: &screen)
    draw(state, dialog, .against, "compared with", in: parts.list(.against), on: &screen)
    screen.write(keys(state, dialog).line, in: parts.keys, style: theme.faint, symbols: symbols)
  }

  /// Where the dialog stands in an area, and its parts.
  private struct Parts {
    let box: Rect
    let hasRoom: Bool
    let keys: Rect
    private let halves: [Rect]

    init(_ area: Rect) {
      box = area.centred(width: min(area.width - 4, 72), height: min(area.height - 4, 20))
      let inside = box.inset(by: 1).inset(left: 1, right: 1)
      hasRoom = inside.height > 3
      let (body, last) = inside.split(.vertically, at: -1)
      keys = last
      halves = body.split(.horizontally, into: [.share(1), .fixed(2), .share(1)])
    }

    /// A list with its heading.
    func list(_ field: ClassDialog.Field) -> Rect { field == .choice ? halves[0] : halves[2] }
  }

  /// What the dialog's keys do.
  static func keys(_ state: ExplorerState, _ dialog: ClassDialog) -> DialogKeys {
    ClassDialog.keys.footer(dialog, state)
  }

  /// The key whose words stand at a cell, of a dialog in an area.
  static func key(
    _ state: ExplorerState, _ dialog: ClassDialog, at point: Point, in area: Rect
  ) -> Key? {
    let parts = Parts(area)
    guard parts.hasRoom, parts.keys.contains(point) else { return nil }
    return keys(state, dialog).key(atColumn: point.x - parts.keys.x)
  }

  /// The list at a cell, and the index of the line that stands there; no line at its heading or where
  /// it is empty.
  static func line(
    _ state: ExplorerState, _ dialog: ClassDialog, at point: Point, in area: Rect
  ) -> (field: ClassDialog.Field, line: Int?)? {
    let parts = Parts(area)
    guard parts.hasRoom,
      let field = ClassDialog.Field.allCases.first(where: { parts.list($0).contains(point) })
    else { return nil }
    let list = parts.list(field).inset(top: 1)
    let shown = shownLines(of: state.lines(of: dialog, in: field), state, dialog, field, in: list)
    let line = shown.lowerBound + point.y - list.y
    return (field, list.contains(point) && shown.contains(line) ? line : nil)
  }

  private static func shownLines(
    of lines: [ClassLine], _ state: ExplorerState, _ dialog: ClassDialog,
    _ field: ClassDialog.Field, in list: Rect
  ) -> Range<Int> {
    let chosen = state.chosenLine(of: dialog, in: field, lines)
    return Range.lines(of: lines.count, rows: list.height, around: chosen ?? 0)
  }

  private static func draw(
    _ state: ExplorerState, _ dialog: ClassDialog, _ field: ClassDialog.Field, _ title: String,
    in area: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let theme = state.preferences.theme
    let hasKeys = dialog.field == field
    let heading = hasKeys && !dialog.typed.isEmpty ? "\(title): \(dialog.typed)" : title
    screen.write(
      (hasKeys ? "\(symbols.pointRight) " : "  ") + heading, in: area.row(0),
      style: hasKeys ? theme.focusedTitle : theme.paneTitle, symbols: symbols)
    let list = area.inset(top: 1)
    let lines = state.lines(of: dialog, in: field)
    guard !lines.isEmpty else {
      let words = state.givesRows ? "no such output" : "no such class"
      return screen.write(words, in: list.row(0), style: theme.label, symbols: symbols)
    }
    let chosen = state.chosenLine(of: dialog, in: field, lines)
    let shown = shownLines(of: lines, state, dialog, field, in: list)
    for (row, index) in shown.enumerated() {
      let (line, isChosen) = (lines[index], index == chosen)
      let place = list.row(row)
      let style = isChosen ? theme.chosen : .plain
      if isChosen { screen.fill(place, style: style) }
      let number = line.probability.map { Figures.number($0, digits: 2) } ?? ""
      screen.write(
        (isChosen ? "\(symbols.pointRight) " : "  ") + line.name,
        in: place.inset(right: number.displayWidth + 1), style: style, symbols: symbols)
      screen.write(number, in: place, .trailing, style: style, symbols: symbols)
    }
  }
}
