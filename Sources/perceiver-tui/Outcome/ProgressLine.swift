// One line at the bottom of a terminal that is drawn again and again while something takes long.

import Foundation
import Screens

/// A line on standard error; nothing where that is no terminal.
package final class ProgressLine {
  private let columns: Int?
  private var isShown = false
  private var lastDrawn: ContinuousClock.Instant?

  /// Finds out whether there is a terminal, and how wide it is.
  init() {
    columns = isatty(STDERR_FILENO) == 1 ? terminalSize(STDERR_FILENO)?.columns ?? 80 : nil
  }

  /// Draws the line in place of the one before, a tenth of a second or more after it.
  ///
  /// - Parameters:
  ///   - done: The share that is done, for a bar where there is room for one.
  ///   - text: What it says; called only where it is drawn.
  func draw(done: Double, _ text: () -> String) {
    guard let columns else { return }
    let now = ContinuousClock.now
    if let lastDrawn, now - lastDrawn < .milliseconds(100) { return }
    lastDrawn = now
    isShown = true
    // A line as wide as the terminal would wrap where it is drawn again.
    write("\r" + Self.line(done: done, text(), width: columns - 1) + "\u{1B}[K")
  }

  /// Takes the line away, so that something else can be written.
  func clear() {
    guard isShown else { return }
    isShown = false
    lastDrawn = nil
    write("\r\u{1B}[K")
  }

  /// The bar, where at least six columns are left for it, and the visible form of the text.
  package static func line(done: Double, _ text: String, width: Int) -> String {
    let text = text.visible
    let free = min(30, width - text.displayWidth - 3)
    guard free >= 6 else { return text.truncated(toWidth: max(0, width), ellipsis: "") }
    let filled = Int((min(1, max(0, done)) * Double(free)).rounded(.down))
    return "[" + String(repeating: "#", count: filled)
      + String(repeating: "-", count: free - filled) + "] " + text
  }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
