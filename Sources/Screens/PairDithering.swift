// Pictures in 256 colours: which two of them each cell has, so that areas have the colours that no
// pixel of them can have, and neighbours need few new ones.

/// Brings rows of pixels down to the palette of 256.
///
/// Each pixel of a cell is drawn with one of two colours of the palette, the nearer one more often
/// (ordered dithering, Bayer 1973). Which two they are is chosen for a row of cells at once, by the
/// least sum of three things: how far the mean of the two lies from the pixel (squared and weighted as
/// distances of ``ColourDepth`` are), how far they lie from each other, as that is seen as grain, and
/// how many bytes the terminal has to be told. The colours that it has of the cell before are free: a
/// block that is full, upper, lower or empty shows the two in any way.
///
/// Against the nearest colour and its mirror image, chosen for each pixel alone, photos under a map
/// took 13 KB a frame of 60 × 30 cells instead of 36, and their blurred colours were a fifth nearer
/// to the wanted ones.
struct PairDithering {
  /// Two pixels, one above the other.
  typealias Pixels = (upper: Colour, lower: Colour)

  /// A byte weighs as much as this error, in squared levels of 255.
  private static let errorPerByte: Float = 2
  /// What of the variance of a dithered area counts as error.
  private static let grain: Float = 0.2
  /// How many ways to draw the cells so far are followed: one is a tenth longer, eight are 2 %
  /// shorter.
  private static let followed = 3

  /// What the terminal has set after a cell, and what that took.
  private struct Path {
    var ink: Int
    var ground: Int
    var cost: Float
    var step: Step
  }

  /// How a cell is drawn, and after which path of the cell before it.
  private struct Step {
    var former: Int
    var upper: Int
    var lower: Int
  }

  private static let unknown = -1
  private var paths: [Path] = []
  private var next: [Path] = []
  private var steps: [Step] = []

  /// The palette's colours for the pixels of a row of cells.
  ///
  /// - Parameters:
  ///   - pixels: The pixels of the cells, from left to right.
  ///   - row: The row of the upper ones in the picture; the first cell is in column 0.
  mutating func dithered(_ pixels: [Pixels], row: Int) -> [Pixels] {
    guard !pixels.isEmpty else { return [] }
    let none = Step(former: 0, upper: 0, lower: 0)
    paths = [Path(ink: Self.unknown, ground: Self.unknown, cost: 0, step: none)]
    steps.removeAll(keepingCapacity: true)
    for (column, cell) in pixels.enumerated() {
      next.removeAll(keepingCapacity: true)
      let upper = Wanted(cell.upper, column: column, row: row)
      let lower = Wanted(cell.lower, column: column, row: row + 1)
      for (index, path) in paths.enumerated() { extend(path, at: index, upper, lower) }
      swap(&paths, &next)
      for slot in 0..<Self.followed { steps.append(slot < paths.count ? paths[slot].step : none) }
    }
    var drawn = pixels
    var slot = 0
    for column in pixels.indices.reversed() {
      let step = steps[column * Self.followed + slot]
      drawn[column] = (Palette.colours[step.upper], Palette.colours[step.lower])
      slot = step.former
    }
    return drawn
  }

  /// Follows a path by every way to draw the next cell with colours that are set, or that the cell
  /// would have alone.
  private mutating func extend(_ path: Path, at index: Int, _ upper: Wanted, _ lower: Wanted) {
    let candidates = [upper.near, upper.far, lower.near, lower.far, path.ink, path.ground]
    withUnsafeTemporaryAllocation(of: Int.self, capacity: candidates.count) { distinct in
      var count = 0
      for candidate in candidates
      where candidate != Self.unknown && !distinct[..<count].contains(candidate) {
        distinct[count] = candidate
        count += 1
      }
      for first in 0..<count {
        for second in first..<count {
          let (low, high) = (
            min(distinct[first], distinct[second]), max(distinct[first], distinct[second])
          )
          let (above, below) = (upper.drawn(low, high), lower.drawn(low, high))
          let cost = path.cost + above.error + below.error
          let step = Step(former: index, upper: above.colour, lower: below.colour)
          if above.colour == below.colour {
            keep(path, ink: path.ink, ground: above.colour, glyph: 1, cost, step)
            keep(path, ink: above.colour, ground: path.ground, glyph: 3, cost, step)
          } else {
            keep(path, ink: above.colour, ground: below.colour, glyph: 3, cost, step)
            keep(path, ink: below.colour, ground: above.colour, glyph: 3, cost, step)
          }
        }
      }
    }
  }

