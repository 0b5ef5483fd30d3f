// The stages on a line, the shown one in brackets: ● computed, ○ not yet, ◐ computing.

import Perceiver
import Screens

package enum TimelinePane {
  /// One stage on the line.
  struct Item: Sendable, Hashable {
    /// The stage's index.
    let stage: Int
    /// Mark and name, in brackets if it is shown.
    let text: String
    /// The columns it takes on the line.
    let columns: Range<Int>
  }

  package static func draw(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let line = area.row(0)
    guard !line.isEmpty else { return }
    let theme = state.preferences.theme
    let symbols = state.terminal.symbols
    guard !state.places.isEmpty else {
      screen.write(
        state.isBuilding ? " \(state.spinner) building model\(symbols.ellipsis)" : " no model",
        in: line, style: theme.label, symbols: symbols)
      return
    }
    let key = legend(state)
    let stages = stagesArea(line, state)
    let keyArea = line.inset(left: stages.width)
    let items = items(state, in: stages)
    for (index, item) in items.enumerated() {
      let isShown = item.stage == state.position
      if index > 0 {
        let gap = Rect(x: item.columns.lowerBound - 3, y: line.y, width: 3, height: 1)
        screen.write(
          " \(symbols.frame.horizontal) ", x: gap.x, y: gap.y, style: theme.frame, within: stages)
      }
      screen.write(
        item.text, x: item.columns.lowerBound, y: line.y,
        style: isShown ? theme.chosen : isComputed(state, item.stage) ? .plain : theme.faint,
        within: stages)
    }
    drawEnds(state, items, in: stages, on: &screen)
    screen.write(key, in: keyArea.inset(right: 1), .trailing, style: theme.faint, symbols: symbols)
  }

  /// The part of the line for stages; what the marks mean stands beside it where there is room.
  static func stagesArea(_ line: Rect, _ state: ExplorerState) -> Rect {
    let keyWidth = line.width >= 100 ? legend(state).displayWidth + 3 : 0
    return line.inset(right: keyWidth)
  }

  /// The stages that the line shows and where: a window around the shown one.
  static func items(_ state: ExplorerState, in line: Rect) -> [Item] {
    let texts = state.places.map { text(state, $0) }
    guard texts.indices.contains(state.position) else { return [] }
    let widths = texts.map(\.displayWidth)
    let room = line.width - 4
    var range = state.position..<state.position + 1
    var used = widths[state.position]
    // Stages join alternately after and before, as long as there is room.
    while true {
      let before = range.count
      if range.upperBound < texts.count, used + 3 + widths[range.upperBound] <= room {
        used += 3 + widths[range.upperBound]
        range = range.lowerBound..<range.upperBound + 1
      }
      if range.lowerBound > 0, used + 3 + widths[range.lowerBound - 1] <= room {
        used += 3 + widths[range.lowerBound - 1]
        range = range.lowerBound - 1..<range.upperBound
      }
      if range.count == before { break }
    }
    var x = line.x + 2
    return range.map { index in
      defer { x += widths[index] + 3 }
      return Item(stage: index, text: texts[index], columns: x..<x + widths[index])
    }
  }

  private static func drawEnds(
    _ state: ExplorerState, _ items: [Item], in line: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let style = state.preferences.theme.faint
    if let first = items.first, first.stage > 0 {
      screen.put(symbols.pointLeft, x: line.x, y: line.y, style: style, within: line)
    }
    if let last = items.last, last.stage < state.places.count - 1 {
      screen.put(symbols.pointRight, x: line.endX - 1, y: line.y, style: style, within: line)
    }
  }

  private static func isComputed(_ state: ExplorerState, _ stage: Int) -> Bool {
    stage < (state.run?.stages.count ?? 0)
  }

  private static func text(_ state: ExplorerState, _ place: StagePlace) -> String {
    let symbols = state.terminal.symbols
    let computed = state.run?.stages.count ?? 0
    let mark: Character =
      place.index < computed
      ? symbols.filled
      : place.index == computed && state.isComputingStage ? symbols.half : symbols.hollow
    let name = "\(mark) \(place.name)"
    return place.index == state.position ? "[\(name)]" : name
  }

  private static func legend(_ state: ExplorerState) -> String {
    let symbols = state.terminal.symbols
    return "\(symbols.filled) computed \(symbols.hollow) not yet \(symbols.half) computing"
  }
}
