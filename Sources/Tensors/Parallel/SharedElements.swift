// Memory that several iterations of a parallel loop write, each its own part.

/// A mutable float pointer that may cross threads; every user says which part is its own.
struct SharedElements: @unchecked Sendable {
  // Unchecked: only used inside this module, in loops whose iterations write disjoint ranges.
  let base: UnsafeMutablePointer<Float>

  init?(_ buffer: UnsafeMutableBufferPointer<Float>) {
    guard let base = buffer.baseAddress else { return nil }
    self.base = base
  }
}

/// A read-only float pointer that may cross threads while its tensor is held.
struct SharedInput: @unchecked Sendable {
  // Unchecked: nothing writes the elements while the loop that reads them runs.
  let base: UnsafePointer<Float>

  init?(_ buffer: UnsafeBufferPointer<Float>) {
    guard let base = buffer.baseAddress else { return nil }
    self.base = base
  }
}
