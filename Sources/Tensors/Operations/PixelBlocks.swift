// Blocks of pixels as rows: space to depth.

/// Frames cut into square blocks, each a row: row `(frame, y, x)` has the block's pixels row by row, each
/// with its channels.
///
/// Forward moves numbers and backward moves them back; nothing is rounded.
package struct PixelBlocks: Sendable {
  /// `[frames, height, width, channels]`.
  private let shape: [Int]
  private let side: Int

  /// - Precondition: height and width divide by the side.
  package init(shape: [Int], side: Int) {
    precondition(shape.count == 4 && shape[1] % side == 0 && shape[2] % side == 0)
    (self.shape, self.side) = (shape, side)
  }

  /// Frames, and blocks along each side of one.
  package var axes: [Int] { [shape[0], shape[1] / side, shape[2] / side] }
  /// Numbers of a block.
  package var columns: Int { side * side * shape[3] }

  /// - Parameter frames: `[frames, height, width, channels]`.
  /// - Returns: `[blocks, side × side × channels]`.
  package func gathering(_ frames: Tensor) -> Tensor {
    let source = HeldInput(frames)
    return Tensor(shape: [axes.reduce(1, *), columns], in: frames.pages) { out in
      guard let base = out.baseAddress else { return }
      forEachRun { row, start, count in (base + row).update(from: source.base + start, count: count)
      }
    }
  }

  /// The gradient of frames from that of the rows.
  package func spreading(_ rows: Tensor) -> Tensor {
    let source = HeldInput(rows)
    return Tensor(shape: shape, in: rows.pages) { out in
      guard let base = out.baseAddress else { return }
      forEachRun { row, start, count in (base + start).update(from: source.base + row, count: count)
      }
    }
  }

  /// Calls `body` with every line of a block: where it begins among the rows, and in the frames.
  private func forEachRun(_ body: (_ row: Int, _ start: Int, _ count: Int) -> Void) {
    let (height, width, channels) = (shape[1], shape[2], shape[3])
    let (down, across) = (height / side, width / side)
    for line in 0..<shape[0] * height {
      let (frame, y) = line.quotientAndRemainder(dividingBy: height)
      for x in 0..<across {
        let block = (frame * down + y / side) * across + x
        body(
          block * columns + y % side * side * channels,
          (line * width + x * side) * channels, side * channels)
      }
    }
  }
}
