// How many colours a terminal has, and which of them is nearest to a given one.

/// The colours a terminal can show.
public enum ColourDepth: Hashable, Sendable, CaseIterable {
  /// No colours but the terminal's own two.
  case monochrome
  /// The eight of ECMA-48.
  case indexed8
  /// xterm's 256: a cube of 6 × 6 × 6 and 24 greys; its first 16 differ between terminals and
  /// are not used.
  case indexed256
  /// Any colour of 24 bits.
  case direct

  /// Whether a cell can show two pixels, one as foreground and one as background.
  public var showsPictures: Bool { self == .direct || self == .indexed256 }

  /// The number by which a terminal of this depth knows the colour nearest to `colour`: 24 bits
  /// for direct colour, else an index; nil for monochrome.
  ///
  /// Nearest is by squared differences weighted 2 for red, 4 for green and 3 for blue; the lowest
  /// index wins a tie.
  public func index(of colour: Colour) -> Int? {
    switch self {
    case .monochrome: nil
    case .indexed8: nearestOfEight(colour)
    case .indexed256: nearestOf256(colour)
    case .direct: Int(colour.hex)
    }
  }

  /// How much the squared differences of channels count in the distance of two colours.
  static let weights = (red: 2, green: 4, blue: 3)

  /// The colour an index stands for; nil when the depth has no such index, or does not fix its
  /// colour (the first 16 of 256).
  public func colour(at index: Int) -> Colour? {
    switch self {
    case .monochrome: nil
    case .indexed8: eightColours.indices.contains(index) ? eightColours[index] : nil
    case .indexed256: paletteColour(index)
    case .direct: (0...0xFF_FFFF).contains(index) ? Colour(hex: UInt32(index)) : nil
    }
  }

  /// A style's colours as this depth's numbers, nil for the terminal's own.
  ///
  /// With eight colours a text that would vanish in its background, such as a dark grey rounded
  /// to black, takes the terminal's own colours and is dim.
  public func resolve(_ style: Style) -> ResolvedStyle {
    var resolved = ResolvedStyle(
      foreground: style.foreground.flatMap(index(of:)),
      background: style.background.flatMap(index(of:)), attributes: style.attributes)
    if self == .indexed8, let foreground = style.foreground {
      if resolved.background == nil && resolved.foreground == 0 {
        resolved.foreground = nil
        if foreground != .black { resolved.attributes.insert(.dim) }
      } else if let background = resolved.background, resolved.foreground == background,
        style.background != foreground
      {
        resolved.foreground = eightColours[background].luma < 128 ? 7 : 0
      }
    }
    return resolved
  }
}

/// A style in the numbers of one colour depth.
public struct ResolvedStyle: Hashable, Sendable {
  /// The colour of the text; nil is the terminal's own.
  public var foreground: Int?
  /// The colour behind the text; nil is the terminal's own.
  public var background: Int?
  /// What else sets the text apart.
  public var attributes: Style.Attributes
}

// MARK: - Palettes

// xterm's, the most common; terminals differ little.
private let eightColours: [Colour] = [
  Colour(0, 0, 0), Colour(205, 0, 0), Colour(0, 205, 0), Colour(205, 205, 0),
  Colour(0, 0, 238), Colour(205, 0, 205), Colour(0, 205, 205), Colour(229, 229, 229),
]

private let cubeLevels = [0, 95, 135, 175, 215, 255]
private let firstCube = 16
private let firstGrey = 232

// For each level 0...255, the nearest of the cube's six, the lower one of two as near.
private let nearestCubeLevel: [Int] = (0...255).map { value in
  cubeLevels.indices.min { abs(cubeLevels[$0] - value) < abs(cubeLevels[$1] - value) } ?? 0
}

private func paletteColour(_ index: Int) -> Colour? {
  switch index {
  case firstCube..<firstGrey:
    let cube = index - firstCube
    return Colour(
      UInt8(cubeLevels[cube / 36]), UInt8(cubeLevels[cube / 6 % 6]), UInt8(cubeLevels[cube % 6]))
  case firstGrey...255: return Colour(grey: UInt8(8 + 10 * (index - firstGrey)))
  default: return nil
  }
}

private func distance(_ colour: Colour, _ red: Int, _ green: Int, _ blue: Int) -> Int {
  let red = Int(colour.red) - red
  let green = Int(colour.green) - green
  let blue = Int(colour.blue) - blue
  let weights = ColourDepth.weights
  return weights.red * red * red + weights.green * green * green + weights.blue * blue * blue
}

private func nearestOfEight(_ colour: Colour) -> Int {
  var best = 0
  var bestDistance = Int.max
  for (index, candidate) in eightColours.enumerated() {
    let distance = distance(
      colour, Int(candidate.red), Int(candidate.green), Int(candidate.blue))
    if distance < bestDistance { (best, bestDistance) = (index, distance) }
  }
  return best
}

/// The weighted distance is a sum over channels, so the nearest of the cube is the nearest level
/// of each channel, and the nearest grey is the one nearest to the weighted mean.
private func nearestOf256(_ colour: Colour) -> Int {
  let red = nearestCubeLevel[Int(colour.red)]
  let green = nearestCubeLevel[Int(colour.green)]
  let blue = nearestCubeLevel[Int(colour.blue)]
  let cubeDistance = distance(colour, cubeLevels[red], cubeLevels[green], cubeLevels[blue])

  let weights = ColourDepth.weights
  let total = weights.red + weights.green + weights.blue
  let sum =
    weights.red * Int(colour.red) + weights.green * Int(colour.green)
    + weights.blue * Int(colour.blue)
  // The nearest of 8, 18, … 238 to sum / total, rounding halves down.
  let step = (sum - 8 * total + 5 * total - 1) / (10 * total)
  let grey = min(max(step, 0), 23)
  let level = 8 + 10 * grey
  if distance(colour, level, level, level) < cubeDistance { return firstGrey + grey }
  return firstCube + 36 * red + 6 * green + blue
}
