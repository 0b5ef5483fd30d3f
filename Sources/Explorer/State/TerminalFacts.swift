// What is known of the terminal: the only thing panes learn about where they are shown.

import Screens

/// A terminal's size, colours and glyphs.
public struct TerminalFacts: Sendable, Hashable {
  /// Columns.
  public var width: Int
  /// Rows.
  public var height: Int
  /// The colours it can show.
  public var depth: ColourDepth
  /// The glyphs it can show.
  public var symbols: Symbols
  /// What lies behind its text, as far as it is known.
  public var background = TerminalBackground.dark
  /// Whether bold and underlined text can be told apart from other text; plain text has neither.
  public var showsAttributes = true

  /// The facts of a terminal.
  public init(
    width: Int, height: Int, depth: ColourDepth, symbols: Symbols,
    background: TerminalBackground = .dark
  ) {
    self.background = background
    self.width = width
    self.height = height
    self.depth = depth
    self.symbols = symbols
  }

  /// The whole screen.
  var bounds: Rect { Rect(x: 0, y: 0, width: width, height: height) }
  /// Draws pictures with what the terminal has.
  var canvas: PixelCanvas { PixelCanvas(depth: depth, symbols: symbols) }
  /// How keys are named.
  var keyNames: Key.NameStyle { symbols.isASCII ? .ascii : .unicode }
}
