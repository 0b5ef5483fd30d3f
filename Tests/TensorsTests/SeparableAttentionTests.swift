// Attention over separable positions against the plain one in double, token by token.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Separable attention is attention")
struct SeparableAttentionTests {
  typealias Case = PositionCase
  typealias Normalisation = PlainAttention.Normalisation

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
        let masked = Set(0..<test.count).subtracting(visible)
        #expect(scores.doubleRows.allSatisfy { row in masked.allSatisfy { row[$0] == -.infinity } })
        #expect(
          weights.doubleRows.allSatisfy { row in masked.allSatisfy { row[$0] == 0 } })
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

  @Test(
    "Scores of ten thousand give what the plain ones do, as far as scores can be told apart",
    arguments: Case.extreme, Normalisation.allCases)
  func extremes(_ test: Case, _ normalisation: Normalisation) throws {
    let workers = Workers(threads: 2)
    let operands = test.operands
    let average = try operands.average(normalisation)
    let all = 0..<test.queries
    for (head, plain) in test.plain(normalisation).enumerated() {
      func check(_ name: String, _ ours: Tensor, _ theirs: Tensor) {
        // Tables are summed in double, so that a score is hardly rounded more than once.
        #expect(relativeError(ours, theirs) < plain.scoreError, "\(name)")
      }
      let error = relativeError(average.values.row(head), Tensor(rows: plain.averages))
      #expect(error < plain.averageError + 3e-7)
      let matrix = Tensor(rows: test.spread(plain.weights, elsewhere: 0))
      check(
        "weights",
        try operands.weights(average.statistics, head: head, queries: all, workers: workers),
        matrix)
      check(
        "received",
        try operands.receivedByAll(head: head, average.statistics, workers: workers), matrix)
      let columns = (0..<test.count).map { key in (0..<test.queries).map { matrix[$0, key] } }
      check(
        "means",
        try operands.reduced(.mean, average.statistics, head: head, workers: workers),
        Tensor(
          shape: [test.count], values: columns.map { $0.reduce(0, +) / Float(test.queries) }))
      check(
        "maxima",
        try operands.reduced(.maximum, average.statistics, head: head, workers: workers),
        Tensor(shape: [test.count], values: columns.map { $0.max() ?? 0 }))
    }
  }

  @Test("A position that towers over all others takes the whole weight, wherever it stands")
  func oneHot() throws {
    let (height, width) = (70, 37)
    for rowMaximum in [0, 15, 16, 36, 37, 63 * 37, 64 * 37 + 5, 70 * 37 - 1] {
      // The first channel is the row maximum's alone; the query asks for it.
      var data = Tensor(shape: [height, width, 2], repeating: -1)
      data[rowMaximum / width, rowMaximum % width, 0] = 1
      let tables = [height, width].map { length in
        Tensor(shape: [length, 2], values: (0..<2 * length).map { sin(Float($0)) })
      }
      let positions = SeparablePositions(
        data: data, tables: tables, kept: nil, epsilon: 1e-5, workers: Workers(threads: 2))
      let queries = Tensor(shape: [1, 1, 6], values: [10_000, 0, 0, 0, 0, 0])
      let operands = AttentionOperands(queries: queries, positions: positions)
      let average = try operands.softmaxAverage(workers: Workers(threads: 2))
      let weights = try operands.weights(
        average.statistics, head: 0, queries: 0..<1, workers: Workers(threads: 2))
      for (position, weight) in weights.values.enumerated() {
        #expect(weight == (position == rowMaximum ? 1 : 0))
      }
      let token =
        [1, -1] + tables[0].row(rowMaximum / width).values
        + tables[1].row(rowMaximum % width).values
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
      let results = try [1, 2, 3, 7].map { threads in
        let workers = Workers(threads: threads)
        let average = try operands.average(normalisation, workers: workers)
        let (statistics, head) = (average.statistics, test.heads - 1)
        return [
          average.values, average.weightSums,
          try operands.weights(
            statistics, head: head, queries: 0..<test.queries, workers: workers),
          try operands.reduced(.mean, statistics, head: head, workers: workers),
          try operands.received(
            byRow: test.count / 2, head: head, statistics, workers: workers),
        ]
      }
      #expect(results.dropFirst().allSatisfy { haveSameBits($0, results[0]) })
    }
  }
}
