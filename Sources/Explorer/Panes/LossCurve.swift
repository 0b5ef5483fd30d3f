// Losses over steps: every one faintly, and smoothed, between axes with numbers.

import Foundation
import Pictures
import Screens

/// A curve of losses, on the scale on which they can be seen.
package struct LossCurve {
  private let history: LossHistory
  private let smoothed: [Double]
  /// The least and the largest loss that is shown.
  private let range: ClosedRange<Double>
  /// Whether heights are logarithms: where losses span more than a factor of eight.
  package let isLogarithmic: Bool

  package init(_ history: LossHistory) {
    self.history = history
    smoothed = history.smoothed
    let losses = history.entries.map(\.loss).filter(\.isFinite)
    let (least, largest) = (losses.min() ?? 0, losses.max() ?? 1)
    range = least...max(largest, least)
    isLogarithmic = least > 0 && largest > 8 * least
  }

  /// Draws the curve with as much of its axes as there is room for.
  package func draw(
    in area: Rect, theme: Theme, symbols: Symbols, on screen: inout Screen
  ) {
    guard !area.isEmpty else { return }
    guard let last = history.entries.last else {
      screen.write("no step yet", in: area.row(0), style: theme.label, symbols: symbols)
      return
    }
    let ends = [range.upperBound, range.lowerBound].map { Figures.number($0) }
    let margin = ends.map(\.displayWidth).max() ?? 0
    let hasAxes = area.height >= 3 && area.width >= margin + 12
    let plotArea = hasAxes ? area.inset(left: margin + 1, bottom: 1) : area
    if hasAxes {
      drawAxes(ends, to: last.lastStep, around: plotArea, theme, symbols, on: &screen)
    }
    var plot = DotPlot(in: plotArea, symbols: symbols)
    for (column, range) in columns(plot.columns).enumerated() {
      for index in range {
        guard let row = plot.row(of: height(history.entries[index].loss)) else { continue }
        plot.mark(column: column, row: row, style: theme.faint)
      }
    }
    let heights = columns(plot.columns).map { height(smoothed[$0.upperBound - 1]) }
    plot.line(heights, style: theme.bar)
    plot.draw(on: &screen)
  }

  private func drawAxes(
    _ ends: [String], to step: Int, around plot: Rect, _ theme: Theme, _ symbols: Symbols,
    on screen: inout Screen
  ) {
    let style = theme.label
    let margin = ends.map(\.displayWidth).max() ?? 0
    for y in plot.y..<plot.endY {
      screen.put(symbols.frame.vertical, x: plot.x - 1, y: y, style: theme.frame)
    }
    for (end, y) in zip(ends, [plot.y, plot.endY - 1]) {
      screen.write(
        end, x: plot.x - 1 - end.displayWidth, y: y, style: style)
    }
    let line = Rect(x: plot.x - 1, y: plot.endY, width: plot.width + 1, height: 1)
    let (first, last) = ("\(history.entries.first?.firstStep ?? 1)", "\(step)")
    let scale = isLogarithmic ? "loss, log" : "loss"
    screen.write(first, in: line, style: style, symbols: symbols)
    if line.width >= first.count + last.count + scale.count + 4 {
      screen.write(scale, in: line, .centre, style: style, symbols: symbols)
    }
    if step > 1, line.width > first.count + last.count {
      screen.write(last, in: line, .trailing, style: style, symbols: symbols)
    }
    // Where both numbers are the same, the line between them has no height.
    if range.lowerBound == range.upperBound, plot.height > 1 {
      screen.fill(Rect(x: plot.x - 1 - margin, y: plot.endY - 1, width: margin, height: 1))
    }
  }

  /// Which entries stand over each column of dots: every column has one at least, the last one ends
  /// with the last.
  private func columns(_ count: Int) -> [Range<Int>] {
    let entries = history.entries.count
    guard entries > 0 else { return [] }
    if entries < count {
      // Few steps spread over the width, as stairs.
      return (0..<count).map { column in
        let index = column * entries / count
        return index..<index + 1
      }
    }
    return (0..<count).map { column in
      column * entries / count..<(column + 1) * entries / count
    }
  }

  /// A loss as a share of the plot's height.
  private func height(_ loss: Double) -> Double {
    func scaled(_ value: Double) -> Double { isLogarithmic ? log(value) : value }
    let (low, high) = (scaled(range.lowerBound), scaled(range.upperBound))
    return high > low ? (scaled(loss) - low) / (high - low) : 0.5
  }
}
