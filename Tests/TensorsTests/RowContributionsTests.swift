// Rows of weights summed into a map, against plain loops in double and the error that is promised.

import Tensors
import TestSupport
import Testing

@Suite("A map is the sum of what its rows contribute")
struct RowContributionsTests {
  enum Kind: String, Sendable, CaseIterable { case weights, products, positiveProducts, toggles }

  /// Rows of weights and products of so many keys, some of whose weights are 0, with products that
  /// are then not numbers.
  private struct Rows {
    let weights: Tensor
    let products: Tensor
    let shifts: [Float]
    let factors: [Float]
    let reads: Tensor
    let start: Tensor

    init(_ rows: Int, keys: Int) {
      var generator = TorchGenerator(seed: UInt64(keys))
      func numbers(_ shape: [Int], _ low: Float, _ high: Float) -> [Float] {
        generator.uniform(shape: shape, low: low, high: high).values
      }
      var weights = numbers([rows, keys], 0, 1)
      var products = numbers([rows, keys], -2, 2)
      // All of a row's weight, and nearly all of it.
      for index in stride(from: 3, to: weights.count, by: 11) { weights[index] = 1 }
      for index in stride(from: 5, to: weights.count, by: 13) { weights[index] = 0.9995 }
      for index in stride(from: 0, to: weights.count, by: 7) {
        (weights[index], products[index]) = (0, .nan)
      }
      self.weights = Tensor(shape: [rows, keys], values: weights)
      self.products = Tensor(shape: [rows, keys], values: products)
      shifts = numbers([rows], -1, 1)
      factors = numbers([rows], 0, 3)
      reads = Tensor(shape: [keys], values: (0..<keys).map { $0 % 3 == 0 ? 0 : 1 })
      start = Tensor(shape: [keys], values: numbers([keys], -1, 1))
    }

    func contribution(_ kind: Kind) -> RowContribution {
      switch kind {
      case .weights: .weights
      case .products: .products
      case .positiveProducts: .positiveProducts
      case .toggles: .toggles(reads: reads)
      }
    }

    /// What one row adds to one key, as the comment of the operation says it.
    func plain(_ kind: Kind, row: Int, key: Int) -> Double {
      let index = row * start.count + key
      let weight = Double(weights.values[index])
      guard weight != 0 else { return 0 }
      let (shift, factor) = (Double(shifts[row]), Double(factors[row]))
      let product = Double(products.values[index]) + shift
      switch kind {
      case .weights: return factor * weight
      case .products: return factor * weight * product
      case .positiveProducts: return max(0, factor * weight * product)
      case .toggles:
        let share =
          reads.values[key] != 0
          ? weight / max(Double(Float(1e-3)), 1 - weight) : weight / (1 + weight)
        return share * product
      }
    }
  }

  /// What an element goes through in one row, beside the sum.
  private static func roundings(_ kind: Kind) -> Double {
    switch kind {
    case .weights: 1
    case .products, .positiveProducts: 3
    case .toggles: 5
    }
  }

  @Test(
    "Numbers are within the promised error of the plain sum", arguments: Kind.allCases,
    [(1, 1), (3, 40), (5, 2047), (4, 2049)])
  func sums(_ kind: Kind, _ size: (rows: Int, keys: Int)) throws {
    let rows = Rows(size.rows, keys: size.keys)
    var map = rows.start
    try map.addRows(
      rows.contribution(kind), weights: rows.weights, products: rows.products,
      shifts: rows.shifts, factors: rows.factors, workers: Workers(threads: 2))
    let (start, ours) = (rows.start.values, map.values)
    for key in 0..<size.keys {
      let parts = (0..<size.rows).map { rows.plain(kind, row: $0, key: key) }
      let expected = parts.reduce(Double(start[key]), +)
      let sizes = parts.reduce(abs(Double(start[key]))) { $0 + abs($1) }
      let bound = (Double(size.rows) + Self.roundings(kind)) * 0x1p-24 * sizes
      #expect(abs(Double(ours[key]) - expected) <= bound, "key \(key)")
    }
  }

  @Test("Any number of threads gives the same bits", arguments: Kind.allCases)
  func threads(_ kind: Kind) throws {
    let rows = Rows(3, keys: 5000)
    let maps = try [1, 2, 3].map { count in
      var map = rows.start
      try map.addRows(
        rows.contribution(kind), weights: rows.weights, products: rows.products,
        shifts: rows.shifts, factors: rows.factors, workers: Workers(threads: count))
      return map
    }
    #expect(maps[0].hasSameBits(as: maps[1]) && maps[0].hasSameBits(as: maps[2]))
  }

  @Test(
    "What all queries contribute is the sum of their rows", arguments: Kind.allCases,
    PositionCase.all.filter { $0.count > 1 })
  func allQueries(_ kind: Kind, _ position: PositionCase) throws {
    let workers = Workers(threads: 2)
    let asked = position.operands
    let statistics = try asked.softmaxAverage(workers: workers).statistics
    var generator = TorchGenerator(seed: 77)
    let beside = AttentionOperands(
      queries: generator.uniform(shape: asked.queries.shape, low: -1, high: 1),
      offsets: position.offsets,
      positions: SeparablePositions(
        data: position.data, tables: position.tables, kept: position.kept, epsilon: 1e-5,
        workers: workers))
    let reads = Tensor(shape: [position.count], repeating: 1)
    let contribution: RowContribution =
      switch kind {
      case .weights: .weights
      case .products: .products
      case .positiveProducts: .positiveProducts
      case .toggles: .toggles(reads: reads)
      }
    let count = position.queries
    let shifts = generator.uniform(shape: [count], low: -1, high: 1).values
    let factors = generator.uniform(shape: [count], low: 0, high: 2).values
    for head in 0..<position.heads {
      let ours = try asked.contributed(
        contribution, statistics, beside: kind == .weights ? nil : beside, head: head,
        shifts: shifts, factors: factors, workers: workers)
      var theirs = Tensor(shape: [position.count])
      try theirs.addRows(
        contribution,
        weights: asked.weights(statistics, head: head, queries: 0..<count, workers: workers),
        products: beside.scores(head: head, queries: 0..<count, workers: workers), shifts: shifts,
        factors: factors, workers: workers)
      #expect(relativeError(ours, theirs) < 3e-6 * Double(max(1, position.scale)), "head \(head)")
      // A token that may not be read adds nothing, whatever stands beside it.
      let hidden = Set(0..<position.count).subtracting(position.visible)
      #expect(hidden.allSatisfy { ours.values[$0] == 0 })
    }
  }

  @Test("Weights alone need no products")
  func weightsAlone() throws {
    var map = Tensor(shape: [2], values: [1, 2])
    try map.addRows(
      .weights, weights: Tensor(shape: [2, 2], values: [0.5, 0, 0.25, 1]), products: nil,
      shifts: [0, 0], factors: [2, 4], workers: Workers(threads: 1))
    #expect(map.values == [3, 6])
  }
}
