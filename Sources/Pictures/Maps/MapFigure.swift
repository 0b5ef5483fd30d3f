// A figure for a paper or a slide: the photo beside grids of maps with captions and scales, after
// Figure 3 of the Perceiver paper. FigureSheet draws it in pixels or writes it as SVG.

import Screens
import Tensors

/// A photo beside maps: grids of many in a row for each stage, or one as large as the photo.
public struct MapFigure: Sendable {
  /// One map with the word below it.
  public struct Tile: Sendable {
    /// The numbers: `[height, width]`.
    public let map: Tensor
    /// What it is of, such as a latent's number.
    public let label: String
    /// What stands in place of a picture where the map lies over a text; empty where it does not.
    package let pieces: [Piece]
    /// What stands there where it is a picture and no map.
    package let picture: PixelImage?

    /// A map and its word.
    public init(_ map: Tensor, label: String) {
      (self.map, self.label, pieces, picture) = (map, label, [], nil)
    }

    /// A picture that a model makes, in place of a map.
    package init(_ picture: PixelImage) {
      (map, label, pieces, self.picture) = (Tensor(shape: [0, 0]), "", [], picture)
    }

    /// A map over a text.
    ///
    /// - Parameter pieces: The text's characters in order, each on the colour of its number.
    package init(_ map: Tensor, over pieces: [Piece]) {
      (self.map, label, self.pieces, picture) = (map, "", pieces, nil)
    }
  }

  /// A character of a text, or a token's name.
  package struct Piece: Sendable, Hashable {
    /// What is seen of it.
    package let text: String
    /// What the map has there; not finite where it has nothing.
    package let number: Float
    /// Whether the line ends after it.
    package let endsLine: Bool

    /// A piece of a text.
    package init(_ text: String, number: Float, endsLine: Bool = false) {
      (self.text, self.number, self.endsLine) = (text, number, endsLine)
    }
  }

  /// A row: the maps of one stage.
  public struct Panel: Sendable {
    /// What they are; empty where the title says it.
    public let caption: String
    /// The maps, at least one, in reading order.
    public let tiles: [Tile]
    /// How many stand side by side; as many as there are, up to eight, if nil.
    public let columns: Int?

    /// The maps of a stage.
    public init(caption: String, tiles: [Tile], columns: Int? = nil) {
      (self.caption, self.tiles, self.columns) = (caption, tiles, columns)
    }
  }

  /// Which maps have a scale together, and what is said of it.
  public enum Scale: Sendable, Hashable {
    /// Each map has its own, from its least number to its largest: maps of different latents differ
    /// more in level than in pattern.
    case ofEachMap
    /// All maps have one, and numbers stand at its bar.
    case ofAllMaps(MapShading.Span)
    /// There is none: the tiles are pictures.
    case absent
  }

  /// What stands above everything.
  public let title: String
  /// The photo; nil where the input is none.
  public let photo: PixelImage?
  /// The rows.
  public let panels: [Panel]
  /// How values become colours.
  public let appearance: MapAppearance
  /// Which maps have a scale together.
  public let scale: Scale
  /// The numbers that the scale of all maps is fitted to; the maps' own if nil.
  public let scaleNumbers: [Float]?
  /// What stands below everything, a paragraph each, in as many lines as they need.
  public let notes: [String]

  /// A figure.
  public init(
    title: String, photo: PixelImage?, panels: [Panel], appearance: MapAppearance,
    scale: Scale = .ofEachMap, scaledAs scaleNumbers: [Float]? = nil, notes: [String] = []
  ) {
    (self.title, self.photo, self.panels, self.appearance) = (title, photo, panels, appearance)
    (self.scale, self.scaleNumbers, self.notes) = (scale, scaleNumbers, notes)
  }

  /// Whether a figure may be so wide, in pixels.
  public static let widths = 200...8192

  /// How wide a figure is unless said otherwise, in pixels.
  public static let usualWidth = 1200

  /// The scale of all maps together; nil where each has its own.
  fileprivate var sharedShading: MapShading? {
    guard case .ofAllMaps(let span) = scale else { return nil }
    return MapShading(
      span, of: scaleNumbers ?? panels.flatMap(\.tiles).flatMap(\.map.values), appearance)
  }

