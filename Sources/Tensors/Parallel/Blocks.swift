// How work is cut: a range into blocks, and two ranges into a grid of tiles. Whoever cuts says how
// large a block is, by the shape of the work alone, so that any number of threads adds in one order.

/// A range cut into blocks, one after another: at least one, and of an empty range an empty one.
package struct Blocks: Sendable, RandomAccessCollection {
  private let range: Range<Int>
  /// Elements of each block but the last; nil where blocks are as alike as they can be.
  private let size: Int?
  package let endIndex: Int

  /// Blocks of one size, of which the last may be shorter.
  package init(_ range: Range<Int>, size: Int) {
    let size = Swift.max(1, size)
    (self.range, self.size) = (range, size)
    endIndex = Swift.max(1, (range.count + size - 1) / size)
  }

  /// Blocks of one size from 0 on, of which the last may be shorter.
  package init(_ count: Int, size: Int) { self.init(0..<count, size: size) }

  /// At most so many blocks of one size from 0 on, of which the last may be shorter.
  package init(_ count: Int, atMost pieces: Int) {
    self.init(count, size: (count + Swift.max(1, pieces) - 1) / Swift.max(1, pieces))
  }

  /// So many blocks from 0 on, whose sizes differ by at most one.
  package init(_ count: Int, evenly pieces: Int) {
    (range, size, endIndex) = (0..<count, nil, Swift.max(1, pieces))
  }

  /// How many elements a block may have, so that all that belongs to it stays in a core's own cache.
  ///
  /// - Parameters:
  ///   - limits: The fewest and the most.
  ///   - each: Floats that belong to an element.
  ///   - floats: The most that belong to a block.
  package static func size(in limits: ClosedRange<Int>, each: Int, floats: Int = 1 << 16) -> Int {
    Swift.min(limits.upperBound, Swift.max(limits.lowerBound, floats / Swift.max(1, each)))
  }

  /// So many rows cut so that the floats of a block stay few, however long a row is.
  ///
  /// - Parameter each: Floats of a row.
  package static func rows(_ count: Int, each: Int) -> Blocks {
    Blocks(count, size: size(in: 1...64, each: each, floats: 1 << 20))
  }

  package var startIndex: Int { 0 }

  package subscript(index: Int) -> Range<Int> {
    let (first, all) = (range.lowerBound, range.count)
    if let size { return first + index * size..<first + Swift.min(all, (index + 1) * size) }
    return first + all * index / endIndex..<first + all * (index + 1) / endIndex
  }
}

/// Two ranges cut into blocks that cross: tiles, row by row.
struct BlockGrid: Sendable {
  /// Where a block of rows crosses a block of columns.
  struct Tile {
    let rows: Range<Int>
    let columns: Range<Int>
    /// The numbers of both blocks.
    let row: Int
    let column: Int
  }

  let rows: Blocks
  let columns: Blocks

  /// How many tiles there are.
  var count: Int { rows.count * columns.count }

  subscript(index: Int) -> Tile {
    let (row, column) = index.quotientAndRemainder(dividingBy: columns.count)
    return Tile(rows: rows[row], columns: columns[column], row: row, column: column)
  }
}

extension Workers {
  /// Calls `body` once for each block, in any order, several at a time.
  ///
  /// - Throws: `ComputationCancelled` once the blocks under way have ended.
  func forEach(
    _ blocks: Blocks, _ body: @Sendable (Range<Int>) -> Void
  ) throws(ComputationCancelled) {
    try forEach(blocks.count) { body(blocks[$0]) }
  }

  /// Calls `body` once for each tile, in any order, several at a time.
  ///
  /// - Throws: `ComputationCancelled` once the tiles under way have ended.
  func forEach(
    _ grid: BlockGrid, _ body: @Sendable (BlockGrid.Tile) -> Void
  ) throws(ComputationCancelled) {
    try forEach(grid.count) { body(grid[$0]) }
  }
}
