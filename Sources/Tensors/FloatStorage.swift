// The memory below a Tensor: allocated here, or read-only in an opened file that it keeps alive.

import Synchronization

/// Float memory with one owner; tensors share it and copy before they write.
final class FloatStorage: @unchecked Sendable {
  // Unchecked: written only while one tensor holds it (see Tensor.withUnsafeMutableElements),
  // and never when it belongs to a mapped file.
  let buffer: UnsafeMutableBufferPointer<Float>
  let isWritable: Bool
  /// Where copies take their memory from.
  let pages: SparePages
  private let block: SparePages.Block?
  private let file: (mapping: MappedFile, bytes: Range<Int>)?
  private let isLoaded: Atomic<Bool>

  /// Memory for `count` elements on a 64-byte boundary, for vector loads; not initialised.
  init(count: Int, in pages: SparePages = .ofProcess) {
    self.pages = pages
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let block = pages.allocate(bytes: bytes)
    let base = block.base.bindMemory(to: Float.self, capacity: max(count, 1))
    buffer = .init(start: base, count: count)
    self.block = block
    isWritable = true
    file = nil
    isLoaded = Atomic(true)
  }

  /// Memory that belongs to `mapping`, which stays alive as long as this storage; its bytes are
  /// read when they are first needed.
  init(viewing elements: UnsafeBufferPointer<Float>, of mapping: MappedFile, at bytes: Range<Int>) {
    buffer = UnsafeMutableBufferPointer(mutating: elements)
    isWritable = false
    pages = .ofProcess
    block = nil
    file = (mapping, bytes)
    isLoaded = Atomic(false)
  }

  /// Whether the elements are in memory, and not only in a file.
  var isInMemory: Bool { isLoaded.load(ordering: .acquiring) }

  /// Makes sure that the elements are in memory.
  ///
  /// - Throws: `FileAccessError` if their file cannot be read or has changed.
  @inline(__always)
  func load() throws(FileAccessError) {
    if !isInMemory { try loadFile() }
  }

  private func loadFile() throws(FileAccessError) {
    guard let file else { return }
    try file.mapping.load(file.bytes)
    isLoaded.store(true, ordering: .releasing)
  }

  deinit {
    block?.free()
  }
}
