// The pixels around every position of several frames, side by side.

/// DeepMind's `extract_patches` with zero padding, of frames with their channels last.
///
/// Forward: for every position the `side × side` pixels around it, row by row, of the first frame,
/// then of the others: `[items × height × width, frames × side × side × channels]`. Backward: each
/// added to where it came from. Nothing is rounded.
package struct FramePatches: Sendable {
  /// `[items, frames, height, width, channels]`.
  private let shape: [Int]
  private let side: Int

  package init(shape: [Int], side: Int) {
    precondition(shape.count == 5 && side % 2 == 1)
    (self.shape, self.side) = (shape, side)
  }

  private var channels: Int { shape[4] }
  /// Numbers of a position.
  package var columns: Int { shape[1] * side * side * channels }

  /// - Parameter data: `[items, frames, height, width, channels]`.
  package func gathering(_ data: Tensor) -> Tensor {
    let source = HeldInput(data)
    return Tensor(shape: [shape[0] * shape[2] * shape[3], columns], in: data.pages) { out in
      out.initialize(repeating: 0)
      guard let base = out.baseAddress else { return }
      forEachPixel { position, start in
        (base + position).update(from: source.base + start, count: channels)
      }
    }
  }

  /// The gradient of the data from that of the patches.
  package func spreading(_ patches: Tensor) -> Tensor {
    let source = HeldInput(patches)
    var result = Tensor(shape: shape, in: patches.pages)
    result.withUnsafeMutableElements { out in
      forEachPixel { position, start in
        for channel in 0..<channels { out[start + channel] += source.base[position + channel] }
      }
    }
    return result
  }

  /// Calls `body` with every pixel of a patch that lies in its frame: where it stands among the
  /// patches, and where in the data.
  private func forEachPixel(_ body: (_ position: Int, _ start: Int) -> Void) {
    let (frames, height, width) = (shape[1], shape[2], shape[3])
    for position in 0..<shape[0] * height * width {
      let (rest, x) = position.quotientAndRemainder(dividingBy: width)
      let (item, y) = rest.quotientAndRemainder(dividingBy: height)
      for frame in 0..<frames {
        for window in 0..<side * side {
          let (row, column) = (y + window / side - side / 2, x + window % side - side / 2)
          guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
          body(
            position * columns + (frame * side * side + window) * channels,
            (((item * frames + frame) * height + row) * width + column) * channels)
        }
      }
    }
  }
}
