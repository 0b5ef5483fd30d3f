// One cell of a Screen. How wide a character is, DisplayWidth.swift says.

/// A character and its style; a wide character takes a leading cell and a trailing one.
public struct Cell: Hashable, Sendable {
  /// How a cell's character lies on the grid.
  public enum Span: UInt8, Hashable, Sendable {
    /// The character fills this cell.
    case single
    /// The character fills this cell and the next.
    case leading
    /// The cell is the right half of the character before it; its own character is a space.
    case trailing
  }

  /// What the cell shows.
  public let character: Character
  /// How it looks.
  public var style: Style
  /// Whether the character is alone in the cell or spans two.
  public let span: Span

  /// A cell of one column; a character that is not one column wide becomes U+FFFD.
  public init(_ character: Character, style: Style = .plain) {
    switch Glyph(character) {
    case .some(let glyph) where glyph.width == 1: self.character = glyph.character
    default: self.character = Glyph.replacement
    }
    self.style = style
    span = .single
  }

  init(unchecked character: Character, style: Style, span: Span) {
    self.character = character
    self.style = style
    self.span = span
  }

  /// A space in the terminal's own colours.
  public static let blank = Cell(unchecked: " ", style: .plain, span: .single)
}
