// What a streamed attention reads: queries, and rows from which blocks of keys and values come.

/// Where keys and values come from.
package enum AttentionRows: Sendable {
  /// Standardised tokens that serve as keys and as values of every head (projections are folded
  /// into queries and output).
  case folded(TokenRows)
  /// The same where positions are separable: no token is made (see `SeparableAttention.swift`).
  case separable(SeparablePlaces)
  /// Standardised tokens, projected block by block: weight `[2 × heads × width, columns]` (keys of
  /// all heads, then values), bias of the same length.
  case projected(TokenRows, weight: Tensor, bias: Tensor)
  /// Keys and values side by side: `[rows, 2 × heads × width]`, keys of all heads first.
  case stored(Tensor)

  /// The number of rows.
  package var count: Int {
    switch self {
    case .folded(let tokens), .projected(let tokens, _, _): tokens.count
    case .separable(let places): places.count
    case .stored(let tensor): tensor.shape[0]
    }
  }

  /// Whether tokens that a mask hides are rows too, with scores of -infinity.
  package var includesHidden: Bool {
    if case .separable = self { true } else { false }
  }
}

/// The queries and rows of one attention.
package struct AttentionOperands: Sendable {
  /// Scaled queries: `[heads, queries, width]`.
  package let queries: Tensor
  /// A constant added to all scores of a query, `[heads, queries]`; nil for none.
  package let offsets: Tensor?
  /// Keys and values.
  package let rows: AttentionRows

  package init(queries: Tensor, offsets: Tensor? = nil, rows: AttentionRows) {
    self.queries = queries
    self.offsets = offsets
    self.rows = rows
  }

  package var heads: Int { queries.shape[0] }
  package var queryCount: Int { queries.shape[1] }
  package var width: Int { queries.shape[2] }
}

/// One head's keys and values of a block of rows, in place or in a thread's own memory.
struct KeyValueBlock {
  let keys: UnsafePointer<Float>
  let values: UnsafePointer<Float>
  let stride: Int
}

extension AttentionOperands {
  /// Floats of scratch memory that `withBlock` needs for blocks of `rows` rows.
  func scratchCount(rows count: Int) -> Int {
    switch rows {
    case .folded(let tokens): count * tokens.columns
    case .projected(let tokens, _, _): count * (tokens.columns + 2 * width)
    case .separable, .stored: 0
    }
  }

  /// Makes keys and values of one head for a range of rows; separable places have neither.
  func withBlock<Result>(
    _ range: Range<Int>, head: Int, scratch: UnsafeMutablePointer<Float>,
    _ body: (KeyValueBlock) -> Result
  ) -> Result {
    switch rows {
    case .folded(let tokens):
      tokens.fill(range, into: scratch)
      return body(KeyValueBlock(keys: scratch, values: scratch, stride: tokens.columns))
    case .separable:
      // Every computation over places takes its own way before it asks for blocks.
      preconditionFailure("places are read in runs")
    case .projected(let tokens, let weight, let bias):
      tokens.fill(range, into: scratch)
      let out = scratch + range.count * tokens.columns
      for half in 0..<2 {
        project(
          scratch, rows: range.count, columns: tokens.columns, weight: weight, bias: bias,
          from: (half * heads + head) * width, into: out + half * width)
      }
      return body(KeyValueBlock(keys: out, values: out + width, stride: 2 * width))
    case .stored(let tensor):
      let stride = tensor.shape[1]
      return tensor.withUnsafeElements { elements in
        // A stored matrix has at least one row and one head, or no range would be asked for.
        guard let base = elements.baseAddress else { preconditionFailure("empty keys") }
        let keys = base + range.lowerBound * stride + head * width
        return body(KeyValueBlock(keys: keys, values: keys + heads * width, stride: stride))
      }
    }
  }

  private func project(
    _ tokens: UnsafePointer<Float>, rows: Int, columns: Int, weight: Tensor, bias: Tensor,
    from row: Int, into out: UnsafeMutablePointer<Float>
  ) {
    weight.withUnsafeElements { weight in
      bias.withUnsafeElements { bias in
        guard let weight = weight.baseAddress, let bias = bias.baseAddress else { return }
        for index in 0..<rows { (out + index * 2 * width).update(from: bias + row, count: width) }
        Gemm.timesTransposed(
          tokens, stride: columns, weight + row * columns, stride: columns, rows: rows,
          columns: width, inner: columns, beta: 1, into: out, stride: 2 * width)
      }
    }
  }
}
