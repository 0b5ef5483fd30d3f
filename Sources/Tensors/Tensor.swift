// A Tensor is a shape over contiguous float32 storage, row-major, the last axis fastest.
// Arithmetic on tensors stands in Operations/, files in Files/, random numbers in Random/.

import Foundation

/// A dense array of `Float` with a shape; a value type whose storage is shared until written.
public struct Tensor: Sendable {
  /// The length of every axis, outermost first; empty for a scalar.
  public let shape: [Int]
  /// The number of elements: the product of `shape`.
  public let count: Int
  private var storage: FloatStorage
  private var offset: Int

  /// Makes a tensor of one repeated value.
  ///
  /// - Parameters:
  ///   - shape: Axis lengths, none negative; their product must fit in memory.
  ///   - value: The value of every element.
  public init(shape: [Int], repeating value: Float = 0) {
    self.init(shape: shape, in: .ofProcess, repeating: value)
  }

  /// Makes a tensor of one repeated value in memory from `pages`.
  package init(shape: [Int], in pages: SparePages, repeating value: Float = 0) {
    self.init(shape: shape, in: pages) { $0.initialize(repeating: value) }
  }

  /// Makes a tensor from values in row-major order.
  ///
  /// - Precondition: `values.count` is the product of `shape`.
  public init(shape: [Int], values: some Collection<Float>) {
    self.init(shape: shape, in: .ofProcess, values: values)
  }

  /// Makes a tensor from values in row-major order in memory from `pages`.
  ///
  /// - Precondition: `values.count` is the product of `shape`.
  package init(shape: [Int], in pages: SparePages, values: some Collection<Float>) {
    self.init(shape: shape, in: pages) { buffer in
      precondition(values.count == buffer.count, "\(values.count) values for shape \(shape)")
      _ = buffer.initialize(fromContentsOf: values)
    }
  }

  /// Makes a tensor whose elements `fill` writes; it must initialise every one.
  public init(
    shape: [Int], filledBy fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    try self.init(shape: shape, in: .ofProcess, filledBy: fill)
  }

  /// Makes a tensor in memory from `pages`, whose elements `fill` writes; it must initialise every one.
  package init(
    shape: [Int], in pages: SparePages,
    filledBy fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    let count = Tensor.elementCount(of: shape)
    let storage = FloatStorage(count: count, in: pages)
    try fill(storage.buffer)
    self.init(shape: shape, storage: storage, offset: 0)
  }

  init(shape: [Int], storage: FloatStorage, offset: Int) {
    self.shape = shape
    self.count = Tensor.elementCount(of: shape)
    precondition(offset >= 0 && offset + count <= storage.buffer.count)
    self.storage = storage
    self.offset = offset
  }

  /// The elements in row-major order, copied.
  public var values: [Float] { withUnsafeElements { Array($0) } }

  /// The element at one index per axis.
  ///
  /// - Precondition: as many indices as axes, each within its axis.
  public subscript(indices: Int...) -> Float {
    get { withUnsafeElements { $0[flatIndex(indices)] } }
    set {
      let index = flatIndex(indices)
      withUnsafeMutableElements { $0[index] = newValue }
    }
  }

  /// The same elements under another shape, sharing storage.
  ///
  /// - Precondition: both shapes hold the same number of elements.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(
      Tensor.elementCount(of: shape) == count, "\(self.shape) does not reshape to \(shape)")
    return Tensor(shape: shape, storage: storage, offset: offset)
  }

  /// The part of the first axis in `range`, sharing storage: `[range.count] + shape.dropFirst()`.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(!shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0])
    let stride = shape[0] == 0 ? 0 : count / shape[0]
    return Tensor(
      shape: [range.count] + shape.dropFirst(), storage: storage,
      offset: offset + range.lowerBound * stride)
  }

  /// Entry `index` of the first axis, sharing storage: shape `shape.dropFirst()`.
  public func row(_ index: Int) -> Tensor {
    rows(index..<index + 1).reshaped(Array(shape.dropFirst()))
  }

  /// Makes sure that the elements are in memory: those of a file are else read when they are first
  /// looked at, and are zero where that fails. Who computes with them calls this before, or after.
  ///
  /// - Throws: `FileAccessError` if their file cannot be read, or was written to since it was opened.
  public func load() throws(FileAccessError) { try storage.load() }

  /// Where copies take their memory from.
  package var pages: SparePages { storage.pages }

  /// Whether the elements are in memory, and not only in a file.
  package var isInMemory: Bool { storage.isInMemory }

  /// Reads the elements in place; the pointer must not leave `body`.
  public func withUnsafeElements<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    // A failure comes again wherever `load` is called.
    try? storage.load()
    let elements = UnsafeBufferPointer(rebasing: storage.buffer[offset..<offset + count])
    return try withExtendedLifetime(storage) { try body(elements) }
  }

  /// Changes the elements in place, copying them first if another tensor shares them.
  public mutating func withUnsafeMutableElements<Result>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    try withUnsafeMutableElements(copiedIn: pages, body)
  }

  /// Changes the elements in place, copying them to memory from `pages` first if another tensor shares
  /// them.
  package mutating func withUnsafeMutableElements<Result>(
    copiedIn pages: SparePages, _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    if !isKnownUniquelyReferenced(&storage) || !storage.isWritable {
      self = withUnsafeElements { Tensor(shape: shape, in: pages, values: $0) }
    }
    return try body(.init(rebasing: storage.buffer[offset..<offset + count]))
  }

  private func flatIndex(_ indices: [Int]) -> Int {
    precondition(indices.count == shape.count, "\(indices.count) indices for shape \(shape)")
    return zip(indices, shape).reduce(0) { flat, axis in
      precondition(axis.0 >= 0 && axis.0 < axis.1, "index \(indices) outside \(shape)")
      return flat * axis.1 + axis.0
    }
  }

  private static func elementCount(of shape: [Int]) -> Int {
    precondition(shape.allSatisfy { $0 >= 0 }, "a negative axis in \(shape)")
    return shape.reduce(1, *)
  }
}

extension Tensor {
  /// Whether elements are the same memory, not only equal.
  package func sharesMemory(with other: Tensor) -> Bool {
    storage === other.storage && offset == other.offset && shape == other.shape
  }

  /// Whether shapes and all elements' bits are equal: NaNs may be, 0 and -0 are not.
  package func hasSameBits(as other: Tensor) -> Bool {
    guard shape == other.shape else { return false }
    return withUnsafeElements { mine in
      other.withUnsafeElements { theirs in
        guard let a = mine.baseAddress, let b = theirs.baseAddress else { return true }
        return a == b || memcmp(a, b, mine.count * MemoryLayout<Float>.stride) == 0
      }
    }
  }
}

extension Tensor {
  /// How many elements are NaN or infinite.
  package var nonFiniteCount: Int {
    withUnsafeElements { elements in
      var count = 0
      for element in elements where element.bitPattern & 0x7F80_0000 == 0x7F80_0000 { count &+= 1 }
      return count
    }
  }
}

extension Tensor: Equatable {
  /// Whether shapes and all elements are equal; as with `Float`, NaN equals nothing.
  public static func == (left: Tensor, right: Tensor) -> Bool {
    left.shape == right.shape
      && left.withUnsafeElements { a in right.withUnsafeElements { b in a.elementsEqual(b) } }
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape alone: elements are read with `values`.
  public var description: String { "Tensor\(shape)" }
}
