// The tokens of a batch of inputs, in the forms in which attention reads them.

import Synchronization
import Tensors

/// Tokens shared by the stages that read them; each form is made when a stage first asks for it.
struct Tokens: Sendable {
  /// Inputs in the batch.
  let items: Int
  /// An input's axes: `[height, width]` for an image.
  let axes: [Int]
  /// Which tokens of the first input may be read.
  let visibility: TokenVisibility
  /// What costs are counted from.
  let size: TokenSize
  /// `[items, …axes, channels]`.
  private let data: Tensor
  /// Position features of each axis, `[length, features]`; or none.
  private let tables: [Tensor]
  private let masks: [TokenMask]?
  // Of each item the same number of tokens, by their rows; nil for all.
  private let kept: [Int]?
  private let forms = Forms()

  /// - Parameters:
  ///   - data: `[items, …axes, channels]`.
  ///   - tables: Position features of each axis, `[length, features]`; or none.
  ///   - masks: For each item which tokens may be read; nil for all.
  ///   - kept: Rows of `[items × tokens, …]` that are there at all; nil for all.
  init(data: Tensor, tables: [Tensor], masks: [TokenMask]?, kept: [Int]? = nil) {
    (self.data, self.tables, self.masks, self.kept) = (data, tables, masks, kept)
    items = data.shape[0]
    axes = Array(data.shape.dropFirst().dropLast())
    visibility = TokenVisibility(masks?.first)
    let channels = data.shape.last ?? 0
    if let kept {
      size = TokenSize(
        axes: [kept.count / max(1, items)],
        channels: channels + tables.reduce(0) { $0 + $1.shape[1] }, features: 0)
    } else {
      size = TokenSize(axes: axes, channels: channels, features: tables.first?.shape[1] ?? 0)
    }
  }

  /// Floats in a token.
  var columns: Int { (data.shape.last ?? 0) + tables.reduce(0) { $0 + $1.shape[1] } }

  /// The first item's tokens as they are, their positions behind their data: `[tokens, columns]`.
  var first: Tensor {
    let rows = data.row(0).asRows
    return tables.isEmpty ? rows : .joiningColumns(rows, Tensor.positions(tables).asRows)
  }

  /// Whether both are one preparation of an input: nothing was made twice.
  func isShared(with other: Tokens) -> Bool { forms === other.forms }

  /// The same tokens with other data, which holds what positions added before:
  /// `[items × tokens, dim]`.
  func replacing(_ data: Tensor) -> Tokens {
    Tokens(
      data: data.reshaped([items] + axes + [data.shape[1]]), tables: [], masks: masks, kept: kept)
  }

  /// Those of the tokens whose rows are kept; of each item as many.
  func keeping(_ kept: [Int]) -> Tokens {
    Tokens(data: data, tables: tables, masks: masks, kept: kept)
  }

  /// The same tokens with some more that may not be read.
  func masking(_ visibility: TokenVisibility) -> Tokens {
    guard let mask = visibility.mask(of: axes.reduce(1, *)) else { return self }
    let keeps = mask.values.map { $0 == 0 }
    let all = masks ?? Array(repeating: TokenMask(shape: axes, keeps: keeps), count: items)
    return Tokens(
      data: data, tables: tables,
      masks: all.map { mask in
        TokenMask(shape: axes, keeps: zip(mask.keeps, keeps).map { $0 && $1 })
      }, kept: kept)
  }

  /// Whether some token of some item may not be read.
  var isMasked: Bool { masks?.contains { $0.keeps.contains(false) } ?? false }

  /// What is added to the scores of tokens, 0 or -infinity: `[items × tokens]`; nil for nothing.
  var mask: Tensor? {
    guard let masks, isMasked else { return nil }
    let values = masks.flatMap { $0.keeps.map { $0 ? Float(0) : -.infinity } }
    let all = Tensor(shape: [values.count], values: values)
    guard let kept else { return all }
    return all.reshaped([all.count, 1]).gatheringRows(kept).reshaped([kept.count])
  }

  private static let contextNorm = NormBlock(name: "", dim: 0, kind: .layer).standardisation
}

// One input, read in a stream: no token is stored.
extension Tokens {
  /// Tokens standardised, those that may be read, or all where none may.
  ///
  /// - Precondition: There is one item, and all its tokens are there.
  func rows(_ standardisation: TokenRows.Standardisation = contextNorm) -> TokenRows {
    precondition(items == 1 && kept == nil)
    func made() -> TokenRows {
      TokenRows(
        data: data.row(0), tables: tables, kept: visibility.kept, standardisation: standardisation)
    }
    return standardisation == Self.contextNorm ? forms.made(\.rows, made) : made()
  }

}

extension Tokens {
  /// Each item's tokens as planes of positions; what the first item's mask hides is marked in its own.
  ///
  /// - Precondition: All tokens are there, and positions are separable.
  var positions: [SeparablePositions] {
    precondition(kept == nil && size.features > 0)
    return forms.made(\.positions) {
      (0..<items).map { item in
        SeparablePositions(
          data: data.row(item), tables: tables, kept: item == 0 ? visibility.kept : nil,
          epsilon: Double(NormBlock.epsilon), workers: Workers())
      }
    }
  }
}

// A batch, with gradients: tokens are made once and read many times.
extension Tokens {
  /// Whole tokens, standardised as a layer norm does before its gain, with a 1 behind each:
  /// `[items × tokens, columns + 1]`.
  ///
  /// - Throws: `ComputationCancelled`.
  func matrix(workers: Workers) throws -> Tensor {
    try forms.made(\.matrix) {
      let all = try data.standardisedTokenMatrix(
        tables: tables, epsilon: NormBlock.epsilon, workers: workers)
      return kept.map { all.gatheringRows($0) } ?? all
    }
  }

  /// The same where gradients go on to what the tokens' own channels were made from,
  /// `[items × tokens, channels]`.
  ///
  /// - Throws: `ComputationCancelled`.
  func standardised(_ channels: Variable) throws -> Variable {
    try channels.standardisedTokens(tables: tables, axes: axes, epsilon: NormBlock.epsilon)
  }

  /// The positions they stand at, without a token made: of tokens that are a whole grid.
  ///
  /// - Throws: `ComputationCancelled`.
  func batchedPositions(workers: Workers) throws -> BatchedPositions {
    precondition(kept == nil && !tables.isEmpty)
    return try forms.made(\.batchedPositions) {
      try BatchedPositions(
        data: data, tables: tables, epsilon: Double(NormBlock.epsilon), workers: workers)
    }
  }
}

/// What has been made of some tokens.
private final class Forms: Sendable {
  struct Made {
    var rows: TokenRows?
    var positions: [SeparablePositions]?
    var matrix: Tensor?
    var batchedPositions: BatchedPositions?
  }

  private let cache = Mutex(Made())

  func made<Form: Sendable>(
    _ form: WritableKeyPath<Made, Form?> & Sendable, _ make: () throws -> Form
  ) rethrows -> Form {
    try cache.withLock { made in
      if let known = made[keyPath: form] { return known }
      let new = try make()
      made[keyPath: form] = new
      return new
    }
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
