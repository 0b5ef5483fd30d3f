// Ctrl-C and its relatives as a cancellation, so that work stops between pieces and tidies up.

import Dispatch
import Synchronization
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Runs work that SIGINT, SIGTERM and SIGHUP cancel instead of ending the process.
enum Interruption {
  /// The signals that mean "stop".
  private static let signals = [SIGINT, SIGTERM, SIGHUP]

  /// Runs `work`, which looks at its cancellation between pieces.
  ///
  /// - Parameters:
  ///   - progress: Draws how far the work is.
  ///   - leaving: Puts things in order where a signal cancelled the work, and says in a line what has
  ///     become of it. Signals wait meanwhile.
  /// - Throws: What `work` or `leaving` throws; a `CommandFailure` with the signal where one
  ///   cancelled it.
  static func cancelling<Result>(
    progress: ComputationProgress? = nil, _ work: (Cancellation) throws -> Result,
    leaving: () throws -> String = { "interrupted" }
  ) throws -> Result {
    let cancellation = Cancellation { progress?.report($0, of: $1) }
    let received = ReceivedSignal()
    let sources = signals.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        received.number.store(number, ordering: .relaxed)
        cancellation.cancel()
      }
      source.resume()
      return source
    }
    defer {
      for source in sources { source.cancel() }
      for number in signals { signal(number, SIG_DFL) }
    }
    do {
      return try work(cancellation)
    } catch is ComputationCancelled {
      let number = received.number.load(ordering: .relaxed)
      throw CommandFailure(.signal(number), nil, try leaving())
    }
  }

  /// Which signal came.
  private final class ReceivedSignal: Sendable {
    let number = Atomic(SIGINT)
  }
}
