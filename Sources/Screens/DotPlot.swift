// Curves in characters: dots finer than cells, two by four in each with braille patterns.

/// Dots over an area of cells, in layers of which the later ones give a cell its style.
public struct DotPlot: Hashable, Sendable {
  /// Dots side by side.
  public let columns: Int
  /// Dots one below the other.
  public let rows: Int
  private let area: Rect
  private let isASCII: Bool
  private var dots: [UInt8]
  private var styles: [Style]

  /// An empty plot: two by four dots a cell, in ASCII one by three.
  public init(in area: Rect, symbols: Symbols) {
    self.area = area
    isASCII = symbols.isASCII
    (columns, rows) = isASCII ? (area.width, 3 * area.height) : (2 * area.width, 4 * area.height)
    dots = Array(repeating: 0, count: area.width * area.height)
    styles = Array(repeating: .plain, count: area.width * area.height)
  }

  /// Puts a dot; nothing happens outside the plot.
  public mutating func mark(column: Int, row: Int, style: Style = .plain) {
    guard (0..<columns).contains(column), (0..<rows).contains(row) else { return }
    let (across, down) = isASCII ? (1, 3) : (2, 4)
    let cell = row / down * area.width + column / across
    dots[cell] |= Self.bit(column: column % across, row: row % down)
    styles[cell] = style
  }

  /// Joins heights, one for each column of dots, from 0 (the lowest row) to 1; where one is no
  /// number the line is broken.
  public mutating func line(_ heights: [Double], style: Style = .plain) {
    var former: Int?
    for (column, height) in heights.prefix(columns).enumerated() {
      guard let row = row(of: height) else {
        former = nil
        continue
      }
      // What lies between two neighbours belongs to both halves of the way.
      let from = former.map { $0 + (row > $0 ? 1 : row < $0 ? -1 : 0) } ?? row
      for between in min(from, row)...max(from, row) {
        mark(column: column, row: between, style: style)
      }
      former = row
    }
  }

  /// The row of dots, from the top, of a height from 0 to 1; nil where it is NaN or infinite.
  public func row(of height: Double) -> Int? {
    guard height.isFinite, rows > 0 else { return nil }
    return Int(((1 - min(1, max(0, height))) * Double(rows - 1)).rounded())
  }

  /// Draws every cell that has dots.
  public func draw(on screen: inout Screen) {
    for (index, bits) in dots.enumerated() where bits != 0 {
      screen.put(
        glyph(bits), x: area.x + index % area.width, y: area.y + index / area.width,
        style: styles[index], within: area)
    }
  }

  private func glyph(_ bits: UInt8) -> Character {
    guard isASCII else {
      // U+2800 is the first of 256 patterns, in order of their bits.
      return Unicode.Scalar(0x2800 + UInt32(bits)).map(Character.init) ?? " "
    }
    switch bits {
    case 1: return "'"
    case 2: return "-"
    case 4: return "."
    case 3: return "\""
    case 6: return "_"
    default: return "|"
    }
  }

  /// The bit of a dot in its cell: braille counts down the left column, down the right one, then
  /// the fourth row.
  private static func bit(column: Int, row: Int) -> UInt8 {
    row == 3 ? 0x40 << column : 1 << (3 * column + row)
  }
}
