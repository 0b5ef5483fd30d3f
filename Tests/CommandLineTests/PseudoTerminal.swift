// A terminal without a window: what is written to it can be read, and keys can be typed into it.

import Foundation

/// A pair of handles of which one is a terminal and the other what a window would be.
final class PseudoTerminal {
  /// The terminal's side, for the program.
  let terminal: Int32
  /// The window's side.
  private let window: Int32

  /// Opens one of the given size; nil where the system gives none.
  init?(width: Int, height: Int) {
    var window: Int32 = -1
    var terminal: Int32 = -1
    var size = winsize(
      ws_row: UInt16(height), ws_col: UInt16(width), ws_xpixel: 0, ws_ypixel: 0)
    guard openpty(&window, &terminal, nil, nil, &size) == 0 else { return nil }
    self.window = window
    self.terminal = terminal
    _ = fcntl(window, F_SETFL, O_NONBLOCK)
  }

  deinit {
    if window >= 0 { close(window) }
    close(terminal)
  }

  /// Types bytes.
  func type(_ text: String) { type(Array(text.utf8)) }

  /// Types bytes that may be no text.
  func type(_ bytes: [UInt8]) {
    _ = write(window, bytes, bytes.count)
  }

  /// Changes the size; the process is not told by this, having another terminal.
  func resize(width: Int, height: Int) {
    var size = winsize(
      ws_row: UInt16(height), ws_col: UInt16(width), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(window, UInt(TIOCSWINSZ), &size)
  }

  /// Whether lines are edited and echoed, as a shell wants it.
  var isCooked: Bool {
    var modes = termios()
    tcgetattr(terminal, &modes)
    return modes.c_lflag & tcflag_t(ICANON) != 0 && modes.c_lflag & tcflag_t(ECHO) != 0
  }

  /// What the program has written since this was asked last.
  func output() -> String {
    var taken: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(window, &bytes, bytes.count)
      if count <= 0 { return String(decoding: taken, as: UTF8.self) }
      taken += bytes[..<count]
    }
  }

  /// Takes what the program writes on a thread of its own while `body` runs, as a window would:
  /// the system holds only 4096 bytes of it.
  func whileReading(_ body: () throws -> Void) rethrows -> String {
    let reader = OutputReader(handle: window)
    reader.start()
    defer { reader.stop() }
    try body()
    tcdrain(terminal)
    return reader.stop() + output()
  }
}

/// Reads a handle until it is stopped.
private final class OutputReader: @unchecked Sendable {
  private let handle: Int32
  private let lock = NSLock()
  private var taken: [UInt8] = []
  private var isStopping = false
  private let finished = DispatchSemaphore(value: 0)
  private var hasStarted = false

  init(handle: Int32) { self.handle = handle }

  func start() {
    hasStarted = true
    Thread.detachNewThread { [self] in
      var bytes = [UInt8](repeating: 0, count: 65536)
      while true {
        var waiting = [pollfd(fd: handle, events: Int16(POLLIN), revents: 0)]
        poll(&waiting, 1, 20)
        let count = read(handle, &bytes, bytes.count)
        let mustStop = lock.withLock {
          if count > 0 { taken += bytes[..<count] }
          return isStopping
        }
        if mustStop && count <= 0 { break }
      }
      finished.signal()
    }
  }

  @discardableResult
  func stop() -> String {
    if hasStarted {
      hasStarted = false
      lock.withLock { isStopping = true }
      finished.wait()
    }
    return String(decoding: taken, as: UTF8.self)
  }
}