  /// Keeps a way to draw a cell if it is among the best.
  private mutating func keep(
    _ path: Path, ink: Int, ground: Int, glyph: Int, _ cost: Float, _ step: Step
  ) {
    let bytes = glyph + PictureBytes.indexed(ink != path.ink, ground != path.ground)
    let cost = cost + Self.errorPerByte * Float(bytes)
    if next.count == Self.followed, cost >= next[next.count - 1].cost { return }
    if let same = next.firstIndex(where: { $0.ink == ink && $0.ground == ground }) {
      guard cost < next[same].cost else { return }
      next.remove(at: same)
    }
    let place = next.firstIndex { cost < $0.cost } ?? next.count
    next.insert(Path(ink: ink, ground: ground, cost: cost, step: step), at: place)
    if next.count > Self.followed { next.removeLast() }
  }

  /// A pixel that is to be drawn.
  private struct Wanted {
    let colour: SIMD3<Float>
    /// The palette's nearest colour, and one as far beyond the pixel's.
    let near: Int
    let far: Int
    /// The share of the second of two colours from which on the second is drawn.
    let threshold: Float

    init(_ colour: Colour, column: Int, row: Int) {
      self.colour = SIMD3(colour)
      near = Palette.nearest(colour)
      let nearest = Palette.colours[near]
      far = Palette.nearest(
        Colour(
          Self.mirrored(colour.red, at: nearest.red),
          Self.mirrored(colour.green, at: nearest.green),
          Self.mirrored(colour.blue, at: nearest.blue)))
      threshold = Float(2 * bayer[(row & 3) * 4 + (column & 3)] + 1) / 32
    }

    private static func mirrored(_ level: UInt8, at near: UInt8) -> UInt8 {
      UInt8(min(255, max(0, 2 * Int(level) - Int(near))))
    }

    /// Which of two colours is drawn, and how far both together are from what is wanted.
    func drawn(_ first: Int, _ second: Int) -> (colour: Int, error: Float) {
      let start = Palette.points[first]
      let across = Palette.points[second] - start
      let length = (across * across * weights).sum()
      let share = length > 0 ? ((colour - start) * across * weights).sum() / length : 0
      let bounded = min(1, max(0, share))
      let miss = start + bounded * across - colour
      let error =
        (miss * miss * weights).sum()
        + PairDithering.grain * bounded * (1 - bounded) * length
      return (bounded > threshold ? second : first, error)
    }
  }
}

// The order in which the pixels of a square of 4 × 4 turn from one colour to another.
private let bayer = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]

// Those of ColourDepth's distances, as shares.
private let weights = SIMD3<Float>(2, 4, 3) / 9

/// The colours that all terminals of 256 have alike, by their place in the palette.
private enum Palette {
  static let colours: [Colour] = (0...255).map {
    ColourDepth.indexed256.colour(at: $0) ?? .black
  }
  static let points: [SIMD3<Float>] = colours.map { SIMD3($0) }

  static func nearest(_ colour: Colour) -> Int { ColourDepth.indexed256.index(of: colour) ?? 16 }
}

extension SIMD3<Float> {
  /// Red, green and blue, each 0 to 255.
  fileprivate init(_ colour: Colour) {
    self.init(Float(colour.red), Float(colour.green), Float(colour.blue))
  }
}
