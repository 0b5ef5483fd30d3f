// How an input's keys lie on the screen.

import Tensors

/// How an input's keys lie on the screen: columns and rows of one frame.
struct KeyGrid: Sendable, Hashable {
  /// Frames one after another; 1 without a time axis.
  let frames: Int
  /// Rows; 1 for an input of one axis.
  let rows: Int
  /// Columns.
  let columns: Int

  /// The grid of keys of a shape: `[length]`, `[height, width]` or `[frames, height, width]`.
  init(shape: [Int]) {
    columns = shape.last ?? 1
    rows = shape.count > 1 ? shape[shape.count - 2] : 1
    frames = shape.dropLast(2).reduce(1, *)
  }

  /// Keys in a frame.
  var frameCount: Int { rows * columns }

  /// The key at a coordinate of a frame.
  func key(column: Int, row: Int, frame: Int) -> Int {
    (frame * rows + row) * columns + column
  }

  /// The numbers of one frame, of as many as the grid has keys; an index beyond the frames counts as
  /// the nearest. Empty where there are fewer numbers.
  func numbers(ofFrame frame: Int, in values: Tensor) -> [Float] {
    let start = min(max(0, frame), max(0, frames - 1)) * frameCount
    return values.withUnsafeElements { numbers in
      start + frameCount <= numbers.count ? Array(numbers[start..<start + frameCount]) : []
    }
  }

  /// Where a key lies.
  func coordinate(of key: Int) -> (column: Int, row: Int, frame: Int) {
    guard frameCount > 0 else { return (0, 0, 0) }
    return (key % columns, key / columns % rows, key / frameCount)
  }
}
