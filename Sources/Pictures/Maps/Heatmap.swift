// A map as a picture: alone, or over the photo it is of.

import Tensors

/// How much of the photo the map covers.
public enum OverlayStrength: String, Sendable, Hashable, CaseIterable {
  /// The photo alone.
  case off
  /// Half the photo's colour, half the map's.
  case half
  /// The map's colour, as bright as the photo's detail allows: three quarters map.
  case full
  /// The map alone.
  case alone = "map alone"

  /// The map's share of the colour, 0 to 1.
  public var share: Float {
    switch self {
    case .off: 0
    case .half: 0.5
    case .full: 0.75
    case .alone: 1
    }
  }
}

/// A map `[height, width]` with the transfer and colours it is shown in.
public struct Heatmap: Sendable {
  /// The numbers: `[height, width]`.
  public let map: Tensor
  /// The transfer, fitted to them.
  public let transfer: FittedTransfer
  /// The colours.
  public let colours: ColourMap

  /// Prepares a map for showing.
  ///
  /// - Precondition: the map has two axes; see `Tensor.asFlatMap` for others.
  public init(_ map: Tensor, transfer: Transfer, colours: ColourMap) {
    precondition(map.shape.count == 2, "a map of shape \(map.shape)")
    self.map = map
    self.transfer = FittedTransfer(transfer, to: map)
    self.colours = colours
  }

  /// The colour of a number.
  public func colour(_ value: Float) -> RGB { colours.colour(transfer(value)) }

  /// The map as a picture of its own size.
  public var picture: PixelImage {
    PixelImage(
      width: map.shape[1], height: map.shape[0], channels: 3,
      samples: map.values.flatMap { value -> [Float] in
        let colour = colour(value)
        return [colour.red, colour.green, colour.blue]
      })
  }

  /// The map over a photo: a picture of the larger of both sizes.
  public func overlaid(on photo: PixelImage, _ strength: OverlayStrength) -> PixelImage {
    let width = max(photo.width, map.shape[1])
    let height = max(photo.height, map.shape[0])
    let below = photo.converted(toChannels: 3).resized(width: width, height: height)
    let above = picture.resized(width: width, height: height)
    let share = strength.share
    return PixelImage(
      width: width, height: height, channels: 3,
      samples: zip(below.samples, above.samples).map { $0 + ($1 - $0) * share })
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
