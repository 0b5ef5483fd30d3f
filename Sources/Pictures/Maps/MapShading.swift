// How the numbers of a map become colours: from the least to the largest, or from zero both ways.

/// The colours of numbers on one scale, which may be that of several maps.
///
/// The colours around zero run between Moreland's cool-warm ends (Diverging Color Maps for Scientific
/// Visualization, 2009) and a light grey, which is what a person without colour vision sees as zero.
public struct MapShading: Sendable, Hashable {
  /// What a scale's ends are.
  public enum Span: Sendable, Hashable {
    /// The least number and the largest.
    case leastToLargest
    /// The largest size, below zero and above: warm above, cold below, pale at zero.
    case aroundZero
  }

  /// What the ends are.
  public let span: Span
  /// Numbers as shades from 0 to 1, for characters; linear around zero.
  public let transfer: FittedTransfer
  private let colours: ColourMap
  /// The number that has the full colour of a scale around zero; zero where all are zero.
  private let reach: Float

  private static let warm = RGB(red: 0.706, green: 0.016, blue: 0.150)
  private static let cold = RGB(red: 0.230, green: 0.299, blue: 0.754)
  private static let zero = RGB(red: 0.865, green: 0.865, blue: 0.865)

  /// A scale for numbers; those that are not finite do not count.
  ///
  /// - Parameter appearance: Its colours and its transfer are those from the least to the largest.
  public init(_ span: Span, of numbers: [Float], _ appearance: MapAppearance) {
    self.span = span
    colours = appearance.colours
    switch span {
    case .leastToLargest:
      transfer = FittedTransfer(appearance.transfer, to: numbers)
      reach = 0
    case .aroundZero:
      let reach = numbers.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
      // Zero is the middle of the characters too.
      transfer = FittedTransfer(.linear, to: reach > 0 ? [-reach, reach] : numbers)
      self.reach = reach
    }
  }

  /// A scale from the least to the largest, by a transfer that may be fitted to other numbers too.
  public init(_ transfer: FittedTransfer, _ colours: ColourMap) {
    (span, self.transfer, self.colours, reach) = (.leastToLargest, transfer, colours, 0)
  }

  /// The numbers at the ends of the scale; nil where none is finite.
  public var ends: (least: Float, largest: Float)? {
    guard let least = transfer.least, let largest = transfer.largest else { return nil }
    return span == .aroundZero ? (-reach, reach) : (least, largest)
  }

  /// The number at a share of the scale, from 0 to 1.
  public func value(at share: Float) -> Float {
    span == .aroundZero ? (2 * share - 1) * reach : transfer.value(at: share)
  }

  /// The colour at a share of the scale, from 0 to 1.
  public func colour(at share: Float) -> RGB {
    span == .aroundZero ? signed((2 * share - 1) * reach) : colours.colour(share)
  }

  /// The colour of a number; nil where it is not finite.
  public func colour(of number: Float) -> RGB? {
    guard number.isFinite else { return nil }
    return span == .aroundZero ? signed(number) : transfer.shade(of: number).map(colours.colour)
  }

  private func signed(_ number: Float) -> RGB {
    let strength = reach > 0 ? min(1, abs(number) / reach) : 0
    return Self.zero.mixed(with: number < 0 ? Self.cold : Self.warm, share: strength)
  }

  /// The colours of numbers over as many pixels of a photo, of which there may be none.
  public func colours(
    of numbers: [Float], over photo: [RGB] = [], _ overlay: Overlay = .alone
  ) -> [RGB] {
    guard span == .aroundZero else {
      return colours.colours(of: numbers, by: transfer, over: photo, overlay)
    }
    return numbers.enumerated().map { index, number in
      let colour = number.isFinite ? signed(number) : .unknown
      guard photo.indices.contains(index), overlay != .alone else { return colour }
      return overlay == .off ? photo[index] : photo[index].mixed(with: colour, share: 0.6)
    }
  }
}