  /// What is said of scales that do not reach down to the least numbers; nil where all do.
  fileprivate var remarkOnCuts: String? {
    if let shared = sharedShading {
      return shared.transfer.remarkOnCut.map { "Scale: \($0)." }
    }
    let isCut =
      scale == .ofEachMap && appearance.transfer == .log
      && panels.contains { panel in
        panel.tiles.contains { FittedTransfer(appearance.transfer, to: $0.map).cutsLeast }
      }
    return isCut
      ? "Scale: of each map from six decades below its largest number; smaller numbers count as that."
      : nil
  }

  /// The figure as a picture, black on white.
  ///
  /// - Parameter width: Its width, in `widths`.
  public func picture(width: Int = usualWidth) -> PixelImage { laidOut(width: width).picture }

  /// The figure as SVG: maps as embedded pictures, words as text.
  ///
  /// - Parameter width: Its width in pixels, in `widths`.
  /// - Throws: `PictureError`.
  public func svg(width: Int = usualWidth) throws(PictureError) -> String {
    try laidOut(width: width).svg()
  }
}

extension MapFigure: Figure {
  package func laidOut(width: Int) -> FigureSheet {
    var sheet = FigureSheet(width: width)
    let margin = sheet.margin
    let right = sheet.width - margin
    // One map is as large as the photo; of many, each is small.
    let isPair = panels.allSatisfy { $0.tiles.count == 1 }
    let photoWidth =
      photo == nil ? 0 : isPair ? (sheet.width - 3 * margin) / 2 : sheet.width * 3 / 10
    let left = margin + (photo == nil ? 0 : photoWidth + margin)
    let shared = sharedShading
    var y = margin
    sheet.writeWrapped(title, y: &y)
    y += margin / 2
    for panel in panels {
      if !panel.caption.isEmpty { sheet.writeLine(panel.caption, x: margin, y: &y, upTo: right) }
      var bottom = y
      if let photo {
        bottom = y + sheet.addPicture(photo, x: margin, y: y, width: photoWidth)
      }
      let grid = sheet.addTiles(panel, appearance, shared, left: left, top: y, right: right)
      y = max(bottom, grid) + margin
    }
    if let shared {
      sheet.addNumberedScale(shared, x: left, y: &y, upTo: right)
    } else if scale == .ofEachMap {
      sheet.addScale(appearance, x: left, y: &y)
    }
    sheet.writeParagraphs(notes + [remarkOnCuts].compactMap(\.self), y: &y)
    sheet.height = y + margin
    return sheet
  }
}

extension FigureSheet {
  /// Lays the tiles of a panel in rows of eight or fewer; says where they end.
  fileprivate mutating func addTiles(
    _ panel: MapFigure.Panel, _ appearance: MapAppearance, _ shared: MapShading?, left: Int,
    top: Int, right: Int
  ) -> Int {
    let tiles = panel.tiles
    let columns = min(8, max(1, panel.columns ?? tiles.count))
    let gap = max(2, width / 300)
    let cell = max(1, (right - left - (columns - 1) * gap) / columns)
    let hasLabels = tiles.contains { !$0.label.isEmpty }
    var y = top
    for start in stride(from: 0, to: tiles.count, by: columns) {
      var rowHeight = 0
      for (column, tile) in tiles[start..<min(tiles.count, start + columns)].enumerated() {
        let x = left + column * (cell + gap)
        let height =
          if let picture = tile.picture {
            addPicture(picture, x: x, y: y, width: cell)
          } else if tile.pieces.isEmpty {
            addMap(tile.map, appearance, shared, x: x, y: y, width: cell)
          } else {
            addText(tile, appearance, shared, x: x, y: y, upTo: x + cell)
          }
        let label = tile.label.truncated(toWidth: cell / letterWidth, ellipsis: "..")
        write(label, x: x, y: y + height + textScale, upTo: x + cell)
        rowHeight = max(rowHeight, height)
      }
      y += rowHeight + (hasLabels ? lineHeight : 0) + gap
    }
    return y
  }

  /// Lays a picture at a place; says how high it is.
  fileprivate mutating func addPicture(_ picture: PixelImage, x: Int, y: Int, width: Int) -> Int {
    let height = max(1, width * picture.height / max(1, picture.width))
    images.append(Image(x: x, y: y, width: width, height: height, picture: picture))
    return height
  }

