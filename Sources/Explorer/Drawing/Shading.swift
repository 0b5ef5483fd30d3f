// From numbers to shades between 0 and 1, for the numbers that one picture or page shows.

import Pictures
import Screens
import Tensors

/// How a set of numbers becomes shades; equal numbers become equal shades.
struct Shading: Sendable {
  /// The least number, shade 0; nil if none is finite.
  let least: Float?
  /// The largest number, shade 1; nil if none is finite.
  let largest: Float?
  /// How numbers are spread between.
  let transfer: Transfer
  private let fitted: FittedTransfer

  /// The shading of a set of numbers; those that are not finite do not count.
  init(_ numbers: [Float], transfer: Transfer) {
    self.transfer = transfer
    fitted = FittedTransfer(transfer, to: Tensor(shape: [numbers.count], values: numbers))
    let hasFinite = fitted.statistics.kind == .varied || fitted.statistics.kind == .constant
    least = hasFinite ? fitted.statistics.minimum : nil
    largest = hasFinite ? fitted.statistics.maximum : nil
  }

  /// The shade of a number, 0 to 1; of a constant set 0.5; nil if the number is not finite.
  func shade(of number: Float) -> Float? {
    guard number.isFinite else { return nil }
    return least == largest ? 0.5 : fitted(number)
  }
}

extension ColourMap {
  /// 256 colours from shade 0 to 1 as a screen shows them.
  var screenColours: [Colour] { (0..<256).map { screenColour(at: Float($0) / 255) } }

  /// The colour of a shade, 0 to 1.
  func screenColour(at shade: Float) -> Colour { Colour(colour(shade)) }
}

extension Colour {
  /// A picture's colour as a screen shows it.
  init(_ colour: RGB) {
    let bytes = colour.bytes
    self.init(bytes.red, bytes.green, bytes.blue)
  }
}
