// Pictures in cells that a terminal can be told in few bytes. What goes before this for 256 colours is
// in PairDithering.swift, what is left out behind it in CTerminal/economy.c.

import Foundation

/// How exactly the colours of pictures are shown.
public enum PictureFidelity: Hashable, Sendable {
  /// As they are.
  case exact
  /// No pixel further off than the eye tells apart: within 0.0195 in Oklab, where CSS Color 4 counts
  /// 0.02 as the least that is noticed. With 24 bits a colour takes a quarter of the bytes; palettes
  /// have no colours so near to each other, and stay exact.
  case asSeen
  /// As seen where a frame then takes no more than so many bytes; else every pixel as near as these
  /// bytes allow, and where none is near enough, blocks of one colour. For a moment, until nothing
  /// happens: then the picture is improved.
  case within(bytes: Int)
  /// As seen in the first rows that are not yet, as many as take about so many bytes; the others stay as
  /// they are shown. Again and again, until all rows are shown as seen.
  case improving(bytes: Int)
  /// As improving, of a picture that was shown as seen and changes by little again and again, such as a
  /// mean that goes on: what is shown stays until it is twice as far off as the eye tells apart. What is
  /// written is as seen.
  case settling(bytes: Int)
  /// All rows so.
  case settled

  /// Whether what is shown so need not be written again to be shown another way.
  package func covers(_ wanted: PictureFidelity) -> Bool {
    switch (self, wanted) {
    case (.exact, _), (_, .within): true
    case (_, .exact): false
    case (.asSeen, _), (.settled, .settled), (.settled, .settling): true
    case (.settled, _), (.within, _), (.improving, _), (.settling, _): false
    }
  }
}

/// A screen in the form in which it is written.
public struct EconomicalScreen: Hashable, Sendable {
  /// The screen.
  public let screen: Screen
  /// How exactly the pictures are shown that were searched for it: as seen where the bytes suffice.
  public let fidelity: PictureFidelity
}

extension Screen {
  /// The screen with its pictures in cells that take few bytes to write over another screen. It looks
  /// the same, or as `fidelity` allows; all that is no picture stays.
  ///
  /// Two pixels can be shown by an upper half block or, with the colours exchanged, by a lower one;
  /// two of one colour by a space or by a full block. A colour that the terminal has set for the cell
  /// before costs nothing, and neither does a cell that is shown already. For each row the cheapest
  /// way through all cells is searched.
  ///
  /// - Parameters:
  ///   - shown: What the terminal shows, as this function gave it; nil if nothing is known of it.
  ///   - asked: The screen that it was given for, with the same depth and symbols and a fidelity that
  ///     covers this one: rows that are the same stay as they are shown. Nil if that is not known; rows
  ///     are then searched anew.
  ///   - depth: The terminal's colours.
  ///   - symbols: Its glyphs. Without half blocks pictures consist of spaces.
  public func economical(
    over shown: Screen?, of asked: Screen? = nil, depth: ColourDepth, symbols: Symbols,
    _ fidelity: PictureFidelity
  ) -> EconomicalScreen {
    guard depth.showsPictures else { return EconomicalScreen(screen: self, fidelity: .exact) }
    let form = PictureForm(shown, asked, depth, symbols)
    let unnoticed = depth == .direct ? Oklab.unnoticed : 0
    var fidelity = fidelity
    // Where nothing is shown there is nothing to improve.
    switch fidelity {
    case .improving(let bytes) where shown == nil, .settling(let bytes) where shown == nil:
      fidelity = .within(bytes: bytes)
    default: break
    }
    switch fidelity {
    case .exact: return .init(screen: form.whole(self, tolerance: 0), fidelity: .exact)
    case .asSeen: return .init(screen: form.whole(self, tolerance: unnoticed), fidelity: .asSeen)
    case .within(let bytes):
      let (screen, tolerance) = form.fitting(self, into: bytes, from: unnoticed)
      return .init(screen: screen, fidelity: tolerance == unnoticed ? .asSeen : fidelity)
    case .improving(let bytes):
      let (screen, isWhole) = form.improved(self, by: bytes, tolerance: unnoticed)
      return .init(screen: screen, fidelity: isWhole ? .asSeen : fidelity)
    case .settling(let bytes):
      let (screen, isWhole) = form.improved(
        self, by: bytes, tolerance: unnoticed, keeping: 2 * unnoticed)
      let reached: PictureFidelity = unnoticed > 0 ? .settled : .asSeen
      return .init(screen: screen, fidelity: isWhole ? reached : fidelity)
    case .settled:
      return .init(
        screen: form.whole(self, tolerance: unnoticed, keeping: 2 * unnoticed), fidelity: .settled)
    }
  }
}

/// Brings screens into the form in which they are written over another.
private struct PictureForm {
  let known: Screen?
  let wanted: Screen?
  let depth: ColourDepth
  let hasBlocks: Bool

  init(_ shown: Screen?, _ asked: Screen?, _ depth: ColourDepth, _ symbols: Symbols) {
    (known, wanted, self.depth) = (shown, asked, depth)
    hasBlocks = symbols.upperHalf != nil
  }

  /// The furthest from the wanted colour that a pixel is shown for a moment.
  private static let furthest: Float = 0.12
  /// Where palettes begin: none has two colours nearer to each other that pictures need.
  private static let nearestOfPalette: Float = 0.05

  /// A screen whose pixels are within a distance of theirs.
  ///
  /// - Parameter kept: The distance up to which what is shown stays; the same if nil.
  func whole(_ screen: Screen, tolerance: Float, keeping kept: Float? = nil) -> Screen {
    search(screen, tolerance: tolerance, keeping: kept, following: 6).screen
  }

