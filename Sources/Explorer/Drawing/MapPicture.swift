// A map with the photo below it and how both are mixed: what is drawn, and what is exported.

import Pictures
import Screens

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
  /// The picture at the photo's size if it lies over one, else at the map's.
  func rendered() -> PixelImage {
    let colours = MapMixture.colours(
      values, shading: Shading(values, transfer: appearance.transfer), map: appearance.colours,
      over: photoColours, overlay: overlay)
    return PixelImage(
      width: width, height: height, channels: 3,
      samples: colours.flatMap {
        [Float($0.red) / 255, Float($0.green) / 255, Float($0.blue) / 255]
      })
  }

  /// The photo's colours, one for each number of the map; empty where it is not seen.
  private var photoColours: [Colour] {
    guard let photo, overlay != .alone, photo.width == width, photo.height == height else {
      return []
    }
    return (0..<height).flatMap { y in (0..<width).map { Colour(photo[x: $0, y: y]) } }
  }
}

/// Mixes a map's colours with a photo's.
enum MapMixture {
  /// The colour where nothing is known: NaN, or no number.
  static let unknown = Colour(grey: 96)

  /// The colours of averaged numbers over averaged photo pixels, equally many of each.
  ///
  /// `photo` may be empty where there is none.
  static func colours(
    _ numbers: [Float], shading: Shading, map: ColourMap, over photo: [Colour], overlay: Overlay
  ) -> [Colour] {
    if overlay == .off && !photo.isEmpty { return photo }
    let hasPhoto = !photo.isEmpty && overlay != .alone
    let table = map.screenColours
    return numbers.indices.map { index in
      guard let shade = shading.shade(of: numbers[index]) else {
        return hasPhoto ? photo[index] : unknown
      }
      let heat = table[Int((shade * 255).rounded())]
      guard hasPhoto else { return heat }
      switch overlay {
      case .off: return photo[index]
      case .half:
        // The photo pales, so that hues are the map's.
        return photo[index].mixed(with: grey(photo[index]), amount: 0.75).mixed(
          with: heat, amount: 0.5)
      case .full:
        // The photo can still be made out where the map is weak.
        return grey(photo[index]).mixed(with: heat, amount: 0.5 + 0.45 * Double(shade))
      case .alone: return heat
      }
    }
  }

  private static func grey(_ colour: Colour) -> Colour { Colour(grey: UInt8(colour.luma)) }
}
