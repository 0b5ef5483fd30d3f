// One attention to one input, to be computed in each of the four ways.

import Tensors
import Testing

/// An input, and projections of its tokens for each head.
struct WayCase: Sendable, CustomTestStringConvertible {
  /// The input; its queries are those of the heads before they are carried into token space.
  let positions: PositionCase
  let width = 6

  var testDescription: String { positions.testDescription }

  enum Way: CaseIterable {
    case stored, projected, folded, separable
  }

  /// One position, axes of one position, odd lengths; several heads, masks and scores of ten
  /// thousand.
  static let all = all(scale: 1) + large + peaked

  /// Scores of ten thousand and beyond, on both sides of 0.
  static let large = all(scale: 6000)

  private static func all(scale: Float) -> [WayCase] {
    [[1], [33], [1, 33], [33, 1], [5, 1, 7], [17, 23], [3, 13, 19]].flatMap { axes in
      [(1, false), (1, true), (3, false), (3, true)].map { heads, isMasked in
        WayCase(axes, heads: heads, isMasked: isMasked, scale: scale)
      }
    }
  }

  /// One key that is far above all others for every query, at either end and between.
  static let peaked = [
    WayCase([1], heads: 1, scale: 10_000, rowMaximum: 0),
    WayCase([33], heads: 3, scale: 10_000, rowMaximum: 0),
    WayCase([1, 33], heads: 1, isMasked: true, scale: 10_000, rowMaximum: 17),
    WayCase([33, 1], heads: 1, scale: 10_000, rowMaximum: 32),
    WayCase([5, 1, 7], heads: 3, isMasked: true, scale: 10_000, rowMaximum: 20),
    WayCase([17, 23], heads: 1, scale: 10_000, rowMaximum: 390),
  ]

  init(_ axes: [Int], heads: Int, isMasked: Bool = false, scale: Float, rowMaximum: Int? = nil) {
    let count = axes.reduce(1, *)
    positions = PositionCase(
      axes: axes, heads: heads, queries: 7,
      kept: isMasked ? (0..<count).filter { $0 % 3 != 1 }.map { Int32($0) } : nil, scale: scale,
      rowMaximum: rowMaximum)
  }

  private var inner: Int { positions.heads * width }

  private var headQueries: Tensor {
    guard positions.rowMaximum == nil else {
      // Every query asks for the first channel, and for nothing else.
      let query = [positions.scale] + [Float](repeating: 0, count: width - 1)
      let rows = [[Float]](repeating: query, count: positions.heads * positions.queries)
      return Tensor(
        shape: [positions.heads, positions.queries, width], values: rows.flatMap { $0 })
    }
    var generator = TorchGenerator(seed: 51)
    return generator.uniform(
      shape: [positions.heads, positions.queries, width], low: -positions.scale,
      high: positions.scale)
  }

  /// Keys of all heads, then values: `[2 × heads × width, columns]`.
  private var weight: Tensor {
    var weight = MatrixProductTests.matrix(2 * inner, positions.columns, seed: 52)
    guard positions.rowMaximum != nil else { return weight }
    for head in 0..<positions.heads {
      for column in 0..<positions.columns { weight[head * width, column] = column == 0 ? 1 : 0 }
    }
    return weight
  }

  private var bias: Tensor { MatrixProductTests.matrix(1, 2 * inner, seed: 53).row(0) }

  /// Each head's queries carried through the projection of its keys, and what a key's bias adds.
  private var tokenQueries: (queries: [[[Double]]], offsets: [[Double]]) {
    let (weight, bias) = (weight.doubleRows, bias.values.map { Double($0) })
    let queries = (0..<positions.heads).map { headQueries.row($0).doubleRows }
    let folded = queries.enumerated().map { head, rows in
      rows.map { query in
        (0..<positions.columns).map { column in
          query.indices.reduce(0) { $0 + query[$1] * weight[head * width + $1][column] }
        }
      }
    }
    let offsets = queries.enumerated().map { head, rows in
      rows.enumerated().map { index, query in
        query.indices.reduce(Double(positions.offsets[head, index])) {
          $0 + query[$1] * bias[head * width + $1]
        }
      }
    }
    return (folded, offsets)
  }

  /// Each head in token space, over the tokens that a mask leaves.
  func plain(_ normalisation: PlainAttention.Normalisation) -> [PlainAttention] {
    let (tokens, (queries, offsets)) = (positions.tokens, tokenQueries)
    let rows = positions.visible.map { tokens[$0] }
    return (0..<positions.heads).map { head in
      PlainAttention(
        queries: queries[head], keys: rows, values: rows, offsets: offsets[head], normalisation)
    }
  }

  func operands(_ way: Way) throws -> AttentionOperands {
    let tokens = TokenRows(
      data: positions.data, tables: positions.tables, kept: positions.kept,
      standardisation: .meanAndVariance(epsilon: 1e-5))
    let (doubles, constants) = tokenQueries
    let queries = Tensor.stacking(doubles.map { Tensor(rows: $0) })
    let offsets = Tensor(rows: constants)
    switch way {
    case .stored:
      let rows = try tokens[0..<tokens.count].linear(
        weight: weight, bias: bias, workers: Workers(threads: 2))
      return AttentionOperands(
        queries: headQueries, offsets: positions.offsets, rows: .stored(rows))
    case .projected:
      return AttentionOperands(
        queries: headQueries, offsets: positions.offsets,
        rows: .projected(tokens, weight: weight, bias: bias))
    case .folded:
      return AttentionOperands(queries: queries, offsets: offsets, rows: .folded(tokens))
    case .separable:
      return AttentionOperands(
        queries: queries, offsets: offsets,
        positions: SeparablePositions(
          data: positions.data, tables: positions.tables, kept: positions.kept, epsilon: 1e-5,
          workers: Workers(threads: 2)))
    }
  }

  /// Plain averages as a way gives them: of tokens, or of values.
  func averages(_ way: Way, _ plain: PlainAttention, head: Int) -> [[Double]] {
    switch way {
    case .folded, .separable: return plain.averages
    case .stored, .projected:
      let (weight, bias) = (weight.doubleRows, bias.values.map { Double($0) })
      return zip(plain.averages, plain.weights).map { average, weights in
        let share = weights.reduce(0, +)
        return (inner + head * width..<inner + (head + 1) * width).map { row in
          zip(average, weight[row]).reduce(bias[row] * share) { $0 + $1.0 * $1.1 }
        }
      }
    }
  }

  /// Numbers over the tokens that a mask leaves, as a way gives them.
  func rows(_ way: Way, _ rows: [[Double]]) -> Tensor {
    Tensor(rows: way == .separable ? positions.spread(rows, elsewhere: 0) : rows)
  }

  /// The whole weight on the row maximum.
  func oneHot(_ way: Way) -> [[Double]] {
    let row = (way == .separable ? Array(0..<positions.count) : positions.visible).map {
      $0 == positions.rowMaximum ? 1.0 : 0
    }
    return [[Double]](repeating: row, count: positions.queries)
  }
}
