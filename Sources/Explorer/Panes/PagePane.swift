// A page of text over the screen: the help, or notes.

import Screens

package enum PagePane {
  package static func draw(
    _ state: ExplorerState, _ page: Page, scroll: Int, in area: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let box = area.centred(
      width: min(area.width - 4, Page.mostColumns + 4), height: area.height - 2)
    screen.fill(box)
    let inside = screen.drawBox(
      box, title: page.title, style: state.preferences.theme.focusedFrame, symbols: symbols)
    guard inside.height > 1 else { return }
    let lines = state.lines(of: page)
    let (body, last) = inside.inset(left: 1, right: 1).split(.vertically, at: -1)
    let first = min(max(0, scroll), max(0, lines.count - body.height))
    PaneText.lines(
      Array(lines.dropFirst(first)), in: body, symbols: symbols, on: &screen)
    let shown = "\(first + 1) to \(min(lines.count, first + body.height)) of \(lines.count)"
    screen.write(
      "\(symbols.arrowUp)\(symbols.arrowDown) PageUp PageDown scroll, Esc closes \(symbols.separator) \(shown)",
      in: last, .trailing, style: state.preferences.theme.faint, symbols: symbols)
  }
}

extension Page {
  /// Columns of text at most.
  static let mostColumns = 96

  var title: String {
    switch self {
    case .help: "help"
    case .notes: "notes"
    }
  }
}

extension ExplorerState {
  /// The lines of a page.
  func lines(of page: Page) -> [[StyledText]] {
    switch page {
    case .help: HelpText(self).lines
    case .notes:
      NotesText(self, width: max(20, min(terminal.width - 8, Page.mostColumns))).lines
    }
  }
}
