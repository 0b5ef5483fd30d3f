// The cheapest form of a row of cells that show pictures; which rows are searched, and how exactly they must
// look, is in EconomicalPictures.swift.

/// Searches the cheapest way to write a row.
struct PictureRowWriter {
  /// How far a pixel may be from the wanted colour, in Oklab; 0 where none but itself will do.
  private let tolerance: Float
  /// How far a pixel that is shown already may be from it to stay.
  private let keptTolerance: Float
  private let depth: ColourDepth
  private let hasBlocks: Bool

  /// A byte weighs as much as this squared distance: nearly as much as the largest one that is allowed.
  private var errorPerByte: Float { tolerance > 0 ? 0.8 * tolerance * tolerance : 1 }
  /// How many pixels to the right may share a colour.
  private static let reach = 8

  /// A colour that can be set.
  private struct Shade: Equatable {
    let colour: Colour
    let bytes: Int
    /// What tells how near other colours are; nil where none will do but itself.
    let place: Oklab?

    static func == (one: Shade, other: Shade) -> Bool { one.colour == other.colour }
  }

  /// What the terminal has set after a cell.
  private struct Pen: Equatable {
    var ink: Shade?
    var ground: Shade?
    /// Whether the cell was written, so that the cursor stands behind it.
    var isWriting: Bool
  }

  private enum Glyph: String {
    case kept = ""
    case empty = " "
    case upper = "▀"
    case lower = "▄"
    case full = "█"
  }

  /// How a cell is written.
  private struct Step {
    var glyph: Glyph
    var ink: Colour?
    var ground: Colour?
  }

  private typealias Search = BeamSearch<Pen, Step>

  private var search: Search

  /// Writes rows for a terminal of a depth, with half blocks or without.
  ///
  /// - Parameters:
  ///   - kept: How far a pixel that is shown may be from the wanted colour to stay; as far as any other
  ///     if nil.
  ///   - following: The ways that are followed. Two took a tenth more bytes than four; where other
  ///     colours will do, six took a twentieth less, and half as long again.
  init(
    tolerance: Float, keeping kept: Float? = nil, depth: ColourDepth, hasBlocks: Bool,
    following: Int
  ) {
    (self.tolerance, self.depth, self.hasBlocks) = (tolerance, depth, hasBlocks)
    keptTolerance = max(tolerance, kept ?? 0)
    search = Search(following: tolerance > 0 ? following : min(4, following))
  }

  /// A row's cells, those of pictures in the form that is written with the fewest bytes.
  mutating func cheapest(_ row: [Cell], over former: [Cell]?) -> [Cell] {
    let pixels = row.map { PicturePixels($0) }
    let upper = shades(pixels.map { $0?.upper })
    let lower = shades(pixels.map { $0?.lower })
    search.begin(Pen(ink: nil, ground: nil, isWriting: false))
    for column in row.indices {
      if let above = upper[column], let below = lower[column] {
        let candidates = Candidates(
          upper: [above] + shared(by: [upper], from: column),
          lower: [below] + shared(by: [lower], from: column),
          both: shared(by: [upper, lower], from: column))
        let isShown = former.map { shows($0[column], above, below) } ?? false
        for (index, path) in search.paths.enumerated() {
          if isShown { keep(path, index, path.state.ink, path.state.ground, glyph: .kept, 0) }
          extend(path, at: index, above, below, candidates)
        }
      } else {
        let isKept = former?[column] == row[column]
        for (index, path) in search.paths.enumerated() {
          pass(row[column], isKept, path, at: index)
        }
      }
      search.advance()
    }
    return written(row, pixels, over: former)
  }

  private func written(
    _ row: [Cell], _ pixels: [PicturePixels?], over former: [Cell]?
  ) -> [Cell] {
    var cells = row
    for (column, step) in search.cheapest().enumerated() where pixels[column] != nil {
      if step.glyph == .kept, let former {
        cells[column] = former[column]
      } else {
        cells[column] = Cell(
          Character(step.glyph.rawValue),
          style: Style(foreground: step.ink, background: step.ground))
      }
    }
    return cells
  }

  // MARK: Colours

  private func shade(_ colour: Colour) -> Shade {
    Shade(
      colour: colour, bytes: PictureBytes.colour(colour, depth),
      place: tolerance > 0 ? Oklab(colour) : nil)
  }

  private func shades(_ colours: [Colour?]) -> [Shade?] {
    var last: Shade?
    return colours.map { colour in
      guard let colour else { return nil }
      if let last, last.colour == colour { return last }
      last = shade(colour)
      return last
    }
  }

  /// The squared distance of a colour from the wanted one; nil if it would be noticed.
  private func error(_ drawn: Shade, _ wanted: Shade) -> Float? {
    error(drawn, wanted, within: tolerance)
  }

  private func error(_ drawn: Shade, _ wanted: Shade, within tolerance: Float) -> Float? {
    if drawn == wanted { return 0 }
    guard let place = drawn.place, let wantedPlace = wanted.place else { return nil }
    let error = place.squaredDistance(to: wantedPlace)
    return error <= tolerance * tolerance ? error : nil
  }

