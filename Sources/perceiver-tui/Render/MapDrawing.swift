// A chosen map over its photo: as a picture of pixels, or as lines of text.

import Explorer
import Perceiver
import Pictures
import Screens
import Tensors

/// How a map is drawn.
struct MapDrawing {
  /// The map.
  let map: ChosenMap
  /// The photo below it; nil if there is none or the map is of something else.
  let photo: PixelImage?
  /// From numbers to brightness.
  let transfer: Transfer
  /// From brightness to colours.
  let colours: ColourMap
  /// How much of the photo the map covers.
  let overlay: Overlay

  /// The picture, of the map's own size or as wide as said.
  ///
  /// - Throws: `CommandFailure` for a width at which it would have too many pixels.
  func picture(width: Int?) throws -> PixelImage {
    if let width { try check(width: width, rowsPerColumn: 1, most: Self.mostPixels) }
    let heatmap = Heatmap(map.values, transfer: transfer, colours: colours)
    let picture = photo.map { heatmap.overlaid(on: $0, overlay) } ?? heatmap.picture
    guard let width, width != picture.width else { return picture }
    return picture.resized(width: width, height: Self.height(of: picture, width: width))
  }

  /// Lines that say in words which map it is and what its numbers are.
  func caption(of name: String) -> [String] {
    let statistics = MapStatistics(map.values)
    var lines = ["\(name): \(map.title)"]
    if let remark = statistics.remark { lines.append(remark) }
    if let peak = statistics.peak, let least = statistics.least, let largest = statistics.largest,
      statistics.kind == .varied
    {
      let (row, column) = peak.quotientAndRemainder(dividingBy: map.values.shape[1])
      var figures =
        "least \(Figures.number(least)), largest "
        + "\(Figures.number(largest)) at \(map.entryName(column, row)), "
        + "mean \(Figures.number(statistics.mean))"
      if let entropy = statistics.entropy, map.values.count > 1 {
        figures +=
          ", entropy \(Figures.number(entropy)) of "
          + "\(Figures.number(statistics.largestEntropy)) nats"
      }
      lines.append(figures)
    }
    return lines
  }

  /// Characters of more ink for larger numbers, ASCII alone, `width` in a line.
  ///
  /// - Throws: `CommandFailure` for a width at which there would be too many lines.
  func plainText(width: Int) throws -> String {
    let symbols = Symbols.ascii
    let shown = try cells(width: width, pixelsPerCell: 1)
    let fitted = FittedTransfer(transfer, to: shown)
    let (rows, columns) = (shown.shape[0], shown.shape[1])
    var text = legend(fitted) { "'\(symbols.luminance(of: $0))'" }
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

  /// Half blocks in colours, `width` in a line, and a bar of the colours with their numbers.
  ///
  /// - Throws: `CommandFailure` for a width at which there would be too many lines.
  func ansiText(width: Int, depth: ColourDepth, symbols: Symbols) throws -> String {
    let shown = try cells(width: width, pixelsPerCell: 2)
    let heatmap = Heatmap(shown, transfer: transfer, colours: colours)
    let (height, width) = (shown.shape[0], shown.shape[1])
    let below = photo?.resized(width: width, height: height)
    let picture = below.map { heatmap.overlaid(on: $0, overlay) } ?? heatmap.picture
    var screen = Screen(width: width, height: (height + 1) / 2)
    PixelCanvas(depth: depth, symbols: symbols).draw(in: screen.bounds, on: &screen) { x, y in
      // A last odd row of pixels fills its cells.
      Colour(picture[x: x, y: min(y, height - 1)])
    }
    return bar(heatmap, depth: depth, symbols: symbols) + screen.ansiText(depth: depth)
  }

  /// The map averaged to as many columns as there are, and rows so that pixels stay square.
  private func cells(width: Int, pixelsPerCell: Int) throws -> Tensor {
    // A cell is twice as high as wide.
    try check(width: width, rowsPerColumn: 0.5, most: Self.mostCells)
    let (rows, columns) = (map.values.shape[0], map.values.shape[1])
    let square = Double(rows) * Double(width) / Double(max(1, columns))
    // A cell is twice as high as wide; strips of one row stay visible.
    let height = Int((square * Double(pixelsPerCell) / 2).rounded())
    return map.values.resampled(rows: max(pixelsPerCell, height), columns: width)
  }

  private static let mostPixels = 1 << 26
  private static let mostCells = 1 << 22

  /// Refuses a width at which a high map would have more than so many entries.
  private func check(width: Int, rowsPerColumn: Double, most: Int) throws {
    let (rows, columns) = (map.values.shape[0], max(1, map.values.shape[1]))
    let perWidth = Double(rows) / Double(columns) * rowsPerColumn
    guard perWidth * Double(width) * Double(width) > Double(most) else { return }
    let widest = max(1, Int((Double(most) / perWidth).squareRoot()))
    guard width > widest else { return }
    throw CommandFailure(
      .usage, "--width",
      "expected at most \(widest) for a map of \(columns) × \(rows), found \(width)")
  }

  private func legend(_ transfer: FittedTransfer, _ mark: (Float) -> String) -> String {
    let marks: [Float] = [0, 0.5, 1]
    let values = marks.map { "\(mark($0)) is \(Figures.number(transfer.value(at: $0)))" }
    return "scale \(self.transfer.rawValue): \(values.joined(separator: ", "))\n"
  }

  private func bar(_ heatmap: Heatmap, depth: ColourDepth, symbols: Symbols) -> String {
    let length = 24
    var screen = Screen(width: length, height: 1)
    let colours = heatmap.colours
    PixelCanvas(depth: depth, symbols: symbols).draw(in: screen.bounds, on: &screen) { x, _ in
      Colour(colours.colour(Float(x) / Float(length - 1)))
    }
    let low = Figures.number(heatmap.transfer.value(at: 0))
    let high = Figures.number(heatmap.transfer.value(at: 1))
    let drawn = screen.ansiText(depth: depth).trimmingSuffix("\n")
    return "\(low) \(drawn) \(high) \(transfer.rawValue)\n"
  }

  private static func height(of picture: PixelImage, width: Int) -> Int {
    max(1, Int((Double(picture.height) * Double(width) / Double(picture.width)).rounded()))
  }
}
