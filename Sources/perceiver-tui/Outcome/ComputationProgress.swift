// How far a long computation is, on the line of progress: what it is called, and what its cancellation
// is told.

import Synchronization

/// A line on standard error while something computes; nothing where that is no terminal.
final class ComputationProgress: Sendable {
  private struct State {
    let line = ProgressLine()
    /// Which of several inputs it is: `2/10 photo.png: `; empty of one.
    var subject = ""
    /// What is computed.
    var what = ""
    var start = ContinuousClock.now
    /// How much of it was done when it was last told.
    var done = 0
  }

  private let state = Mutex(State())

  /// Names the input that is computed, of several.
  func begin(input name: String, number: Int, of count: Int) {
    state.withLock { $0.subject = count > 1 ? "\(number)/\(count) \(name): " : "" }
  }

  /// Names what is computed next.
  func begin(_ what: String) {
    state.withLock { ($0.what, $0.start, $0.done) = (what, .now, 0) }
  }

  /// Draws that so many parts of what is computed are done, of how many; safe from any thread.
  func report(_ done: Int, of total: Int) {
    state.withLock { state in
      // What has several steps begins to count anew in each.
      if done < state.done { state.start = .now }
      state.done = done
      let (subject, what, start) = (state.subject, state.what, state.start)
      state.line.draw(done: Double(done) / Double(max(1, total))) {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let left = done > 0 ? seconds / Double(done) * Double(total - done) : .infinity
        return "\(subject)\(what), \(done)/\(total), \(EpochFigures.clock(left)) left"
      }
    }
  }

  /// Takes the line away, so that something else can be written.
  func clear() { state.withLock { $0.line.clear() } }
}
