// What `/` has found, as a list above the line in which one types.

import Screens

enum SearchPane {
  /// The most lines of the list.
  private static let mostRows = 10

  /// Where the list stands, and which of what was found are its lines.
  struct List {
    let found: [SearchResults.Entry]
    let box: Rect
    let range: Range<Int>

    /// Which of what was found stands at a cell.
    func index(at point: Point) -> Int? {
      let inside = box.inset(by: 1)
      return inside.contains(point) ? range.lowerBound + point.y - inside.y : nil
    }
  }

  /// The list; nil where nothing is found, or there is no room.
  static func list(_ state: ExplorerState, _ search: SearchLine, above footer: Rect) -> List? {
    let found = search.found(in: state.catalog)
    guard !found.isEmpty, footer.y > 4 else { return nil }
    let rows = min(found.count, mostRows, footer.y - 4)
    return List(
      found: found,
      box: Rect(
        x: 1, y: footer.y - rows - 2, width: min(footer.width - 2, 84), height: rows + 2),
      range: Range<Int>.lines(of: found.count, rows: rows, around: search.chosen))
  }

  static func draw(
    _ state: ExplorerState, _ search: SearchLine, above footer: Rect, on screen: inout Screen
  ) {
    guard let list = list(state, search, above: footer) else { return }
    let (found, box) = (list.found, list.box)
    let (symbols, theme) = (state.terminal.symbols, state.preferences.theme)
    screen.fill(box)
    let inside = screen.drawBox(
      box, title: "\(found.count) found", style: theme.focusedFrame, symbols: symbols)
    for (row, index) in list.range.enumerated() {
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
