// Why a terminal cannot be used, in words for the person before it.

import CTerminal
import Foundation

/// Why a terminal cannot be used.
package enum TerminalError: Error, Hashable, CustomStringConvertible {
  /// Standard output goes to a file or a pipe.
  case outputIsNoTerminal
  /// TERM is missing or empty.
  case typeNotSet
  /// There is no terminal to read keys from.
  case noKeys(reason: String)
  /// terminfo has no entry for TERM.
  case unknownType(String)
  /// There is no terminfo at all.
  case noTerminfo(String)
  /// The terminal cannot place its cursor.
  case cannotAddress(String)
  /// A handle cannot be used.
  case badHandle(reason: String)
  /// ncurses failed without a reason.
  case refused(String)
  /// A terminal is open already.
  case alreadyOpen

  init(status: Int32, type: String, reason: Int32) {
    switch UInt32(bitPattern: status) {
    case CT_UNKNOWN_TYPE.rawValue: self = .unknownType(type)
    case CT_NO_TERMINFO.rawValue: self = .noTerminfo(type)
    case CT_CANNOT_ADDRESS.rawValue: self = .cannotAddress(type)
    case CT_BAD_HANDLE.rawValue: self = .badHandle(reason: String(cString: strerror(reason)))
    default: self = .refused(type)
    }
  }

  /// One line: what is wrong and what can be done.
  package var description: String {
    switch self {
    case .outputIsNoTerminal:
      "standard output is not a terminal; use `trace` or `render` for files and pipes"
    case .typeNotSet:
      "TERM is not set; set it to the terminal's type, such as xterm-256color"
    case .noKeys(let reason):
      "standard input is not a terminal, and /dev/tty cannot be opened for keys: \(reason)"
    case .unknownType(let type):
      "TERM is \"\(type)\", which terminfo does not know; expected a type such as xterm-256color"
    case .noTerminfo(let type):
      "no terminfo database was found to look up TERM \"\(type)\" in; install ncurses-base"
    case .cannotAddress(let type):
      "TERM is \"\(type)\", a terminal that cannot place its cursor; use `trace` or `render`"
    case .badHandle(let reason):
      "the terminal cannot be opened: \(reason)"
    case .refused(let type):
      "ncurses cannot use the terminal type \"\(type)\""
    case .alreadyOpen:
      "a terminal is open already"
    }
  }
}
