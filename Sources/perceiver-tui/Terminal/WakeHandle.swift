// Pipes that end a wait: written by signal handlers and other threads, read by the driver.

import Foundation

/// Ends the wait of a ``TerminalDriver`` from any thread, as when a result is ready.
package final class WakeHandle: Sendable {
  private let pipe: Pipe

  init(pipe: Pipe) { self.pipe = pipe }

  /// Makes ``TerminalDriver/waitForEvent(timeout:)`` return ``TerminalEvent/woken`` soon; many
  /// calls may become one event. Safe after the driver is closed.
  package func wake() { pipe.signal() }
}

/// A pipe of single bytes that never blocks: when it is full, enough has been said.
final class Pipe: Sendable {
  let reading: Int32
  let writing: Int32

  init() throws(TerminalError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .badHandle(reason: String(cString: strerror(errno))) }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    reading = ends[0]
    writing = ends[1]
  }

  deinit {
    close(reading)
    close(writing)
  }

  /// Puts one byte in.
  func signal() {
    var byte: UInt8 = 1
    _ = write(writing, &byte, 1)
  }

  /// Takes out what is in it.
  func drain() -> [UInt8] {
    var taken: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 512)
    while true {
      let count = read(reading, &bytes, bytes.count)
      if count > 0 { taken += bytes[..<count] }
      if count <= 0 && !(count < 0 && errno == EINTR) { return taken }
    }
  }
}
