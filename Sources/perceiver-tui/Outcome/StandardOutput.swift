// Text and pictures to standard output, written whole, with a reader that may leave early.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Standard output as a place for bytes.
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

  /// Writes text.
  ///
  /// - Throws: `ReaderLeft`, or `CommandFailure` when the system refuses.
  func write(_ text: String) throws {
    try write(Array(text.utf8))
  }

  /// Writes bytes.
  ///
  /// - Throws: `ReaderLeft`, or `CommandFailure` when the system refuses.
  func write(_ bytes: [UInt8]) throws {
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

  /// One line on standard error; a lost reader of it loses nothing else.
  static func printLine(_ text: String) {
    // Names in files may hold anything: control characters must not reach the terminal.
    let line = String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    let bytes = Array("perceiver-tui: \(line)\n".utf8)
    _ = bytes.withUnsafeBytes { systemWrite(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
