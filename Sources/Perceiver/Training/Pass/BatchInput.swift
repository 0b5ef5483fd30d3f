// A batch of inputs as a pass reads it.

import Tensors

/// Inputs of one shape, and what is asked of them.
struct BatchInput: Sendable {
  /// `[items, …axes, channels]`; for a language model the numbers of tokens, `[items, tokens]`.
  let data: Tensor
  /// For each item which tokens may be read; nil for all.
  var masks: [TokenMask]?
  /// What a decoder is asked; nil for nothing.
  var queries: Queries?

  enum Queries: Sendable {
    /// The same of every item: `[queries, queries_dim]`.
    case shared(Tensor)
    /// Of each item its own: `[items × queries, queries_dim]`.
    case each(Tensor)
  }

  var items: Int { data.shape[0] }

  /// Tokens of an item, where its data are places of an input with axes.
  var tokens: Int {
    hasTokenNumbers ? data.shape[1] : data.shape.dropFirst().dropLast().reduce(1, *)
  }

  /// Whether the data are numbers of tokens.
  private var hasTokenNumbers: Bool { data.shape.count == 2 }

  /// What is added to the scores of tokens, 0 or -infinity: `[items × tokens]`; nil for nothing.
  var hidden: Tensor? {
    guard let masks, masks.contains(where: { $0.keeps.contains(false) }) else { return nil }
    let values = masks.flatMap { $0.keeps.map { $0 ? Float(0) : -.infinity } }
    return Tensor(shape: [values.count], values: values)
  }
}

extension ModelPlan {
  /// Tables of position features, one for each axis of an input; none where places are not encoded.
  func positionTables(_ axes: [Int]) -> [Tensor] {
    guard configuration.positionChannels > 0 else { return [] }
    return axes.map { placeEncoding.table(length: $0) }
  }

  /// The encoding of places.
  var placeEncoding: FourierEncoding {
    FourierEncoding(
      bands: configuration.numFreqBands, maxFrequency: configuration.maxFreq,
      spacing: rules.bands)
  }
}
