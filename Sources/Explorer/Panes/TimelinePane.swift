// The stages on a line, the shown one in brackets: ● computed, ○ not yet, ◐ computing. Where they do
// not all fit, each block but the shown one is one item.

import Perceiver
import Screens

package enum TimelinePane {
  /// One stage on the line, or a block of them.
  struct Item: Sendable, Hashable {
    /// The stages' indices.
    let stages: Range<Int>
    /// Mark and name, in brackets if it is shown.
    let text: String
    /// The columns it takes on the line.
    let columns: Range<Int>

    /// The stage that a click goes to.
    var stage: Int { stages.lowerBound }
  }

  package static func draw(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let line = area.row(0)
    guard !line.isEmpty else { return }
    let theme = state.preferences.theme
    let symbols = state.terminal.symbols
    guard !state.stageIDs.isEmpty else {
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
      let isShown = item.stages.contains(state.position)
      if index > 0 {
        let gap = Rect(x: item.columns.lowerBound - 3, y: line.y, width: 3, height: 1)
        screen.write(
          " \(symbols.frame.horizontal) ", x: gap.x, y: gap.y, style: theme.frame, within: stages)
      }
      screen.write(
        item.text, x: item.columns.lowerBound, y: line.y,
        style: isShown
          ? theme.chosen : isComputed(state, item.stages.upperBound - 1) ? .plain : theme.faint,
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

  /// The stages that the line shows and where: all, or blocks and the stages of the shown one, or a
  /// window around it.
  static func items(_ state: ExplorerState, in line: Rect) -> [Item] {
    guard state.stageIDs.indices.contains(state.position) else { return [] }
    let room = line.width - 4
    let single = state.stageIDs.indices.map { $0..<$0 + 1 }
    let spread = spreadBlocks(state)
    func named(_ ranges: [Range<Int>], _ naming: Naming) -> [(stages: Range<Int>, text: String)] {
      ranges.map { stages in
        let isSpread = spread.contains { $0.contains(stages.lowerBound) }
        return (stages: stages, text: text(state, stages, isSpread: isSpread, naming))
      }
    }
    var entries = named(single, .named)
    // The shown block's stages keep their names, then their kinds, for as long as all blocks fit.
    for naming in [Naming.blocks, .kinds, .brief] where width(entries.map(\.text)) > room {
      entries = named(grouped(state, spread), naming)
    }
    return window(entries, around: state.position, from: line.x + 2, room: room)
  }

  /// The columns that texts take with their gaps.
  private static func width(_ texts: [String]) -> Int {
    texts.reduce(0) { $0 + $1.displayWidth + 3 } - 3
  }

  /// Blocks as one range each, but for those whose stages stand by themselves.
  private static func grouped(
    _ state: ExplorerState, _ spread: [Range<Int>]
  ) -> [Range<Int>] {
    state.stageBlocks.flatMap { block in
      spread.contains(block) ? block.map { $0..<$0 + 1 } : [block]
    }
  }

  /// The blocks whose stages stand by themselves: the shown one, and one that has no other beside it.
  private static func spreadBlocks(_ state: ExplorerState) -> [Range<Int>] {
    let blocks = state.stageBlocks
    let isAlone =
      blocks.count { state.stageIDs[$0.lowerBound].kind != .decoderCrossAttention } == 1
    return blocks.filter { isAlone || $0.contains(state.position) }
  }

  /// As many items as fit, joined alternately after and before the shown one.
  private static func window(
    _ entries: [(stages: Range<Int>, text: String)], around position: Int, from start: Int,
    room: Int
  ) -> [Item] {
    guard let shown = entries.firstIndex(where: { $0.stages.contains(position) }) else { return [] }
    let widths = entries.map(\.text.displayWidth)
    var range = shown..<shown + 1
    var used = widths[shown]
    while true {
      let before = range.count
      if range.upperBound < entries.count, used + 3 + widths[range.upperBound] <= room {
        used += 3 + widths[range.upperBound]
        range = range.lowerBound..<range.upperBound + 1
      }
      if range.lowerBound > 0, used + 3 + widths[range.lowerBound - 1] <= room {
        used += 3 + widths[range.lowerBound - 1]
        range = range.lowerBound - 1..<range.upperBound
      }
      if range.count == before { break }
    }
    var x = start
    return range.map { index in
      defer { x += widths[index] + 3 }
      return Item(
        stages: entries[index].stages, text: entries[index].text, columns: x..<x + widths[index])
    }
  }

  private static func drawEnds(
    _ state: ExplorerState, _ items: [Item], in line: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    let style = state.preferences.theme.faint
    if let first = items.first, first.stages.lowerBound > 0 {
      screen.put(symbols.pointLeft, x: line.x, y: line.y, style: style, within: line)
    }
    if let last = items.last, last.stages.upperBound < state.stageIDs.count {
      screen.put(symbols.pointRight, x: line.endX - 1, y: line.y, style: style, within: line)
    }
  }

  private static func isComputed(_ state: ExplorerState, _ stage: Int) -> Bool {
    stage < (state.run?.stages.count ?? 0)
  }

  /// How stages that are not shown are called.
  private enum Naming {
    /// By their names.
    case named
    /// Blocks by their numbers, stages of the shown block by their names.
    case blocks
    /// Blocks by their numbers, stages of the shown block by their kinds.
    case kinds
    /// Blocks by their numbers, stages of the shown block by their marks alone.
    case brief
  }

  private static func text(
    _ state: ExplorerState, _ stages: Range<Int>, isSpread: Bool, _ naming: Naming
  ) -> String {
    let symbols = state.terminal.symbols
    let computed = state.run?.stages.count ?? 0
    let mark: Character =
      stages.upperBound <= computed
      ? symbols.filled
      : stages.contains(computed) && (state.isComputingStage || stages.lowerBound < computed)
        ? symbols.half : symbols.hollow
    let first = state.stageIDs[stages.lowerBound]
    if stages.contains(state.position) { return "[\(mark) \(first.name)]" }
    // The decoder is no block, and has no number.
    guard naming != .named, first.kind != .decoderCrossAttention else {
      return "\(mark) \(first.name)"
    }
    guard isSpread else { return "\(mark) \(first.layer + 1)" }
    return switch naming {
    case .named, .blocks: "\(mark) \(first.name)"
    case .kinds: "\(mark) \(first.name.prefix { $0 != " " })"
    case .brief: "\(mark)"
    }
  }

  private static func legend(_ state: ExplorerState) -> String {
    let symbols = state.terminal.symbols
    return "\(symbols.filled) computed \(symbols.hollow) not yet \(symbols.half) computing"
  }
}
