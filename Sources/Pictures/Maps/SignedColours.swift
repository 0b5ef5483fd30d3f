// Two colours around zero, for maps that speak for and against.

import Tensors

/// A signed map `[height, width]` as a picture: warm above zero, cold below, pale at zero; the same
/// strength for the same size on both sides.
///
/// The colours run between Moreland's cool-warm ends (Diverging Color Maps for Scientific
/// Visualization, 2009) and a light grey, which is what a person without colour vision sees as zero.
public struct SignedHeatmap: Sendable {
  /// The numbers.
  public let map: Tensor
  /// The number that has the full colour; zero where all are zero.
  public let largest: Float

  private static let warm = RGB(red: 0.706, green: 0.016, blue: 0.150)
  private static let cold = RGB(red: 0.230, green: 0.299, blue: 0.754)
  private static let zero = RGB(red: 0.865, green: 0.865, blue: 0.865)

  /// - Precondition: The map has two axes; see `Tensor.asFlatMap` for others.
  public init(_ map: Tensor) {
    precondition(map.shape.count == 2, "a map of shape \(map.shape)")
    self.map = map
    largest = map.withUnsafeElements { $0.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 } }
  }

  /// The colour of a number; grey where it is not finite.
  public func colour(of number: Float) -> RGB {
    guard number.isFinite else { return .unknown }
    let strength = largest > 0 ? min(1, abs(number) / largest) : 0
    return Self.zero.mixed(with: number < 0 ? Self.cold : Self.warm, share: strength)
  }

  /// The map as a picture of its own size.
  public var picture: PixelImage { picture { _, colour in colour } }

  /// The map over a photo, which is brought to the map's size and converted to grey.
  public func overlaid(on photo: PixelImage) -> PixelImage {
    let pixels = photo.resized(width: map.shape[1], height: map.shape[0]).pixels
    return picture { index, colour in
      let light = pixels[index].luminance
      return RGB(red: light, green: light, blue: light).mixed(with: colour, share: 0.6)
    }
  }

  private func picture(_ body: (Int, RGB) -> RGB) -> PixelImage {
    PixelImage(width: map.shape[1], height: map.shape[0], channels: 3) { samples in
      for (index, number) in map.values.enumerated() {
        let colour = body(index, colour(of: number))
        samples[3 * index] = colour.red
        samples[3 * index + 1] = colour.green
        samples[3 * index + 2] = colour.blue
      }
    }
  }
}
