// Attention over separable places against the plain one in double, token by token.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Separable attention is attention")
struct SeparableAttentionTests {
  typealias Normalisation = PlainAttention.Normalisation

  /// An input with position tables, and queries in token space.
  struct Case: Sendable, CustomTestStringConvertible {
    let axes: [Int]
    var channels = 3
    var features = 5
    var heads = 1
    var queries = 5
    var kept: [Int32]?
    /// The largest entry of a query, about.
    var scale: Float = 1

    var testDescription: String {
      "\(axes) × \(channels), \(features) features, \(heads) heads, \(queries) queries, "
        + "\(kept.map { "\($0.count) kept" } ?? "all"), to \(scale)"
    }

    /// One place, axes of one place, runs and their borders at 16 and 512 and 2048, rows beyond 64,
    /// every unrolled count of channels and more, masks that hide rows, runs and single places.
    static let all =
      [
        Case(axes: [1], queries: 1), Case(axes: [1, 1]), Case(axes: [1, 1, 1], heads: 2),
        Case(axes: [1, 33]), Case(axes: [33, 1], queries: 17), Case(axes: [5, 1, 7], heads: 3),
        Case(axes: [15]), Case(axes: [16], heads: 2), Case(axes: [17], queries: 40),
        Case(axes: [2500], queries: 3), Case(axes: [4, 513], queries: 2),
        Case(axes: [2, 2049], queries: 1), Case(axes: [17, 23], queries: 130),
        Case(axes: [150, 12], heads: 2, queries: 19), Case(axes: [3, 4, 5], queries: 2),
        Case(axes: [7, 11, 18], features: 13, heads: 2, queries: 33),
        Case(axes: [2, 3, 2, 19]),
        Case(axes: [9, 14], kept: [0]), Case(axes: [9, 14], kept: [125], scale: 50),
        Case(axes: [60, 50], heads: 2, kept: (0..<3000).filter { $0 % 3 != 1 }.map { Int32($0) }),
        Case(axes: [80, 40], kept: Array(1200..<1230)),
        Case(axes: [3, 21, 20], kept: Array(600..<1260)),
      ]
      + [0, 1, 2, 4, 5, 9].map { Case(axes: [13, 37], channels: $0, features: 7, heads: 2) }

    /// Scores of hundreds to ten thousands: each softmax all but one-hot.
    static let extreme = [
      Case(axes: [31, 45], queries: 9, scale: 100),
      Case(axes: [31, 45], queries: 9, scale: 3000),
      Case(axes: [300, 9], heads: 2, scale: 3000),
      Case(axes: [40, 33], kept: Array(700..<900), scale: 3000),
    ]

    private func tensor(_ shape: [Int], seed: UInt64, to high: Float = 1) -> Tensor {
      var generator = TorchGenerator(seed: seed)
      return generator.uniform(shape: shape, low: -high, high: high)
    }

    var data: Tensor { tensor(axes + [channels], seed: 31) }
    var tables: [Tensor] {
      axes.enumerated().map { tensor([$1, features], seed: 32 + UInt64($0)) }
    }
    var columns: Int { channels + axes.count * features }
    var tokenQueries: Tensor { tensor([heads, queries, columns], seed: 41, to: scale) }
    var offsets: Tensor { tensor([heads, queries], seed: 42, to: 2) }
    var count: Int { axes.reduce(1, *) }

    var operands: AttentionOperands {
      AttentionOperands(
        queries: tokenQueries, offsets: offsets,
        places: SeparablePlaces(
          data: data, tables: tables, kept: kept, epsilon: 1e-5, workers: Workers(threads: 2)))
    }

    /// Places that may be attended to.
    var visible: [Int] { kept.map { $0.map { Int($0) } } ?? Array(0..<count) }

    /// Standardised tokens of all places, in double.
    var tokens: [[Double]] {
      let data = data.reshaped([count, channels])
      return (0..<count).map { place in
        var rest = place
        var parts: [[Double]] = []
        for (axis, length) in axes.enumerated().reversed() {
          parts.insert(tables[axis].row(rest % length).values.map { Double($0) }, at: 0)
          rest /= length
        }
        let token = data.row(place).values.map { Double($0) } + parts.joined()
        let mean = token.reduce(0, +) / Double(token.count)
        let variance =
          token.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(token.count)
        return token.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
      }
    }

    /// Each head over the visible places, computed plainly.
    func plain(_ normalisation: Normalisation) -> [PlainAttention] {
      let all = tokens
      let rows = visible.map { all[$0] }
      return (0..<heads).map { head in
        PlainAttention(
          queries: tokenQueries.row(head).doubleRows, keys: rows, values: rows,
          offsets: offsets.row(head).values.map { Double($0) }, normalisation)
      }
    }

    /// Rows over visible places as rows over all.
    func spread(_ rows: [[Double]], elsewhere: Double) -> [[Double]] {
      rows.map { row in
        var all = [Double](repeating: elsewhere, count: count)
        for (index, place) in visible.enumerated() { all[place] = row[index] }
        return all
      }
    }
  }

  @Test("Averages match", arguments: Case.all, Normalisation.allCases)
  func averages(_ test: Case, _ normalisation: Normalisation) throws {
    let average = try test.operands.average(normalisation)
    for (head, plain) in test.plain(normalisation).enumerated() {
      #expect(relativeError(average.values.row(head), Tensor(rows: plain.averages)) < 1e-6)
      for (query, weights) in plain.weights.enumerated() {
        #expect(abs(Double(average.weightSums[head, query]) - weights.reduce(0, +)) < 1e-6)
      }
    }
  }

