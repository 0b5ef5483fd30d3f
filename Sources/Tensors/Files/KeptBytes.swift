// What a stream gave that can be read only once, so that it can be read again from memory.

import Synchronization

/// The bytes that a stream read, as long as they are not too many; nothing of more.
package final class KeptBytes: Sendable {
  private let most: Int
  private let state: Mutex<[UInt8]?> = Mutex([])

  /// Keeps up to so many bytes.
  package init(most: Int) { self.most = most }

  /// All that was read; nil where it was more than is kept.
  package var bytes: [UInt8]? { state.withLock { $0 } }

  /// Keeps what was read after all before it.
  func add(_ piece: ArraySlice<UInt8>) {
    state.withLock { bytes in
      guard let count = bytes?.count else { return }
      if count + piece.count > most { bytes = nil } else { bytes?.append(contentsOf: piece) }
    }
  }
}
