// Latents by latents, made from bands of rows, so that the whole matrix is never in memory.

import Perceiver
import Pictures
import Tensors

/// Maps of a stage, a row for each latent.
package protocol MapRows {
  /// Maps of a head.
  var mapCount: Int { get }
  /// Numbers in a map.
  var mapSize: Int { get }

  /// The maps of some latents.
  ///
  /// - Throws: `ComputationCancelled`.
  func maps(
    head: HeadSelection, queries range: Range<Int>, as value: AttentionValue,
    cancellation: Cancellation?
  ) throws -> Tensor
}

extension StageAttention: MapRows {
  /// The longest side of a picture of latents by latents; more latents are averaged.
  package static let longestPictureSide = 2048
}

extension MapRows {
  /// All latents over all keys, averaged down where a side would be too long: `[rows, columns]`.
  ///
  /// - Parameters:
  ///   - heads: One head, or the mean.
  ///   - longest: The longest side.
  ///   - value: Before or after the softmax.
  ///   - cancellation: Ends it early.
  /// - Returns: The entries, and how many latents along each side an entry averages.
  /// - Throws: `ComputationCancelled`.
  package func averagedMatrix(
    _ heads: HeadSelection, longest: Int, as value: AttentionValue, cancellation: Cancellation
  ) throws -> (values: Tensor, latentsPerEntry: Int) {
    let (queries, keys) = (mapCount, mapSize)
    let size = max(1, (max(queries, keys) + longest - 1) / longest)
    guard size > 1 else {
      let maps = try maps(
        head: heads, queries: 0..<queries, as: value, cancellation: cancellation)
      return (maps.reshaped([queries, keys]), 1)
    }
    let columns = (keys + size - 1) / size
    let rows = (queries + size - 1) / size
    var values: [Float] = []
    values.reserveCapacity(rows * columns)
    for row in 0..<rows {
      let range = row * size..<min(queries, (row + 1) * size)
      let band = try maps(head: heads, queries: range, as: value, cancellation: cancellation)
      values +=
        band.reshaped([range.count, keys]).resampled(
          rows: 1, columns: columns,
          region: PlaneRegion(width: columns * size, height: range.count)
        ).values
    }
    return (Tensor(shape: [rows, columns], values: values), size)
  }
}
