// How much of a stage's attention goes to sound, to frames, and to the label's token.

import Tensors

/// Tokens of one kind among those of an input.
public struct Modality: Sendable, Hashable {
  /// What it is called: `sound`, `frames`, `label`.
  public let name: String
  /// Its tokens.
  public let tokens: Range<Int>
  /// Their axes: `[frames, rows, columns]`.
  public let axes: [Int]
}

extension ModelConfiguration {
  /// The kinds of tokens of an input with these axes, in order; none where all are of one kind.
  public func modalities(inputAxes axes: [Int]) -> [Modality] { base.modalities(of: axes) }
}

extension StageAttention {
  /// Latents whose weights are added up at once.
  private static let latentsAtOnce = 32

  /// The share of a latent's attention that goes to each kind of token, a row for each latent:
  /// `[latents, modalities]`. Rows sum to one where the kinds are all tokens.
  ///
  /// - Precondition: latents are the queries, and the kinds' tokens are among the keys.
  /// - Throws: `ComputationCancelled`.
  public func shares(
    of modalities: [Modality], head: HeadSelection, cancellation: Cancellation? = nil
  ) throws -> Tensor {
    precondition(reader == .latents && modalities.allSatisfy { $0.tokens.upperBound <= mapSize })
    var values: [Float] = []
    for range in Blocks(mapCount, size: Self.latentsAtOnce) {
      let maps = try maps(
        head: head, queries: range, as: .probabilities, cancellation: cancellation
      ).reshaped([range.count, mapSize])
      maps.withUnsafeElements { weights in
        for row in 0..<range.count {
          values += modalities.map { modality in
            let own = weights[
              row * mapSize + modality.tokens.lowerBound..<row * mapSize
                + modality.tokens.upperBound]
            return Float(own.reduce(0.0) { $0 + Double($1) })
          }
        }
      }
    }
    return Tensor(shape: [mapCount, modalities.count], values: values)
  }
}
