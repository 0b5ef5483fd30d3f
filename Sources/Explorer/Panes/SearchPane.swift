// What `/` has found, as a list above the line in which one types.

import Screens

enum SearchPane {
  /// The most lines of the list.
  private static let mostRows = 10

  static func draw(
    _ state: ExplorerState, _ search: SearchLine, above footer: Rect, on screen: inout Screen
  ) {
    let found = search.found(in: state.catalog)
    guard !found.isEmpty, footer.y > 4 else { return }
    let (symbols, theme) = (state.terminal.symbols, state.preferences.theme)
    let rows = min(found.count, mostRows, footer.y - 4)
    let box = Rect(
      x: 1, y: footer.y - rows - 2, width: min(footer.width - 2, 84), height: rows + 2)
    screen.fill(box)
    let inside = screen.drawBox(
      box, title: "\(found.count) found", style: theme.focusedFrame, symbols: symbols)
    let range = Range<Int>.lines(of: found.count, rows: rows, around: search.chosen)
    for (row, index) in range.enumerated() {
      let line = inside.row(row)
      let isChosen = index == search.chosen
      if isChosen {
        screen.fill(line, style: theme.chosen)
        screen.put(symbols.pointRight, x: line.x, y: line.y, style: theme.chosen, within: line)
      }
      let words = found[index].label.padded(toWidth: 22) + " " + help(of: found[index], state)
      screen.write(
        words, in: line.inset(left: 2), style: isChosen ? theme.chosen : .plain, symbols: symbols)
    }
  }

  private static func help(of entry: SearchResults.Entry, _ state: ExplorerState) -> String {
    switch entry {
    case .hyperparameter(let name): state.catalog.named(name)?.help ?? ""
    case .command(let name): CommandTable.named(name)?.help ?? ""
    }
  }
}
