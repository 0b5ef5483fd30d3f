// Rotary position embedding: pairs of channels rotated by an angle that grows with the row.
//
// Error of a channel of the pair (a, b), to first order: at most (4 + θ) u (|a| + |b|), with θ = row ×
// frequency and u = 2⁻²⁴. The angle is rounded once, so that far rows are less exact, as in torch;
// sine and cosine are within 2 u of what they are of that angle, a product and a sum add 2 u.

import Foundation

extension Tensor {
  /// `[rows, heads × width]` with channels (2i, 2i+1) of each head rotated by
  /// `row · 10000^(-2i/width)`, in the float32 arithmetic of torch (perceiver-pytorch 0.3 and 0.4).
  ///
  /// - Precondition: `width` is even and divides the columns.
  package func rotated(width: Int, frequencies: [Float]) -> Tensor {
    precondition(width % 2 == 0 && shape[1] % width == 0 && frequencies.count == width / 2)
    let columns = shape[1]
    return Tensor(shape: shape) { out in
      withUnsafeElements { elements in
        for row in 0..<shape[0] {
          for (pair, frequency) in frequencies.enumerated() {
            let angle = Float(row) * frequency
            let (cosine, sine) = (cos(angle), sin(angle))
            for start in stride(from: row * columns + 2 * pair, to: (row + 1) * columns, by: width)
            {
              let (first, second) = (elements[start], elements[start + 1])
              out[start] = first * cosine - second * sine
              out[start + 1] = second * cosine + first * sine
            }
          }
        }
      }
    }
  }
}
