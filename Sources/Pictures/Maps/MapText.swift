// A map in characters: more ink for larger values, or half blocks in colours.

import Screens
import Tensors

/// What text formats need to know of where they are shown.
public struct TextPage: Sendable, Hashable {
  /// Characters in a line.
  public var width: Int
  /// The colours that may be used.
  public var depth: ColourDepth
  /// The glyphs that may be used.
  public var symbols: Symbols

  /// A page.
  public init(width: Int, depth: ColourDepth, symbols: Symbols) {
    (self.width, self.depth, self.symbols) = (width, depth, symbols)
  }
}

extension MapDrawing {
  /// The caption, and characters of more ink for larger numbers, ASCII alone.
  ///
  /// - Throws: `MapSizeError` for a width at which there would be too many lines.
  public func plainText(_ page: TextPage) throws(MapSizeError) -> String {
    let symbols = Symbols.ascii
    let shown = try cells(width: page.width, pixelsPerCell: 1)
    let fitted = shading(of: shown).transfer
    let (rows, columns) = (shown.shape[0], shown.shape[1])
    var text = captionText + scale(fitted) { "'\(symbols.luminance(of: $0))'" }
    shown.withUnsafeElements { numbers in
      for row in 0..<rows {
        let line = (0..<columns).map { column in
          fitted.shade(of: numbers[row * columns + column]).map(symbols.luminance) ?? "?"
        }
        text += String(line).trimmingSuffix(" ") + "\n"
      }
    }
    return text
  }

  /// The caption, a bar of the colours with their numbers, and half blocks in colours.
  ///
  /// - Throws: `MapSizeError` for a width at which there would be too many lines.
  public func ansiText(_ page: TextPage) throws(MapSizeError) -> String {
    let shown = try cells(width: page.width, pixelsPerCell: 2)
    let (height, width) = (shown.shape[0], shown.shape[1])
    let picture = picture(of: shown)
    var screen = Screen(width: width, height: (height + 1) / 2)
    PixelCanvas(depth: page.depth, symbols: page.symbols).draw(in: screen.bounds, on: &screen) {
      // A last odd row of pixels fills its cells.
      Colour(picture[x: $0, y: min($1, height - 1)])
    }
    return captionText + bar(shading(of: shown), page)
      + screen.ansiText(depth: page.depth)
  }

  private var captionText: String { caption.map { $0.visible + "\n" }.joined() }

  private static let mostCells = 1 << 22

  /// The map averaged to as many columns as there are, and rows so that pixels stay square.
  private func cells(width: Int, pixelsPerCell: Int) throws(MapSizeError) -> Tensor {
    // A cell is twice as high as wide.
    try check(width: width, rowsPerColumn: 0.5, most: Self.mostCells)
    let (rows, columns) = (map.shape[0], map.shape[1])
    let square = Double(rows) * Double(width) / Double(max(1, columns))
    let height = Int((square * Double(pixelsPerCell) / 2).rounded())
    // Strips of one row stay visible.
    return map.resampled(rows: max(pixelsPerCell, height), columns: width)
  }

  private func scale(_ fitted: FittedTransfer, _ mark: (Float) -> String) -> String {
    let marks: [Float] = [0, 0.5, 1]
    let values = marks.map { "\(mark($0)) is \(Figures.number(fitted.value(at: $0)))" }
    let remark = fitted.remarkOnCut.map { "; " + $0 } ?? ""
    return "scale \(fitted.transfer.rawValue): \(values.joined(separator: ", "))\(remark)\n"
  }

  private func bar(_ shading: MapShading, _ page: TextPage) -> String {
    let length = 24
    var screen = Screen(width: length, height: 1)
    PixelCanvas(depth: page.depth, symbols: page.symbols).draw(in: screen.bounds, on: &screen) {
      x, _ in Colour(shading.colour(at: Float(x) / Float(length - 1)))
    }
    let (low, high) = (Figures.number(shading.value(at: 0)), Figures.number(shading.value(at: 1)))
    let drawn = screen.ansiText(depth: page.depth).trimmingSuffix("\n")
    let remark = shading.transfer.remarkOnCut.map { "; " + $0 } ?? ""
    return "\(low) \(drawn) \(high) \(shading.transfer.transfer.rawValue)\(remark)\n"
  }
}
