// The grid of cells that panes draw into; the terminal and text files are made from it.
// Boxes and rules are in Frames.swift, pictures in PixelCanvas.swift, text out in ScreenText.swift.

/// A grid of styled cells. Writing never leaves the grid, nor the area given to it.
public struct Screen: Hashable, Sendable {
  /// Columns, 0 or more.
  public let width: Int
  /// Rows, 0 or more.
  public let height: Int
  /// The cells, row by row: `width × height`.
  public private(set) var cells: [Cell]
  /// Where the terminal's cursor shall be seen; nil hides it.
  public var cursor: Point?

  // Far more than any terminal, and small enough that no size overflows or exhausts memory.
  private static let longestSide = 4096

  /// A screen of blank cells; sides are brought into 0...4096.
  public init(width: Int, height: Int) {
    self.width = min(max(0, width), Self.longestSide)
    self.height = min(max(0, height), Self.longestSide)
    cells = Array(repeating: .blank, count: self.width * self.height)
  }

  /// The whole screen.
  public var bounds: Rect { Rect(x: 0, y: 0, width: width, height: height) }

  /// The cell at a column and row; a blank one outside the screen.
  public subscript(x: Int, y: Int) -> Cell {
    guard x >= 0, x < width, y >= 0, y < height else { return .blank }
    return cells[y * width + x]
  }
}

// MARK: - Cells

extension Screen {
  /// Puts one character at a cell and returns the columns it takes: 0 when it takes none or does
  /// not fit whole into `area`.
  @discardableResult
  public mutating func put(
    _ character: Character, x: Int, y: Int, style: Style = .plain, within area: Rect? = nil
  ) -> Int {
    guard let glyph = Glyph(character) else { return 0 }
    let area = area.map { $0.intersection(bounds) } ?? bounds
    guard y >= area.y, y < area.endY, x >= area.x, x + glyph.width <= area.endX else { return 0 }
    write(glyph, x: x, y: y, style: style)
    return glyph.width
  }

  /// Fills an area with one character, by default a space; a wide character becomes U+FFFD.
  public mutating func fill(_ area: Rect, with character: Character = " ", style: Style = .plain) {
    let area = area.intersection(bounds)
    guard !area.isEmpty else { return }
    let cell = Cell(character, style: style)
    for y in area.y..<area.endY {
      parted(before: area.x, y)
      parted(before: area.endX, y)
      for x in area.x..<area.endX { cells[y * width + x] = cell }
    }
  }

  /// Changes the style of an area and leaves its characters.
  public mutating func restyle(_ area: Rect, _ change: (inout Style) -> Void) {
    let area = area.intersection(bounds)
    guard !area.isEmpty else { return }
    for y in area.y..<area.endY {
      for x in area.x..<area.endX { change(&cells[y * width + x].style) }
    }
  }

  /// Copies another screen's cells, its upper left corner at `origin`, as far as they lie here.
  public mutating func copy(_ other: Screen, to origin: Point) {
    let area = Rect(x: origin.x, y: origin.y, width: other.width, height: other.height)
    let shown = area.intersection(bounds)
    guard !shown.isEmpty else { return }
    for y in shown.y..<shown.endY {
      parted(before: shown.x, y)
      parted(before: shown.endX, y)
      for x in shown.x..<shown.endX {
        cells[y * width + x] = other[x - origin.x, y - origin.y]
      }
      // A wide character cut by the edge would claim a cell that is not its own.
      if self[shown.x, y].span == .trailing { blankOut(shown.x, y) }
      if self[shown.endX - 1, y].span == .leading { blankOut(shown.endX - 1, y) }
    }
  }

  /// Replaces the cells of a row.
  ///
  /// - Precondition: there are as many, and wide characters among them are whole.
  mutating func replaceRow(_ y: Int, with row: [Cell]) {
    cells.replaceSubrange(y * width..<(y + 1) * width, with: row)
  }

