// How many bytes a terminal is told: what sets colours, moves the cursor and writes a row. The bytes are
// made by ncurses and CTerminal/economy.c; this is what they come to.

/// How many bytes set colours and write cells.
enum PictureBytes {
  /// `CSI 38;5;100 m`, or both colours at once.
  static func indexed(_ setsInk: Bool, _ setsGround: Bool) -> Int {
    setsInk && setsGround ? 20 : setsInk || setsGround ? 11 : 0
  }

  /// `CSI 38;2;` and a colour's three numbers, or `CSI 38;5;100 m`; both at once save 2.
  static func colour(_ colour: Colour, _ depth: ColourDepth) -> Int {
    guard depth == .direct else { return indexed(true, false) }
    func digits(_ level: UInt8) -> Int { level < 10 ? 1 : level < 100 ? 2 : 3 }
    return 10 + digits(colour.red) + digits(colour.green) + digits(colour.blue)
  }

  /// What moves the cursor to where writing goes on.
  static let move = 5

  /// What sets a colour back to the terminal's own, as `CSI 39 m`.
  private static let plain = 5
  /// What switches attributes on or off.
  private static let attributes = 4
  /// ncurses writes up to so many unchanged cells between two changed ones again, and does not move past.
  private static let rewritten = 5

  /// The bytes that turn a row into another, of whatever stood there if nil.
  static func row(_ row: ArraySlice<Cell>, over former: ArraySlice<Cell>?, _ depth: ColourDepth)
    -> Int
  {
    var pen = Style.plain
    var bytes = 0
    var kept = rewritten + 1
    for (column, index) in row.indices.enumerated() {
      let cell = row[index]
      if let former, former[former.startIndex + column] == cell {
        kept += 1
        continue
      }
      if kept > rewritten {
        bytes += move
      } else {
        for index in index - kept..<index { bytes += write(row[index], &pen, depth) }
      }
      bytes += write(cell, &pen, depth)
      kept = 0
    }
    return bytes
  }

  private static func write(_ cell: Cell, _ pen: inout Style, _ depth: ColourDepth) -> Int {
    guard cell.span != .trailing else { return 0 }
    var bytes = cell.character.utf8.count
    var style = cell.style
    if style.attributes != pen.attributes { bytes += attributes }
    // A space has no ink to be seen.
    if cell.character == " ", style.attributes.isEmpty { style.foreground = pen.foreground }
    func set(_ colour: Colour?) -> Int { colour.map { self.colour($0, depth) } ?? plain }
    let setsInk = style.foreground != pen.foreground
    let setsGround = style.background != pen.background
    if setsInk { bytes += set(style.foreground) }
    if setsGround { bytes += set(style.background) }
    if setsInk && setsGround { bytes -= 2 }
    pen = style
    return bytes
  }
}
