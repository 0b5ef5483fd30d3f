// How a map's colours and the photo below it become one colour: on screen and in pictures.

/// How much of the photo the map covers.
public enum Overlay: String, Sendable, Hashable, CaseIterable {
  /// The photo alone.
  case off
  /// Half photo, half map.
  case half
  /// The map's colours over a grey photo, the stronger the more the value.
  case full
  /// The map without the photo.
  case alone

  /// The colour of a pixel of which the map is `heat`, of a shade from 0 to 1.
  func mixed(_ heat: RGB, shade: Float, with photo: RGB) -> RGB {
    switch self {
    case .off: return photo
    case .half:
      // The photo pales, so that hues are the map's.
      return photo.mixed(with: photo.grey, share: 0.75).mixed(with: heat, share: 0.5)
    case .full:
      // The photo can still be made out where the map is weak.
      return photo.grey.mixed(with: heat, share: 0.5 + 0.45 * shade)
    case .alone: return heat
    }
  }
}

extension ColourMap {
  /// The colours of numbers over as many pixels of a photo, of which there may be none.
  ///
  /// Where a number is not finite, the photo is seen, or a grey that is in no map but the grey one.
  public func colours(
    of numbers: [Float], by transfer: FittedTransfer, over photo: [RGB] = [],
    _ overlay: Overlay = .alone
  ) -> [RGB] {
    if overlay == .off && !photo.isEmpty { return photo }
    let table = table
    guard overlay != .alone, !photo.isEmpty else {
      return numbers.map { number in
        transfer.shade(of: number).map { table[Self.index(of: $0)] } ?? .unknown
      }
    }
    return zip(numbers, photo).map { number, below in
      guard let shade = transfer.shade(of: number) else { return below }
      return overlay.mixed(table[Self.index(of: shade)], shade: shade, with: below)
    }
  }
}

extension RGB {
  /// The colour where nothing is known: the number is not finite.
  static let unknown = RGB(red: 96.0 / 255, green: 96.0 / 255, blue: 96.0 / 255)

  /// As bright, without a hue.
  var grey: RGB { RGB(red: luminance, green: luminance, blue: luminance) }
}
