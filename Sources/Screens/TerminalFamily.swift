// Which terminals are alike, by their names in terminfo: one table for their colours and for what is asked
// of them.

/// A kind of terminal, told by the beginning of its name.
public struct TerminalFamily: Sendable, Hashable {
  /// How 24-bit colours are told to it.
  public enum DirectColours: Sendable, Hashable {
    /// As xterm takes them.
    case asXterm
    /// As tmux and screen take them.
    case asTmux
    /// It is not known to take any.
    case unknown
  }

  /// Whether the question for its background is answered, or passed over.
  enum Answer: Sendable, Hashable {
    case known
    /// Only where tmux is what reads it.
    case knownInsideTmux
    /// It might be printed.
    case unknown
  }

  /// The name, or what stands before `-`, `.` or `+` in it.
  let name: String
  /// How 24-bit colours are told to it.
  public let directColours: DirectColours
  /// Whether it is newer than the terminfo of many machines, so that an entry carried by the program
  /// stands for its own.
  public let isCarried: Bool
  /// Whether the question for its background is answered, or passed over.
  let answer: Answer

  /// The family of a terminal; nil where nothing is known of it.
  ///
  /// - Parameter type: Its name in terminfo.
  public init?(ofType type: String) {
    let family = Self.all.first { family in
      guard type.hasPrefix(family.name) else { return false }
      return type.dropFirst(family.name.count).first.map { "-.+".contains($0) } ?? true
    }
    guard let family else { return nil }
    self = family
  }

  private init(
    _ name: String, _ directColours: DirectColours, isCarried: Bool = false, _ answer: Answer
  ) {
    (self.name, self.directColours) = (name, directColours)
    (self.isCarried, self.answer) = (isCarried, answer)
  }

  /// All families; the first that fits counts.
  static let all: [TerminalFamily] = [
    .init("xterm-kitty", .asXterm, isCarried: true, .known),
    .init("xterm-ghostty", .asXterm, isCarried: true, .known),
    .init("xterm", .asXterm, .known),
    .init("alacritty", .asXterm, isCarried: true, .known),
    .init("contour", .asXterm, isCarried: true, .known),
    .init("foot", .asXterm, isCarried: true, .known),
    .init("ghostty", .asXterm, isCarried: true, .known),
    .init("gnome", .asXterm, .known),
    .init("iterm", .asXterm, .known),
    .init("iterm2", .asXterm, .known),
    .init("kitty", .asXterm, isCarried: true, .known),
    .init("konsole", .asXterm, isCarried: true, .known),
    .init("mintty", .asXterm, isCarried: true, .known),
    .init("ms-terminal", .asXterm, .unknown),
    .init("rxvt", .unknown, .known),
    .init("st", .asXterm, .known),
    .init("vte", .asXterm, isCarried: true, .known),
    .init("wezterm", .asXterm, isCarried: true, .known),
    .init("tmux", .asTmux, isCarried: true, .known),
    .init("screen", .asTmux, .knownInsideTmux),
  ]
}
