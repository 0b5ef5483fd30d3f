// A map with the photo below it and how both are mixed: what is drawn, and what is exported.

import Pictures
import Tensors

/// How maps become colours.
public struct MapAppearance: Sendable, Hashable {
  /// From numbers to shades.
  public let transfer: Transfer
  /// From shades to colours.
  public let colours: ColourMap

  /// The appearance that a view has.
  init(_ view: ViewOptions) {
    transfer = view.transfer
    colours = view.colours
  }
}

/// One frame of a map, with the photo it lies over.
public struct MapPicture: Sendable {
  /// The numbers, row by row.
  public let values: [Float]
  /// Columns of the map.
  public let width: Int
  /// Rows of the map.
  public let height: Int
  /// The shape of the whole map, for arrays: `[height, width]` for an image.
  public let shape: [Int]
  /// The photo below it; nil if there is none.
  public let photo: PixelImage?
  /// How numbers become colours.
  public let appearance: MapAppearance
  /// How much of the map covers the photo.
  public let overlay: Overlay
}

extension MapPicture {
  /// The picture, of the map's size.
  func rendered() -> PixelImage {
    let heatmap = Heatmap(
      Tensor(shape: [height, width], values: values), transfer: appearance.transfer,
      colours: appearance.colours)
    return photo.map { heatmap.overlaid(on: $0, overlay) } ?? heatmap.picture
  }
}
