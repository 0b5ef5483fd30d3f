// A number that two contents share by chance alone: which weights a file of arguments was made with.

/// A fingerprint of texts and tensors, taken one after another: equal on every machine, different for
/// contents that differ but for one case in 2^64. It tells versions apart and is no defence against
/// forgers.
package struct Fingerprint {
  // Four, so that a multiplication need not wait for the one before.
  private var lanes: (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
  private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// The fingerprint of nothing.
  package init() {}

  /// Adds a text.
  package mutating func add(_ text: String) {
    let bytes = Array(text.utf8)
    add(count: bytes.count)
    for byte in bytes { lanes.0 = Self.mixed(lanes.0, UInt64(byte)) }
  }

  /// Adds a tensor: its shape and the bits of its elements.
  package mutating func add(_ tensor: Tensor) {
    add(count: tensor.shape.count)
    for length in tensor.shape { add(count: length) }
    tensor.withUnsafeElements { elements in
      var (a, b, c, d) = lanes
      var index = 0
      while index + 4 <= elements.count {
        a = Self.mixed(a, UInt64(elements[index].bitPattern))
        b = Self.mixed(b, UInt64(elements[index + 1].bitPattern))
        c = Self.mixed(c, UInt64(elements[index + 2].bitPattern))
        d = Self.mixed(d, UInt64(elements[index + 3].bitPattern))
        index += 4
      }
      for element in elements[index...] { a = Self.mixed(a, UInt64(element.bitPattern)) }
      lanes = (a, b, c, d)
    }
  }

  /// The fingerprint so far: 16 hexadecimal digits.
  package var text: String {
    var value: UInt64 = 0
    for lane in [lanes.0, lanes.1, lanes.2, lanes.3] { value = Self.mixed(value, lane) }
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private mutating func add(count: Int) {
    lanes.0 = Self.mixed(lanes.0, UInt64(truncatingIfNeeded: count))
  }

  // Each value leads to one other, so that no difference is lost on the way; the shift brings high
  // bits, which alone depend on all lower ones, down again.
  @inline(__always)
  private static func mixed(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word) &* factor
    return product ^ (product >> 29)
  }
}
