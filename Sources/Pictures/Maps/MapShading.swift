// How the numbers of one picture become colours: along a scale, or from zero both ways.

/// Numbers as colours, fitted to those of one picture.
public enum MapShading: Sendable, Hashable {
  /// Shades from the least to the largest, in a map's colours.
  case scale(FittedTransfer, ColourMap)
  /// Two colours around zero, for maps that speak for and against.
  case signed(SignedColours)

  /// The numbers at the ends of the scale; nil where none is finite.
  public var ends: (least: Float, largest: Float)? {
    switch self {
    case .signed(let signed): return (-signed.largest, signed.largest)
    case .scale(let transfer, _):
      guard let least = transfer.least, let largest = transfer.largest else { return nil }
      return (least, largest)
    }
  }

  /// The colour of a share of the scale, from 0 to 1.
  public func colour(ofShare share: Float) -> RGB {
    switch self {
    case .signed(let signed): signed.colour(of: (2 * share - 1) * signed.largest)
    case .scale(_, let colours): colours.colour(share)
    }
  }

  /// The colour of a number; nil where it is not finite.
  public func colour(of number: Float) -> RGB? {
    switch self {
    case .signed(let signed): number.isFinite ? signed.colour(of: number) : nil
    case .scale(let transfer, let colours): transfer.shade(of: number).map { colours.colour($0) }
    }
  }

  /// The colours of numbers over as many pixels of a photo, of which there may be none.
  public func colours(
    of numbers: [Float], over photo: [RGB] = [], _ overlay: Overlay = .alone
  ) -> [RGB] {
    switch self {
    case .scale(let transfer, let colours):
      colours.colours(of: numbers, by: transfer, over: photo, overlay)
    case .signed(let signed):
      numbers.enumerated().map { index, number in
        let colour = signed.colour(of: number)
        guard photo.indices.contains(index), overlay != .alone else { return colour }
        return overlay == .off ? photo[index] : photo[index].mixed(with: colour, share: 0.6)
      }
    }
  }
}

/// Warm above zero, cold below, pale at zero; the same strength for the same size on both sides.
///
/// The colours run between Moreland's cool-warm ends (Diverging Color Maps for Scientific
/// Visualization, 2009) and a light grey, which is what a person without colour vision sees as zero.
public struct SignedColours: Sendable, Hashable {
  /// The number that has the full colour; zero where all are zero.
  public let largest: Float

  private static let warm = RGB(red: 0.706, green: 0.016, blue: 0.150)
  private static let cold = RGB(red: 0.230, green: 0.299, blue: 0.754)
  private static let zero = RGB(red: 0.865, green: 0.865, blue: 0.865)

  /// Fits the colours to numbers.
  public init(_ numbers: some Sequence<Float>) {
    largest = numbers.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
  }

  /// The colour of a number; grey where it is not finite.
  public func colour(of number: Float) -> RGB {
    guard number.isFinite else { return .unknown }
    let strength = largest > 0 ? min(1, abs(number) / largest) : 0
    return Self.zero.mixed(with: number < 0 ? Self.cold : Self.warm, share: strength)
  }
}
