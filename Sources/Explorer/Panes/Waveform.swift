// A sound as a waveform, each column in the colour of the number that its samples get; and numbers
// above and below zero in the same way.

import Inputs
import Pictures
import Screens

enum Waveform {
  /// Draws samples from their least to their largest in each column, around a middle line.
  ///
  /// - Parameter drawn: The map over the same samples, a number for each column.
  static func draw(
    _ samples: [Float], _ drawn: DrawnMap, _ state: ExplorerState, in area: Rect,
    on screen: inout Screen
  ) {
    guard !area.isEmpty, !samples.isEmpty else { return }
    let columns = (0..<area.width).map { x -> (least: Float, largest: Float)? in
      let first = x * samples.count / area.width
      let last = max(first + 1, (x + 1) * samples.count / area.width)
      let part = samples[first..<last].filter(\.isFinite)
      guard let least = part.min(), let largest = part.max() else { return nil }
      return (least, largest)
    }
    let loudest = samples.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    draw(columns, reach: loudest, drawn, state, in: area, on: &screen)
  }

  /// Draws a map's own numbers as columns from zero up or down, as high as the scale goes.
  static func drawFromZero(
    _ drawn: DrawnMap, _ state: ExplorerState, in area: Rect, on screen: inout Screen
  ) {
    guard !area.isEmpty else { return }
    let columns = drawn.numbers.prefix(area.width).map {
      number -> (least: Float, largest: Float)? in
      number.isFinite ? (min(0, number), max(0, number)) : nil
    }
    let reach = max(abs(drawn.shading.least ?? 0), abs(drawn.shading.largest ?? 0))
    draw(Array(columns), reach: reach, drawn, state, in: area, on: &screen)
  }

  /// Draws columns from one number to another, around a middle line for zero; nil for none.
  private static func draw(
    _ columns: [(least: Float, largest: Float)?], reach: Float, _ drawn: DrawnMap,
    _ state: ExplorerState, in area: Rect, on screen: inout Screen
  ) {
    let symbols = state.terminal.symbols
    // Two rows of pixels in each cell.
    let rows = 2 * area.height
    func row(_ value: Float) -> Int {
      let share = reach > 0 ? Double(value / reach) : 0
      return min(rows - 1, max(0, Int((0.5 - share / 2) * Double(rows))))
    }
    for (x, column) in columns.enumerated() {
      guard let column else { continue }
      let (top, bottom) = (row(column.largest), row(column.least))
      let shade =
        drawn.numbers.indices.contains(x) ? drawn.shading.shade(of: drawn.numbers[x]) : nil
      let colour = drawn.colours.indices.contains(x) ? drawn.colours[x] : .white
      for y in top / 2...bottom / 2 {
        let isUpper = (top...bottom).contains(2 * y)
        let isLower = (top...bottom).contains(2 * y + 1)
        let glyph: Character =
          state.terminal.depth.showsPictures
          ? (isUpper && isLower
            ? symbols.luminance(of: 1)
            : isUpper ? symbols.upperHalf ?? "#" : symbols.column[symbols.column.count / 2])
          : ShadeGlyphs.glyph(shade.map { [max($0, 0.2)] } ?? [], symbols)
        screen.put(
          glyph, x: area.x + x, y: area.y + y,
          style: state.terminal.depth.showsPictures ? Style(foreground: colour) : .plain,
          within: area)
      }
    }
  }
}

extension ExplorerState {
  /// The samples over which the shown map lies; nil where it lies over something else, or the sound
  /// is silence that no one gave.
  var shownSamples: [Float]? {
    guard !mapLiesOverLatents || isExplanationShown, shownGrid.rows == 1, shownGrid.columns > 1
    else { return nil }
    if let sound = choices.input.sound {
      let kind = isExplanationShown ? open.inputModality : open.modality
      return kind?.name == "sound" ? sound.values : nil
    }
    guard case .sound = choices.input.content else { return nil }
    let channels = choices.input.channels
    let values = choices.input.tensor.values
    return stride(from: 0, to: values.count, by: channels).map { values[$0] }
  }
}
