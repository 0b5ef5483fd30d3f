// The ways of attending to tokens, all four given the same, against the definition in double.

import Tensors
import TestSupport
import Testing

@Suite("Stored, projected, folded and separable rows are one attention")
struct AttentionWaysTests {
  typealias Normalisation = PlainAttention.Normalisation

  @Test("Averages are the plain ones in every way", arguments: WayCase.all, Normalisation.allCases)
  func averages(_ test: WayCase, _ normalisation: Normalisation) throws {
    let plain = test.plain(normalisation)
    for way in WayCase.Way.allCases {
      let average = try test.operands(way).average(normalisation)
      for (head, plain) in plain.enumerated() {
        let theirs = test.averages(way, plain, head: head)
        let error = relativeError(average.values.row(head), Tensor(rows: theirs))
        // Where scores leave no doubt, values and their sums are rounded still.
        #expect(error < plain.averageError + 3e-7, "\(way), head \(head)")
      }
    }
  }

  @Test("Weights are the plain ones in every way", arguments: WayCase.all, Normalisation.allCases)
  func weights(_ test: WayCase, _ normalisation: Normalisation) throws {
    let workers = Workers(threads: 2)
    let plain = test.plain(normalisation)
    for way in WayCase.Way.allCases {
      let operands = try test.operands(way)
      let statistics = try operands.average(normalisation).statistics
      for (head, plain) in plain.enumerated() {
        let theirs = test.rows(way, plain.weights)
        let weights = try operands.weights(
          statistics, head: head, queries: 0..<test.positions.queries, workers: workers)
        // A weight is made from two scores, its own and the row maximum, each off by its rounding.
        let bound = 2 * plain.scoreError
        #expect(relativeError(weights, theirs) < bound, "\(way), head \(head)")
        let received = try operands.receivedByAll(head: head, statistics, workers: workers)
        #expect(relativeError(received, theirs) < bound, "\(way), head \(head)")
      }
    }
  }

  @Test("Large cases have scores of ten thousand", arguments: WayCase.large)
  func scores(_ test: WayCase) {
    for plain in test.plain(.overKeys) {
      let scores = plain.scores.joined()
      #expect(scores.contains { $0 > 10_000 } && scores.contains { $0 < -10_000 })
    }
  }

  @Test(
    "A key above all others takes a query's whole weight in every way", arguments: WayCase.peaked)
  func oneHot(_ test: WayCase) throws {
    let workers = Workers(threads: 2)
    for way in WayCase.Way.allCases {
      let operands = try test.operands(way)
      let average = try operands.softmaxAverage(workers: workers)
      for (head, plain) in test.plain(.overKeys).enumerated() {
        let weights = try operands.weights(
          average.statistics, head: head, queries: 0..<test.positions.queries, workers: workers)
        let hot = Tensor(rows: test.oneHot(way))
        #expect(weights == hot, "\(way)")
        let received = try operands.receivedByAll(
          head: head, average.statistics, workers: workers)
        #expect(received == hot, "\(way)")
        // No weight is rounded here: what is left is the token's own rounding.
        let theirs = test.averages(way, plain, head: head)
        let error = relativeError(average.values.row(head), Tensor(rows: theirs))
        #expect(error < 2e-7, "\(way)")
      }
    }
  }
}

extension AttentionOperands {
  /// What every row receives from the queries of one head, asked row by row: `[queries, rows]`.
  func receivedByAll(
    head: Int, _ statistics: AttentionStatistics?, workers: Workers
  ) throws -> Tensor {
    var all = Tensor(shape: [queryCount, rows.count])
    for row in 0..<rows.count {
      let column = try received(byRow: row, head: head, statistics, workers: workers)
      for query in 0..<queryCount { all[query, row] = column[query] }
    }
    return all
  }
}
