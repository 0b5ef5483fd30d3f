// torch's random numbers on the CPU, so that a seed makes here the model that it makes there.

import CKernels
import Foundation

/// The generator of `torch.manual_seed`: MT19937, and its floats as torch 2 draws them on a CPU.
///
/// Uniform numbers equal torch's bit for bit. Normal ones differ by at most 2.4e-7 (torch uses
/// vector logarithms and cosines of its own).
public struct TorchGenerator {
  private var engine = pk_mersenne_twister()
  private var spareNormal: Double?

  /// Seeds as `torch.manual_seed` does: by the seed's low 32 bits.
  public init(seed: UInt64) {
    pk_mersenne_seed(&engine, UInt32(truncatingIfNeeded: seed))
  }

  /// `torch.empty(shape).uniform_(low, high)`, in row-major order.
  public mutating func uniform(shape: [Int], low: Float, high: Float) -> Tensor {
    Tensor(shape: shape) { fillUniform($0, low: low, width: high - low) }
  }

  /// `torch.randn(shape)`, in row-major order.
  public mutating func normal(shape: [Int]) -> Tensor {
    Tensor(shape: shape) { buffer in
      if buffer.count < 16 {
        for index in buffer.indices { buffer[index] = Float(nextNormal()) }
      } else {
        fillNormal(buffer)
      }
    }
  }

  private mutating func fillUniform(
    _ buffer: UnsafeMutableBufferPointer<Float>, low: Float, width: Float
  ) {
    guard let base = buffer.baseAddress else { return }
    pk_mersenne_uniform(&engine, base, buffer.count, low, width)
  }

  // Blocks of 16 uniforms become normals by Box and Muller, the first eight paired with the last
  // eight. A tail shorter than 16 is drawn anew with the block that ends at the last element.
  private mutating func fillNormal(_ buffer: UnsafeMutableBufferPointer<Float>) {
    fillUniform(buffer, low: 0, width: 1)
    for start in stride(from: 0, through: buffer.count - 16, by: 16) {
      Self.transform(block: .init(rebasing: buffer[start..<start + 16]))
    }
    if buffer.count % 16 != 0 {
      let tail = UnsafeMutableBufferPointer(rebasing: buffer[(buffer.count - 16)...])
      fillUniform(tail, low: 0, width: 1)
      Self.transform(block: tail)
    }
  }

  private static func transform(block: UnsafeMutableBufferPointer<Float>) {
    for index in 0..<8 {
      let radius = (-2 * log(1 - block[index])).squareRoot()
      let angle = 2 * Float.pi * block[index + 8]
      block[index] = radius * cos(angle)
      block[index + 8] = radius * sin(angle)
    }
  }

  // Fewer than 16: torch draws pairs of doubles and keeps the second for the next call.
  private mutating func nextNormal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    let angle = 2 * Double.pi * nextDouble()
    let radius = (-2 * log1p(-nextDouble())).squareRoot()
    spareNormal = radius * sin(angle)
    return radius * cos(angle)
  }

  private mutating func nextDouble() -> Double {
    let high = UInt64(pk_mersenne_next(&engine))
    let low = UInt64(pk_mersenne_next(&engine))
    return Double((high << 32 | low) & (1 << 53 - 1)) * 0x1p-53
  }
}
