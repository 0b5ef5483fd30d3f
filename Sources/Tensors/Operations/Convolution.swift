// A convolution over the positions of pictures, as a product of their patches with the weight.

/// torch's `Conv2d` with zero padding, of pictures with their channels last.
///
/// Forward: `out[y, x, o] = Σ in[y·stride + ky − padding, x·stride + kx − padding, c] · weight[o, c, ky, kx]`.
/// Backward: `dweight = doutᵀ · patches`, and `dout · weight` added back to where each patch came from.
/// Errors are those of products over `channels × kernel²` terms.
package struct Convolution: Sendable {
  /// `[items, height, width, channels]`.
  private let data: Tensor
  /// `[outputs, channels, side, side]`.
  private let weight: Tensor
  private let stride: Int
  private let padding: Int

  package init(data: Tensor, weight: Tensor, stride: Int, padding: Int) {
    precondition(data.shape.count == 4 && weight.shape.count == 4)
    precondition(weight.shape[1] == data.shape[3] && weight.shape[2] == weight.shape[3])
    (self.data, self.weight, self.stride, self.padding) = (data, weight, stride, padding)
  }

  /// The length of an axis after a window of so many positions went over it; 0 where none fits.
  package static func length(_ length: Int, window: Int, stride: Int, padding: Int) -> Int {
    let (padded, overflow) = length.addingReportingOverflow(2 * padding)
    if overflow { return length / stride }
    return padded < window ? 0 : (padded - window) / stride + 1
  }

  private var side: Int { weight.shape[2] }
  private var channels: Int { data.shape[3] }
  private var columns: Int { side * side * channels }

  /// `[height, width]` of what comes out.
  package var axes: [Int] {
    data.shape[1...2].map {
      Self.length($0, window: side, stride: stride, padding: padding)
    }
  }

  /// `[items × height × width, outputs]`.
  ///
  /// - Throws: `ComputationCancelled`.
  package func output(workers: Workers) throws -> Tensor {
    try patches(workers: workers).linear(weight: rows, workers: workers)
  }

  /// Gradients from that of the output: of the data in their shape, and of the weight in its.
  ///
  /// - Throws: `ComputationCancelled`.
  package func gradients(
    output: Tensor, workers: Workers
  ) throws -> (data: Tensor, weight: Tensor) {
    let own = try output.transposedTimes(patches(workers: workers), workers: workers)
    return (
      try spreading(output.times(rows, workers: workers)),
      own.reshaped([weight.shape[0], side * side, channels]).swappingInnerAxes()
        .reshaped(weight.shape)
    )
  }

  /// The weight with channels last: `[outputs, side × side × channels]`.
  private var rows: Tensor {
    weight.reshaped([weight.shape[0], channels, side * side]).swappingInnerAxes()
      .reshaped([weight.shape[0], columns])
  }

  /// Every position's patch: `[items × height × width, side × side × channels]`.
  private func patches(workers: Workers) throws -> Tensor {
    let (items, lines, width) = (data.shape[0], axes[0], axes[1])
    let source = HeldInput(data)
    return try Tensor(shape: [items * lines * width, columns], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(items * lines) { task in
        let line = out.base + task * width * columns
        line.initialize(repeating: 0, count: width * columns)
        forEachRun(line: task) { position, start, count in
          (line + position).update(from: source.base + start, count: count)
        }
      }
    }
  }

  /// Patches added back to the data's positions.
  private func spreading(_ patches: Tensor) -> Tensor {
    let (lines, width) = (data.shape[0] * axes[0], axes[1])
    let source = HeldInput(patches)
    var result = Tensor(shape: data.shape, in: patches.pages)
    result.withUnsafeMutableElements { out in
      for line in 0..<lines {
        forEachRun(line: line) { position, start, count in
          for index in 0..<count {
            out[start + index] += source.base[line * width * columns + position + index]
          }
        }
      }
    }
    return result
  }

  /// Calls `body` with every run of numbers that a line of patches shares with the data: where it
  /// begins in the line, where in the data, and how long it is.
  private func forEachRun(line: Int, _ body: (_ position: Int, _ start: Int, _ count: Int) -> Void)
  {
    let (height, width) = (data.shape[1], data.shape[2])
    let (item, row) = line.quotientAndRemainder(dividingBy: axes[0])
    for column in 0..<axes[1] {
      let left = column * stride - padding
      let inside = max(0, left)..<min(width, left + side)
      guard !inside.isEmpty else { continue }
      for window in 0..<side {
        let y = row * stride - padding + window
        guard (0..<height).contains(y) else { continue }
        body(
          column * columns + (window * side + inside.lowerBound - left) * channels,
          ((item * height + y) * width + inside.lowerBound) * channels, inside.count * channels)
      }
    }
  }
}

extension Tensor {
  /// `[a, b, c]` as `[a, c, b]`.
  fileprivate func swappingInnerAxes() -> Tensor {
    let (outer, rows, columns) = (shape[0], shape[1], shape[2])
    return reshaped([outer * rows, columns]).transposingItems(outer)
      .reshaped([outer, columns, rows])
  }
}
