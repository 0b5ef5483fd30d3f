// The lines under the title: what the picture shows, and what to press next.

import Screens

package enum HintPane {
  package static func draw(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    guard !area.isEmpty else { return }
    let symbols = state.terminal.symbols
    let theme = state.preferences.theme
    let hint = HintText(state)
    let width = wordWidth(in: area)
    if let tour = state.tourWords { return draw(tour, state, in: area, on: &screen) }
    let rows = meaningRows(in: area)
    for (row, line) in fitted(hint.meaning, width: width, rows: rows, symbols).enumerated() {
      screen.write(" " + line, in: area.row(row), symbols: symbols)
    }
    guard area.height > 1 else { return }
    for line in fitted(hint.next, width: width, rows: 1, symbols) {
      screen.write(
        " " + line, in: area.row(area.height - 1), style: theme.label, symbols: symbols)
    }
  }

  /// Which of some wordings stands whole in the lines for what the picture shows; nil where none does, or
  /// the tour has these lines.
  static func form(of wordings: ArraySlice<String>, _ state: ExplorerState) -> Int? {
    guard state.tourStep == nil, let area = state.layout?.hints else { return nil }
    return wordings.firstIndex {
      $0.wrapped(toWidth: wordWidth(in: area)).count <= meaningRows(in: area)
    }
  }

  private static func wordWidth(in area: Rect) -> Int { max(1, area.width - 2) }
  /// The last line is for keys, where there is more than one.
  private static func meaningRows(in area: Rect) -> Int { max(1, area.height - 1) }

  /// The step of the tour, and the key that goes on.
  private static func draw(
    _ tour: (text: String, key: [String]), _ state: ExplorerState, in area: Rect,
    on screen: inout Screen
  ) {
    let (symbols, theme) = (state.terminal.symbols, state.preferences.theme)
    let width = wordWidth(in: area)
    let rows = meaningRows(in: area)
    for (row, line) in fitted([tour.text], width: width, rows: rows, symbols).enumerated() {
      screen.write(" " + line, in: area.row(row), style: .bold, symbols: symbols)
    }
    guard area.height > 1 else { return }
    for line in fitted(tour.key, width: width, rows: 1, symbols) {
      screen.write(
        " " + line, in: area.row(area.height - 1), style: theme.key, symbols: symbols)
    }
  }

  /// The lines of the fullest wording that fits; of the briefest, with a mark at its end, where none
  /// does.
  private static func fitted(
    _ forms: [String], width: Int, rows: Int, _ symbols: Symbols
  ) -> [String] {
    let wrapped = forms.lazy.map { $0.wrapped(toWidth: width) }
    if let whole = wrapped.first(where: { $0.count <= rows }) { return whole }
    var lines = Array((wrapped.last ?? []).prefix(rows))
    guard let last = lines.popLast() else { return [] }
    return lines + [
      (last + symbols.ellipsis).truncated(toWidth: width, ellipsis: symbols.ellipsis)
    ]
  }
}
