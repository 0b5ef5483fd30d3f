// The largest value of every window of pictures, forward and backward.
//
// Error: forward chooses, and rounds nothing. Backward adds what k windows that overlap found in one
// place: at most (k − 1) u Σ|dy| to first order, k ≤ ⌈window / stride⌉², u = 2⁻²⁴.

extension Tensor {
  /// torch's `MaxPool2d` without padding: of `[items, height, width, channels]` the largest of each
  /// window, `[items × height' × width', channels]`, and where in the input each was found. Of
  /// equal ones the first; NaN wins.
  package func maxPool(window: Int, stride: Int) -> (values: Tensor, positions: [Int]) {
    let (items, height, width, channels) = (shape[0], shape[1], shape[2], shape[3])
    let lines = Convolution.length(height, window: window, stride: stride, padding: 0)
    let columns = Convolution.length(width, window: window, stride: stride, padding: 0)
    var positions = [Int](repeating: 0, count: items * lines * columns * channels)
    let source = HeldInput(self)
    let values = Tensor(shape: [items * lines * columns, channels], in: pages) { out in
      for position in 0..<items * lines * columns {
        let (rest, column) = position.quotientAndRemainder(dividingBy: columns)
        let (item, line) = rest.quotientAndRemainder(dividingBy: lines)
        for channel in 0..<channels {
          var best = -Float.infinity
          var found = -1
          for y in line * stride..<line * stride + window {
            for x in column * stride..<column * stride + window {
              let index = ((item * height + y) * width + x) * channels + channel
              let value = source.base[index]
              if found < 0 || value > best || value.isNaN { (best, found) = (value, index) }
            }
          }
          out[position * channels + channel] = best
          positions[position * channels + channel] = found
        }
      }
    }
    return (values, positions)
  }

  /// The gradient of `maxPool`: each value added to where it was found, in an input's shape.
  package func spreadingMaxima(to positions: [Int], shape: [Int]) -> Tensor {
    let values = values
    var result = Tensor(shape: shape, in: pages)
    result.withUnsafeMutableElements { out in
      for (value, position) in zip(values, positions) { out[position] += value }
    }
    return result
  }
}
