// Threads that help with loops, and that stay a moment for the next one.

import CKernels
import Dispatch
import Synchronization

#if canImport(Darwin)
  import Darwin
#endif

/// Threads that take iterations of loops beside the thread that has the loop.
///
/// A thread takes some 45 µs to wake on a virtual machine, as long as a small matrix product, and a
/// stage of a model is ten loops with next to nothing between them. So threads of a team look for
/// another loop for as long as waking them would take, and only then go back to Dispatch, whose
/// threads they are.
final class LoopTeam: Sendable {
  /// The team of loops that somebody waits for.
  private static let urgent = LoopTeam(.userInitiated)
  /// The team of loops that leave their processors to others: its threads have given up their
  /// priority, or on systems with qualities of service have a lower one.
  private static let patient = LoopTeam(.utility)

  /// The team for loops of the calling thread.
  static func ofThread(with priority: ThreadPriority) -> LoopTeam {
    #if canImport(Darwin)
      switch qos_class_self() {
      case QOS_CLASS_UTILITY, QOS_CLASS_BACKGROUND: return patient
      default: return urgent
      }
    #else
      return priority > .computing ? urgent : patient
    #endif
  }

  // A quality of service of its own, and with it threads of its own pool: a priority that was given
  // up does not come back.
  private let queue: DispatchQueue

  private init(_ quality: DispatchQoS.QoSClass) { queue = .global(qos: quality) }

  private struct State {
    /// Loops that threads may still join.
    var loops: [SharedLoop] = []
    /// Threads without a loop: those that look for one, and those that Dispatch was asked for.
    var free = 0

    /// A loop to join, and no longer free; nil if there is none.
    mutating func join() -> SharedLoop? {
      guard let loop = loops.first(where: { $0.seats > 0 }) else { return nil }
      loop.seats -= 1
      loop.helpers.add(1, ordering: .relaxed)
      free -= 1
      return loop
    }
  }

  private let state = Mutex(State())
  /// How many loops there have been: what a free thread looks at.
  private let posted = Atomic(0)

  /// Runs a loop on this thread and at most so many others, until all its iterations have ended.
  func run(_ loop: SharedLoop, helpers: Int) {
    let missing = state.withLock { state in
      let spare = state.free - state.loops.reduce(0) { $0 + $1.seats }
      let missing = max(0, helpers - max(0, spare))
      loop.seats = helpers
      state.loops.append(loop)
      state.free += missing
      return missing
    }
    posted.add(1, ordering: .releasing)
    for _ in 0..<missing { queue.async { self.help() } }
    loop.takeIterations()
    finish(loop)
  }

  private func finish(_ loop: SharedLoop) {
    state.withLock { state in state.loops.removeAll { $0 === loop } }
    // Nobody joins any more; who has joined is about to end.
    if Self.looks(
      for: Patience(), until: { loop.helpers.load(ordering: .acquiring) == 0 })
    {
      return
    }
    let ended = state.withLock { _ -> DispatchSemaphore? in
      guard loop.helpers.load(ordering: .acquiring) > 0 else { return nil }
      let ended = DispatchSemaphore(value: 0)
      loop.ended = ended
      return ended
    }
    ended?.wait()
  }

  /// The life of a helping thread.
  private func help() {
    var patience = Patience()
    while true {
      let seen = posted.load(ordering: .acquiring)
      if let loop = state.withLock({ $0.join() }) {
        loop.takeIterations()
        state.withLock { state in
          state.free += 1
          let others = loop.helpers.subtract(1, ordering: .acquiringAndReleasing).newValue
          if others == 0 { loop.ended?.signal() }
        }
        // Only work renews it: loops that others have joined keep no thread awake.
        patience = Patience()
      } else if patience.hasEnded
        || !Self.looks(for: patience, until: { posted.load(ordering: .relaxed) != seen })
      {
        // A loop may have been posted since, which counted on this thread.
        let isNeeded = state.withLock { state in
          if state.loops.contains(where: { $0.seats > 0 }) { return true }
          state.free -= 1
          return false
        }
        if !isNeeded { return }
      }
    }
  }

  /// Looks until something holds, or patience ends; whether it held.
  private static func looks(for patience: Patience, until holds: () -> Bool) -> Bool {
    repeat {
      for _ in 0..<8 {
        if holds() { return true }
        pk_pause()
      }
    } while !patience.hasEnded
    return holds()
  }
}

/// The time for which a thread without work looks for some.
private struct Patience {
  private static let nanoseconds: UInt64 = 50_000
  private let start = DispatchTime.now().uptimeNanoseconds

  var hasEnded: Bool { DispatchTime.now().uptimeNanoseconds - start >= Self.nanoseconds }
}

/// A loop whose iterations are taken by several threads.
///
/// `seats` and `ended` belong to the team's lock, `body` to the thread that has the loop and to
/// those that it waits for.
final class SharedLoop: @unchecked Sendable {
  private let count: Int
  private let next = Atomic(0)
  private let cancellation: Cancellation?
  // Threads that help must not go before those that the caller lets go first.
  private let priority: ThreadPriority
  private var body: (@Sendable (Int) -> Void)?

  /// How many threads may still join.
  fileprivate var seats = 0
  /// How many have joined and not ended; grows under the team's lock only.
  fileprivate let helpers = Atomic(0)
  /// What the thread that has the loop waits for, if it does.
  fileprivate var ended: DispatchSemaphore?

  init(
    count: Int, priority: ThreadPriority, cancellation: Cancellation?,
    _ body: @escaping @Sendable (Int) -> Void
  ) {
    self.count = count
    self.priority = priority
    self.cancellation = cancellation
    self.body = body
  }

  /// Computes iterations until there are none, or until cancelled.
  // Never inlined: a thread must have let go of `body` before it says that it has ended.
  @inline(never) fileprivate func takeIterations() {
    priority.adopt()
    while cancellation?.isCancelled != true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      body?(index)
    }
  }

  /// Releases what it called: a thread that has ended may still hold the loop.
  func forget() { body = nil }
}
