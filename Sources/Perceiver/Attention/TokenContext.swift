// An input as cross-attentions read it: tokens with positions, and which of them may be read.

import Tensors

/// Tokens of one input, shared by all stages of a run.
struct TokenContext: Sendable {
  /// Standardised tokens: those that may be read, or all where none may.
  let rows: TokenRows
  let visibility: TokenVisibility

  init(_ input: Tensor, mask: TokenMask?, configuration: PerceiverConfiguration) {
    let axes = Array(input.shape.dropLast())
    let encoding = FourierEncoding(
      bands: configuration.numFreqBands, maxFrequency: configuration.maxFreq)
    visibility = TokenVisibility(mask)
    var kept: [Int32]?
    if case .some(let indices) = visibility { kept = indices }
    rows = TokenRows(
      data: input,
      tables: configuration.fourierEncodeData ? axes.map { encoding.table(length: $0) } : [],
      kept: kept, epsilon: Double(AttentionBlock.epsilon))
  }
}

/// Which tokens a mask lets through.
enum TokenVisibility: Sendable, Hashable {
  case all
  /// Indices of the tokens kept, ascending.
  case some([Int32])
  /// A mask that keeps nothing. Softmax then weighs all tokens alike, as in torch, where every
  /// score is the same lowest number; inverted attention gives zero to all.
  case none

  init(_ mask: TokenMask?) {
    guard let mask, mask.keeps.contains(false) else {
      self = .all
      return
    }
    let kept = mask.keeps.indices.filter { mask.keeps[$0] }.map { Int32($0) }
    self = kept.isEmpty ? .none : .some(kept)
  }
}
