// The colours of everything that is not a picture.

import Screens

/// Styles by what they are for. Each differs by more than colour, or its text says the same.
public struct Theme: Sendable, Hashable {
  /// The name of the program in the title.
  public var title = Style.bold
  /// Lines of frames.
  public var frame = Style(foreground: Colour(0x60, 0x68, 0x78))
  /// Lines of the frame that has the focus.
  public var focusedFrame = Style(foreground: Colour(0x5F, 0xAF, 0xFF), attributes: .bold)
  /// Titles of panes.
  public var paneTitle = Style.plain
  /// The title of the pane that has the focus.
  public var focusedTitle = Style(
    foreground: Colour(0x5F, 0xAF, 0xFF), attributes: .bold)
  /// Names and labels.
  public var label = Style(foreground: Colour(0x9A, 0xA4, 0xB2))
  /// What is less important.
  public var faint = Style.dim
  /// The chosen line, stage or latent.
  public var chosen = Style.reverse
  /// Values that were changed and not applied.
  public var changed = Style(foreground: Colour(0xFF, 0xAF, 0x5F), attributes: .bold)
  /// Keys in the footer and help.
  public var key = Style(foreground: Colour(0x5F, 0xAF, 0xFF), attributes: .bold)
  /// Errors, which also say that they are.
  public var error = Style(foreground: Colour(0xFF, 0x5F, 0x5F), attributes: .bold)
  /// Something was done.
  public var information = Style.plain
  /// The pixel cursor.
  public var cursor = Style(
    foreground: .white, background: Colour(0xD0, 0x00, 0x60), attributes: .bold)
  /// Bars of classes.
  public var bar = Style(foreground: Colour(0x5F, 0xAF, 0xFF))

  /// The colours that the program comes with, for dark terminals.
  public init() {}

  /// Those for a terminal's background: text is read upon it with a contrast of at least 4.5, lines are
  /// seen with one of at least 3. The light ones are of xterm's 256, so that fewer colours change none.
  public init(on background: TerminalBackground) {
    self.init()
    guard background == .light else { return }
    let blue = Colour(0x00, 0x5F, 0xAF)
    frame = Style(foreground: Colour(0x87, 0x87, 0x87))
    focusedFrame = Style(foreground: blue, attributes: .bold)
    focusedTitle = focusedFrame
    label = Style(foreground: Colour(0x5F, 0x5F, 0x5F))
    changed = Style(foreground: Colour(0xAF, 0x5F, 0x00), attributes: .bold)
    key = focusedFrame
    error = Style(foreground: Colour(0xD7, 0x00, 0x00), attributes: .bold)
    bar = Style(foreground: blue)
  }

  /// The names under which a configuration file gives colours.
  package static let names: [(name: String, path: any WritableKeyPath<Theme, Style> & Sendable)] = [
    ("title", \.title), ("frame", \.frame), ("focused-frame", \.focusedFrame),
    ("pane-title", \.paneTitle), ("focused-title", \.focusedTitle), ("label", \.label),
    ("faint", \.faint), ("chosen", \.chosen), ("changed", \.changed), ("key", \.key),
    ("error", \.error), ("information", \.information), ("cursor", \.cursor), ("bar", \.bar),
  ]
}