  /// Whether a cell shows two pixels already.
  private func shows(_ cell: Cell, _ upper: Shade, _ lower: Shade) -> Bool {
    guard let pixels = PicturePixels(cell) else { return false }
    return passes(pixels.upper, for: upper) && passes(pixels.lower, for: lower)
  }

  private func passes(_ shown: Colour, for wanted: Shade) -> Bool {
    shown == wanted.colour
      || tolerance > 0 && error(shade(shown), wanted, within: keptTolerance) != nil
  }

  /// The mean colour of as many pixels to the right as it can stand for.
  private func shared(by rows: [[Shade?]], from column: Int) -> [Shade] {
    // A mean is in no palette.
    guard tolerance > 0, depth == .direct else { return [] }
    var best: Shade?
    var sum = SIMD3<Int>(0, 0, 0)
    var count = 0
    reaching: for end in column..<min(column + Self.reach, rows[0].count) {
      for row in rows {
        guard let pixel = row[end]?.colour else { break reaching }
        sum &+= SIMD3(Int(pixel.red), Int(pixel.green), Int(pixel.blue))
        count += 1
      }
      guard count > 1 else { continue }
      let half = SIMD3(repeating: count / 2)
      let mean = (sum &+ half) / SIMD3(repeating: count)
      let shade = shade(Colour(UInt8(mean.x), UInt8(mean.y), UInt8(mean.z)))
      for row in rows {
        for pixel in row[column...end] {
          guard let pixel, error(shade, pixel) != nil else { break reaching }
        }
      }
      best = shade
    }
    return best.map { [$0] } ?? []
  }

  private struct Candidates {
    let upper: [Shade]
    let lower: [Shade]
    let both: [Shade]
  }

  // MARK: Paths

  /// A cell that is no picture: it is kept, or its style is set.
  private mutating func pass(
    _ cell: Cell, _ isKept: Bool, _ path: Search.Path, at index: Int
  ) {
    if isKept { return keep(path, index, path.state.ink, path.state.ground, glyph: .kept, 0) }
    // Attributes are switched off together with the colours.
    let stays = cell.style.attributes.isEmpty
    let ink = stays ? cell.style.foreground.map(shade) : nil
    let ground = stays ? cell.style.background.map(shade) : nil
    keep(path, index, ink, ground, glyph: .empty, 0)
  }

  /// Follows a path by every way to write a cell of a picture.
  private mutating func extend(
    _ path: Search.Path, at index: Int, _ upper: Shade, _ lower: Shade, _ candidates: Candidates
  ) {
    let pen = path.state
    let set = [pen.ink, pen.ground].compactMap { $0 } + candidates.both
    let above = allowed(set + candidates.upper, upper)
    let below = allowed(set + candidates.lower, lower)
    for (shade, error) in above {
      guard let other = self.error(shade, lower) else { continue }
      keep(path, index, pen.ink, shade, glyph: .empty, error + other)
      if hasBlocks, pen.ground != nil {
        keep(path, index, shade, pen.ground, glyph: .full, error + other)
      }
    }
    for (shade, error) in below where !above.contains(where: { $0.shade == shade }) {
      guard let other = self.error(shade, upper) else { continue }
      keep(path, index, pen.ink, shade, glyph: .empty, error + other)
    }
    guard hasBlocks else { return }
    for first in above {
      for second in below where first.shade != second.shade {
        let error = first.error + second.error
        keep(path, index, first.shade, second.shade, glyph: .upper, error)
        keep(path, index, second.shade, first.shade, glyph: .lower, error)
      }
    }
  }

  private func allowed(_ shades: [Shade], _ wanted: Shade) -> [(shade: Shade, error: Float)] {
    var found: [(shade: Shade, error: Float)] = []
    for shade in shades where !found.contains(where: { $0.shade == shade }) {
      if let error = self.error(shade, wanted) { found.append((shade, error)) }
    }
    return found
  }

  /// Takes in a way to write a cell.
  private mutating func keep(
    _ path: Search.Path, _ index: Int, _ ink: Shade?, _ ground: Shade?, glyph: Glyph,
    _ error: Float
  ) {
    let pen = Pen(ink: ink, ground: ground, isWriting: glyph != .kept)
    var bytes = 0
    if pen.isWriting {
      bytes = glyph == .empty ? 1 : 3
      if !path.state.isWriting { bytes += PictureBytes.move }
      let (setsInk, setsGround) = (ink != path.state.ink, ground != path.state.ground)
      if setsInk { bytes += ink?.bytes ?? 5 }
      if setsGround { bytes += ground?.bytes ?? 5 }
      if setsInk && setsGround { bytes -= 2 }
    }
    search.extend(
      index, to: pen, by: Step(glyph: glyph, ink: ink?.colour, ground: ground?.colour),
      cost: path.cost + error + errorPerByte * Float(bytes))
  }
}
