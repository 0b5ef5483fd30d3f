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

/// A read-only pointer into a tensor that it keeps: nobody can write the elements meanwhile, since
/// a tensor that is shared is copied before it is changed.
struct HeldInput: @unchecked Sendable {
  // Unchecked: the pointer is as immutable as the tensor it is of.
  let base: UnsafePointer<Float>
  private let tensor: Tensor

  init(_ tensor: Tensor) {
    self.tensor = tensor
    base = tensor.withUnsafeElements { elements in
      // FloatStorage always has a base address: it allocates at least one element.
      guard let base = elements.baseAddress else { preconditionFailure("no elements") }
      return base
    }
  }
}
