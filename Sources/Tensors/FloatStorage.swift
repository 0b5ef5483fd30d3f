// The memory below a Tensor: allocated here, or read-only in a mapped file that it keeps alive.

/// Float memory with one owner; tensors share it and copy before they write.
final class FloatStorage: @unchecked Sendable {
  // Unchecked: written only while one tensor holds it (see Tensor.withUnsafeMutableElements),
  // and never when it belongs to a mapped file.
  let buffer: UnsafeMutableBufferPointer<Float>
  let isWritable: Bool
  private let allocation: UnsafeMutableRawPointer?
  private let mapping: AnyObject?
  private static let alignment = 64

  /// Memory for `count` elements on a 64-byte boundary, for vector loads; not initialised.
  init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    // Aligned here and not by the allocator: glibc before 2.38 does not use again what was freed
    // beside aligned blocks, and a process that runs models in turn would grow without end.
    let whole = UnsafeMutableRawPointer.allocate(byteCount: bytes + Self.alignment, alignment: 1)
    let raw = whole.alignedUp(toMultipleOf: Self.alignment)
    buffer = .init(start: raw.bindMemory(to: Float.self, capacity: max(count, 1)), count: count)
    allocation = whole
    isWritable = true
    mapping = nil
  }

  /// Memory that belongs to `mapping`, which stays alive as long as this storage.
  init(viewing elements: UnsafeBufferPointer<Float>, of mapping: AnyObject) {
    buffer = UnsafeMutableBufferPointer(mutating: elements)
    isWritable = false
    allocation = nil
    self.mapping = mapping
  }

  deinit {
    allocation?.deallocate()
  }
}