  @Test("Weights and scores match", arguments: Case.all, Normalisation.allCases)
  func weights(_ test: Case, _ normalisation: Normalisation) throws {
    let workers = Workers(threads: 2)
    let operands = test.operands
    let statistics = try operands.average(normalisation).statistics
    let visible = test.visible
    for (head, plain) in test.plain(normalisation).enumerated() {
      let all = 0..<test.queries
      let weights = try operands.weights(statistics, head: head, queries: all, workers: workers)
      let theirs = test.spread(plain.weights, elsewhere: 0)
      #expect(relativeError(weights, Tensor(rows: theirs)) < 2e-6)
      let scores = try operands.scores(head: head, queries: all, workers: workers)
      let seen = scores.doubleRows.map { row in visible.map { row[$0] } }
      #expect(relativeError(Tensor(rows: seen), Tensor(rows: plain.scores)) < 1e-6)
      if test.kept != nil {
        let hidden = Set(0..<test.count).subtracting(visible)
        #expect(scores.doubleRows.allSatisfy { row in hidden.allSatisfy { row[$0] == -.infinity } })
        #expect(
          weights.doubleRows.allSatisfy { row in hidden.allSatisfy { row[$0] == 0 } })
      }
      let some = test.queries / 3..<(test.queries + 1) / 2 + test.queries / 3
      let part = try operands.weights(statistics, head: head, queries: some, workers: workers)
      #expect(relativeError(part, weights.rows(some)) < 1e-6)
    }
  }

  @Test("Reductions and columns are those of the matrix", arguments: Case.all)
  func reductions(_ test: Case) throws {
    let workers = Workers(threads: 2)
    let operands = test.operands
    for normalisation in Normalisation.allCases {
      let statistics = try operands.average(normalisation).statistics
      for (head, plain) in test.plain(normalisation).enumerated() {
        let matrix = test.spread(plain.weights, elsewhere: 0)
        let columns = (0..<test.count).map { key in matrix.map { $0[key] } }
        let means = columns.map { $0.reduce(0, +) / Double(test.queries) }
        let maxima = columns.map { $0.max() ?? 0 }
        let mean = try operands.reduced(.mean, statistics, head: head, workers: workers)
        let maximum = try operands.reduced(.maximum, statistics, head: head, workers: workers)
        #expect(relativeError(mean, Tensor(rows: [means]).row(0)) < 3e-6)
        #expect(relativeError(maximum, Tensor(rows: [maxima]).row(0)) < 3e-6)
        for key in Set([0, test.visible.count / 2, test.visible.count - 1]) {
          let scores = try operands.received(
            byRow: test.visible[key], head: head, nil, workers: workers)
          let theirs = Tensor(rows: [plain.scores.map { $0[key] }]).row(0)
          #expect(relativeError(scores, theirs) < 1e-6)
        }
      }
    }
  }

  @Test("Scores of ten thousand give averages near the plain ones", arguments: Case.extreme)
  func extremes(_ test: Case) throws {
    for normalisation in Normalisation.allCases {
      let average = try test.operands.average(normalisation)
      for (head, plain) in test.plain(normalisation).enumerated() {
        let largest = plain.scores.joined().map(abs).max() ?? 0
        // A score's own rounding, 1e-7 of its size, is an error of its weight.
        let error = relativeError(average.values.row(head), Tensor(rows: plain.averages))
        #expect(error < 3e-7 * max(10, largest), "\(test), \(normalisation), \(largest)")
      }
    }
  }

  @Test("A place that towers over all others takes the whole weight, wherever it stands")
  func oneHot() throws {
    let (height, width) = (70, 37)
    for peak in [0, 15, 16, 36, 37, 63 * 37, 64 * 37 + 5, 70 * 37 - 1] {
      // The first channel is the peak's alone; the query asks for it.
      var data = Tensor(shape: [height, width, 2], repeating: -1)
      data[peak / width, peak % width, 0] = 1
      let tables = [height, width].map { length in
        Tensor(shape: [length, 2], values: (0..<2 * length).map { sin(Float($0)) })
      }
      let places = SeparablePlaces(
        data: data, tables: tables, kept: nil, epsilon: 1e-5, workers: Workers(threads: 2))
      let queries = Tensor(shape: [1, 1, 6], values: [10_000, 0, 0, 0, 0, 0])
      let operands = AttentionOperands(queries: queries, places: places)
      let average = try operands.softmaxAverage(workers: Workers(threads: 2))
      let weights = try operands.weights(
        average.statistics, head: 0, queries: 0..<1, workers: Workers(threads: 2))
      for (place, weight) in weights.values.enumerated() {
        #expect(weight == (place == peak ? 1 : 0))
      }
      let token =
        [1, -1] + tables[0].row(peak / width).values + tables[1].row(peak % width).values
      let mean = token.reduce(0, +) / 6
      let spread = (token.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 6 + 1e-5).squareRoot()
      let theirs = Tensor(shape: [6], values: token.map { ($0 - mean) / spread })
      #expect(relativeError(average.values.reshaped([6]), theirs) < 1e-6)
    }
  }

  @Test("Any number of threads gives the same bits", arguments: Normalisation.allCases)
  func threads(_ normalisation: Normalisation) throws {
    for test in [
      Case(axes: [150, 12], heads: 2, queries: 19), Case(axes: [7, 11, 18], queries: 33),
      Case(axes: [80, 40], queries: 1),
    ] {
      let operands = test.operands
      let one = try operands.average(normalisation, workers: Workers(threads: 1))
      for threads in [2, 3, 7] {
        let more = try operands.average(normalisation, workers: Workers(threads: threads))
        #expect(more.values.values == one.values.values)
      }
    }
  }
}
