// Attention over blocks of keys: no queries × keys matrix is ever stored.
// Softmax over keys stands here, softmax over queries (inverted) in InvertedAttention.
//
// Error of an average, to first order in u = 2⁻²⁴: at most (2 d + e + (256 + B) u) Σ P |v|, with
// d = (width + 1) u Σ|query × key| that of a score, e what RunningSoftmax says of weights, their sum and
// joined spans, 256 the keys of a block and B the blocks of a span: eight, or as many as leave 32 spans.
// What keys and values are wrong by themselves stands in AttentionOperands.swift.

import CKernels
import Foundation

/// A softmax average and what regenerates its weights.
package struct AttentionAverage: Sendable {
  /// The average of the values: `[heads, queries, width]`.
  package let values: Tensor
  /// What each query's weights add up to, `[heads, queries]`: one, but for inverted attention to
  /// next to nothing.
  package let weightSums: Tensor
  /// The weights' normalisation.
  package let statistics: AttentionStatistics
}

/// What turns scores into attention weights without another pass over the keys.
package enum AttentionStatistics: Sendable {
  /// Softmax over keys: weight = exp(score - row maximum) / sum; both `[heads, queries]`.
  case overKeys(rowMaxima: Tensor, sums: Tensor)
  /// Softmax over positions: weight = 2^(score - row maximum) / sum, scores and row maxima in units
  /// of ln 2; both `[heads, queries]`.
  case overPositions(rowMaxima: Tensor, sums: Tensor)
  /// Softmax over queries, then normalised over keys: weight = exp(score - logSum[key]) / total;
  /// logSums `[heads, keys]`, totals `[heads, queries]`.
  case overQueries(logSums: Tensor, totals: Tensor)
}

extension AttentionStatistics {
  /// The same statistics, of scores counted in units of ln 2.
  var inPowersOfTwo: AttentionStatistics {
    guard case .overKeys(let rowMaxima, let sums) = self else { return self }
    return .overPositions(rowMaxima: rowMaxima, sums: sums)
  }

  /// Softmaxes over the same keys of some queries, then of others.
  ///
  /// - Precondition: There is at least one, and all are over keys.
  package static func joining(_ parts: [AttentionStatistics]) -> AttentionStatistics {
    func joined(_ part: (AttentionStatistics) -> Tensor) -> Tensor {
      let tensors = parts.map(part)
      let heads = tensors[0].shape[0]
      let queries = tensors.reduce(0) { $0 + $1.shape[1] }
      return Tensor(
        shape: [heads, queries],
        values: (0..<heads).flatMap { head in tensors.flatMap { $0.row(head).values } })
    }
    func overKeys(_ part: AttentionStatistics) -> (rowMaxima: Tensor, sums: Tensor) {
      guard case .overKeys(let rowMaxima, let sums) = part else {
        preconditionFailure("expected a softmax over keys")
      }
      return (rowMaxima, sums)
    }
    return .overKeys(
      rowMaxima: joined { overKeys($0).rowMaxima }, sums: joined { overKeys($0).sums })
  }

  /// A softmax over keys, seen from the keys: the same weights with keys in queries' place.
  ///
  /// - Parameter latents: The number of keys, which become the queries.
  package func byKeys(latents: Int) -> AttentionStatistics {
    guard case .overKeys(let rowMaxima, let sums) = self else { return self }
    let heads = rowMaxima.shape[0]
    let logSums = zip(rowMaxima.values, sums.values).map { rowMaximum, sum in
      Float(Double(rowMaximum) + log(Double(sum)))
    }
    return .overQueries(
      logSums: Tensor(shape: rowMaxima.shape, values: logSums),
      totals: Tensor(shape: [heads, latents], repeating: 1))
  }
}

/// How the work of an attention is cut: by shape alone, so that every number of threads adds in one
/// order.
struct AttentionCut: Sendable {
  /// One task's share.
  struct Part {
    /// Item × head.
    let pair: Int
    let querySpan: Int
    let queries: Range<Int>
    let keySpan: Int
    let keys: Range<Int>
  }

  /// Items × heads.
  let pairs: Int
  let queries: Blocks
  let keys: Blocks

  var tasks: Int { pairs * queries.count * keys.count }

  subscript(task: Int) -> Part {
    let grid = BlockGrid(rows: queries, columns: keys)
    let (pair, index) = task.quotientAndRemainder(dividingBy: grid.count)
    let tile = grid[index]
    return Part(
      pair: pair, querySpan: tile.row, queries: tile.rows, keySpan: tile.column,
      keys: tile.columns)
  }
}

extension AttentionCut {
  /// Keys of a stream whose scores are there at once.
  static let block = 256

