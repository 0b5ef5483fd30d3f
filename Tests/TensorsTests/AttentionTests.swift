// Streamed attention against the plain one in double.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Streamed attention is attention")
struct AttentionTests {
  typealias Normalisation = PlainAttention.Normalisation

  @Test("Averages match", arguments: AttentionCase.all, Normalisation.allCases)
  func averages(_ test: AttentionCase, _ normalisation: Normalisation) throws {
    let average = try test.stored.average(normalisation)
    for (head, plain) in test.plain(normalisation).enumerated() {
      let theirs = Tensor(rows: plain.averages)
      #expect(relativeError(average.values.row(head), theirs) < 2e-6)
      let sums = plain.weights.map { $0.reduce(0, +) }
      for (query, sum) in sums.enumerated() {
        #expect(abs(Double(average.weightSums[head, query]) - sum) < 1e-6)
      }
    }
  }

  @Test("Weights and scores match", arguments: AttentionCase.all, Normalisation.allCases)
  func weights(_ test: AttentionCase, _ normalisation: Normalisation) throws {
    let workers = Workers(threads: 2)
    let operands = test.stored
    let statistics = try operands.average(normalisation).statistics
    for (head, plain) in test.plain(normalisation).enumerated() {
      let all = 0..<test.queries
      let weights = try operands.weights(statistics, head: head, queries: all, workers: workers)
      #expect(relativeError(weights, Tensor(rows: plain.weights)) < 2e-6)
      let scores = try operands.scores(head: head, queries: all, workers: workers)
      #expect(relativeError(scores, Tensor(rows: plain.scores)) < 1e-6)
      let some = test.queries / 3..<(test.queries + 1) / 2 + test.queries / 3
      let part = try operands.weights(statistics, head: head, queries: some, workers: workers)
      #expect(relativeError(part, weights.rows(some)) < 1e-6)
    }
  }

  @Test("What one key receives is its column", arguments: AttentionCase.all)
  func received(_ test: AttentionCase) throws {
    let workers = Workers(threads: 2)
    let operands = test.stored
    for normalisation in Normalisation.allCases {
      let statistics = try operands.average(normalisation).statistics
      let plain = test.plain(normalisation)
      for key in Set([0, test.keys / 2, test.keys - 1]) {
        for head in 0..<test.heads {
          let weights = try operands.received(
            byRow: key, head: head, statistics, workers: workers)
          let theirs = Tensor(rows: [plain[head].weights.map { $0[key] }]).row(0)
          #expect(relativeError(weights, theirs) < 3e-6)
          let scores = try operands.received(byRow: key, head: head, nil, workers: workers)
          let theirScores = Tensor(rows: [plain[head].scores.map { $0[key] }]).row(0)
          #expect(relativeError(scores, theirScores) < 1e-6)
        }
      }
    }
  }

  @Test("Means and maxima over queries are those of the matrix", arguments: AttentionCase.all)
  func reductions(_ test: AttentionCase) throws {
    let workers = Workers(threads: 2)
    let operands = test.stored
    for normalisation in Normalisation.allCases {
      let statistics = try operands.average(normalisation).statistics
      for (head, plain) in test.plain(normalisation).enumerated() {
        for (matrix, given) in [(plain.weights, statistics), (plain.scores, nil)] {
          let columns = (0..<test.keys).map { key in matrix.map { $0[key] } }
          let means = columns.map { $0.reduce(0, +) / Double(test.queries) }
          let maxima = columns.map { $0.max() ?? 0 }
          let mean = try operands.reduced(.mean, given, head: head, workers: workers)
          let maximum = try operands.reduced(.maximum, given, head: head, workers: workers)
          #expect(relativeError(mean, Tensor(rows: [means]).row(0)) < 3e-6)
          #expect(relativeError(maximum, Tensor(rows: [maxima]).row(0)) < 3e-6)
        }
      }
    }
  }

  @Test("Weights sum to 1 over the keys", arguments: AttentionCase.all + AttentionCase.extreme)
  func sums(_ test: AttentionCase) throws {
    let workers = Workers(threads: 2)
    let operands = test.stored
    let statistics = try operands.average(.overKeys).statistics
    for head in 0..<test.heads {
      let weights = try operands.weights(
        statistics, head: head, queries: 0..<test.queries, workers: workers)
      for row in weights.doubleRows {
        // Scores of thousands are themselves known to 1e-7 of their size only.
        #expect(abs(row.reduce(0, +) - 1) < 2e-6 * max(1, Double(test.scale) / 3))
        #expect(row.allSatisfy { $0 >= 0 })
      }
    }
  }

  @Test("Scores of ten thousand give finite averages near the plain ones")
  func extremes() throws {
    for test in AttentionCase.extreme {
      for normalisation in Normalisation.allCases {
        let average = try test.stored.average(normalisation)
        for (head, plain) in test.plain(normalisation).enumerated() {
          let error = relativeError(average.values.row(head), Tensor(rows: plain.averages))
          #expect(error < plain.averageError + 3e-7, "\(test), \(normalisation)")
        }
      }
    }
  }

