// What figures are laid out on: pictures, bars and words at their places on white paper, drawn in pixels
// or written as SVG. MapFigure and TableFigure say what stands where.

import Foundation
import Screens

/// What is laid out at a width, for a paper or a slide.
package protocol Figure: Sendable {
  /// Everything at its place.
  ///
  /// - Parameter width: In pixels; one outside `MapFigure.widths` counts as the nearest in it.
  func laidOut(width: Int) -> FigureSheet
}

extension Figure {
  /// The figure as a picture, black on white.
  package func picture(width: Int = MapFigure.usualWidth) -> PixelImage {
    laidOut(width: width).picture
  }

  /// The figure as a picture that fits in memory.
  ///
  /// - Throws: `MapSizeError` for a width at which it would have too many pixels.
  package func drawn(width: Int = MapFigure.usualWidth) throws(MapSizeError) -> PixelImage {
    let sheet = laidOut(width: width)
    guard sheet.width * sheet.height <= FigureSheet.mostPixels else {
      throw MapSizeError(
        description: "expected a narrower figure or .svg, found one of \(sheet.width) × "
          + "\(sheet.height) pixels")
    }
    return sheet.picture
  }

  /// The figure as SVG: maps as embedded pictures, words as text.
  ///
  /// - Throws: `PictureError`.
  package func svg(width: Int = MapFigure.usualWidth) throws(PictureError) -> String {
    try laidOut(width: width).svg()
  }
}

/// Where everything of a figure stands, in pixels from the upper left corner.
package struct FigureSheet: Sendable {
  /// A picture that is stretched to a size.
  struct Image: Sendable {
    let x: Int, y: Int, width: Int, height: Int
    let picture: PixelImage
  }

  /// An area of one colour.
  struct Bar: Sendable {
    let x: Int, y: Int, width: Int, height: Int
    let colour: RGB
  }

  /// A line of letters.
  struct Text: Sendable {
    let x: Int, y: Int
    let text: String
    let ink: RGB
  }

  /// The most pixels of a figure that is drawn: Figure 3 of a square picture is less at any width.
  fileprivate static let mostPixels = 1 << 27

  static let black = RGB(red: 0, green: 0, blue: 0)
  static let white = RGB(red: 1, green: 1, blue: 1)

  /// How wide it is.
  private(set) var width: Int
  /// How high it is.
  var height = 0
  /// What stands behind words.
  var images: [Image] = []
  var bars: [Bar] = []
  private(set) var texts: [Text] = []

  /// An empty sheet.
  ///
  /// - Parameter width: One outside `MapFigure.widths` counts as the nearest in it.
  init(width: Int) {
    self.width = min(max(MapFigure.widths.lowerBound, width), MapFigure.widths.upperBound)
    textScale = max(1, self.width / 600)
  }

  /// How often a pixel of the raster font is repeated.
  private(set) var textScale: Int
  /// What stays white around everything.
  var margin: Int { max(8, width / 75) }
  /// Pixels from one letter to the next.
  var letterWidth: Int { BitmapFont.advance * textScale }
  /// Pixels from the top of a letter to its base.
  var letterHeight: Int { BitmapFont.height * textScale }
  /// Pixels from one line of text to the next.
  var lineHeight: Int { textScale * (BitmapFont.height + 4) }

  /// Makes letters one step smaller; false where they are as small as they can be.
  mutating func shrinkLetters() -> Bool {
    guard textScale > 1 else { return false }
    textScale -= 1
    return true
  }

  /// Makes the sheet wider where it is less wide than that.
  mutating func widen(to least: Int) { width = max(width, least) }

  /// How wide a text is.
  func width(of text: String) -> Int { text.displayWidth * letterWidth }

  /// Writes a text, cut where it would pass a column.
  mutating func write(
    _ text: String, x: Int, y: Int, upTo right: Int = .max, ink: RGB = Self.black
  ) {
    let room = max(0, (min(right, width) - x) / letterWidth)
    let shown = text.visible.truncated(toWidth: room, ellipsis: "")
    if !shown.isEmpty { texts.append(Text(x: x, y: y, text: shown, ink: ink)) }
  }

  /// Writes a line and goes to the next.
  mutating func writeLine(_ text: String, x: Int, y: inout Int, upTo right: Int) {
    write(text, x: x, y: y, upTo: right)
    y += lineHeight
  }

  /// Writes paragraphs between the margins, each in as many lines as it needs.
  mutating func writeParagraphs(_ paragraphs: [String], y: inout Int) {
    for paragraph in paragraphs {
      y += margin / 2
      writeWrapped(paragraph, y: &y)
    }
  }

  /// Writes a text between the margins in as many lines as it needs.
  mutating func writeWrapped(_ text: String, y: inout Int) {
    let columns = (width - 2 * margin) / letterWidth
    for line in text.visible.wrapped(toWidth: max(1, columns)) {
      writeLine(line, x: margin, y: &y, upTo: width - margin)
    }
  }
}

