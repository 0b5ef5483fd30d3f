// How a cell looks, apart from its character.

/// The colours and attributes of a cell.
public struct Style: Hashable, Sendable {
  /// Ways to set text apart without colour.
  public struct Attributes: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Heavier text.
    public static let bold = Attributes(rawValue: 1)
    /// Fainter text.
    public static let dim = Attributes(rawValue: 2)
    /// A line under the text.
    public static let underline = Attributes(rawValue: 4)
    /// Foreground and background exchanged.
    public static let reverse = Attributes(rawValue: 8)
  }

  /// The colour of the text; nil is the terminal's own.
  public var foreground: Colour?
  /// The colour behind the text; nil is the terminal's own.
  public var background: Colour?
  /// What else sets the text apart.
  public var attributes: Attributes

  /// A style; without arguments, the terminal's own.
  public init(
    foreground: Colour? = nil, background: Colour? = nil, attributes: Attributes = []
  ) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  /// The terminal's own colours, no attributes.
  public static let plain = Style()
  /// The terminal's own colours, bold.
  public static let bold = Style(attributes: .bold)
  /// The terminal's own colours, dim.
  public static let dim = Style(attributes: .dim)
  /// The terminal's own colours, underlined.
  public static let underline = Style(attributes: .underline)
  /// The terminal's own colours, exchanged.
  public static let reverse = Style(attributes: .reverse)

  /// This style with `attributes` added.
  public func adding(_ attributes: Attributes) -> Style {
    Style(
      foreground: foreground, background: background,
      attributes: self.attributes.union(attributes))
  }

  /// This style with another colour of text.
  public func coloured(_ foreground: Colour?) -> Style {
    Style(foreground: foreground, background: background, attributes: attributes)
  }

  /// This style upon another background.
  public func on(_ background: Colour?) -> Style {
    Style(foreground: foreground, background: background, attributes: attributes)
  }
}
