// What lies behind a terminal's text: asked of the terminal (OSC 11), or told by the environment.

/// Whether a terminal's own background is dark or light.
public enum TerminalBackground: String, Sendable, Hashable, CaseIterable {
  /// Light text upon dark.
  case dark
  /// Dark text upon light.
  case light

  /// What a colour is: light where black text is read better upon it than white.
  public init(_ colour: Colour) {
    self = colour.contrasting == .black ? .light : .dark
  }

  /// The question to a terminal.
  public static let question = Array("\u{1B}]11;?\u{07}".utf8)

  /// Whether a terminal is known to answer the question, or to pass over it. Others might print it.
  ///
  /// - Parameters:
  ///   - type: Its name in terminfo.
  ///   - environment: NO_COLOR (not empty) asks for no colours, so that none need fit; TMUX says that
  ///     tmux reads what `screen` is sent.
  public static func isAsked(ofType type: String, environment: [String: String]) -> Bool {
    if environment["NO_COLOR"]?.isEmpty == false { return false }
    return switch TerminalFamily(ofType: type)?.answer {
    case .known?: true
    case .knownInsideTmux?: environment["TMUX"]?.isEmpty == false
    case .unknown?, nil: false
    }
  }

  /// What COLORFGBG says, as rxvt and Konsole set it: the numbers of text and background in the first
  /// sixteen colours, `15;0` or `0;default;15`. Nil where it says nothing.
  public init?(colorFGBG text: String?) {
    guard let last = text?.split(separator: ";", omittingEmptySubsequences: false).last,
      let number = Int(last), (0...15).contains(number)
    else { return nil }
    // White and the bright colours; 8 is dark grey.
    self = number == 7 || number > 8 ? .light : .dark
  }

  /// The colour of an answer without what begins and ends it: `11;rgb:ffff/ffff/ffff`, with one to
  /// four digits a channel and perhaps a fourth for transparency, or `11;#ffffff`. Nil for others.
  static func colour(answered bytes: [UInt8]) -> Colour? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix("11;") else { return nil }
    let value = text.dropFirst(3)
    var parts: [Substring]
    if let form = ["rgb:", "rgba:"].first(where: { value.hasPrefix($0) }) {
      parts = value.dropFirst(form.count).split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == form.count - 1 else { return nil }
    } else if value.hasPrefix("#"), (value.count - 1).isMultiple(of: 3) {
      let digits = value.dropFirst()
      let length = digits.count / 3
      parts = (0..<3).map { digits.dropFirst($0 * length).prefix(length) }
    } else {
      return nil
    }
    let channels = parts.prefix(3).compactMap { channel($0) }
    guard channels.count == 3 else { return nil }
    return Colour(channels[0], channels[1], channels[2])
  }

  /// A channel of one to four hexadecimal digits, all of them 1 when all are F.
  private static func channel(_ digits: Substring) -> UInt8? {
    guard (1...4).contains(digits.utf8.count), digits.allSatisfy(\.isHexDigit),
      let number = Int(digits, radix: 16)
    else { return nil }
    let full = 1 << (4 * digits.utf8.count) - 1
    return UInt8((number * 255 + full / 2) / full)
  }
}
