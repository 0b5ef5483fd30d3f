// Which part of a picture a pane shows, and which cell shows which pixel.

import Pictures
import Screens

/// A part of a picture in an area of cells, two square pixels of the screen in each cell.
struct Viewport: Sendable, Hashable {
  /// The cells that show something.
  let cells: Rect
  /// The first column and row of the picture that are shown, in pixels and their fractions.
  let originX: Double
  let originY: Double
  /// How many of the picture's pixels are shown.
  let shownWidth: Double
  let shownHeight: Double
  /// The picture's size.
  let pictureWidth: Int
  let pictureHeight: Int

  /// What an area shows of a picture: all of it, or more closely what lies around a centre.
  init(
    pictureWidth: Int, pictureHeight: Int, zoom: Int, centre: ViewCentre, area: Rect,
    canvas: PixelCanvas
  ) {
    self.pictureWidth = pictureWidth
    self.pictureHeight = pictureHeight
    guard pictureWidth > 0, pictureHeight > 0, !area.isEmpty else {
      cells = area.centred(width: 0, height: 0)
      (originX, originY, shownWidth, shownHeight) = (0, 0, 0, 0)
      return
    }
    let (width, height) = (Double(pictureWidth), Double(pictureHeight))
    if zoom <= 1 {
      cells = canvas.fitted(width: pictureWidth, height: pictureHeight, in: area)
      (originX, originY, shownWidth, shownHeight) = (0, 0, width, height)
      return
    }
    let scale =
      min(Double(area.width) / width, Double(2 * area.height) / height) * Double(zoom)
    let columns = min(area.width, max(1, Int((width * scale).rounded())))
    let rows = min(area.height, max(1, Int((height * scale / 2).rounded())))
    cells = area.centred(width: columns, height: rows)
    shownWidth = min(width, Double(columns) / scale)
    shownHeight = min(height, Double(2 * rows) / scale)
    originX = min(max(0, centre.x * width - shownWidth / 2), width - shownWidth)
    originY = min(max(0, centre.y * height - shownHeight / 2), height - shownHeight)
  }

  /// The screen's pixels: columns, and twice the rows.
  var resolution: (width: Int, height: Int) { (cells.width, 2 * cells.height) }

  /// Whether some of the picture's numbers are seen only in averages with others.
  var averages: Bool {
    Self.averages(shown: shownWidth, by: resolution.width)
      || Self.averages(shown: shownHeight, by: resolution.height)
  }

  private static func averages(shown: Double, by pixels: Int) -> Bool {
    // Where it is drawn larger, each of the screen's pixels shows one of the picture's.
    Double(pixels) < shown
  }

  /// The picture's pixel in the middle of a cell; nil outside.
  func pixel(at point: Point) -> (x: Int, y: Int)? {
    guard cells.contains(point) else { return nil }
    let x = originX + (Double(point.x - cells.x) + 0.5) / Double(cells.width) * shownWidth
    let y = originY + (Double(point.y - cells.y) + 0.5) / Double(cells.height) * shownHeight
    return (min(Int(x), pictureWidth - 1), min(Int(y), pictureHeight - 1))
  }

  /// The cell that shows the middle of a pixel; nil if none does.
  func cell(x: Int, y: Int) -> Point? {
    guard !cells.isEmpty else { return nil }
    let column = (Double(x) + 0.5 - originX) / shownWidth * Double(cells.width)
    let row = (Double(y) + 0.5 - originY) / shownHeight * Double(cells.height)
    guard column >= 0, row >= 0 else { return nil }
    let point = Point(x: cells.x + Int(column), y: cells.y + Int(row))
    return cells.contains(point) ? point : nil
  }

  /// How many pixels of the picture a cell is wide and high, at least 1.
  var pixelsPerCell: (x: Int, y: Int) {
    guard !cells.isEmpty else { return (1, 1) }
    return (
      max(1, Int((shownWidth / Double(cells.width)).rounded())),
      max(1, Int((shownHeight / Double(cells.height)).rounded()))
    )
  }
}

extension Viewport {
  /// All of a line of numbers stretched over an area: every row shows the same.
  init(line count: Int, in area: Rect) {
    cells = count > 0 ? area : area.centred(width: 0, height: 0)
    (originX, originY, shownWidth, shownHeight) = (0, 0, Double(count), 1)
    (pictureWidth, pictureHeight) = (count, 1)
  }

  /// What is shown, as a region of the picture.
  var region: PlaneRegion {
    PlaneRegion(x: originX, y: originY, width: shownWidth, height: shownHeight)
  }

  /// What is shown, as a region of the same picture at another size: of a photo of which each token
  /// has several pixels.
  func region(ofWidth width: Int, height: Int) -> PlaneRegion {
    let across = Double(width) / Double(max(1, pictureWidth))
    let down = Double(height) / Double(max(1, pictureHeight))
    return PlaneRegion(
      x: originX * across, y: originY * down, width: shownWidth * across,
      height: shownHeight * down)
  }
}
