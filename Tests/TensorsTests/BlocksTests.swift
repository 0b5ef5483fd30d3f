// How work is cut into blocks and tiles.

import Testing

@testable import Tensors

@Suite("A range is cut into blocks that cover it once, in order")
struct BlocksTests {
  /// Ranges and sizes around whole multiples.
  private static let cases = [
    (0..<1, 1), (0..<7, 3), (0..<9, 3), (0..<10, 3), (5..<18, 4), (5..<6, 100), (2..<2, 5),
  ]

  @Test("Blocks have the size asked for, but for a shorter last one", arguments: cases)
  func sizes(_ range: Range<Int>, _ size: Int) {
    let blocks = Array(Blocks(range, size: size))
    #expect(blocks.flatMap { Array($0) } == Array(range))
    #expect(blocks.dropLast().allSatisfy { $0.count == size })
    #expect(blocks.last.map { $0.count <= size } == true)
    #expect(range.isEmpty || blocks.allSatisfy { !$0.isEmpty })
  }

  @Test("At most so many blocks are made, all of one size but the last", arguments: 0...12, 1...5)
  func pieces(_ count: Int, _ most: Int) {
    let blocks = Array(Blocks(count, atMost: most))
    #expect(blocks.flatMap { Array($0) } == Array(0..<count))
    #expect(blocks.count <= most)
    #expect(Set(blocks.dropLast().map(\.count)).count <= 1)
  }

  @Test("Even blocks differ by one element at most", arguments: 0...12, 1...5)
  func even(_ count: Int, _ pieces: Int) {
    let blocks = Array(Blocks(count, evenly: pieces))
    #expect(blocks.flatMap { Array($0) } == Array(0..<count))
    #expect(blocks.count == pieces)
    let sizes = blocks.map(\.count)
    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
  }

  @Test("An empty range is one empty block, however it is cut")
  func empty() {
    for blocks in [Blocks(0, size: 8), Blocks(0, atMost: 3), Blocks(4..<4, size: 8)] {
      #expect(blocks.map(\.count) == [0])
    }
  }

  @Test("A block's size is what fits the budget, between the limits")
  func budget() {
    #expect(Blocks.size(in: 16...256, each: 1000, floats: 65536) == 65)
    #expect(Blocks.size(in: 16...256, each: 10, floats: 65536) == 256)
    #expect(Blocks.size(in: 16...256, each: 100_000, floats: 65536) == 16)
    #expect(Blocks.size(in: 16...256, each: 0, floats: 65536) == 256)
  }

  @Test("Tiles cover every row and column once, row by row")
  func tiles() {
    let grid = BlockGrid(rows: Blocks(5, size: 2), columns: Blocks(7, size: 3))
    var seen = [[Int]](repeating: Array(repeating: 0, count: 7), count: 5)
    for index in 0..<grid.count {
      let tile = grid[index]
      #expect(tile.rows == grid.rows[tile.row] && tile.columns == grid.columns[tile.column])
      #expect(index == tile.row * grid.columns.count + tile.column)
      for row in tile.rows { for column in tile.columns { seen[row][column] += 1 } }
    }
    #expect(seen.allSatisfy { $0.allSatisfy { $0 == 1 } })
  }
}
