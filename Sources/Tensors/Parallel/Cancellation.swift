// How a computation on another thread is told to stop, and tells how far it is.

import Synchronization

/// A switch that a computation looks at between pieces of work; once cancelled it stays so.
public final class Cancellation: Sendable {
  private let flag = Atomic(false)
  private let observer: (@Sendable (_ done: Int, _ total: Int) -> Void)?

  /// Makes a switch that is not cancelled.
  ///
  /// - Parameter observer: Told how far a long computation is, on the thread that computes.
  public init(observer: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil) {
    self.observer = observer
  }

  /// Whether `cancel()` has been called.
  public var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Asks the computation to stop at its next look; safe from any thread.
  public func cancel() { flag.store(true, ordering: .relaxed) }

  /// Tells that so many equal parts of a computation are done, of how many.
  public func report(_ done: Int, of total: Int) { observer?(done, total) }

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
