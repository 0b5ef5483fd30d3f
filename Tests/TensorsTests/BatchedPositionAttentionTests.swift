// Attention to a batch's positions, and its gradients, against the attention to whole tokens.

import Tensors
import TestSupport
import Testing

@Suite("A batch that reads positions reads their tokens")
struct BatchedPositionAttentionTests {
  /// A batch of inputs, and queries in token space.
  struct Case: Sendable, CustomTestStringConvertible {
    let axes: [Int]
    var channels = 3
    var features = 5
    var items = 2
    var heads = 2
    var queries = 5
    /// The largest entry of a query, about.
    var scale: Float = 1

    var testDescription: String {
      "\(items) of \(axes) × \(channels), \(features) features, \(heads) × \(queries) queries, "
        + "to \(scale)"
    }

    /// One position, axes of one position, a row beyond 256, every unrolled count of channels and
    /// more, tiles of sixteen that are full, over and short, and softmaxes that are nearly one-hot.
    static let all =
      [
        Case(axes: [1]), Case(axes: [1, 1]), Case(axes: [1, 9]), Case(axes: [9, 1], queries: 8),
        Case(axes: [3, 1, 4], heads: 3), Case(axes: [700], items: 1),
        Case(axes: [2, 257], heads: 1, queries: 16), Case(axes: [28, 28], items: 3, queries: 17),
        Case(axes: [28, 28], channels: 1, features: 13, heads: 8, queries: 4),
        Case(axes: [7, 8], scale: 30), Case(axes: [2, 3, 2, 5], queries: 1),
      ] + [0, 1, 2, 4, 5, 9].map { Case(axes: [6, 11], channels: $0) }

    var columns: Int { channels + axes.count * features }
    var tokens: Int { axes.reduce(1, *) }
    var data: Tensor { numbers([items] + axes + [channels], seed: 1) }
    var tables: [Tensor] {
      axes.enumerated().map { numbers([$1, features], seed: 2 + UInt64($0)) }
    }
    /// `[items × queries, heads × (columns + 1)]`.
    var asked: Tensor { numbers([items * queries, heads * (columns + 1)], seed: 21, to: scale) }
    var gradient: Tensor { numbers([items * queries, heads * (columns + 1)], seed: 22) }

    private func numbers(_ shape: [Int], seed: UInt64, to high: Float = 1) -> Tensor {
      var generator = TorchGenerator(seed: seed)
      return generator.uniform(shape: shape, low: -high, high: high)
    }

    func positions(_ workers: Workers) throws -> BatchedPositionAttention {
      BatchedPositionAttention(
        try BatchedPositions(data: data, tables: tables, epsilon: 1e-5, workers: workers),
        heads: heads, queries: asked, scale: 0.6)
    }

    var planes: [SeparablePositions] {
      (0..<items).map {
        SeparablePositions(
          data: data.row($0), tables: tables, kept: nil, epsilon: 1e-5, workers: Workers(threads: 1)
        )
      }
    }

    func whole(_ workers: Workers) throws -> BatchedAttention {
      BatchedAttention(
        batch: items, heads: heads, queries: asked,
        query: .init(first: 0, stride: columns + 1, width: columns),
        keyValues: try data.standardisedTokenMatrix(
          tables: tables, epsilon: 1e-5, workers: workers),
        key: .init(first: 0, stride: 0, width: columns),
        value: .init(first: 0, stride: 0, width: columns + 1), scale: 0.6)
    }
  }

  private let workers = Workers(threads: 2)

  @Test("Gradients of the data are those through whole tokens", arguments: Case.all)
  func dataGradients(_ position: Case) throws {
    let positions = try position.positions(workers)
    let (averages, statistics) = try positions.averages(workers: workers)
    let ours = try positions.dataGradient(
      statistics, averages: averages, gradient: position.gradient, of: position.planes,
      workers: workers)
    // Heads share a token's columns, so they are queries like any others.
    let (rows, stride) = (position.items * position.queries * position.heads, position.columns + 1)
    let whole = BatchedAttention(
      batch: position.items, heads: 1, queries: position.asked.reshaped([rows, stride]),
      query: .init(first: 0, stride: stride, width: position.columns),
      keyValues: try position.data.standardisedTokenMatrix(
        tables: position.tables, epsilon: 1e-5, workers: workers),
      key: .init(first: 0, stride: 0, width: position.columns),
      value: .init(first: 0, stride: 0, width: stride), scale: 0.6)
    let (values, softmaxes) = try whole.averages(workers: workers)
    let tokens = try whole.gradients(
      softmaxes, averages: values, gradient: position.gradient.reshaped([rows, stride]),
      asksForKeyValues: true, workers: workers
    ).keyValues
    let theirs = try position.data.standardisedTokenMatrixGradient(
      tables: position.tables, epsilon: 1e-5, output: try #require(tokens), workers: workers)
    #expect(ours.shape == theirs.shape)
    guard position.channels > 0 else { return }
    #expect(relativeError(ours, theirs) < 5e-6 * Double(max(1, position.scale)))
  }

  @Test("Averages are those of whole tokens", arguments: Case.all)
  func averages(_ position: Case) throws {
    let (ours, theirs) = (
      try position.positions(workers).averages(workers: workers).values,
      try position.whole(workers).averages(workers: workers).values
    )
    #expect(relativeError(ours, theirs) < 3e-6 * Double(max(1, position.scale)))
  }

  @Test("Gradients of queries are those with whole tokens", arguments: Case.all)
  func gradients(_ position: Case) throws {
    let (positions, whole) = (try position.positions(workers), try position.whole(workers))
    let (averages, statistics) = try positions.averages(workers: workers)
    let ours = try positions.queryGradient(
      statistics, averages: averages, gradient: position.gradient, workers: workers)
    let (values, softmaxes) = try whole.averages(workers: workers)
    let theirs = try whole.gradients(
      softmaxes, averages: values, gradient: position.gradient, asksForKeyValues: false,
      workers: workers
    ).queries
    guard position.tokens > 1 else {
      // Of a single position every query reads the same, and nothing moves it.
      return #expect(ours.values.allSatisfy { abs($0) < 1e-5 })
    }
    #expect(relativeError(ours, theirs) < 5e-6 * Double(max(1, position.scale)))
  }

  @Test("Any number of threads gives the same bits", arguments: [1, 3])
  func threads(_ count: Int) throws {
    let position = Case(axes: [14, 9], items: 3, heads: 3, queries: 11)
    func all(_ workers: Workers) throws -> [Tensor] {
      let positions = try position.positions(workers)
      let (averages, statistics) = try positions.averages(workers: workers)
      return [
        averages,
        try positions.queryGradient(
          statistics, averages: averages, gradient: position.gradient, workers: workers),
        try positions.dataGradient(
          statistics, averages: averages, gradient: position.gradient, of: position.planes,
          workers: workers),
      ]
    }
    for (one, two) in zip(try all(Workers(threads: count)), try all(Workers(threads: 2))) {
      #expect(one.hasSameBits(as: two))
    }
  }
}
