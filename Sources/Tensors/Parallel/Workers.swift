// What a computation works with: threads for loops whose iterations run several at a time, and memory.

import Foundation

/// The threads a computation may use, the memory of what it makes, and the switch that stops it.
package struct Workers: Sendable {
  /// The most threads that one loop uses at once; at least one.
  package let threads: Int
  /// What stops the computation early, if anything.
  package let cancellation: Cancellation?
  /// Where the results of operations take their memory from.
  package let pages: SparePages

  /// Threads as `PERCEIVER_NUM_THREADS` says, else one for each processor.
  package static let processorCount: Int = {
    let processors = max(1, ProcessInfo.processInfo.activeProcessorCount)
    guard let given = ProcessInfo.processInfo.environment[variable] else { return processors }
    return number(given) ?? processors
  }()

  /// What is wrong with `PERCEIVER_NUM_THREADS`, in a sentence; nil if nothing is.
  package static var settingProblem: String? {
    guard let given = ProcessInfo.processInfo.environment[variable], !given.isEmpty,
      number(given) == nil
    else { return nil }
    return "\(variable): expected a number of threads from 1 to \(mostThreads), found "
      + "\(printable(given)); one for each processor is used"
  }

  private static let variable = "PERCEIVER_NUM_THREADS"
  /// More than there are processors in one machine.
  private static let mostThreads = 512

  private static func number(_ text: String) -> Int? {
    Int(text).flatMap { (1...mostThreads).contains($0) ? $0 : nil }
  }

  package init(
    threads: Int = processorCount, cancellation: Cancellation? = nil,
    pages: SparePages = .ofProcess
  ) {
    self.threads = max(1, threads)
    self.cancellation = cancellation
    self.pages = pages
  }

  /// Calls `body` once for each of `0..<count`, in any order, several at a time.
  ///
  /// What an iteration computes must not depend on which thread runs it; cut the work by its
  /// shape alone, never by the number of threads, and results are the same bits for any number.
  ///
  /// - Throws: `ComputationCancelled` once the iterations under way have ended.
  package func forEach(
    _ count: Int, _ body: @Sendable (Int) -> Void
  ) throws(ComputationCancelled) {
    let cancellation = cancellation
    if threads == 1 || count <= 1 {
      for index in 0..<max(0, count) {
        if cancellation?.isCancelled == true { break }
        body(index)
      }
    } else {
      let priority = ThreadPriority.current
      withoutActuallyEscaping(body) { body in
        let loop = SharedLoop(
          count: count, priority: priority, cancellation: cancellation, body)
        LoopTeam.ofThread(with: priority).run(loop, helpers: min(threads, count) - 1)
        loop.forget()
      }
    }
    try cancellation?.check()
  }
}
