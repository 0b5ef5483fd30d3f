// A colour as 24 bits, the only form in which panes know colours.
// ColourDepth brings it down to what a terminal can show.

import Foundation

/// A colour of 8-bit red, green and blue, as sRGB encodes them.
public struct Colour: Hashable, Sendable {
  /// Red, 0 to 255.
  public var red: UInt8
  /// Green, 0 to 255.
  public var green: UInt8
  /// Blue, 0 to 255.
  public var blue: UInt8

  /// A colour from its three components, each 0 to 255.
  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// A colour from three components, each 0 to 255, in the order red, green, blue.
  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.init(red: red, green: green, blue: blue)
  }

  /// A colour from a number such as `0xFF8000`; bits above the lowest 24 are ignored.
  public init(hex: UInt32) {
    self.init(
      red: UInt8(truncatingIfNeeded: hex >> 16),
      green: UInt8(truncatingIfNeeded: hex >> 8),
      blue: UInt8(truncatingIfNeeded: hex))
  }

  /// A grey of the given level, 0 (black) to 255 (white).
  public init(grey level: UInt8) {
    self.init(red: level, green: level, blue: level)
  }

  /// Black.
  public static let black = Colour(grey: 0)
  /// White.
  public static let white = Colour(grey: 255)

  /// Red, green and blue in the lowest 24 bits, red highest.
  public var hex: UInt32 { UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue) }

  /// How bright the encoded colour looks, 0 to 255 (the weights of Rec. 709 on sRGB values).
  public var luma: Int { (2126 * Int(red) + 7152 * Int(green) + 722 * Int(blue) + 5000) / 10000 }

  /// The colour that lies `amount` (0 to 1, clamped; NaN counts as 0) of the way to `other`.
  public func mixed(with other: Colour, amount: Double) -> Colour {
    let amount = amount > 0 ? min(amount, 1) : 0
    func mix(_ from: UInt8, _ to: UInt8) -> UInt8 {
      UInt8((Double(from) + (Double(to) - Double(from)) * amount).rounded())
    }
    return Colour(
      red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }

  /// How well text of this colour is read upon another, 1 (not at all) to 21 (WCAG 2's contrast ratio;
  /// small text wants 4.5).
  public func contrast(with other: Colour) -> Double {
    let (first, second) = (relativeLuminance, other.relativeLuminance)
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)
  }

  /// The light that it sends out, 0 to 1, as WCAG 2 counts it from sRGB.
  private var relativeLuminance: Double {
    func linear(_ level: UInt8) -> Double {
      let share = Double(level) / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// Black or white, whichever can be read better upon this colour; black where both can be alike.
  public var contrasting: Colour {
    contrast(with: .black) >= contrast(with: .white) ? .black : .white
  }
}