  /// The cut of a stream.
  init(_ operands: AttentionOperands) {
    pairs = operands.heads
    // Tokens are made anew for each tile of queries, so those tiles are large. Stored keys cost
    // little to read again: tiles as large as leave eight for threads to share.
    var tile = 256
    if case .stored = operands.rows {
      func tiles() -> Int { operands.heads * Blocks(operands.queryCount, size: tile).count }
      while tile > 64, tiles() < 8 { tile /= 2 }
    }
    queries = Blocks(operands.queryCount, size: tile)
    let blocks = Blocks(operands.rows.count, size: Self.block).count
    keys = Blocks(operands.rows.count, size: max(8, (blocks + 31) / 32) * Self.block)
  }

  /// The cut of a batch: few pairs share themselves out further, along the longer side.
  init(_ attention: BatchedAttention) {
    pairs = attention.batch * attention.heads
    let (queryCount, keyCount) = (attention.queryCount, attention.keyCount)
    let wanted = max(1, (16 + pairs - 1) / pairs)
    let isLong = keyCount >= queryCount
    queries = Blocks(queryCount, evenly: isLong ? 1 : min(wanted, queryCount / 128))
    keys = Blocks(keyCount, evenly: isLong ? min(wanted, keyCount / 512) : 1)
  }
}

extension AttentionOperands {
  /// The average of the values under softmax over keys.
  ///
  /// Each span of keys is averaged on its own with a running maximum, and spans are joined in
  /// order; sums therefore have blocks at three levels, and error does not grow with the keys.
  package func softmaxAverage(workers: Workers) throws -> AttentionAverage {
    if case .separable(let positions) = rows {
      return try separableAverage(positions, workers: workers)
    }
    let cut = AttentionCut(self)
    let (heads, queryCount, width) = (heads, queryCount, valueWidth)
    let perSpan = queryCount * (width + 2)
    // For each head and span: averages [queries, width], then row maxima and sums [queries].
    let partial = try Tensor(shape: [heads, cut.keys.count, perSpan], in: workers.pages) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach(cut.tasks) { task in
        let part = cut[task]
        let base = out.base + (part.pair * cut.keys.count + part.keySpan) * perSpan
        averageSpan(
          part,
          into: SpanAverage(
            values: base + part.queries.lowerBound * width,
            rowMaxima: base + queryCount * width + part.queries.lowerBound,
            sums: base + queryCount * (width + 1) + part.queries.lowerBound))
      }
    }
    return try SpanAverages(partial, self, spans: cut.keys.count).joined(workers: workers)
  }

  /// Where some queries' averages of a span of keys are written, not yet divided by their sums.
  struct SpanAverage {
    let values: UnsafeMutablePointer<Float>
    let rowMaxima: UnsafeMutablePointer<Float>
    let sums: UnsafeMutablePointer<Float>

    func row(_ query: Int, width: Int) -> RunningSoftmax {
      RunningSoftmax(
        values: values + query * width, width: width, maximum: rowMaxima + query, sum: sums + query)
    }
  }

  private func averageSpan(_ part: AttentionCut.Part, into out: SpanAverage) {
    let (head, queries, keys) = (part.pair, part.queries, part.keys)
    let (width, block) = (valueWidth, AttentionCut.block)
    for query in 0..<queries.count { out.row(query, width: width).start() }
    let scratchCount = scratchCount(rows: block)
    withScratch(scratchCount + queries.count * block) { scratch in
      let scores = scratch + scratchCount
      for range in Blocks(keys, size: block) {
        withBlock(range, head: head, scratch: scratch) { keyValue in
          fillScores(scores, head: head, queries: queries, keys: keyValue.keys)
          for query in 0..<queries.count {
            out.row(query, width: width).weigh(
              scores + query * range.count, count: range.count)
          }
          StridedMatrix(scores, rows: queries.count, columns: range.count)
            .times(keyValue.values).add(to: out.values, stride: width)
        }
      }
    }
  }

  /// Scores without offsets, `[queries, keys]` of one head and block.
  func fillScores(
    _ scores: UnsafeMutablePointer<Float>, head: Int, queries range: Range<Int>,
    keys: StridedMatrix<Float>
  ) {
    queries.withUnsafeElements { elements in
      guard let base = elements.baseAddress else { return }
      StridedMatrix(base + head * queryCount * width, rows: queryCount, columns: width)
        .rows(range).times(keys.transposed).store(in: scores, stride: keys.rows)
    }
  }
}

extension Float {
  /// exp as the kernels compute it.
  static func exp(_ value: Float) -> Float {
    var result = value
    _ = pk_exp_shifted(&result, 1, 0)
    return result
  }
}

/// Calls `body` with memory for one piece of work.
func withScratch<Result>(
  _ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Result
) -> Result {
  let storage = FloatStorage(count: max(1, count))
  return withExtendedLifetime(storage) {
    // FloatStorage always has a base address: it allocates at least one element.
    guard let base = storage.buffer.baseAddress else { preconditionFailure("no scratch memory") }
    return body(base)
  }
}
