// What is done to a training picture so that no two epochs show the same.

import Tensors

/// Crops and flips, drawn anew for every example of every step.
public struct Augmentation: Sendable, Hashable, Codable {
  /// Pixels put around a picture before a part of its size is cut out, each like the nearest of the
  /// picture; 0 for none.
  public var cropPadding = 0
  /// Whether half of the pictures are flipped from left to right.
  public var flips = false

  /// Makes augmentation that changes nothing.
  public init(cropPadding: Int = 0, flips: Bool = false) {
    (self.cropPadding, self.flips) = (cropPadding, flips)
  }
}

extension Augmentation {
  /// A picture `[height, width, channels]` as it is seen this time; inputs with other axes stay as
  /// they are.
  func apply(to picture: Tensor, _ generator: inout CounterGenerator) -> Tensor {
    guard picture.shape.count == 3, cropPadding > 0 || flips else { return picture }
    let (height, width) = (picture.shape[0], picture.shape[1])
    let down = cropPadding > 0 ? generator.below(2 * cropPadding + 1) - cropPadding : 0
    let right = cropPadding > 0 ? generator.below(2 * cropPadding + 1) - cropPadding : 0
    let isMirrored = flips && generator.below(2) == 1
    let channels = picture.shape[2]
    return Tensor(shape: picture.shape) { out in
      picture.withUnsafeElements { source in
        for y in 0..<height {
          for x in 0..<width {
            let (fromY, fromX) = (y + down, (isMirrored ? width - 1 - x : x) + right)
            let row = min(max(fromY, 0), height - 1) * width + min(max(fromX, 0), width - 1)
            for channel in 0..<channels {
              out[(y * width + x) * channels + channel] = source[row * channels + channel]
            }
          }
        }
      }
    }
  }
}
