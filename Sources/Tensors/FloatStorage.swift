// The memory below a Tensor: allocated here, or read-only in a mapped file that it keeps alive.

/// Float memory with one owner; tensors share it and copy before they write.
final class FloatStorage: @unchecked Sendable {
  // Unchecked: written only while one tensor holds it (see Tensor.withUnsafeMutableElements),
  // and never when it belongs to a mapped file.
  let buffer: UnsafeMutableBufferPointer<Float>
  let isWritable: Bool
  private let block: SparePages.Block?
  private let mapping: AnyObject?

  /// Memory for `count` elements on a 64-byte boundary, for vector loads; not initialised.
  init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let block = SparePages.allocate(bytes: bytes)
    let base = block.base.bindMemory(to: Float.self, capacity: max(count, 1))
    buffer = .init(start: base, count: count)
    self.block = block
    isWritable = true
    mapping = nil
  }

  /// Memory that belongs to `mapping`, which stays alive as long as this storage.
  init(viewing elements: UnsafeBufferPointer<Float>, of mapping: AnyObject) {
    buffer = UnsafeMutableBufferPointer(mutating: elements)
    isWritable = false
    block = nil
    self.mapping = mapping
  }

  deinit {
    block?.free()
  }
}
