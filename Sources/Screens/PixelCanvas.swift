// Pictures in cells: two square pixels in each, one above the other.

/// Draws pixels into cells as well as the colours and glyphs at hand allow.
///
/// A cell is taken to be twice as high as wide, so a pixel is square in every mode.
public struct PixelCanvas: Hashable, Sendable {
  /// The colours the screen will be shown with.
  public let depth: ColourDepth
  /// The glyphs to draw with.
  public let symbols: Symbols

  /// A canvas for a terminal's colours and glyphs.
  public init(depth: ColourDepth, symbols: Symbols) {
    self.depth = depth
    self.symbols = symbols
  }

  /// How many pixels an area shows: its width by twice its height.
  public func resolution(of area: Rect) -> (width: Int, height: Int) {
    (area.width, 2 * area.height)
  }

  /// The largest area in the middle of `area` whose pixels have the proportions of a picture of
  /// `width × height`; empty when any of them is.
  public func fitted(width: Int, height: Int, in area: Rect) -> Rect {
    guard width > 0, height > 0, !area.isEmpty else { return area.centred(width: 0, height: 0) }
    let scale = min(
      Double(area.width) / Double(width), Double(2 * area.height) / Double(height))
    let columns = min(area.width, max(1, Int((Double(width) * scale).rounded())))
    let rows = min(area.height, max(1, Int((Double(height) * scale / 2).rounded())))
    return area.centred(width: columns, height: rows)
  }

  /// Draws an area's pixels, each asked of `pixel` once by its column (0 ..< width) and row
  /// (0 ..< 2 × height); cells outside the screen are not asked for.
  ///
  /// - With 256 colours or more and a half block, both pixels of a cell have their colour, with 256
  ///   by two of the palette in each cell, dithered.
  /// - With such colours and ASCII only, a cell shows the mean of its two.
  /// - Without, a glyph of as much ink as the mean is bright.
  ///
  /// - Parameter dithering: What dithers, with the rows that it did last.
  public func draw(
    in area: Rect, on screen: inout Screen, dithering: inout PairDithering,
    pixel: (_ x: Int, _ y: Int) -> Colour
  ) {
    let shown = area.intersection(screen.bounds)
    for y in shown.y..<shown.endY {
      let row = 2 * (y - area.y)
      var pixels = (shown.x..<shown.endX).map { x in
        PicturePixels(upper: pixel(x - area.x, row), lower: pixel(x - area.x, row + 1))
      }
      if depth == .indexed256 { pixels = dithering.dithered(pixels, row: row) }
      for (x, pixel) in zip(shown.x..., pixels) {
        let (character, style) = glyph(upper: pixel.upper, lower: pixel.lower)
        screen.put(character, x: x, y: y, style: style)
      }
    }
  }

  /// Draws an area's pixels, all of them anew.
  public func draw(
    in area: Rect, on screen: inout Screen, pixel: (_ x: Int, _ y: Int) -> Colour
  ) {
    var dithering = PairDithering()
    draw(in: area, on: &screen, dithering: &dithering, pixel: pixel)
  }

  /// Draws pixels given row by row, `width` in each; those outside `area` are left out, and where
  /// there are too few the cells stay.
  ///
  /// - Parameter dithering: What dithers, with the rows that it did last.
  public func draw(
    _ pixels: [Colour], width: Int, in area: Rect, on screen: inout Screen,
    dithering: inout PairDithering
  ) {
    guard width > 0 else { return }
    let height = pixels.count / width
    let shown = Rect(
      x: area.x, y: area.y, width: min(area.width, width), height: min(area.height, height / 2))
    draw(in: shown, on: &screen, dithering: &dithering) { x, y in pixels[y * width + x] }
  }

  /// Draws pixels given row by row, all of them anew.
  public func draw(_ pixels: [Colour], width: Int, in area: Rect, on screen: inout Screen) {
    var dithering = PairDithering()
    draw(pixels, width: width, in: area, on: &screen, dithering: &dithering)
  }

  /// The character and style that show two pixels, one above the other.
  public func glyph(upper: Colour, lower: Colour) -> (character: Character, style: Style) {
    guard depth.showsPictures else {
      let levels = symbols.luminance.count
      let level = (upper.luma + lower.luma) * levels / 512
      return (symbols.luminance[level], .plain)
    }
    // A cell of one colour looks the same without a glyph, and whole where fonts leave gaps.
    guard let upperHalf = symbols.upperHalf, upper != lower else {
      return (" ", Style(background: upper.mixed(with: lower, amount: 0.5)))
    }
    return (upperHalf, Style(foreground: upper, background: lower))
  }
}
