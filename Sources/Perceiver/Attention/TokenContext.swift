// An input as cross-attentions read it: tokens with positions, and which of them may be read.

import Tensors

/// Tokens of one input, shared by the stages that read them.
struct TokenContext: Sendable {
  /// The input's axes: `[height, width]` for an image.
  let axes: [Int]
  let visibility: TokenVisibility
  /// Tokens as every attention's context norm standardises them: those that may be read, or all
  /// where none may.
  let rows: TokenRows
  /// The same as planes, where positions are separable and an attention gains by it.
  let places: SeparablePlaces?
  /// What costs are counted from; without `places`, no features are separable.
  let size: TokenSize
  private let data: Tensor
  private let tables: [Tensor]

  /// Tokens of data and one table of position features for each axis, or none.
  ///
  /// - Parameters:
  ///   - data: `[…axes, channels]`.
  ///   - isRead: Whether some attention gains by `places`, given the size of tokens.
  init(
    data: Tensor, tables: [Tensor], visibility: TokenVisibility,
    isReadAsPlaces isRead: (TokenSize) -> Bool = { _ in false }
  ) {
    axes = Array(data.shape.dropLast())
    self.visibility = visibility
    self.data = data
    self.tables = tables
    rows = TokenRows(
      data: data, tables: tables, kept: visibility.kept, standardisation: Self.contextNorm)
    let size = TokenSize(
      axes: axes, channels: data.shape[axes.count], features: tables.first?.shape[1] ?? 0)
    if isRead(size), case .meanAndVariance(let epsilon) = Self.contextNorm {
      places = SeparablePlaces(
        data: data, tables: tables, kept: visibility.kept, epsilon: epsilon, workers: Workers())
      self.size = size
    } else {
      places = nil
      self.size = TokenSize(axes: axes, channels: rows.columns, features: 0)
    }
  }

  /// Whether both are one preparation of an input: nothing was made twice.
  func isShared(with other: TokenContext) -> Bool {
    switch (places, other.places) {
    case (nil, nil): rows.isShared(with: other.rows)
    case (let mine?, let theirs?):
      rows.isShared(with: other.rows) && mine.isShared(with: theirs)
    default: false
    }
  }

  /// The same places with other data, which holds what positions added before: `[tokens, dim]`.
  func replacing(_ data: Tensor) -> TokenContext {
    TokenContext(
      data: data.reshaped(axes + [data.shape[1]]), tables: [], visibility: visibility)
  }

  /// Tokens standardised in another way.
  func rows(_ standardisation: TokenRows.Standardisation) -> TokenRows {
    standardisation == Self.contextNorm
      ? rows
      : TokenRows(
        data: data, tables: tables, kept: visibility.kept, standardisation: standardisation)
  }

  private static let contextNorm = NormBlock(name: "", dim: 0, kind: .layer).standardisation
}

/// Which tokens a mask lets through.
enum TokenVisibility: Sendable, Hashable {
  case all
  /// Indices of the tokens kept, ascending.
  case some([Int32])
  /// A mask that keeps nothing. Softmax then weighs all tokens alike, as in torch, where every
  /// score is the same lowest number; inverted attention gives zero to all.
  case none

  /// Indices of the tokens that are kept; nil where that is all, or none.
  var kept: [Int32]? {
    guard case .some(let indices) = self else { return nil }
    return indices
  }

  init(_ mask: TokenMask?) {
    guard let mask, mask.keeps.contains(false) else {
      self = .all
      return
    }
    let kept = mask.keeps.indices.filter { mask.keeps[$0] }.map { Int32($0) }
    self = kept.isEmpty ? .none : .some(kept)
  }
}
