// Damaged copies of a file's bytes, for tests that let a program read them.

import Foundation

/// What is done to a file: all that there is where the environment has PERCEIVER_EVERY_BIT, else some.
public enum Damage {
  /// Whether every prefix and every bit is tried.
  public static let isExhaustive = ProcessInfo.processInfo.environment["PERCEIVER_EVERY_BIT"] != nil

  /// The lengths of a file's beginnings, without the whole.
  ///
  /// - Parameter step: How far they are apart where not all are tried.
  public static func beginnings(of count: Int, step: Int) -> StrideTo<Int> {
    stride(from: 0, to: count, by: isExhaustive ? 1 : step)
  }

  /// Copies of some bytes in which one bit is turned over, and where.
  ///
  /// - Parameter count: How many of the bytes, from the first on.
  public static func flips(
    of bytes: [UInt8], first count: Int
  ) -> some Sequence<(position: Int, bit: Int, bytes: [UInt8])> {
    let places = isExhaustive ? 8 * count : (count + 2) / 3
    return (0..<places).lazy.map { place in
      let (position, bit) =
        isExhaustive ? (place / 8, place % 8) : (3 * place, place % 8)
      var flipped = bytes
      flipped[position] ^= 1 << bit
      return (position, bit, flipped)
    }
  }

  /// Whether an error is one line that a person can read.
  public static func isOneLine(_ error: any Error) -> Bool {
    let text = "\(error)"
    return !text.isEmpty && !text.contains("\n") && text.count <= 4000
  }
}
