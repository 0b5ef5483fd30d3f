// Boxes, the rules that divide them, and bars.

extension Screen {
  /// Draws the outline of a box and its title in the upper edge, and returns the area inside.
  ///
  /// A box of fewer than two columns or rows is not drawn, and has nothing inside.
  @discardableResult
  public mutating func drawBox(
    _ area: Rect, title: String = "", style: Style = .plain, titleStyle: Style? = nil,
    symbols: Symbols
  ) -> Rect {
    guard area.width >= 2, area.height >= 2 else {
      return Rect(x: area.x, y: area.y, width: 0, height: 0)
    }
    let frame = symbols.frame
    let (left, right) = (area.x, area.endX - 1)
    let (top, bottom) = (area.y, area.endY - 1)
    for x in (left + 1)..<right {
      put(frame.horizontal, x: x, y: top, style: style)
      put(frame.horizontal, x: x, y: bottom, style: style)
    }
    for y in (top + 1)..<bottom {
      put(frame.vertical, x: left, y: y, style: style)
      put(frame.vertical, x: right, y: y, style: style)
    }
    put(frame.topLeft, x: left, y: top, style: style)
    put(frame.topRight, x: right, y: top, style: style)
    put(frame.bottomLeft, x: left, y: bottom, style: style)
    put(frame.bottomRight, x: right, y: bottom, style: style)
    writeTitle(title, in: area.row(0), style: titleStyle ?? style, symbols: symbols)
    return area.inset(by: 1)
  }

  /// Draws a rule with a title across a box, joined to its sides (├ title ──┤).
  ///
  /// - Parameters:
  ///   - box: The box's outline, as given to ``drawBox(_:title:style:titleStyle:symbols:)``.
  ///   - row: The rule's row counted from the box's upper edge; rows on or outside the upper and
  ///     lower edge draw nothing.
  public mutating func drawRule(
    across box: Rect, row: Int, title: String = "", style: Style = .plain,
    titleStyle: Style? = nil, symbols: Symbols
  ) {
    guard box.width >= 2, row > 0, row < box.height - 1 else { return }
    let line = box.row(row)
    for x in (line.x + 1)..<(line.endX - 1) {
      put(symbols.frame.horizontal, x: x, y: line.y, style: style)
    }
    put(symbols.frame.teeRight, x: line.x, y: line.y, style: style)
    put(symbols.frame.teeLeft, x: line.endX - 1, y: line.y, style: style)
    writeTitle(title, in: line, style: titleStyle ?? style, symbols: symbols)
  }

  /// Fills an area's first row with a horizontal line.
  public mutating func drawLine(in area: Rect, style: Style = .plain, symbols: Symbols) {
    fill(area.row(0), with: symbols.frame.horizontal, style: style)
  }

  /// Draws a horizontal bar in the first row of `area`, filled from the left to `fraction` (0 to 1,
  /// clamped; NaN counts as 0) in the finest steps the symbols have. A fraction above 0 shows at
  /// least the smallest step.
  public mutating func drawBar(
    _ fraction: Double, in area: Rect, style: Style = .plain, symbols: Symbols
  ) {
    let line = area.row(0)
    guard !line.isEmpty else { return }
    let parts = symbols.bar.count - 1
    let fraction = fraction > 0 ? min(fraction, 1) : 0
    var filled = Int((fraction * Double(line.width * parts)).rounded())
    if fraction > 0 { filled = max(1, filled) }
    for x in line.x..<line.endX {
      let here = min(filled, parts)
      put(symbols.bar[here], x: x, y: line.y, style: style)
      filled -= here
    }
  }

  /// Draws one column of a bar chart per value, growing upwards from the bottom of `area`; values
  /// are fractions of the height (0 to 1, clamped; NaN counts as 0).
  public mutating func drawColumns(
    _ fractions: [Double], in area: Rect, style: Style = .plain, symbols: Symbols
  ) {
    let parts = symbols.column.count - 1
    for (index, fraction) in fractions.prefix(area.width).enumerated() {
      let fraction = fraction > 0 ? min(fraction, 1) : 0
      var filled = Int((fraction * Double(area.height * parts)).rounded())
      if fraction > 0 { filled = max(1, filled) }
      for row in stride(from: area.endY - 1, through: area.y, by: -1) {
        let here = min(filled, parts)
        put(symbols.column[here], x: area.x + index, y: row, style: style)
        filled -= here
      }
    }
  }

  private mutating func writeTitle(
    _ title: String, in line: Rect, style: Style, symbols: Symbols
  ) {
    // One line stays visible on each side of the title, and a space around it.
    let room = line.width - 4
    guard !title.isEmpty, room >= 1 else { return }
    let shown = title.truncated(toWidth: room, ellipsis: symbols.ellipsis)
    write(" \(shown) ", x: line.x + 1, y: line.y, style: style, within: line)
  }
}
