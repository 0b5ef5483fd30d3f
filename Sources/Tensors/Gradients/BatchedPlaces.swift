// Places of a batch of inputs, as training reads them: no token is made.

import CKernels

/// Tokens `(data, then one table row for each axis)` of a batch as a layer norm standardises them,
/// without their means: of each place a scale and its data times scale, and the tables.
package struct BatchedPlaces: Sendable {
  package let items: Int
  /// The axes of an item without channels: `[height, width]`.
  let axes: [Int]
  let channels: Int
  /// For each axis `[length, features]`, the same number of features each.
  let tables: [Tensor]
  /// `[items × places, channels + 1]`: a scale, then data times scale.
  private let places: Tensor

  /// Prepares places.
  ///
  /// - Parameters:
  ///   - data: `[items, …axes, channels]`.
  ///   - tables: For each axis `[length, features]`, the same number of features each.
  ///   - epsilon: What the norm adds to a token's variance.
  /// - Throws: `ComputationCancelled`.
  package init(data: Tensor, tables: [Tensor], epsilon: Double, workers: Workers) throws {
    let axes = Array(data.shape.dropFirst().dropLast())
    precondition(!axes.isEmpty && tables.map { $0.shape[0] } == axes)
    precondition(axes.allSatisfy { $0 > 0 })
    precondition(tables.allSatisfy { $0.shape[1] == tables[0].shape[1] })
    (items, self.axes, self.tables) = (data.shape[0], axes, tables)
    let channels = data.shape[data.shape.count - 1]
    self.channels = channels
    let moments = tables.map { FeatureMoments($0) }
    let width = Double(channels + tables.count * tables[0].shape[1])
    let (values, count) = (HeldInput(data), axes.reduce(1, *))
    let (all, atOnce) = (items * count, 1024)
    places = try Tensor(shape: [all, channels + 1]) { buffer in
      guard let out = SharedElements(buffer) else { return }
      try workers.forEach((all + atOnce - 1) / atOnce) { part in
        for place in part * atOnce..<min(all, (part + 1) * atOnce) {
          let own = values.base + place * channels
          var (sum, square, rest) = (0.0, 0.0, place % count)
          for axis in stride(from: axes.count - 1, through: 0, by: -1) {
            sum += moments[axis].sums[rest % axes[axis]]
            square += moments[axis].squares[rest % axes[axis]]
            rest /= axes[axis]
          }
          for channel in 0..<channels {
            let value = Double(own[channel])
            sum += value
            square += value * value
          }
          let mean = sum / width
          let scale = 1 / (max(0, square / width - mean * mean) + epsilon).squareRoot()
          let target = out.base + place * (channels + 1)
          target[0] = Float(scale)
          for channel in 0..<channels {
            target[1 + channel] = Float(Double(own[channel]) * scale)
          }
        }
      }
    }
  }

  /// Places of an item.
  var count: Int { axes.reduce(1, *) }

  /// Floats in a token.
  package var columns: Int { channels + tables.count * features }

  /// Features of one coordinate.
  private var features: Int { tables[0].shape[1] }

  /// Calls `body` with an item's places as the kernels read them.
  func withGrid<Result>(
    item: Int, _ body: (UnsafePointer<pk_place_grid>) -> Result
  ) -> Result {
    precondition((0..<items).contains(item))
    let (held, own) = (tables.map { HeldInput($0) }, HeldInput(places))
    return withExtendedLifetime((held, own)) {
      axes.withUnsafeBufferPointer { axes in
        held.map { Optional($0.base) }.withUnsafeBufferPointer { tables in
          var grid = pk_place_grid(
            places: own.base + item * count * (channels + 1), count: count, channels: channels,
            axes: axes.count, lengths: axes.baseAddress, tables: tables.baseAddress,
            features: features)
          return body(&grid)
        }
      }
    }
  }
}