  /// Lays a map at a place; says how high it is.
  private mutating func addMap(
    _ map: Tensor, _ appearance: MapAppearance, _ shared: MapShading?, x: Int, y: Int,
    width cell: Int
  ) -> Int {
    let (rows, width) = (map.shape[0], max(1, map.shape[1]))
    // Numbers along one axis are a strip that can be seen.
    let height = rows == 1 ? max(textScale * 8, cell / 16) : max(1, cell * rows / width)
    // What is smaller than the map shows means of it, so that no peak is lost between pixels.
    let shown = cell < width ? map.resampled(rows: rows == 1 ? 1 : height, columns: cell) : map
    let shading = shared ?? MapShading(.leastToLargest, of: shown.values, appearance)
    images.append(
      Image(x: x, y: y, width: cell, height: height, picture: Heatmap(shown, shading).picture))
    return height
  }

  /// Writes a text, each piece on the colour of its number; says how high it is.
  private mutating func addText(
    _ tile: MapFigure.Tile, _ appearance: MapAppearance, _ shared: MapShading?, x left: Int, y: Int,
    upTo right: Int
  ) -> Int {
    let shading = shared ?? MapShading(.leastToLargest, of: tile.map.values, appearance)
    var (x, line) = (left, y)
    for piece in tile.pieces {
      let size = width(of: piece.text)
      if x > left, x + size > right { (x, line) = (left, line + lineHeight) }
      if let colour = shading.colour(of: piece.number) {
        // Colours of neighbours in a line touch, and so do lines.
        bars.append(
          Bar(x: x, y: line, width: min(size, right - x), height: lineHeight, colour: colour))
        write(
          piece.text, x: x, y: line + 2 * textScale, upTo: right,
          ink: colour.luminance < 0.5 ? Self.white : Self.black)
      } else {
        write(piece.text, x: x, y: line + 2 * textScale, upTo: right)
      }
      x += size
      if piece.endsLine { (x, line) = (left, line + lineHeight) }
    }
    return line + (x > left ? lineHeight : 0) - y
  }

  /// A bar of colours where each map has a scale of its own.
  fileprivate mutating func addScale(_ appearance: MapAppearance, x: Int, y: inout Int) {
    let length = 128
    let ramp = Tensor(shape: [1, length], values: (0..<length).map { Float($0) })
    let picture = Heatmap(ramp, transfer: .linear, colours: appearance.colours).picture
    let words = "least of each map "
    write(words, x: x, y: y)
    let start = x + width(of: words)
    images.append(
      Image(x: start, y: y, width: length * textScale, height: letterHeight, picture: picture))
    write(" largest, \(appearance.transfer.rawValue)", x: start + length * textScale, y: y)
    y += lineHeight
  }

  /// A bar of the scale's colours with numbers at its ends and in its middle.
  fileprivate mutating func addNumberedScale(
    _ shading: MapShading, x: Int, y: inout Int, upTo right: Int
  ) {
    guard let ends = shading.ends, ends.least < ends.largest else {
      let number = shading.ends.map { "constant \(Figures.number($0.least))" }
      return writeLine(number ?? "no finite numbers", x: x, y: &y, upTo: right)
    }
    let length = max(1, right - x)
    let colours = (0..<length).map {
      shading.colour(at: length > 1 ? Float($0) / Float(length - 1) : 1)
    }
    images.append(
      Image(
        x: x, y: y, width: length, height: letterHeight,
        picture: PixelImage(width: length, height: 1, pixels: colours)))
    y += letterHeight + 2 * textScale
    let words = [Float(0), 0.5, 1].map { Figures.number(shading.value(at: $0)) }
    let widths = words.map { width(of: $0) }
    write(words[0], x: x, y: y)
    let middle = x + (length - widths[1]) / 2
    // Numbers that do not fit side by side are those of the ends alone.
    if middle > x + widths[0], middle + widths[1] < right - widths[2] {
      write(words[1], x: middle, y: y)
    }
    write(words[2], x: max(x, right - widths[2]), y: y)
    y += lineHeight
    writeLine("scale: \(shading.transfer.transfer.rawValue)", x: x, y: &y, upTo: right)
  }
}
