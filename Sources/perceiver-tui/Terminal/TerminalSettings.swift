// Which terminal to open and how: from the environment, or as a test wants it.

import CTerminal
import Foundation
import Screens

/// What a ``TerminalDriver`` is opened with.
package struct TerminalSettings: Sendable {
  /// Which colours to ask for.
  package enum Colours: Sendable {
    /// As many as terminfo says.
    case ofTerminfo
    /// 24 bits, where the type of terminal is known to take them as xterm does.
    case direct
    /// None.
    case none

    var number: Int32 {
      switch self {
      case .ofTerminfo: Int32(CT_COLOURS_OF_TERMINFO.rawValue)
      case .direct: Int32(CT_COLOURS_DIRECT.rawValue)
      case .none: Int32(CT_COLOURS_NONE.rawValue)
      }
    }
  }

  /// What happens to standard error while the screen is up.
  package enum Errors: Sendable {
    /// If it is a terminal, it is kept and printed when the screen is closed.
    case held
    /// Nothing.
    case untouched
  }

  /// Its terminfo name, as in TERM.
  package var type: String
  /// The handle keys come from.
  package var input: Int32
  /// The handle the screen goes to.
  package var output: Int32
  /// Columns and rows for a handle that is no terminal; nil asks the terminal.
  package var size: (width: Int, height: Int)?
  /// Which colours to ask for.
  package var colours: Colours
  /// What happens to standard error.
  package var errors: Errors
  /// Whether the terminal is asked what its background is; those that might print the question are not
  /// to be asked.
  package var asksBackground = false
  /// What the environment says of the background; nil where it says nothing.
  package var background: TerminalBackground?

  /// Settings in full.
  package init(
    type: String, input: Int32, output: Int32, size: (width: Int, height: Int)? = nil,
    colours: Colours = .ofTerminfo, errors: Errors = .untouched
  ) {
    self.type = type
    self.input = input
    self.output = output
    self.size = size
    self.colours = colours
    self.errors = errors
  }

  /// The terminal this program runs in. Its keys come from standard input, or from `/dev/tty`
  /// where standard input is something else, such as the photo.
  ///
  /// NO_COLOR (when not empty) leaves out colours; COLORTERM `truecolor` or `24bit` asks for all.
  ///
  /// - Throws: ``TerminalError`` when standard output is no terminal, TERM is not set, or there is
  ///   no terminal to read keys from.
  package static func ofThisProcess(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(TerminalError) -> TerminalSettings {
    guard isatty(STDOUT_FILENO) == 1 else { throw .outputIsNoTerminal }
    guard let type = environment["TERM"], !type.isEmpty else { throw .typeNotSet }
    var input = STDIN_FILENO
    if isatty(STDIN_FILENO) != 1 {
      input = Foundation.open("/dev/tty", O_RDWR | O_CLOEXEC)
      guard input >= 0 else { throw .noKeys(reason: String(cString: strerror(errno))) }
    }
    var settings = TerminalSettings(
      type: type, input: input, output: STDOUT_FILENO, colours: colours(in: environment),
      errors: .held)
    settings.asksBackground = TerminalBackground.isAsked(ofType: type, environment: environment)
    settings.background = TerminalBackground(colorFGBG: environment["COLORFGBG"])
    return settings
  }

  /// The colours that NO_COLOR and COLORTERM ask for.
  package static func colours(in environment: [String: String]) -> Colours {
    if environment["NO_COLOR"]?.isEmpty == false { return .none }
    switch environment["COLORTERM"] {
    case "truecolor", "24bit": return .direct
    default: return .ofTerminfo
    }
  }

  /// The family by CTerminal's numbers.
  static func number(of family: TerminalFamily?) -> Int32 {
    switch family?.directColours {
    case .asXterm?: Int32(CT_FAMILY_XTERM.rawValue)
    case .asTmux?: Int32(CT_FAMILY_TMUX.rawValue)
    case .unknown?, nil: Int32(CT_FAMILY_OTHER.rawValue)
    }
  }

  /// The terminal's size now: as given, else as the terminal says, else 80 × 24.
  var currentSize: (width: Int, height: Int) {
    if let size { return (clamped(size.width), clamped(size.height)) }
    var width: Int32 = 0
    var height: Int32 = 0
    guard ct_size(output, &width, &height) == 1 else { return (80, 24) }
    return (clamped(Int(width)), clamped(Int(height)))
  }

  // ncurses keeps sizes in shorts, and a Screen has no longer side.
  private func clamped(_ side: Int) -> Int { min(max(1, side), 4096) }
}
