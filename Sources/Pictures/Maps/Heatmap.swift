// A map as a picture: alone, or over the photo it is of.

import Tensors

/// A map `[height, width]` with the shading it is shown in.
public struct Heatmap: Sendable {
  /// The numbers: `[height, width]`.
  public let map: Tensor
  /// How they become colours.
  public let shading: MapShading

  /// Prepares a map for showing, with a transfer fitted to it.
  ///
  /// - Precondition: the map has two axes; see `Tensor.asFlatMap` for others.
  public init(_ map: Tensor, transfer: Transfer, colours: ColourMap) {
    self.init(map, transfer: FittedTransfer(transfer, to: map), colours: colours)
  }

  /// Prepares a map for showing, with a transfer that may be fitted to other maps too.
  ///
  /// - Precondition: the map has two axes; see `Tensor.asFlatMap` for others.
  public init(_ map: Tensor, transfer: FittedTransfer, colours: ColourMap) {
    self.init(map, MapShading(transfer, colours))
  }

  /// Prepares a map for showing.
  ///
  /// - Precondition: the map has two axes; see `Tensor.asFlatMap` for others.
  public init(_ map: Tensor, _ shading: MapShading) {
    precondition(map.shape.count == 2, "a map of shape \(map.shape)")
    self.map = map
    self.shading = shading
  }

  /// The map as a picture of its own size.
  public var picture: PixelImage {
    picture(of: shading.colours(of: map.values))
  }

  /// The map over a photo, which is brought to the map's size. Below two colours it is grey, since
  /// their hues say which side a number is on.
  public func overlaid(on photo: PixelImage, _ overlay: Overlay) -> PixelImage {
    var pixels = photo.resized(width: map.shape[1], height: map.shape[0]).pixels
    if shading.span == .aroundZero { pixels = pixels.map(\.grey) }
    return picture(of: shading.colours(of: map.values, over: pixels, overlay))
  }

  private func picture(of pixels: [RGB]) -> PixelImage {
    PixelImage(width: map.shape[1], height: map.shape[0], pixels: pixels)
  }
}

extension Tensor {
  /// A map over any axes as one of two: `[n]` as one row, `[frames, height, width]` as frames side
  /// by side, `[height, width]` as it is.
  public var asFlatMap: Tensor {
    switch shape.count {
    case 0: return reshaped([1, 1])
    case 1: return reshaped([1, count])
    case 2: return self
    default:
      let (height, width) = (shape[shape.count - 2], shape[shape.count - 1])
      let frames = count / max(1, height * width)
      return withUnsafeElements { elements in
        Tensor(shape: [height, frames * width]) { out in
          for index in out.indices {
            let (row, column) = index.quotientAndRemainder(dividingBy: frames * width)
            let (frame, x) = column.quotientAndRemainder(dividingBy: width)
            out[index] = elements[(frame * height + row) * width + x]
          }
        }
      }
    }
  }
}
