// Numbers in words: the pixel under the cursor, and the map as a whole.

import Foundation
import Perceiver
import Screens

package enum ReadoutPane {
  package static func draw(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    PaneText.lines(
      lines(state), in: area, symbols: state.terminal.symbols, on: &screen)
  }

  /// The lines, what matters most first.
  static func lines(_ state: ExplorerState) -> [[StyledText]] {
    pixelLines(state) + mapLines(state)
  }

  private static func pixelLines(_ state: ExplorerState) -> [[StyledText]] {
    guard let key = state.probe else {
      let name = state.preferences.keys.binding(of: .toggleProbe)?.keys.first
      return [
        [label(state, "\(name?.name(state.terminal.keyNames) ?? "i"): cursor on the picture")]
      ]
    }
    return [placeLine(state, key), weightLine(state, key), readersLine(state)].compactMap { $0 }
  }

  private static func placeLine(_ state: ExplorerState, _ key: Int) -> [StyledText] {
    if state.place?.kind == .latentSelfAttention {
      return [label(state, "latent "), StyledText("\(key + 1)"), label(state, " as it is read")]
    }
    let grid = KeyGrid(shape: state.choices.input.axes)
    let at = grid.place(of: key)
    if grid.rows == 1 { return [label(state, "position "), StyledText("\(at.column)")] }
    var line = [label(state, "pixel "), StyledText("(\(at.column), \(at.row))")]
    if grid.frames > 1 { line += [label(state, " frame "), StyledText("\(at.frame + 1)")] }
    if state.choices.input.frames.indices.contains(at.frame) {
      let colour = Colour(state.choices.input.frames[at.frame][x: at.column, y: at.row])
      line += [label(state, "  rgb "), StyledText("\(colour.red) \(colour.green) \(colour.blue)")]
    }
    return line
  }

  private static func weightLine(_ state: ExplorerState, _ key: Int) -> [StyledText]? {
    guard let shown = state.shownMap, shown.isWanted, key < shown.map.values.count else {
      return nil
    }
    let value = shown.map.values.withUnsafeElements { $0[key] }
    let name = state.choices.selection.value == .probabilities ? "weight " : "score "
    var line = [label(state, name), StyledText(Figures.number(value))]
    if value.isFinite {
      line += [
        label(state, "  rank "), StyledText("\(shown.map.rank(of: value))"),
        label(state, " of \(shown.map.count)"),
      ]
    }
    return line
  }

  private static func readersLine(_ state: ExplorerState) -> [StyledText]? {
    guard let request = state.wantedReadings else { return nil }
    guard case .received(let weights)? = state.answers[request] else {
      return [label(state, "read most by \(state.spinner)")]
    }
    let latents = weights.prefix(6).map { "\($0.latent + 1)" }.joined(separator: " ")
    return [label(state, "read most by latents "), StyledText(latents)]
  }

  private static func mapLines(_ state: ExplorerState) -> [[StyledText]] {
    guard let shown = state.shownMap, shown.isWanted else { return [] }
    let map = shown.map
    var lines: [[StyledText]] = []
    if state.choices.selection.value == .probabilities, let entropy = map.entropy,
      state.choices.selection.aggregate != .maximum
    {
      let most = log(Double(max(1, map.count)))
      lines.append([
        label(state, "entropy "), StyledText(Figures.number(entropy)),
        label(state, " of \(Figures.number(most)) nats"),
      ])
    }
    if let largest = map.largest, let least = map.least {
      lines.append([
        label(state, "max "), StyledText(Figures.number(largest)), label(state, "  min "),
        StyledText(Figures.number(least)),
      ])
      lines.append([
        label(state, "mean "), StyledText(Figures.number(map.mean)), label(state, "  sum "),
        StyledText(Figures.number(map.sum, digits: 4)),
      ])
    }
    if let remark = map.remark { lines.insert([StyledText(remark, .bold)], at: 0) }
    return lines
  }

  private static func label(_ state: ExplorerState, _ text: String) -> StyledText {
    StyledText(text, state.preferences.theme.label)
  }
}
