// Colours as the eye tells them apart.

import Foundation

/// A colour in Oklab (Ottosson 2020), where equal distances look about equally large.
struct Oklab: Hashable, Sendable {
  /// Lightness, from 0 to 1, and the two opponent hues, within ±0.4.
  let point: SIMD3<Float>

  /// A distance below what the eye tells apart side by side, which CSS Color 4 takes to be 0.02.
  static let unnoticed: Float = 0.0195

  /// The place of a colour of sRGB.
  init(_ colour: Colour) {
    let red = Self.linear[Int(colour.red)]
    let green = Self.linear[Int(colour.green)]
    let blue = Self.linear[Int(colour.blue)]
    let long = cbrtf(0.412_221_47 * red + 0.536_332_54 * green + 0.051_445_993 * blue)
    let medium = cbrtf(0.211_903_5 * red + 0.680_699_55 * green + 0.107_396_96 * blue)
    let short = cbrtf(0.088_302_46 * red + 0.281_718_84 * green + 0.629_978_7 * blue)
    point = SIMD3(
      0.210_454_26 * long + 0.793_617_8 * medium - 0.004_072_047 * short,
      1.977_998_5 * long - 2.428_592_2 * medium + 0.450_593_7 * short,
      0.025_904_037 * long + 0.782_771_77 * medium - 0.808_675_77 * short)
  }

  /// The square of the distance to another colour.
  func squaredDistance(to other: Oklab) -> Float {
    let difference = point - other.point
    return (difference * difference).sum()
  }

  /// Light for each level of sRGB, from 0 to 1.
  private static let linear: [Float] = (0...255).map { level in
    let value = Double(level) / 255
    return Float(value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4))
  }
}