// MARK: - As pixels

extension FigureSheet {
  /// Everything in pixels.
  var picture: PixelImage {
    var picture = PixelImage(
      width: width, height: height, channels: 3,
      samples: [Float](repeating: 1, count: 3 * width * height))
    for image in images {
      picture.draw(
        image.picture.resized(width: image.width, height: image.height), x: image.x, y: image.y)
    }
    for bar in bars {
      picture.fill(
        x: bar.x..<bar.x + bar.width, y: bar.y..<bar.y + bar.height, with: bar.colour)
    }
    for text in texts { picture.write(text, scale: textScale) }
    return picture
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

  /// Fills pixels, as far as they lie inside.
  fileprivate mutating func fill(x columns: Range<Int>, y rows: Range<Int>, with colour: RGB) {
    for row in rows.clamped(to: 0..<height) {
      for column in columns.clamped(to: 0..<width) {
        let start = (row * width + column) * 3
        samples[start] = colour.red
        samples[start + 1] = colour.green
        samples[start + 2] = colour.blue
      }
    }
  }

  /// Writes letters with the upper left corner of the first at a text's place.
  fileprivate mutating func write(_ text: FigureSheet.Text, scale: Int) {
    var left = text.x
    for character in text.text {
      for row in 0..<BitmapFont.height {
        for column in 0..<5 where BitmapFont.hasInk(character, column: column, row: row) {
          let (x, y) = (left + column * scale, text.y + row * scale)
          fill(x: x..<x + scale, y: y..<y + scale, with: text.ink)
        }
      }
      left += String(character).displayWidth * BitmapFont.advance * scale
    }
  }
}

// MARK: - As SVG

extension FigureSheet {
  /// Everything as SVG.
  func svg() throws(PictureError) -> String {
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)">
      <rect width="100%" height="100%" fill="white"/>

      """
    for image in images {
      let data = Data(try image.picture.png()).base64EncodedString()
      text += """
        <image x="\(image.x)" y="\(image.y)" width="\(image.width)" height="\(image.height)" \
        preserveAspectRatio="none" href="data:image/png;base64,\(data)"/>

        """
    }
    for bar in bars {
      text += """
        <rect x="\(bar.x)" y="\(bar.y)" width="\(bar.width)" height="\(bar.height)" \
        fill="\(Self.hexadecimal(bar.colour))"/>

        """
    }
    for line in texts {
      // A raster's top is its origin, a font's base line is.
      let ink = line.ink == Self.black ? "" : " fill=\"\(Self.hexadecimal(line.ink))\""
      let spaces = line.text.contains("  ") || line.text.first == " " || line.text.last == " "
      text += """
        <text x="\(line.x)" y="\(line.y + letterHeight)" \
        font-family="monospace" font-size="\(lineHeight)" textLength="\(width(of: line.text))"\
        \(ink)\(spaces ? " xml:space=\"preserve\"" : "")>\
        \(Self.escaped(line.text))</text>

        """
    }
    return text + "</svg>\n"
  }

  /// A colour as `#rrggbb`.
  private static func hexadecimal(_ colour: RGB) -> String {
    let bytes = colour.bytes
    return "#"
      + [bytes.0, bytes.1, bytes.2].map { byte in
        let digits = String(byte, radix: 16)
        return digits.count < 2 ? "0" + digits : digits
      }.joined()
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
