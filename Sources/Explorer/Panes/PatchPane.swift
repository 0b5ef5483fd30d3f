// Where the answer is carried: a line for each stage with two bars, one for another picture's latents
// after the stage, one for a cross-attention that reads the other picture alone.

import Perceiver
import Pictures
import Screens

package enum PatchPane: MainPane {
  package static let topic = "where the answer is carried"

  package static func isShown(_ state: ExplorerState) -> Bool { state.isPatchShown }

  private static let nameWidth = 12
  private static let numberWidth = 7

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard area.height > 2 else { return }
    let label = state.preferences.theme.label
    let symbols = state.terminal.symbols
    let room = max(1, area.height / 4)
    // What does not fit in full is said briefly: a sentence without its end says another thing.
    let forms = sentences(state).map { $0.wrapped(toWidth: area.width) }
    let said = (forms.first { $0.count <= room } ?? forms[forms.count - 1]).prefix(room)
    for (row, line) in said.enumerated() {
      screen.write(line, in: area.row(row), symbols: symbols)
    }
    let table = area.inset(top: said.count)
    guard table.height > 1 else { return }
    let (carried, read) = bars(of: table.row(0))
    screen.write("stage", in: table.row(0), style: label, symbols: symbols)
    for (heading, forms) in [
      (carried, ["carried by latents", "carried"]), (read, ["read here alone", "read here"]),
    ] {
      let title = forms.first { $0.displayWidth <= heading.width } ?? forms[forms.count - 1]
      screen.write(title, in: heading, style: label, symbols: symbols)
    }
    let list = table.inset(top: 1)
    let shown = Range.lines(
      of: state.stageIDs.count, rows: list.height, around: state.position)
    for (row, stage) in shown.enumerated() {
      draw(state.stageIDs[stage], state, in: list.row(row), on: &screen)
    }
  }

  private static func draw(
    _ id: StageID, _ state: ExplorerState, in line: Rect, on screen: inout Screen
  ) {
    let isChosen = id.index == state.position
    screen.write(
      id.name.padded(toWidth: nameWidth), x: line.x, y: line.y,
      style: isChosen ? state.preferences.theme.chosen : .plain, within: line)
    let (carried, read) = bars(of: line)
    if id.carriesLatents { drawBar(.latents(after: id.index), state, in: carried, on: &screen) }
    if id.kind == .crossAttention { drawBar(.reading(at: id.index), state, in: read, on: &screen) }
  }

  /// A bar from 0 to 1 and its number, which may lie beyond.
  private static func drawBar(
    _ part: PatchedPart, _ state: ExplorerState, in area: Rect, on screen: inout Screen
  ) {
    let (bar, number) = area.split(.horizontally, at: -min(area.width, numberWidth))
    let recovery = state.recovery(part)
    if let recovery {
      screen.drawBar(
        recovery, in: bar, style: state.preferences.theme.bar, symbols: state.terminal.symbols)
    }
    let words =
      recovery.map { Figures.number($0, digits: 2) }
      ?? (state.isPatchDeclined ? "" : state.terminal.symbols.ellipsis)
    screen.write(words, in: number, .trailing, symbols: state.terminal.symbols)
  }

  /// The parts of a line that the two bars take.
  private static func bars(of line: Rect) -> (carried: Rect, read: Rect) {
    let parts = line.inset(left: min(line.width, nameWidth)).split(
      .horizontally, into: [.share(1), .fixed(2), .share(1)])
    return (parts[0], parts[2])
  }

  /// What is said above the lines, in full and then as briefly as it can be.
  private static func sentences(_ state: ExplorerState) -> [String] {
    if state.isPatchDeclined {
      return state.chosenLead == nil
        ? [
          "it was stopped, or both pictures are answered alike: then :against CLASS names what is "
            + "compared; any key tries again",
          "stopped, or answered alike; :against CLASS compares",
        ] : ["it was stopped, or has no answer; any key tries again"]
    }
    if let (full, brief) = state.patchSentences { return [full, brief] }
    if state.run?.isComplete != true { return ["waiting for the last stage"] }
    let (done, total) = state.patchProgress
    return ["\(state.spinner) putting parts of \(state.tokenWords.other) in: \(done) of \(total)"]
  }

  static func title(_ state: ExplorerState) -> String {
    let separator = " \(state.terminal.symbols.separator) "
    var parts = ["where the answer is carried"]
    if let source = state.patchSource { parts.append("from \(source.name)") }
    return parts.joined(separator: separator)
  }

  /// What 0 and 1 are.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let symbols = state.terminal.symbols
    let label = state.preferences.theme.label
    guard let target = state.patchTarget else {
      return screen.write("no numbers yet", in: area.row(0), style: label, symbols: symbols)
    }
    guard state.chosenLead == nil, let against = target.againstName else {
      screen.write("0 as here, 1 as there", in: area.row(0), style: label, symbols: symbols)
      return screen.write(target.title, in: area.row(1), style: label, symbols: symbols)
    }
    screen.write("0 \(against)", in: area.row(0), style: label, symbols: symbols)
    screen.write("1 \(target.name)", in: area.row(1), style: label, symbols: symbols)
  }
}
