// Which threads the system lets go first: those that answer a person, or those that compute.

#if canImport(Glibc)
  import Glibc
#endif

/// How readily a thread leaves its processor to others.
///
/// On Linux that is a thread's own "niceness"; elsewhere a queue's quality of service says it, and
/// everything here does nothing.
package struct ThreadPriority: Sendable, Hashable, Comparable {
  private let niceness: Int32

  /// That of a thread for which nobody waits key by key: against a usual thread it gets a tenth of
  /// a processor, alone all of it.
  package static let computing = ThreadPriority(niceness: 10)

  /// Whether one leaves its processor more readily than the other.
  package static func < (left: ThreadPriority, right: ThreadPriority) -> Bool {
    left.niceness > right.niceness
  }

  #if canImport(Glibc)
    private static var which: __priority_which_t { __priority_which_t(PRIO_PROCESS.rawValue) }

    /// That of the calling thread.
    package static var current: ThreadPriority { ThreadPriority(niceness: getpriority(which, 0)) }

    /// Makes the calling thread leave its processor as readily, if it does not more readily yet.
    package func adopt() {
      // 0 is the calling thread. Only a privileged program could take it back, so nothing does.
      if self < .current { _ = setpriority(Self.which, 0, niceness) }
    }
  #else
    package static var current: ThreadPriority { ThreadPriority(niceness: 0) }

    package func adopt() {}
  #endif
}
