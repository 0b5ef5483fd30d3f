// What happens when the system has no memory for a tensor: under `ulimit -v`, or in a small container.

import Synchronization

/// The way a program ends that gets no memory for a tensor.
public enum MemoryExhaustion {
  private static let end = Mutex<(@Sendable (_ bytes: Int) -> Never)?>(nil)

  /// Lets the program end in its own way where memory for a tensor is refused, such as with one line
  /// instead of a trap. A computation cannot go on from there.
  ///
  /// - Parameter end: Gets how many bytes were refused; runs on any thread.
  public static func handle(_ end: @escaping @Sendable (_ bytes: Int) -> Never) {
    self.end.withLock { $0 = end }
  }

  static func refused(_ bytes: Int) -> Never {
    if let end = end.withLock({ $0 }) { end(bytes) }
    preconditionFailure("the system refuses \(bytes) bytes of memory")
  }
}
