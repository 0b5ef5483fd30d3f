// Rotary position embedding: pairs of channels rotated by an angle that grows with the row. The
// gradient is the rotation by the negative angles.
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
    return Tensor(shape: shape, in: pages) { out in
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

extension Tensor {
  /// The first columns of every item's rows, those of all its heads, rotated as `rotated` does; the
  /// others stay: `[items × rows, columns]`.
  ///
  /// - Parameters:
  ///   - columns: How many are rotated.
  ///   - width: Columns of a head.
  package func rotatingItems(
    _ items: Int, columns: Int, width: Int, frequencies: [Float]
  ) -> Tensor {
    let (count, all) = (shape[0] / items, shape[1])
    return Tensor.joiningRows(
      (0..<items).map { item in
        let own = rows(item * count..<(item + 1) * count)
        let head = own.columns(0..<columns).rotated(width: width, frequencies: frequencies)
        return columns == all ? head : Tensor.joiningColumns(head, own.columns(columns..<all))
      })
  }

  /// The gradient of `rotatingItems`, from that of its output, which is self.
  package func rotatingItemsBack(
    _ items: Int, columns: Int, width: Int, frequencies: [Float]
  ) -> Tensor {
    rotatingItems(items, columns: columns, width: width, frequencies: frequencies.map { -$0 })
  }
}
