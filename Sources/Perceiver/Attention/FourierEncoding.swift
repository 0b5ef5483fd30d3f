// Positions as Fourier features, in the float32 arithmetic of torch.

import Foundation
import Tensors

/// perceiver-pytorch's `fourier_encode`, as one table for each axis.
///
/// A token at coordinate i of an axis gets row i: `sin(f₁πx) … sin(f_Kπx), cos(f₁πx) …, x`, where x
/// runs from -1 to 1 and f from 1 to half the maximum frequency (linear since release 0.7.4).
struct FourierEncoding: Sendable, Hashable {
  let bands: Int
  let maxFrequency: Double

  /// Features of every coordinate of an axis: `[length, 2 × bands + 1]`.
  func table(length: Int) -> Tensor {
    let positions = Self.evenlySpaced(from: -1, through: 1, count: length)
    let frequencies = Self.evenlySpaced(from: 1, through: Float(maxFrequency / 2), count: bands)
    let rows = positions.flatMap { position in
      // The order of the products is torch's: (x · f) · π, each rounded.
      let angles = frequencies.map { position * $0 * Float(Double.pi) }
      return angles.map { sin($0) } + angles.map { cos($0) } + [position]
    }
    return Tensor(shape: [length, 2 * bands + 1], values: rows)
  }

  /// `torch.linspace(start, end, count)` in float32, bit for bit: it counts from both ends with
  /// fused multiply-adds, and sines of high frequencies show the difference.
  static func evenlySpaced(from start: Float, through end: Float, count: Int) -> [Float] {
    guard count > 1 else { return count == 1 ? [start] : [] }
    let step = (end - start) / Float(count - 1)
    return (0..<count).map { index in
      index < count / 2
        ? start.addingProduct(step, Float(index))
        : end.addingProduct(-step, Float(count - 1 - index))
    }
  }
}
