// A figure for a paper or a slide: the photo beside grids of maps with captions and scales, after
// Figure 3 of the Perceiver paper. Laid out once, then drawn in pixels or written as SVG.

import Foundation
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

    /// A map and its word.
    public init(_ map: Tensor, label: String) { (self.map, self.label) = (map, label) }
  }

  /// A row: the maps of one stage.
  public struct Panel: Sendable {
    /// What they are; empty where the title says it.
    public let caption: String
    /// The maps, at least one, in reading order.
    public let tiles: [Tile]

    /// The maps of a stage.
    public init(caption: String, tiles: [Tile]) { (self.caption, self.tiles) = (caption, tiles) }
  }

  /// Which maps have a scale together, and what is said of it.
  public enum Scale: Sendable, Hashable {
    /// Each map has its own, from its least number to its largest: maps of different latents differ
    /// more in level than in pattern.
    case ofEachMap
    /// All maps have one, and numbers stand at its bar.
    case ofAllMaps(MapShading.Span)
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

  /// The figure as a picture, black on white.
  ///
  /// - Parameter width: Its width, in `widths`.
  public func picture(width: Int = usualWidth) -> PixelImage {
    let layout = FigureLayout(self, width: width)
    var picture = PixelImage(
      width: layout.width, height: layout.height, channels: 3,
      samples: [Float](repeating: 1, count: 3 * layout.width * layout.height))
    for image in layout.images {
      picture.draw(
        image.picture.resized(width: image.width, height: image.height), x: image.x, y: image.y)
    }
    for text in layout.texts {
      picture.write(text.text, x: text.x, y: text.y, scale: layout.textScale)
    }
    return picture
  }

  /// The figure as SVG: maps as embedded pictures, words as text.
  ///
  /// - Parameter width: Its width in pixels, in `widths`.
  /// - Throws: `PictureError`.
  public func svg(width: Int = usualWidth) throws(PictureError) -> String {
    let layout = FigureLayout(self, width: width)
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(layout.width)" height="\(layout.height)" \
      viewBox="0 0 \(layout.width) \(layout.height)">
      <rect width="100%" height="100%" fill="white"/>

      """
    for image in layout.images {
      let data = Data(try image.picture.png()).base64EncodedString()
      text += """
        <image x="\(image.x)" y="\(image.y)" width="\(image.width)" height="\(image.height)" \
        preserveAspectRatio="none" href="data:image/png;base64,\(data)"/>

        """
    }
    let size = layout.lineHeight
    for line in layout.texts {
      // A raster's top is its origin, a font's base line is.
      text += """
        <text x="\(line.x)" y="\(line.y + layout.textScale * BitmapFont.height)" \
        font-family="monospace" font-size="\(size)" textLength="\(layout.width(of: line.text))">\
        \(Self.escaped(line.text))</text>

        """
    }
    return text + "</svg>\n"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}

/// Where everything of a figure stands.
private struct FigureLayout {
  struct Image {
    let x: Int, y: Int, width: Int, height: Int
    let picture: PixelImage
  }
  struct Text {
    let x: Int, y: Int
    let text: String
  }

  let width: Int
  private(set) var height = 0
  let textScale: Int
  private(set) var images: [Image] = []
  private(set) var texts: [Text] = []

  /// Pixels from one line of text to the next.
  var lineHeight: Int { textScale * (BitmapFont.height + 4) }

  func width(of text: String) -> Int { text.count * BitmapFont.advance * textScale }

  init(_ figure: MapFigure, width: Int) {
    let width = min(max(MapFigure.widths.lowerBound, width), MapFigure.widths.upperBound)
    self.width = width
    textScale = max(1, width / 600)
    let margin = max(8, width / 75)
    // One map is as large as the photo; of many, each is small.
    let isPair = figure.panels.allSatisfy { $0.tiles.count == 1 }
    let photoWidth = figure.photo == nil ? 0 : isPair ? (width - 3 * margin) / 2 : width * 3 / 10
    let left = margin + (figure.photo == nil ? 0 : photoWidth + margin)
    let shared = figure.sharedShading
    var y = margin
    add(figure.title, x: margin, y: &y, upTo: width - margin)
    y += margin / 2
    for panel in figure.panels {
      if !panel.caption.isEmpty { add(panel.caption, x: margin, y: &y, upTo: width - margin) }
      var bottom = y
      if let photo = figure.photo {
        let height = max(1, photoWidth * photo.height / max(1, photo.width))
        images.append(Image(x: margin, y: y, width: photoWidth, height: height, picture: photo))
        bottom = y + height
      }
      let grid = addTiles(
        panel.tiles, figure.appearance, shared, left: left, top: y, right: width - margin)
      y = max(bottom, grid) + margin
    }
    if let shared {
      addNumberedScale(shared, x: left, y: &y, upTo: width - margin)
    } else {
      addScale(figure.appearance, x: left, y: &y)
    }
    for note in figure.notes {
      y += margin / 2
      let columns = (width - 2 * margin) / (BitmapFont.advance * textScale)
      for line in note.wrapped(toWidth: max(1, columns)) {
        add(line, x: margin, y: &y, upTo: width - margin)
      }
    }
    height = y + margin
  }

  /// Writes a line, cut where it would leave the figure.
  private mutating func add(_ text: String, x: Int, y: inout Int, upTo right: Int) {
    let most = max(0, (right - x) / (BitmapFont.advance * textScale))
    texts.append(Text(x: x, y: y, text: String(text.prefix(most))))
    y += lineHeight
  }

  /// Lays tiles in rows of eight or fewer; says where they end.
  private mutating func addTiles(
    _ tiles: [MapFigure.Tile], _ appearance: MapAppearance, _ shared: MapShading?, left: Int,
    top: Int, right: Int
  ) -> Int {
    let columns = min(8, max(1, tiles.count))
    let gap = max(2, width / 300)
    let cell = max(1, (right - left - (columns - 1) * gap) / columns)
    var y = top
    for start in stride(from: 0, to: tiles.count, by: columns) {
      var rowHeight = 0
      for (column, tile) in tiles[start..<min(tiles.count, start + columns)].enumerated() {
        let (rows, width) = (tile.map.shape[0], max(1, tile.map.shape[1]))
        // Numbers along one axis are a strip that can be seen.
        let height = rows == 1 ? max(textScale * 8, cell / 16) : max(1, cell * rows / width)
        // What is smaller than the map shows means of it, so that no peak is lost between pixels.
        let shown =
          cell < width
          ? tile.map.resampled(rows: rows == 1 ? 1 : height, columns: cell) : tile.map
        let shading = shared ?? MapShading(.leastToLargest, of: shown.values, appearance)
        let picture = Heatmap(shown, shading).picture
        let x = left + column * (cell + gap)
        images.append(Image(x: x, y: y, width: cell, height: height, picture: picture))
        if !tile.label.isEmpty {
          texts.append(
            Text(x: x, y: y + height + textScale, text: String(tile.label.prefix(cell / 6))))
        }
        rowHeight = max(rowHeight, height)
      }
      let hasLabels = tiles.contains { !$0.label.isEmpty }
      y += rowHeight + (hasLabels ? lineHeight : 0) + gap
    }
    return y
  }

  private mutating func addScale(_ appearance: MapAppearance, x: Int, y: inout Int) {
    let length = 128
    let ramp = Tensor(shape: [1, length], values: (0..<length).map { Float($0) })
    let picture = Heatmap(ramp, transfer: .linear, colours: appearance.colours).picture
    let words = "least of each map "
    texts.append(Text(x: x, y: y, text: words))
    let start = x + width(of: words)
    let height = textScale * BitmapFont.height
    images.append(
      Image(x: start, y: y, width: length * textScale, height: height, picture: picture))
    texts.append(
      Text(
        x: start + length * textScale, y: y, text: " largest, \(appearance.transfer.rawValue)"))
    y += lineHeight
  }

  /// A bar of the scale's colours with numbers at its ends and in its middle.
  private mutating func addNumberedScale(
    _ shading: MapShading, x: Int, y: inout Int, upTo right: Int
  ) {
    guard let ends = shading.ends, ends.least < ends.largest else {
      let number = shading.ends.map { "constant \(Figures.number($0.least))" }
      return add(number ?? "no finite numbers", x: x, y: &y, upTo: right)
    }
    let length = max(1, right - x)
    let colours = (0..<length).map {
      shading.colour(at: length > 1 ? Float($0) / Float(length - 1) : 1)
    }
    let height = textScale * BitmapFont.height
    images.append(
      Image(
        x: x, y: y, width: length, height: height,
        picture: PixelImage(width: length, height: 1, pixels: colours)))
    y += height + 2 * textScale
    let words = [Float(0), 0.5, 1].map { Figures.number(shading.value(at: $0)) }
    let widths = words.map { width(of: $0) }
    texts.append(Text(x: x, y: y, text: words[0]))
    let middle = x + (length - widths[1]) / 2
    // Numbers that do not fit side by side are those of the ends alone.
    if middle > x + widths[0], middle + widths[1] < right - widths[2] {
      texts.append(Text(x: middle, y: y, text: words[1]))
    }
    texts.append(Text(x: max(x, right - widths[2]), y: y, text: words[2]))
    y += lineHeight
    add("scale: \(shading.transfer.transfer.rawValue)", x: x, y: &y, upTo: right)
  }
}

extension PixelImage {
  /// Draws another picture of three channels with its upper left corner at a point, as far as it
  /// lies inside.
  fileprivate mutating func draw(_ other: PixelImage, x: Int, y: Int) {
    let source = other.converted(toChannels: 3)
    for row in 0..<source.height where (0..<height).contains(y + row) {
      let count = min(source.width, width - x)
      guard count > 0 else { continue }
      let target = ((y + row) * width + x) * 3
      let start = row * source.width * 3
      samples.replaceSubrange(
        target..<target + 3 * count, with: source.samples[start..<start + 3 * count])
    }
  }

  /// Writes black letters with the upper left corner of the first at a point.
  fileprivate mutating func write(_ text: String, x: Int, y: Int, scale: Int) {
    for (index, character) in text.enumerated() {
      let left = x + index * BitmapFont.advance * scale
      for row in 0..<BitmapFont.height * scale {
        for column in 0..<5 * scale
        where BitmapFont.hasInk(character, column: column / scale, row: row / scale) {
          let (px, py) = (left + column, y + row)
          guard (0..<width).contains(px), (0..<height).contains(py) else { continue }
          for channel in 0..<3 { samples[(py * width + px) * 3 + channel] = 0 }
        }
      }
    }
  }
}
