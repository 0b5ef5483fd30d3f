// A map over text: each character as bright as its tokens' number.

import Inputs
import Pictures
import Screens

package enum TextPane: MainPane {
  package static func isShown(_ state: ExplorerState) -> Bool { state.shownText != nil }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty, let text = state.shownText else { return }
    let lines = TextLines(text, width: area.width)
    let first = firstLine(state, lines, in: area)
    let shading = state.textShading
    let values = state.shownMap?.map.values.values ?? []
    for (row, line) in lines.lines.dropFirst(first).prefix(area.height).enumerated() {
      for (column, piece) in line {
        let numbers = piece.tokens.compactMap { values.indices.contains($0) ? values[$0] : nil }
        let mean = numbers.isEmpty ? .nan : numbers.reduce(0, +) / Float(numbers.count)
        let style = style(state, shading?.shade(of: mean))
        let isProbed = state.isProbing && piece.tokens.contains(state.probedKey)
        screen.write(
          piece.shown, x: area.x + column, y: area.y + row,
          style: isProbed ? state.preferences.theme.cursor : style, within: area)
      }
    }
    if state.shownMap == nil {
      PaneText.note(MapPane.absence(state), state, in: area, on: &screen)
    } else if let remark = state.shownMap?.map.statistics.remark {
      PaneText.note(remark, state, in: area, on: &screen)
    } else if lines.lines.count > area.height {
      let last = min(lines.lines.count, first + area.height)
      PaneText.note(
        "lines \(first + 1) to \(last) of \(lines.lines.count)", state, in: area, on: &screen)
    }
  }

  /// The first line that is shown: the cursor is kept in view.
  static func firstLine(_ state: ExplorerState, _ lines: TextLines, in area: Rect) -> Int {
    guard state.isProbing, let place = lines.place(of: state.probedKey) else { return 0 }
    return lines.firstShown(keeping: place.line, of: max(1, area.height - 1))
  }

  private static func style(_ state: ExplorerState, _ shade: Float?) -> Style {
    guard let shade else { return .plain }
    guard state.terminal.depth.showsPictures else {
      // Without colours, four steps that any terminal has.
      switch shade {
      case ..<0.25: return .plain
      case ..<0.5: return .underline
      case ..<0.75: return Style.bold.adding(.underline)
      default: return Style.reverse.adding(.bold)
      }
    }
    let colour = Colour(state.choices.view.colours.colour(shade))
    let brightness =
      0.299 * Double(colour.red) + 0.587 * Double(colour.green)
      + 0.114 * Double(colour.blue)
    let ink = brightness > 140 ? Colour(0, 0, 0) : Colour(255, 255, 255)
    return Style(foreground: ink, background: colour)
  }
}

extension ExplorerState {
  /// The text that the shown stage's maps lie over; nil where they lie over something else.
  var shownText: TokenText? {
    mapView == .one && !mapLiesOverLatents ? choices.input.text : nil
  }

  /// How the numbers over a text became shades.
  var textShading: FittedTransfer? {
    shownMap.map { FittedTransfer(choices.view.transfer, to: $0.map.values.values) }
  }
}
