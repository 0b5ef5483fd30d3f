// The ways to compute an attention, what each costs, and which is taken: the one place that says so, for
// runs and for passes with gradients, for latents that read tokens and for rows that read latents.

import Tensors

/// How latents' attention to tokens is computed; all ways give the same numbers to rounding.
public enum CrossAttentionMethod: String, Sendable, Hashable, CaseIterable {
  /// From sums along each axis: no token is made (`Sources/Tensors/Operations/
  /// SeparableAttention.swift`). Needs position features of one coordinate each.
  case separable
  /// In token space, with the projections of keys and values folded into queries and output.
  case folded
  /// With keys and values of every token, made block by block.
  case projected

  /// The way in words, as in `computed without keys and values`.
  package var words: String {
    switch self {
    case .separable: "from sums along each axis"
    case .folded: "without keys and values"
    case .projected: "with keys and values"
    }
  }
}

extension CrossAttentionMethod {
  /// What tables and sums cost before the first position is read, in the operations that a matrix
  /// product does in that time: measured, 64 latents gain by them from about 24 × 24 pixels on. For
  /// less, whole tokens also have the smaller error, since small products are summed in double.
  public var start: Double { self == .separable ? 4e6 : 0 }
}

/// The tokens of an input, as far as costs go.
struct TokenSize: Sendable, Hashable {
  /// `[height, width]` for an image.
  let axes: [Int]
  /// Channels of data.
  let channels: Int
  /// Position features of one coordinate; 0 where tokens have no separable positions.
  var features: Int

  var count: Double { axes.reduce(1) { $0 * Double($1) } }
}

extension AttentionBlock {
  /// Multiplications and additions that a method needs for scores and averages, the projections of
  /// tokens included; nil where it does not apply. Exponentials, which all need alike, are not
  /// counted.
  ///
  /// - Parameter keepsTokens: Whether tokens are made once, as a training step does, and not anew
  ///   for every 256 queries (see `AttentionCut`).
  func operations(
    _ method: CrossAttentionMethod, queries: Int, tokens: TokenSize, keepsTokens: Bool = false
  ) -> Double? {
    let (heads, queries) = (Double(heads), Double(queries))
    let (inner, values) = (Double(inner), Double(valueInner))
    let (count, channels) = (tokens.count, Double(tokens.channels))
    let columns = Double(contextDim)
    let tiles = keepsTokens ? 1 : (queries / 256).rounded(.up)
    switch method {
    case .separable:
      guard tokens.features > 0 else { return nil }
      // A score and its sums; then two products with every axis's table.
      let perPosition = 2 * (2 * channels + 5)
      let coordinates = tokens.axes.reduce(0) { $0 + Double($1) }
      return heads * queries * (count * perPosition + 4 * coordinates * Double(tokens.features))
    case .folded:
      return heads * count * (4 * queries * columns + 2 * tiles * columns)
    case .projected:
      return count
        * (2 * queries * (inner + values)
          + tiles * columns * (2 * heads + 2 * (inner + values)))
    }
  }

  /// How a pass reads tokens.
  enum TokenReading: Sendable, Hashable {
    /// Once, as a run does: no token is stored.
    case streamed
    /// By their keys and values, which are all there at once: something is done or asked at them, or
    /// the tokens themselves were computed.
    case stored
    /// With gradients, or many inputs at once. Backward each way does again what it did forward,
    /// times the same factor; position tables are made once for many items, so the start does not
    /// count.
    ///
    /// Gradients from sums along the axes are known for plain attention alone: all tokens read by a
    /// softmax over keys whose weights all stay; gradients of the tokens themselves for few channels.
    /// Whole tokens that pass gradients on are projected unless there is one head, since heads would all
    /// add to the same token.
    case batched(isPlain: Bool, passesGradients: Bool)
  }

  /// The method that needs the fewest operations, its start included; the first of several.
  func method(
    queries: Int, tokens: TokenSize, _ reading: TokenReading = .streamed
  ) -> CrossAttentionMethod {
    switch reading {
    case .streamed:
      return .least { method in
        operations(method, queries: queries, tokens: tokens).map { $0 + method.start }
      }
    case .stored: return .projected
    case .batched(let isPlain, let passesGradients):
      var tokens = tokens
      if !isPlain || passesGradients && tokens.channels > BatchedPositionAttention.mostChannels {
        tokens.features = 0
      }
      return .least { method in
        if method == .folded, passesGradients, heads > 1 { return nil }
        return operations(method, queries: queries, tokens: tokens, keepsTokens: true)
      }
    }
  }
}

extension CrossAttentionMethod {
  fileprivate static func least(_ cost: (Self) -> Double?) -> Self {
    let costs = allCases.compactMap { method in cost(method).map { (method, $0) } }
    return costs.min { $0.1 < $1.1 }?.0 ?? .folded
  }
}

extension Pass {
  /// How this pass reads an input's tokens.
  ///
  /// - Parameter dropout: Of the attention's weights.
  func reading(
    _ block: AttentionBlock, _ tokens: Tokens, _ streams: Streams<Variable>, dropout: Dropout?
  ) -> AttentionBlock.TokenReading {
    if touches(.keys) { return .stored }
    if keeper != nil { return .streamed }
    if streams.data != nil { return .stored }
    return .batched(
      isPlain: block.normalisation == .overKeys && !tokens.isMasked && dropout == nil,
      passesGradients: streams.channels != nil)
  }
}

/// The two bodies of attention to keys and values that are stored: of latents to themselves, of outputs
/// to latents, and of latents to tokens whose keys are all there at once.
///
/// Both stand because joining them would change results. A run's body sums small products in double,
/// scales queries before they meet keys and leaves masked keys out; a batch's body leaves products to
/// BLAS, scales them there and gives masked keys scores of -infinity. What they share is there once:
/// blocks, the running softmax and the joining of its parts.
enum StoredAttentionBody {
  /// A run of one input, `Sources/Tensors/Operations/StreamedAttention.swift`: it keeps what maps of the
  /// stage are made from, and has no gradients and no dropout.
  case streamed(StageKeeper)
  /// Many inputs at once or gradients, `Sources/Tensors/Operations/BatchedAttention.swift`: it has a mask
  /// for each item, dropout and a backward, and keeps nothing for maps.
  case batched
}

extension Pass {
  /// The body that stored keys are read by: a pass that keeps its stages is a run.
  var storedBody: StoredAttentionBody { keeper.map { .streamed($0) } ?? .batched }
}

extension AttentionBlock {
  /// Multiplications and additions of rows that read latents, projections included.
  ///
  /// - Parameter method: `folded` takes latents into the rows' space, any other rows into theirs.
  func operations(_ method: CrossAttentionMethod, rows: Double, latents: Double) -> Double {
    let (dim, inner) = (Double(dim), Double(inner + valueInner))
    let context = 2 * latents * Double(contextDim) * inner
    guard method == .folded else { return context + 2 * rows * inner * (dim + latents) }
    return context + 2 * latents * dim * inner
      + 2 * rows * latents * Double(heads) * (2 * dim + 1)
  }

  /// The method by which a run's rows read latents with the fewest operations.
  func method(rows: Double, latents: Double) -> CrossAttentionMethod {
    operations(.folded, rows: rows, latents: latents)
      < operations(.projected, rows: rows, latents: latents) ? .folded : .projected
  }
}
