// A list in a box above the line in which one types: what `/` has found, and files after Tab.

import Screens

/// Lines of which one may be chosen, scrolled so that it is seen.
struct ListAboveLine {
  /// Where the list stands.
  let box: Rect
  /// The lines that are seen.
  let range: Range<Int>
  private let chosen: Int?

  /// The most lines that are seen at once.
  static let mostRows = 10

  /// A list; nil where it is empty, or there is no room.
  ///
  /// - Parameters:
  ///   - count: How many lines it has.
  ///   - chosen: The chosen one, from 0; nil for none.
  ///   - width: The columns that it needs at most, its frame among them.
  ///   - footer: The line above which it stands.
  init?(count: Int, chosen: Int?, width: Int, above footer: Rect) {
    guard count > 0, footer.y > 4 else { return nil }
    let rows = min(count, Self.mostRows, footer.y - 4)
    box = Rect(
      x: 1, y: footer.y - rows - 2, width: min(footer.width - 2, width), height: rows + 2)
    range = Range<Int>.lines(of: count, rows: rows, around: chosen ?? 0)
    self.chosen = chosen
  }

  /// The line that stands at a cell.
  func index(at point: Point) -> Int? {
    let inside = box.inset(by: 1)
    return inside.contains(point) ? range.lowerBound + point.y - inside.y : nil
  }

  /// Draws the list.
  ///
  /// - Parameter line: A line's words, by its number.
  func draw(
    title: String, _ state: ExplorerState, on screen: inout Screen, line words: (Int) -> String
  ) {
    let (symbols, theme) = (state.terminal.symbols, state.preferences.theme)
    screen.fill(box)
    let inside = screen.drawBox(box, title: title, style: theme.focusedFrame, symbols: symbols)
    for (row, index) in range.enumerated() {
      let line = inside.row(row)
      let isChosen = index == chosen
      if isChosen {
        screen.fill(line, style: theme.chosen)
        screen.put(symbols.pointRight, x: line.x, y: line.y, style: theme.chosen, within: line)
      }
      screen.write(
        words(index), in: line.inset(left: 2), style: isChosen ? theme.chosen : .plain,
        symbols: symbols)
    }
  }
}
