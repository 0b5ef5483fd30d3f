// How a computation on another thread is told to stop.

import Synchronization

/// A switch that a computation looks at between pieces of work; once cancelled it stays so.
public final class Cancellation: Sendable {
  private let flag = Atomic(false)

  /// Makes a switch that is not cancelled.
  public init() {}

  /// Whether `cancel()` has been called.
  public var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Asks the computation to stop at its next look; safe from any thread.
  public func cancel() { flag.store(true, ordering: .relaxed) }

  /// Throws `ComputationCancelled` if `cancel()` has been called.
  public func check() throws(ComputationCancelled) {
    if isCancelled { throw ComputationCancelled() }
  }
}

/// A computation stopped because its `Cancellation` asked for it.
public struct ComputationCancelled: Error, Equatable {
  /// Makes the error.
  public init() {}
}
