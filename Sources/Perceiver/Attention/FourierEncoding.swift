// Positions as Fourier features, in the float32 arithmetic of torch.

import Foundation
import Tensors

/// perceiver-pytorch's `fourier_encode`, as one table for each axis.
///
/// A token at coordinate i of an axis gets row i: `sin(f₁πx) … sin(f_Kπx), cos(f₁πx) …, x`, where x
/// runs from -1 to 1 and f as `spacing` says.
struct FourierEncoding: Sendable, Hashable {
  let bands: Int
  let maxFrequency: Double
  var spacing = Spacing.linear

  /// Features of a coordinate.
  var features: Int { 2 * bands + 1 }

  /// How frequencies are spaced up to half the maximum frequency, t.
  enum Spacing: Sendable, Hashable {
    /// From 1 to t in equal steps: since 0.7.4.
    case linear
    /// Powers of a base with exponents in equal steps up to log t: 0.7.3 and before 0.7.2. Up to
    /// 0.2.0 they begin with the base, then with 1.
    case powers(of: Double, fromExponent: Float)
    /// Powers of ten whose exponents end at the natural logarithm of t, far above it: 0.7.2.
    case naturalLogarithmsToBaseTen
  }

  /// Features of every coordinate of an axis: `[length, 2 × bands + 1]`.
  func table(length: Int) -> Tensor {
    let positions = Self.evenlySpaced(from: -1, through: 1, count: length)
    let frequencies = frequencies
    let rows = positions.flatMap { position in
      let angles = frequencies.map { Self.angle(position, $0) }
      return angles.map(Self.sine) + angles.map(Self.cosine) + [position]
    }
    return Tensor(shape: [length, 2 * bands + 1], values: rows)
  }

  /// The angle of a coordinate in a band, in torch's order of products: (x · f) · π, each rounded.
  static func angle(_ coordinate: Float, _ frequency: Float) -> Float {
    coordinate * frequency * Float(Double.pi)
  }

  static func sine(_ angle: Float) -> Float { sin(angle) }
  static func cosine(_ angle: Float) -> Float { cos(angle) }

  /// The bands, lowest first.
  var frequencies: [Float] {
    let top = maxFrequency / 2
    switch spacing {
    case .linear:
      return Self.evenlySpaced(from: 1, through: Float(top), count: bands)
    case .powers(let base, let first):
      return powers(of: base, from: first, through: log(top) / log(base))
    case .naturalLogarithmsToBaseTen:
      return powers(of: 10, from: 0, through: log(top))
    }
  }

  /// `torch.logspace`.
  private func powers(of base: Double, from first: Float, through last: Double) -> [Float] {
    Self.evenlySpaced(from: first, through: Float(last), count: bands)
      .map { pow(Float(base), $0) }
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