  /// Replaces every character by one of a single column; both cells of a wide one get it.
  mutating func replaceCharacters(_ replace: (Character) -> Character) {
    for index in cells.indices {
      let cell = cells[index]
      // The cell before a trailing one has been replaced already.
      let former = cell.span == .trailing ? cells[index - 1].character : replace(cell.character)
      cells[index] = Cell(former, style: cell.style)
    }
  }

  private mutating func write(_ glyph: Glyph, x: Int, y: Int, style: Style) {
    parted(before: x, y)
    parted(before: x + glyph.width, y)
    let index = y * width + x
    if glyph.width == 1 {
      cells[index] = Cell(unchecked: glyph.character, style: style, span: .single)
    } else {
      cells[index] = Cell(unchecked: glyph.character, style: style, span: .leading)
      cells[index + 1] = Cell(unchecked: " ", style: style, span: .trailing)
    }
  }

  /// Turns a wide character that spans columns `x - 1` and `x` into two spaces.
  private mutating func parted(before x: Int, _ y: Int) {
    guard x > 0, x < width, cells[y * width + x].span == .trailing else { return }
    blankOut(x - 1, y)
    blankOut(x, y)
  }

  private mutating func blankOut(_ x: Int, _ y: Int) {
    let index = y * width + x
    cells[index] = Cell(unchecked: " ", style: cells[index].style, span: .single)
  }
}

// MARK: - Text

/// A piece of text in one style, of which lines are made.
public struct StyledText: Hashable, Sendable {
  /// What is written.
  public var text: String
  /// How it looks.
  public var style: Style

  /// Text in a style.
  public init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }
}

/// Where text lies in a line that is longer than it.
public enum Alignment: Hashable, Sendable {
  /// At the left.
  case leading
  /// In the middle, nearer the left when it cannot be even.
  case centre
  /// At the right.
  case trailing
}

extension Screen {
  /// Writes text from a cell to the right, cut where `area` (by default the screen) ends, and
  /// returns the column after the last one it would have taken.
  ///
  /// A wide character that would be cut in half is a space instead. Of text that cannot be seen the
  /// ``StringProtocol/visible`` form is written.
  @discardableResult
  public mutating func write(
    _ text: some StringProtocol, x: Int, y: Int, style: Style = .plain, within area: Rect? = nil
  ) -> Int {
    let area = area.map { $0.intersection(bounds) } ?? bounds
    var column = x
    let isInRow = y >= area.y && y < area.endY
    for character in text.visible {
      guard let glyph = Glyph(character) else { continue }
      defer { column += glyph.width }
      guard isInRow, column < area.endX, column + glyph.width > area.x else { continue }
      if column >= area.x && column + glyph.width <= area.endX {
        write(glyph, x: column, y: y, style: style)
      } else {
        put(" ", x: max(column, area.x), y: y, style: style, within: area)
      }
    }
    return column
  }

  /// Writes pieces of text one after another; see ``write(_:x:y:style:within:)``.
  @discardableResult
  public mutating func write(
    _ pieces: [StyledText], x: Int, y: Int, within area: Rect? = nil
  ) -> Int {
    var column = x
    for piece in pieces {
      column = write(piece.text, x: column, y: y, style: piece.style, within: area)
    }
    return column
  }

  /// Writes text into the first row of `line`, shortened with the ellipsis of `symbols` when it
  /// does not fit.
  public mutating func write(
    _ text: some StringProtocol, in line: Rect, _ alignment: Alignment = .leading,
    style: Style = .plain, symbols: Symbols
  ) {
    let shown = text.truncated(toWidth: line.width, ellipsis: symbols.ellipsis)
    let free = line.width - shown.displayWidth
    let indent =
      switch alignment {
      case .leading: 0
      case .centre: free / 2
      case .trailing: free
      }
    write(shown, x: line.x + indent, y: line.y, style: style, within: line.row(0))
  }
}