  @Test("A score that towers over all others takes the whole weight, wherever its key stands")
  func oneHot() throws {
    let (count, width) = (4500, 3)
    for rowMaximum in [0, 255, 256, 2047, 2048, 4499] {
      let values = (0..<count).flatMap { (key: Int) -> [Float] in
        // The key, then the value.
        [key == rowMaximum ? 10_000 : -10_000, 0, 0, Float(key), 1, -1]
      }
      let operands = AttentionOperands(
        queries: Tensor(shape: [1, 1, width], values: [1, 0, 0]),
        rows: .stored(Tensor(shape: [count, 2 * width], values: values)))
      let average = try operands.softmaxAverage(workers: Workers(threads: 2))
      #expect(average.values.values == [Float(rowMaximum), 1, -1])
      let weights = try operands.weights(
        average.statistics, head: 0, queries: 0..<1, workers: Workers(threads: 2))
      #expect(
        weights.values.indices.allSatisfy { weights.values[$0] == ($0 == rowMaximum ? 1 : 0) })
    }
  }

  @Test("Equal scores weigh alike, even the lowest a float has")
  func equalScores() throws {
    for score in [Float(0), 1e4, -1e4, -1e38] {
      let values = (0..<600).flatMap { (key: Int) -> [Float] in [score, Float(key % 2)] }
      let operands = AttentionOperands(
        queries: Tensor(shape: [1, 1, 1], values: [1]),
        rows: .stored(Tensor(shape: [600, 2], values: values)))
      let average = try operands.softmaxAverage(workers: Workers(threads: 1))
      #expect(abs(average.values[0, 0, 0] - 0.5) < 1e-6)
    }
  }

  @Test("A query that inverted attention leaves next to nothing gets next to nothing, not NaN")
  func nextToNothing() throws {
    // Of three queries the first wins every key; the second has e⁻²⁰ of it, the last none at all.
    let operands = AttentionOperands(
      queries: Tensor(shape: [1, 3, 1], values: [0, -20, -1000]),
      rows: .stored(Tensor(shape: [2, 2], values: [1, 4, 1, 6])))
    let average = try operands.invertedAverage(workers: Workers(threads: 1))
    let share = 2 * exp(-20.0) / 1e-8
    #expect(abs(average.values[0, 0, 0] - 5) < 1e-6)
    #expect(abs(Double(average.values[0, 1, 0]) - 5 * min(share, 1)) < 1e-5)
    #expect(average.values[0, 2, 0] == 0)
    let sums = average.weightSums.values
    #expect(abs(sums[0] - 1) < 1e-6 && abs(Double(sums[1]) - min(share, 1)) < 1e-6 && sums[2] == 0)
  }

  @Test("NaN in one query's scores stays with that query")
  func notANumber() throws {
    let test = AttentionCase(heads: 1, queries: 3, keys: 300, width: 2)
    var queries = test.scaledQueries
    queries[0, 1, 0] = .nan
    let operands = AttentionOperands(queries: queries, rows: .stored(test.keyValues))
    let average = try operands.softmaxAverage(workers: Workers(threads: 1))
    for query in 0..<3 {
      #expect(average.values[0, query, 0].isNaN == (query == 1))
    }
  }

  @Test("Every number of threads gives the same bits", arguments: AttentionCase.all)
  func threads(_ test: AttentionCase) throws {
    let operands = test.stored
    for normalisation in Normalisation.allCases {
      let results = try [1, 2, 3, 7].map { threads in
        let workers = Workers(threads: threads)
        let average = try operands.average(normalisation, workers: workers)
        return [
          average.values, average.weightSums,
          try operands.weights(
            average.statistics, head: 0, queries: 0..<test.queries, workers: workers),
          try operands.reduced(.mean, average.statistics, head: 0, workers: workers),
        ]
      }
      #expect(results.dropFirst().allSatisfy { haveSameBits($0, results[0]) })
    }
  }

  @Test("Cancelled work throws", arguments: [1, 2])
  func cancellation(_ threads: Int) throws {
    let cancellation = Cancellation()
    let workers = Workers(threads: threads, cancellation: cancellation)
    let operands = AttentionCase(heads: 2, queries: 3, keys: 300, width: 2).stored
    let statistics = try operands.softmaxAverage(workers: workers).statistics
    cancellation.cancel()
    #expect(throws: ComputationCancelled()) { try operands.softmaxAverage(workers: workers) }
    #expect(throws: ComputationCancelled()) { try operands.invertedAverage(workers: workers) }
    #expect(throws: ComputationCancelled()) {
      try operands.weights(statistics, head: 0, queries: 0..<3, workers: workers)
    }
    #expect(throws: ComputationCancelled()) {
      try operands.reduced(.maximum, statistics, head: 0, workers: workers)
    }
  }
}

@Suite("Tokens serve an attention folded, projected or stored alike")
struct TokenAttentionTests {
  /// Tokens of an image, and a projection of them for each of two heads.
  struct Case: Sendable, CustomTestStringConvertible {
    let axes: [Int]
    let kept: [Int32]?
    let queries: Int

