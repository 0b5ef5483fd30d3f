// What a streamed attention reads: queries, and rows from which blocks of keys and values come.
//
// Error, to first order in u = 2⁻²⁴, the unit roundoff of float32: stored keys and values are read
// as they are; a folded token is standardised in double and rounded once, u of each number; a
// projected key or value is wrong by at most (columns + 2) u (|bias| + Σ|weight × token|), a token's
// rounding included; separable positions make neither.

/// Where keys and values come from.
package enum AttentionRows: Sendable {
  /// Standardised tokens that serve as keys and as values of every head (projections are folded
  /// into queries and output).
  case folded(TokenRows)
  /// Standardised tokens that serve as keys and values, where positions are separable: no token is made (see `SeparableAttention.swift`).
  case separable(SeparablePositions)
  /// Standardised tokens, projected block by block: weight `[heads × (width + value width),
  /// columns]` (keys of all heads, then values), bias of the same length.
  case projected(TokenRows, weight: Tensor, bias: Tensor)
  /// Keys and values side by side: `[rows, heads × (width + value width)]`, keys of all heads first.
  case stored(Tensor)

  /// The number of rows.
  package var count: Int {
    switch self {
    case .folded(let tokens), .projected(let tokens, _, _): tokens.count
    case .separable(let positions): positions.count
    case .stored(let tensor): tensor.shape[0]
    }
  }

  /// Whether masked tokens are rows too, with scores of -infinity.
  package var includesMasked: Bool {
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
  /// Channels of a head's value.
  package var valueWidth: Int {
    switch rows {
    case .folded, .separable: width
    case .projected(_, let weight, _): weight.shape[0] / heads - width
    case .stored(let tensor): tensor.shape[1] / heads - width
    }
  }
}

/// One head's keys and values of a block of rows, in place or in a thread's own memory.
struct KeyValueBlock {
  let keys: StridedMatrix<Float>
  let values: StridedMatrix<Float>
}

extension AttentionOperands {
  /// Floats of scratch memory that `withBlock` needs for blocks of `rows` rows.
  func scratchCount(rows count: Int) -> Int {
    switch rows {
    case .folded(let tokens): count * tokens.columns
    case .projected(let tokens, _, _): count * (tokens.columns + width + valueWidth)
    case .separable, .stored: 0
    }
  }

  /// Makes keys and values of one head for a range of rows; separable positions have neither.
  func withBlock<Result>(
    _ range: Range<Int>, head: Int, scratch: UnsafeMutablePointer<Float>,
    _ body: (KeyValueBlock) -> Result
  ) -> Result {
    switch rows {
    case .folded(let tokens):
      tokens.fill(range, into: scratch)
      let rows = StridedMatrix(scratch, rows: range.count, columns: tokens.columns)
      return body(KeyValueBlock(keys: rows, values: rows))
    case .separable:
      // Every computation over positions takes its own way before it asks for blocks.
      preconditionFailure("positions are read in runs")
    case .projected(let tokens, let weight, let bias):
      tokens.fill(range, into: scratch)
      let own = StridedMatrix(scratch, rows: range.count, columns: tokens.columns)
      let out = scratch + range.count * tokens.columns
      let all = StridedMatrix(out, rows: range.count, columns: width + valueWidth)
      func project(_ rows: Range<Int>, into out: UnsafeMutablePointer<Float>) {
        own.project(weight: weight, bias: bias, rows: rows, into: out, stride: all.stride)
      }
      project(.head(head, width: width), into: out)
      let first = heads * width + head * valueWidth
      project(first..<first + valueWidth, into: out + width)
      return body(
        KeyValueBlock(keys: all.columns(0..<width), values: all.columns(width..<all.columns)))
    case .stored(let tensor):
      return tensor.withUnsafeElements { elements in
        // A stored matrix has at least one row and one head, or no range would be asked for.
        guard let base = elements.baseAddress else { preconditionFailure("empty keys") }
        let own = StridedMatrix(base, rows: tensor.shape[0], columns: tensor.shape[1])
          .rows(range)
        let first = heads * width + head * valueWidth
        return body(
          KeyValueBlock(
            keys: own.columns(.head(head, width: width)),
            values: own.columns(first..<first + valueWidth)))
      }
    }
  }

}

extension StridedMatrix<Float> {
  /// Rows through some of a linear layer's outputs: `self · weight[rows]ᵀ + bias[rows]`.
  fileprivate func project(
    weight: Tensor, bias: Tensor, rows outputs: Range<Int>,
    into out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    weight.withUnsafeElements { weight in
      bias.withUnsafeElements { bias in
        guard let weight = weight.baseAddress, let bias = bias.baseAddress else { return }
        for row in 0..<rows {
          (out + row * stride).update(from: bias + outputs.lowerBound, count: outputs.count)
        }
        let own = StridedMatrix(
          weight + outputs.lowerBound * columns, rows: outputs.count, columns: columns)
        times(own.transposed).add(to: out, stride: stride)
      }
    }
  }
}
