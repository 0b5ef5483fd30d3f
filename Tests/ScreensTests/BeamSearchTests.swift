// The search for the cheapest way to write a row.

import Testing

@testable import Screens

@Suite struct BeamSearchTests {
  /// What a row takes whose cells are in these states, when it takes 3 to change the state.
  private func cost(_ row: [Int], _ cells: [[Float]]) -> Float {
    var (cost, former) = (Float(0), 0)
    for (state, cell) in zip(row, cells) {
      cost += cell[state] + (state == former ? 0 : 3)
      former = state
    }
    return cost
  }

  @Test(
    "with as many paths as there are states the way is the cheapest of all",
    arguments: [
      [], [[0, 5]], [[4, 0]], [[0, 5], [4, 1], [9, 0], [0, 1]],
      [[0, 1], [0, 9], [2, 0], [2, 0]],
    ] as [[[Float]]])
  func cheapest(cells: [[Float]]) throws {
    var search = BeamSearch<Int, Int>(following: 2)
    search.begin(0)
    for cell in cells {
      for (index, path) in search.paths.enumerated() {
        for state in 0...1 {
          search.extend(
            index, to: state, by: state,
            cost: path.cost + cell[state] + (state == path.state ? 0 : 3))
        }
      }
      search.advance()
    }
    let all = (0..<1 << cells.count).map { number in
      cost(cells.indices.map { number >> $0 & 1 }, cells)
    }
    #expect(search.paths[0].cost == all.min())
    #expect(search.cheapest().count == cells.count)
    #expect(cost(search.cheapest(), cells) == all.min())
  }
}
