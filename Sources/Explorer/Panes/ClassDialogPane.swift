// The choice of classes over the screen: the class on the left, what it is compared with on the right.

import Pictures
import Screens

package enum ClassDialogPane {
  package static func draw(
    _ state: ExplorerState, _ dialog: ClassDialog, in area: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let theme = state.preferences.theme
    let box = area.centred(width: min(area.width - 4, 72), height: min(area.height - 4, 20))
    screen.fill(box)
    let inside = screen.drawBox(
      box, title: "explain which class", style: theme.focusedFrame, symbols: symbols
    ).inset(left: 1, right: 1)
    guard inside.height > 3 else { return }
    let (body, last) = inside.split(.vertically, at: -1)
    let halves = body.split(.horizontally, into: [.share(1), .fixed(2), .share(1)])
    draw(state, dialog, .choice, "the class", in: halves[0], on: &screen)
    draw(state, dialog, .against, "compared with", in: halves[2], on: &screen)
    screen.write(
      "type to find  \(symbols.arrowUp)\(symbols.arrowDown) choose  Tab other list  "
        + "Enter explains  Esc leaves",
      in: last, style: theme.faint, symbols: symbols)
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
      return screen.write("no such class", in: list.row(0), style: theme.label, symbols: symbols)
    }
    let chosen = state.chosenLine(of: dialog, in: field, lines)
    let shown = Range.lines(of: lines.count, rows: list.height, around: chosen ?? 0)
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