  /// What is shown, with its first rows within a distance of the screen's, as far as some bytes go.
  ///
  /// - Parameter kept: The distance up to which what is shown stays; the same if nil.
  func improved(
    _ screen: Screen, by bytes: Int, tolerance: Float, keeping kept: Float? = nil
  ) -> (screen: Screen, isWhole: Bool) {
    let found = search(
      screen, tolerance: tolerance, keeping: kept, following: 6, limit: bytes)
    guard !found.isWhole, let known = rows(of: known, as: screen) else {
      return (found.screen, true)
    }
    var improved = found.screen
    let (width, height) = (screen.width, screen.height)
    for y in found.rows..<height {
      improved.replaceRow(y, with: Array(known.cells[y * width..<(y + 1) * width]))
    }
    // Of rows that were not reached, some may need nothing.
    return (improved, found.rows == height)
  }

  /// A screen that is written in so many bytes, its pixels as near to theirs as that allows.
  ///
  /// - Parameter unnoticed: The distance that is tried first.
  /// - Returns: The screen, and the distance within which its pixels are; nil where they are blocks.
  func fitting(
    _ screen: Screen, into bytes: Int, from unnoticed: Float
  ) -> (screen: Screen, tolerance: Float?) {
    // A quarter of the rows tells about how many bytes all of them would take.
    let sample = search(screen, tolerance: unnoticed, following: 4, every: 4)
    let excess = 4 * Float(sample.bytes) / Float(max(1, bytes))
    var tolerance = unnoticed
    if excess > 1 {
      // Of a photo's bytes half are left at a little more than twice the distance; a dithered one
      // loses fewer.
      tolerance =
        depth == .direct ? unnoticed * pow(excess, 1.2) : Self.nearestOfPalette * excess * excess
    }
    let least = depth == .direct ? unnoticed : Self.nearestOfPalette
    var tooNear = least
    while tolerance <= Self.furthest {
      let found = search(screen, tolerance: tolerance, following: 4, limit: bytes)
      guard found.isWhole else {
        tooNear = max(tolerance, least)
        tolerance = max(1.2 * tolerance, least)
        continue
      }
      // Where many bytes are left, a nearer distance may do as well.
      if tolerance > 1.1 * tooNear, 5 * found.bytes < 4 * bytes {
        let nearer = (tolerance * tooNear).squareRoot()
        let better = search(screen, tolerance: nearer, following: 4, limit: bytes)
        if better.isWhole { return (better.screen, nearer) }
      }
      return (found.screen, tolerance)
    }
    func inBlocks(of columns: Int, limit: Int) -> Found {
      search(
        screen.withCoarsePictures(columns: columns), tolerance: unnoticed, following: 4,
        limit: limit)
    }
    for columns in [2, 4] {
      let found = inBlocks(of: columns, limit: bytes)
      if found.isWhole { return (found.screen, nil) }
    }
    let blocks = inBlocks(of: 8, limit: .max)
    guard blocks.bytes > bytes else { return (blocks.screen, nil) }
    // Blocks are all written anew; what is near enough to what is shown is not.
    let near = search(screen, tolerance: Self.furthest, following: 4, limit: .max)
    return (near.bytes <= blocks.bytes ? near.screen : blocks.screen, nil)
  }

  private struct Found {
    var screen: Screen
    /// Bytes of the rows that were searched.
    var bytes = 0
    /// The rows before the first that was not searched.
    var rows = 0
    /// Whether all rows were searched.
    var isWhole = true
  }

  private func rows(of other: Screen?, as screen: Screen) -> Screen? {
    other.flatMap { $0.width == screen.width && $0.height == screen.height ? $0 : nil }
  }

  /// Searches row after row, until they take more than so many bytes.
  private func search(
    _ screen: Screen, tolerance: Float, keeping kept: Float? = nil, following: Int,
    every step: Int = 1, limit: Int? = nil
  ) -> Found {
    let (width, height) = (screen.width, screen.height)
    let (known, wanted) = (rows(of: known, as: screen), rows(of: wanted, as: screen))
    var found = Found(screen: screen)
    var writer = PictureRowWriter(
      tolerance: tolerance, keeping: kept, depth: depth, hasBlocks: hasBlocks,
      following: following)
    for y in stride(from: step / 2, to: height, by: step) {
      let columns = y * width..<(y + 1) * width
      if let known, let wanted, wanted.cells[columns] == screen.cells[columns] {
        found.screen.replaceRow(y, with: Array(known.cells[columns]))
        continue
      }
      let row = Array(screen.cells[columns])
      let former = known.map { Array($0.cells[columns]) }
      if row != former, row.contains(where: { PicturePixels($0) != nil }) {
        found.screen.replaceRow(y, with: writer.cheapest(row, over: former))
      }
      guard limit != nil || step > 1 else { continue }
      found.bytes += PictureBytes.row(
        found.screen.cells[columns], over: known?.cells[columns], depth)
      if let limit, found.bytes > limit {
        (found.isWhole, found.rows) = (false, y + 1)
        return found
      }
    }
    found.rows = height
    return found
  }
}

/// What a cell of a picture shows.
struct PicturePixels: Hashable, Sendable {
  let upper: Colour
  let lower: Colour
}

extension PicturePixels {
  /// The pixels of a cell; nil if it is not one of a picture.
  init?(_ cell: Cell) {
    guard cell.span == .single, cell.style.attributes.isEmpty,
      let ground = cell.style.background
    else { return nil }
    switch (cell.character, cell.style.foreground) {
    case (" ", _): self.init(upper: ground, lower: ground)
    case ("▀", let ink?): self.init(upper: ink, lower: ground)
    case ("▄", let ink?): self.init(upper: ground, lower: ink)
    case ("█", let ink?): self.init(upper: ink, lower: ink)
    default: return nil
    }
  }
}
