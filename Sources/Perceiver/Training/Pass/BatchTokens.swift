// Tokens of a batch, in the forms in which stages read them.

import Tensors

/// Tokens of a batch, as they are learnt from.
enum BatchTokens {
  /// They do not change.
  case given(GivenTokens)
  /// They are computed, and pass gradients on: `[items × tokens, channels]`.
  case computed(Variable)
}

/// Tokens that are not learnt, standardised as a layer norm does before its gain: each form is
/// made when a stage first asks for it.
final class GivenTokens {
  private let data: Tensor
  private let tables: [Tensor]
  private let workers: Workers
  // Of each item the same number of tokens, by their rows; nil for all.
  private let kept: [Int]?
  private var madeRows: Tensor?
  private var madePlaces: BatchedPlaces?

  /// - Parameters:
  ///   - data: `[items, …axes, channels]`.
  ///   - tables: Position features of each axis, `[length, features]`; or none.
  ///   - kept: Rows of the tokens that are read; nil for all.
  init(data: Tensor, tables: [Tensor], kept: [Int]? = nil, workers: Workers) {
    (self.data, self.tables, self.kept, self.workers) = (data, tables, kept, workers)
  }

  /// Those of its tokens that are kept.
  func keeping(_ kept: [Int]) -> GivenTokens {
    GivenTokens(data: data, tables: tables, kept: kept, workers: workers)
  }

  /// Floats in a token.
  var columns: Int { (data.shape.last ?? 0) + tables.reduce(0) { $0 + $1.shape[1] } }

  /// Whole tokens, with a 1 behind each: `[items × tokens, columns + 1]`.
  ///
  /// - Throws: `ComputationCancelled`.
  func rows() throws -> Tensor {
    if let madeRows { return madeRows }
    let all = try data.standardisedTokenMatrix(
      tables: tables, epsilon: NormBlock.epsilon, workers: workers)
    let rows = kept.map { all.gatheringRows($0) } ?? all
    madeRows = rows
    return rows
  }

  /// One item's tokens, as far as costs go.
  var size: TokenSize {
    let axes = Array(data.shape.dropFirst().dropLast())
    if let kept, let items = data.shape.first, items > 0 {
      return TokenSize(axes: [kept.count / items], channels: columns, features: 0)
    }
    return TokenSize(
      axes: axes, channels: data.shape.last ?? 0, features: tables.first?.shape[1] ?? 0)
  }

  /// The places they stand at, without a token made: of tokens that are a whole grid.
  ///
  /// - Throws: `ComputationCancelled`.
  func places() throws -> BatchedPlaces {
    precondition(kept == nil && !tables.isEmpty)
    if let madePlaces { return madePlaces }
    let places = try BatchedPlaces(
      data: data, tables: tables, epsilon: Double(NormBlock.epsilon), workers: workers)
    madePlaces = places
    return places
  }
}
