// Text and pictures to standard output, written whole, with a reader that may leave early.

import Screens

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Standard output as a destination for bytes.
struct StandardOutput {
  /// The reader of a pipe has gone: not an error of ours, but nothing more can be said.
  struct ReaderLeft: Error {}

  private let descriptor: Int32 = STDOUT_FILENO

  /// Whether it is a terminal.
  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// The terminal's size in cells; nil when there is none.
  var terminalSize: (columns: Int, rows: Int)? {
    perceiver_tui.terminalSize(descriptor)
  }

  /// Writes lines for a person to read, each with a newline behind it. Names in them may hold
  /// anything: what is not visible is spelled out.
  ///
  /// - Throws: `ReaderLeft`, or `CommandFailure` when the system refuses.
  func write(lines: [String]) throws {
    try write(bytes: Array(lines.map { $0.visible + "\n" }.joined().utf8))
  }

  /// Writes a text of lines that has its newlines already, or JSON, which keeps its meaning. What is
  /// not visible is spelled out.
  ///
  /// - Throws: `ReaderLeft`, or `CommandFailure` when the system refuses.
  func write(text: String) throws {
    try write(bytes: Array(text.visibleLines.utf8))
  }

  /// Writes bytes as they are: pictures, and text whose escape sequences are this program's own.
  ///
  /// - Throws: `ReaderLeft`, or `CommandFailure` when the system refuses.
  func write(bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno == EPIPE {
        throw ReaderLeft()
      } else if errno != EINTR {
        throw CommandFailure(.cannotWrite, "standard output", String(cString: strerror(errno)))
      }
    }
  }
}

/// The size in cells of the terminal that a handle leads to; nil when there is none.
func terminalSize(_ descriptor: Int32) -> (columns: Int, rows: Int)? {
  var size = winsize()
  guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
  else { return nil }
  return (Int(size.ws_col), Int(size.ws_row))
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

/// Lines to standard error, each with the program's name before it.
struct Messages {
  /// Says something that is not an error: what is ignored, how large a result is.
  static func note(_ text: String) {
    printLine(text)
  }

  // More than the longest path, and than anything that this program has to say of it.
  private static let longest = 6000

  /// Whether somebody reads them: false where standard error is a terminal that takes nothing.
  static var areRead: Bool {
    guard isatty(STDERR_FILENO) == 1 else { return true }
    var ready = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    return poll(&ready, 1, 200) != 0
  }

  /// One line on standard error; a lost reader of it loses nothing else.
  static func printLine(_ text: String) {
    // Names in files may hold anything, and no end of it.
    let line = text.unicodeScalars.count <= longest ? text : String(text.prefix(longest)) + "…"
    let bytes = Array("perceiver-tui: \(line.visible)\n".utf8)
    _ = bytes.withUnsafeBytes { systemWrite(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
