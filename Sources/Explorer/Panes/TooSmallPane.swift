// What is shown instead of a broken screen.

import Screens

package enum TooSmallPane {
  package static func draw(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let times = state.terminal.symbols.times
    let needs = "\(ScreenLayout.leastWidth) \(times) \(ScreenLayout.leastHeight)"
    let text =
      "The terminal is \(area.width) \(times) \(area.height); perceiver-tui needs \(needs). "
      + "Make it larger, or press q to quit."
    let lines = text.wrapped(toWidth: max(0, area.width - 2))
    let first = max(0, (area.height - lines.count) / 2)
    for (index, line) in lines.enumerated() {
      screen.write(line, in: area.row(first + index), .centre, symbols: state.terminal.symbols)
    }
  }
}
