// Blocks of memory that tensors have given back, kept for the next ones.

import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Memory for large tensors. A stage's intermediate tensors come and go by the megabyte; memory
/// fresh from the system has to be cleared page by page first, which takes as long as filling it.
///
/// They are passed in: an operation takes the memory of its results from its workers' pages, and what
/// is made from one tensor alone, a copy or its rows in another order, lies where that tensor lies. So
/// a training, which needs the same megabytes in every step, gives its workers pages of its own, and
/// nothing else in the process knows of them.
package final class SparePages: Sendable {
  /// The pages of whoever brings none: 16 MB wait at most.
  package static let ofProcess = SparePages(limit: 1 << 24)

  /// Smaller blocks are the allocator's own; larger ones are too rare to keep.
  private static let kept = 1 << 16...1 << 24
  private static let alignment = 64

  private struct Spares {
    // Addresses of blocks, by their bytes.
    var blocks: [Int: [UInt]] = [:]
    var bytes = 0
  }
  private let spares = Mutex(Spares())
  private let limit: Int

  /// Memory of which at most so many bytes wait to be used again.
  package init(limit: Int) { self.limit = limit }

  deinit { giveUp() }

  /// A block on a 64-byte boundary, not initialised; `Block.free` gives it back.
  func allocate(bytes: Int) -> Block {
    // Few distinct sizes, so that blocks fit again.
    guard Self.kept.contains(bytes) else {
      return Block(whole: Self.fresh(bytes + Self.alignment, of: self), owner: nil, bytes: bytes)
    }
    let rounded = (bytes + 0xffff) & ~0xffff
    if let whole = take(rounded) { return Block(whole: whole, owner: self, bytes: rounded) }
    return Block(whole: Self.fresh(rounded + Self.alignment, of: self), owner: self, bytes: rounded)
  }

  /// Memory of the system's; where it has none left, what waits is given up first.
  private static func fresh(_ bytes: Int, of pages: SparePages) -> UnsafeMutableRawPointer {
    // Aligned by `base` and not by the allocator: glibc before 2.38 does not use again what was
    // freed beside aligned blocks, and a process that runs models in turn would grow without end.
    var block = malloc(bytes)
    if block == nil {
      pages.giveUp()
      block = malloc(bytes)
    }
    guard let block else { MemoryExhaustion.refused(bytes - alignment) }
    adviseLargePages(block, bytes - alignment)
    return block
  }

  private func giveUp() { spares.withLock { Self.giveUp(&$0) } }

  private static func giveUp(_ spares: inout Spares) {
    for address in spares.blocks.values.joined() {
      release(UnsafeMutableRawPointer(bitPattern: address))
    }
    (spares.blocks, spares.bytes) = ([:], 0)
  }

  // The pair of `malloc`.
  private static func release(_ block: UnsafeMutableRawPointer?) { free(block) }

  private func take(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let address = spares.withLock { spares -> UInt? in
      guard let address = spares.blocks[bytes]?.popLast() else { return nil }
      spares.bytes -= bytes
      return address
    }
    return address.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
  }

  fileprivate func keep(_ address: UInt, _ bytes: Int) {
    spares.withLock { spares in
      // Sizes change with models: what waits is given up as a whole when it fills.
      if spares.bytes + bytes > limit { Self.giveUp(&spares) }
      spares.blocks[bytes, default: []].append(address)
      spares.bytes += bytes
    }
  }

  /// Asks Linux for pages of 2 MB below large tensors and files: a hundredth of the faults, and fewer
  /// misses of the address cache when a weight is read.
  static func adviseLargePages(_ start: UnsafeMutableRawPointer, _ bytes: Int) {
    #if canImport(Glibc)
      let page = 1 << 21
      guard bytes >= 2 * page else { return }
      let first = start.alignedUp(toMultipleOf: page)
      let length = (start + bytes - first) / page * page
      // Advice: nothing is lost where it is not taken.
      _ = madvise(first, length, 14)  // MADV_HUGEPAGE, which Glibc's module leaves out.
    #endif
  }

  struct Block {
    private let whole: UnsafeMutableRawPointer
    /// Who keeps it when it is given back; nil for blocks that nobody keeps.
    private let owner: SparePages?
    private let bytes: Int

    fileprivate init(whole: UnsafeMutableRawPointer, owner: SparePages?, bytes: Int) {
      (self.whole, self.owner, self.bytes) = (whole, owner, bytes)
    }

    var base: UnsafeMutableRawPointer { whole.alignedUp(toMultipleOf: SparePages.alignment) }

    func free() {
      if let owner {
        owner.keep(UInt(bitPattern: whole), bytes)
      } else {
        SparePages.release(whole)
      }
    }
  }
}
