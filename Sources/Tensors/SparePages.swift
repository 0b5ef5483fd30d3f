// Blocks of memory that tensors have given back, kept for the next ones.

import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Memory for large tensors. A stage's intermediate tensors come and go by the megabyte; memory
/// fresh from the system has to be cleared page by page first, which takes as long as filling it.
package enum SparePages {
  /// Smaller blocks are the allocator's own; larger ones are too rare to keep.
  private static let kept = 1 << 16...1 << 24
  private static let alignment = 64

  private struct Spares {
    // Bytes that wait at most.
    var limit = 1 << 24
    // Addresses of blocks, by their bytes.
    var blocks: [Int: [UInt]] = [:]
    var bytes = 0
  }
  private static let spares = Mutex(Spares())

  /// Lets more bytes wait, for the rest of the process: a training step takes again what the one
  /// before gave back.
  ///
  /// - Parameter bytes: At most; a smaller number changes nothing.
  package static func keep(upTo bytes: Int) {
    spares.withLock { $0.limit = max($0.limit, bytes) }
  }

  /// A block on a 64-byte boundary, not initialised; `Block.free` gives it back.
  static func allocate(bytes: Int) -> Block {
    // Few distinct sizes, so that blocks fit again.
    let rounded = kept.contains(bytes) ? (bytes + 0xffff) & ~0xffff : bytes
    if kept.contains(rounded), let address = take(rounded),
      let whole = UnsafeMutableRawPointer(bitPattern: address)
    {
      return Block(whole: whole, bytes: rounded)
    }
    // Aligned here and not by the allocator: glibc before 2.38 does not use again what was freed
    // beside aligned blocks, and a process that runs models in turn would grow without end.
    guard let whole = fresh(rounded + alignment) else { MemoryExhaustion.refused(rounded) }
    adviseLargePages(whole, rounded)
    return Block(whole: whole, bytes: rounded)
  }

  /// Memory of the system's; where it has none left, what waits is given up first.
  private static func fresh(_ bytes: Int) -> UnsafeMutableRawPointer? {
    if let block = malloc(bytes) { return block }
    spares.withLock { giveUp(&$0) }
    return malloc(bytes)
  }

  private static func giveUp(_ spares: inout Spares) {
    for address in spares.blocks.values.joined() {
      Self.release(UnsafeMutableRawPointer(bitPattern: address))
    }
    (spares.blocks, spares.bytes) = ([:], 0)
  }

  // The pair of `malloc`.
  private static func release(_ block: UnsafeMutableRawPointer?) { free(block) }

  private static func take(_ bytes: Int) -> UInt? {
    spares.withLock { spares in
      guard let address = spares.blocks[bytes]?.popLast() else { return nil }
      spares.bytes -= bytes
      return address
    }
  }

  fileprivate static func keep(_ address: UInt, _ bytes: Int) {
    spares.withLock { spares in
      // Sizes change with models: what waits is given up as a whole when it fills.
      if spares.bytes + bytes > spares.limit { giveUp(&spares) }
      spares.blocks[bytes, default: []].append(address)
      spares.bytes += bytes
    }
  }

  /// Asks Linux for pages of 2 MB below large tensors: a hundredth of the faults, and fewer misses
  /// of the address cache when a weight is read.
  private static func adviseLargePages(_ start: UnsafeMutableRawPointer, _ bytes: Int) {
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
    private let bytes: Int

    fileprivate init(whole: UnsafeMutableRawPointer, bytes: Int) {
      self.whole = whole
      self.bytes = bytes
    }

    var base: UnsafeMutableRawPointer { whole.alignedUp(toMultipleOf: SparePages.alignment) }

    func free() {
      if SparePages.kept.contains(bytes) {
        SparePages.keep(UInt(bitPattern: whole), bytes)
      } else {
        SparePages.release(whole)
      }
    }
  }
}
