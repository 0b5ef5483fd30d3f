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
///
/// Rows that were dithered last are kept, as most frames show pictures that the frame before them
/// showed: to look a row up is to hash and compare its colours, while to search it is to try up to 21
/// pairs of colours for both pixels of a cell after each of three ways to draw the cells before it. It
/// only saves time: what is dithered anew is the same.
public struct PairDithering: Sendable {
  /// A byte weighs as much as this error, in squared levels of 255.
  private static let errorPerByte: Float = 2
  /// What of the variance of a dithered area counts as error.
  private static let grain: Float = 0.2

  /// What the terminal has set after a cell, as places in the palette.
  private struct Pen: Equatable {
    var ink: Int
    var ground: Int
  }

  /// The colours of a cell's pixels, as places in the palette.
  private struct Step {
    var upper: Int
    var lower: Int
  }

  private typealias Search = BeamSearch<Pen, Step>

  private static let unknown = -1
  /// Three ways are followed: one is a tenth longer, eight are 2 % shorter.
  private var search = Search(following: 3)
  private var memory = Memory()

  /// Dithers; no row is kept yet.
  public init() {}

  /// The palette's colours for the pixels of a row of cells.
  ///
  /// - Parameters:
  ///   - pixels: The pixels of the cells, from left to right.
  ///   - row: The row of the upper ones in the picture; the first cell is in column 0.
  mutating func dithered(_ pixels: [PicturePixels], row: Int) -> [PicturePixels] {
    // The order in which pixels turn from one colour to another is the same each fourth row.
    let key = Memory.Row(pixels: pixels, phase: row & 3)
    if let drawn = memory[key] { return drawn }
    let drawn = searched(pixels, row: row)
    memory.keep(drawn, for: key)
    return drawn
  }

  private mutating func searched(_ pixels: [PicturePixels], row: Int) -> [PicturePixels] {
    search.begin(Pen(ink: Self.unknown, ground: Self.unknown))
    for (column, cell) in pixels.enumerated() {
      let upper = Wanted(cell.upper, column: column, row: row)
      let lower = Wanted(cell.lower, column: column, row: row + 1)
      for (index, path) in search.paths.enumerated() { extend(path, at: index, upper, lower) }
      search.advance()
    }
    return search.cheapest().map { step in
      PicturePixels(upper: Palette.colours[step.upper], lower: Palette.colours[step.lower])
    }
  }

  /// Follows a path by every way to draw the next cell with colours that are set, or that the cell
  /// would have alone.
  private mutating func extend(
    _ path: Search.Path, at index: Int, _ upper: Wanted, _ lower: Wanted
  ) {
    let pen = path.state
    let candidates = [upper.near, upper.far, lower.near, lower.far, pen.ink, pen.ground]
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
          let error = above.error + below.error
          let step = Step(upper: above.colour, lower: below.colour)
          if above.colour == below.colour {
            keep(path, index, Pen(ink: pen.ink, ground: above.colour), glyph: 1, error, step)
            keep(path, index, Pen(ink: above.colour, ground: pen.ground), glyph: 3, error, step)
          } else {
            keep(path, index, Pen(ink: above.colour, ground: below.colour), glyph: 3, error, step)
            keep(path, index, Pen(ink: below.colour, ground: above.colour), glyph: 3, error, step)
          }
        }
      }
    }
  }

  /// Takes in a way to draw a cell.
  private mutating func keep(
    _ path: Search.Path, _ index: Int, _ pen: Pen, glyph: Int, _ error: Float, _ step: Step
  ) {
    let bytes =
      glyph + PictureBytes.indexed(pen.ink != path.state.ink, pen.ground != path.state.ground)
    search.extend(
      index, to: pen, by: step, cost: path.cost + error + Self.errorPerByte * Float(bytes))
  }

  /// The rows that were dithered last.
  private struct Memory {
    struct Row: Hashable {
      let pixels: [PicturePixels]
      let phase: Int
    }

    /// Cells of the rows that are kept at least: more than a large screen has.
    private static let most = 1 << 15

    /// Those of before are forgotten when the later ones are as many as are kept.
    private var later: [Row: [PicturePixels]] = [:]
    private var before: [Row: [PicturePixels]] = [:]
    private var cells = 0

    subscript(row: Row) -> [PicturePixels]? {
      mutating get {
        if let drawn = later[row] { return drawn }
        guard let drawn = before[row] else { return nil }
        keep(drawn, for: row)
        return drawn
      }
    }

    mutating func keep(_ drawn: [PicturePixels], for row: Row) {
      if cells >= Self.most { (before, later, cells) = (later, [:], 0) }
      later[row] = drawn
      cells += drawn.count
    }
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
private let weights: SIMD3<Float> = {
  let weights = ColourDepth.weights
  let numbers = SIMD3(Float(weights.red), Float(weights.green), Float(weights.blue))
  return numbers / numbers.sum()
}()

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
