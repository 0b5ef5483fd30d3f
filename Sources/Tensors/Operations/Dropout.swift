// Dropout whose choices can be made again: they are a function of a key and an element's number. What
// stays is wrong by 2 u of itself at most, u = 2⁻²⁴ (its factor's rounding and its own); the share that
// is dropped is exact to 2⁻³².

import CKernels

/// Which elements of something are dropped, the others growing in their stead.
package struct Dropout: Sendable, Hashable {
  /// The share that is dropped, in 0..<1.
  package let rate: Double
  /// What tells this dropout's choices from others'.
  package let key: UInt64

  package init(rate: Double, key: UInt64) {
    (self.rate, self.key) = (rate, key)
  }

  /// Drops among elements whose numbers begin at `first`, in place.
  func apply(to elements: UnsafeMutablePointer<Float>, count: Int, first: UInt64) {
    pk_drop(
      elements, count, key, first, UInt32(rate * 4_294_967_296), Float(1 / (1 - rate)))
  }
}

extension Tensor {
  /// The tensor with elements dropped, numbered in row-major order.
  package func dropping(_ dropout: Dropout, workers: Workers) throws -> Tensor {
    var result = self
    try result.withUnsafeMutableElements { elements in
      guard let out = SharedElements(elements) else { return }
      try workers.forEach(Blocks(elements.count, size: 1 << 14)) { part in
        dropout.apply(
          to: out.base + part.lowerBound, count: part.count, first: UInt64(part.lowerBound))
      }
    }
    return result
  }
}