    var testDescription: String {
      "\(axes), \(kept.map { "\($0.count) kept" } ?? "all"), \(queries) queries"
    }

    static let all = [
      Case(axes: [1], kept: nil, queries: 1),
      Case(axes: [2500], kept: nil, queries: 3),
      Case(axes: [17, 23], kept: nil, queries: 5),
      Case(axes: [17, 23], kept: [0, 5, 6, 300, 390], queries: 300),
      Case(axes: [60, 50], kept: (0..<3000).filter { $0 % 3 != 1 }.map { Int32($0) }, queries: 7),
      Case(axes: [3, 4, 5], kept: nil, queries: 2),
    ]

    let heads = 2
    let width = 6

    var tokens: TokenRows {
      var generator = TorchGenerator(seed: 21)
      let data = generator.uniform(shape: axes + [3], low: -1, high: 1)
      let tables = axes.map { generator.uniform(shape: [$0, 5], low: -1, high: 1) }
      return TokenRows(
        data: data, tables: tables, kept: kept, standardisation: .meanAndVariance(epsilon: 1e-5))
    }

    /// Keys of both heads, then values: `[4 × width, columns]`.
    func weight(_ columns: Int) -> Tensor {
      MatrixProductTests.matrix(2 * heads * width, columns, seed: 22)
    }

    var headQueries: Tensor {
      var generator = TorchGenerator(seed: 23)
      return generator.uniform(shape: [heads, queries, width], low: -1, high: 1)
    }
  }

  @Test("The same averages and weights three ways", arguments: Case.all)
  func agree(_ test: Case) throws {
    let workers = Workers(threads: 2)
    let tokens = test.tokens
    let weight = test.weight(tokens.columns)
    let bias = Tensor(shape: [2 * test.heads * test.width])
    let rows = tokens[0..<tokens.count]
    let stored = AttentionOperands(
      queries: test.headQueries,
      rows: .stored(try rows.linear(weight: weight, workers: workers)))
    let projected = AttentionOperands(
      queries: test.headQueries, rows: .projected(tokens, weight: weight, bias: bias))
    // Folded: queries carried through the keys' projection, values projected after the average.
    let queries = try (0..<test.heads).map { head in
      try test.headQueries.row(head).times(
        weight.rows(head * test.width..<(head + 1) * test.width), workers: workers)
    }
    let folded = AttentionOperands(queries: .stacking(queries), rows: .folded(tokens))
    for normalisation in PlainAttention.Normalisation.allCases {
      let (a, b, c) = (
        try stored.average(normalisation), try projected.average(normalisation),
        try folded.average(normalisation)
      )
      #expect(relativeError(b.values, a.values) < 2e-6)
      for head in 0..<test.heads {
        let start = (test.heads + head) * test.width
        let unfolded = try c.values.row(head)
          .linear(weight: weight.rows(start..<start + test.width), workers: workers)
        // Projecting an average of many tokens cancels more than averaging projections does.
        #expect(relativeError(unfolded, a.values.row(head)) < 1e-5)
        let all = 0..<test.queries
        let first = try stored.weights(a.statistics, head: head, queries: all, workers: workers)
        for (operands, statistics) in [(projected, b.statistics), (folded, c.statistics)] {
          let weights = try operands.weights(
            statistics, head: head, queries: all, workers: workers)
          #expect(relativeError(weights, first) < 3e-6)
        }
      }
    }
  }

  @Test("Folded queries are the double product, rounded once")
  func folding() throws {
    let queries = MatrixProductTests.matrix(5, 7, seed: 1)
    let keys = MatrixProductTests.matrix(7, 11, seed: 2)
    let gain = MatrixProductTests.matrix(1, 11, seed: 3).row(0)
    let bias = MatrixProductTests.matrix(1, 11, seed: 4).row(0)
    let folded = try queries.folded(
      through: keys, gain: gain, bias: bias, scale: 0.25, workers: Workers(threads: 2))
    for query in 0..<5 {
      var constant = 0.0
      for channel in 0..<11 {
        let product = (0..<7).reduce(0.0) {
          $0 + Double(queries[query, $1]) * Double(keys[$1, channel])
        }
        let expected = Float(0.25 * product * Double(gain[channel]))
        #expect(abs(folded.queries[query, channel] - expected) <= 1e-7 * abs(expected))
        constant += 0.25 * product * Double(bias[channel])
      }
      #expect(abs(Double(folded.offsets[query]) - constant) < 1e-7)
    }
  }

  @Test("Heads split from channels and joined again are as before")
  func heads() {
    let whole = MatrixProductTests.matrix(5, 12, seed: 1)
    let split = whole.splitIntoHeads(3)
    #expect(split.shape == [3, 5, 4])
    #expect(split[1, 2, 3] == whole[2, 7])
    #expect(split.joiningHeads() == whole)
    #expect(Tensor.stacking([split.row(0), split.row(1), split.row(2)]) == split)
  }
}
