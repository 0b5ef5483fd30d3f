// Tokens made from data and tables, against tokens written out in double.

import Tensors
import TestSupport
import Testing

@Suite("Tokens are data, then positions, standardised")
struct TokenRowsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let axes: [Int]
    let channels: Int
    /// Features of each axis; 0 for no tables.
    let features: Int
    /// A constant added to all data.
    var offset: Float = 0

    var testDescription: String { "\(axes) of \(channels), \(features) features, from \(offset)" }

    static let all = [
      Case(axes: [1], channels: 1, features: 0),
      Case(axes: [1], channels: 1, features: 3),
      Case(axes: [31], channels: 2, features: 5),
      Case(axes: [1, 1], channels: 3, features: 13),
      Case(axes: [1, 9], channels: 3, features: 13),
      Case(axes: [9, 1], channels: 3, features: 13),
      Case(axes: [7, 11], channels: 3, features: 0),
      Case(axes: [7, 11], channels: 1, features: 1, offset: 1000),
      Case(axes: [3, 5, 4], channels: 2, features: 7),
      Case(axes: [1, 2, 1], channels: 1, features: 9),
    ]

    var data: Tensor {
      var generator = TorchGenerator(seed: 5)
      return generator.uniform(shape: axes + [channels], low: offset - 1, high: offset + 1)
    }

    var tables: [Tensor] {
      var generator = TorchGenerator(seed: 6)
      return features == 0
        ? [] : axes.map { generator.uniform(shape: [$0, features], low: -1, high: 1) }
    }

    /// All tokens written out: `[tokens][columns]`.
    var plain: [[Double]] {
      let (values, tables) = (data.values, tables)
      return (0..<axes.reduce(1, *)).map { token in
        var position = token
        var positions: [Int] = []
        for length in axes.reversed() {
          positions.insert(position % length, at: 0)
          position /= length
        }
        var row = (0..<channels).map { Double(values[token * channels + $0]) }
        for (table, position) in zip(tables, positions) {
          row += table.row(position).values.map { Double($0) }
        }
        let mean = row.reduce(0, +) / Double(row.count)
        let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
        return row.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
      }
    }
  }

  @Test("Every token of one, two and three axes", arguments: Case.all)
  func all(_ test: Case) {
    let tokens = TokenRows(
      data: test.data, tables: test.tables, kept: nil,
      standardisation: .meanAndVariance(epsilon: 1e-5))
    let plain = test.plain
    #expect(tokens.count == plain.count && tokens.tokenCount == plain.count)
    #expect(tokens.axes == test.axes)
    #expect(tokens.columns == plain[0].count)
    #expect(relativeError(tokens[0..<tokens.count], Tensor(rows: plain)) < 1e-7)
    #expect(
      relativeError(tokens[plain.count - 1..<plain.count], Tensor(rows: [plain.last ?? []])) < 1e-6)
  }

  @Test("Kept tokens are the rows, in order, with their own positions", arguments: Case.all)
  func kept(_ test: Case) {
    let plain = test.plain
    let kept = plain.indices.filter { $0 % 3 == plain.count % 2 }.map { Int32($0) }
    guard !kept.isEmpty else { return }
    let tokens = TokenRows(
      data: test.data, tables: test.tables, kept: kept,
      standardisation: .meanAndVariance(epsilon: 1e-5))
    #expect(tokens.count == kept.count && tokens.tokenCount == plain.count)
    let expected = Tensor(rows: kept.map { plain[Int($0)] })
    #expect(relativeError(tokens[0..<kept.count], expected) < 1e-7)
    #expect(kept.indices.allSatisfy { tokens.token(ofRow: $0) == Int(kept[$0]) })
  }

  @Test("A token whose channels are all alike is zero, not a division by zero")
  func constant() {
    let data = Tensor(shape: [2, 3], repeating: 1e6)
    let tokens = TokenRows(
      data: data, tables: [], kept: nil, standardisation: .meanAndVariance(epsilon: 1e-5))
    #expect(tokens[0..<2].values.allSatisfy { $0 == 0 })
  }
}
