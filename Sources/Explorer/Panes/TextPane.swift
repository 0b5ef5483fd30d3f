// A map over text: each character as bright as its tokens' number.

import Inputs
import Pictures
import Screens

package enum TextPane: MainPane {
  package static let topic = "text"

  package static func isShown(_ state: ExplorerState) -> Bool { state.shownText != nil }

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty, let text = state.shownText else { return }
    let values = state.textValues
    let shading = state.textShading
    let lines = draw(
      text, values: values, style: { style(state, shading?.shade(of: $0)) }, state, in: area,
      on: &screen)
    if state.shownMap == nil {
      PaneText.note(MapPane.absence(state), state, in: area, on: &screen)
    } else if let remark = state.shownMap?.map.statistics.remark {
      PaneText.note(remark, state, in: area, on: &screen)
    } else if lines.count > area.height {
      let shown = lines.first + 1...min(lines.count, lines.first + area.height)
      PaneText.note(
        "lines \(shown.lowerBound) to \(shown.upperBound) of \(lines.count)", state, in: area,
        on: &screen)
    }
  }

  /// Draws a text, each character in the style of the mean of its tokens' numbers, those left out that
  /// are not finite.
  ///
  /// - Returns: The first line that is shown, from 0, and how many there are.
  @discardableResult package static func draw(
    _ text: TokenText, values: [Float], style: (Float) -> Style, _ state: ExplorerState,
    in area: Rect, on screen: inout Screen
  ) -> (first: Int, count: Int) {
    let lines = TextLines(text, width: area.width)
    let first = firstLine(state, lines, in: area)
    let selected = Set(state.choices.selection.tokens)
    let marked = state.markedRectangle
    let hatch = state.terminal.symbols.hatch
    for (row, line) in lines.lines.dropFirst(first).prefix(area.height).enumerated() {
      for (column, piece) in line {
        var shown = style(piece.mean(of: values))
        if !selected.isDisjoint(with: piece.tokens) { shown = state.preferences.theme.chosen }
        if state.isProbing, !state.isProbingLatents, piece.tokens.contains(state.probedKey) {
          shown = state.preferences.theme.cursor
        }
        if piece.tokens.contains(where: { marked?.contains(row: 0, column: $0) == true }) {
          shown = state.preferences.theme.cursor
        }
        let words =
          state.isHidden(piece.tokens)
          ? String(repeating: String(hatch), count: piece.shown.displayWidth) : piece.shown
        screen.write(
          words, x: area.x + column, y: area.y + row, style: shown, within: area)
      }
    }
    return (first, lines.lines.count)
  }

  /// The first line that is shown: the cursor is kept in view.
  static func firstLine(_ state: ExplorerState, _ lines: TextLines, in area: Rect) -> Int {
    guard state.isProbing, let coordinate = lines.coordinate(of: state.probedKey) else { return 0 }
    return lines.firstShown(keeping: coordinate.line, of: max(1, area.height - 1))
  }

  /// The style of a number of a map that explains.
  static func style(_ state: ExplorerState, _ shading: MapShading, of number: Float) -> Style {
    guard state.terminal.depth.showsPictures else {
      return style(state, shading.transfer.shade(of: number))
    }
    guard let colour = shading.colour(of: number) else { return .plain }
    return style(on: Colour(colour))
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
    return style(on: Colour(state.choices.view.colours.colour(shade)))
  }

  /// Dark or light ink on a colour.
  private static func style(on colour: Colour) -> Style {
    Style(foreground: colour.contrasting, background: colour)
  }
}

extension ExplorerState {
  /// Whether all of some tokens of a text are hidden by hand.
  fileprivate func isHidden(_ tokens: some Collection<Int>) -> Bool {
    guard let marks = choices.changes.hidden, !tokens.isEmpty else { return false }
    return tokens.allSatisfy { marks.hidden.indices.contains($0) && marks.hidden[$0] }
  }

  /// The text that the shown map lies over; nil where it lies over something else.
  var shownText: TokenText? {
    if isExplanationShown { return choices.input.text }
    return mapView == .one && !mapLiesOverLatents ? choices.input.text : nil
  }

  /// The numbers of the shown map over a text. A decoder may have more outputs than there are tokens.
  var textValues: [Float] {
    Array((shownMap?.map.values.values ?? []).prefix(choices.input.tensor.count))
  }

  /// How the numbers over a text became shades.
  var textShading: FittedTransfer? {
    guard shownMap != nil else { return nil }
    return FittedTransfer(
      choices.view.transfer,
      to: scale(of: .attention(choices.selection.value))?.numbers ?? textValues)
  }
}
