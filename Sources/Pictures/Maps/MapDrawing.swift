// A map with the photo below it and how both become one picture: the one way from numbers to
// pixels, which the program's panes, its exports and `render` share. MapText.swift draws it in
// characters, MapFormat.swift encodes it.

import Tensors

/// How maps become colours.
public struct MapAppearance: Sendable, Hashable {
  /// How values become shades.
  public var transfer: Transfer
  /// How shades become colours.
  public var colours: ColourMap

  /// An appearance.
  public init(transfer: Transfer, colours: ColourMap) {
    (self.transfer, self.colours) = (transfer, colours)
  }
}

/// A map as it is drawn.
public struct MapDrawing: Sendable {
  /// The numbers: `[height, width]`.
  public let map: Tensor
  /// The photo below the map; nil if there is none or the map is of something else.
  public let photo: PixelImage?
  /// How values become colours.
  public let appearance: MapAppearance
  /// What the ends of the map's scale are.
  public let span: MapShading.Span
  /// The numbers that the scale is fitted to; the map's own if nil.
  public let scaleNumbers: [Float]?
  /// How much of the photo the map covers.
  public let overlay: Overlay
  /// What the map is, a line each, for text formats.
  public let caption: [String]

  /// A map to be drawn.
  ///
  /// - Precondition: the map has two axes; see `Tensor.asFlatMap` for others.
  public init(
    _ map: Tensor, photo: PixelImage? = nil, appearance: MapAppearance,
    span: MapShading.Span = .leastToLargest, scaledAs scaleNumbers: [Float]? = nil,
    overlay: Overlay = .alone, caption: [String] = []
  ) {
    precondition(map.shape.count == 2, "a map of shape \(map.shape)")
    self.map = map
    self.photo = photo
    self.appearance = appearance
    self.span = span
    self.scaleNumbers = scaleNumbers
    self.overlay = overlay
    self.caption = caption
  }

  /// The picture, of the map's own size or as wide as said.
  ///
  /// - Throws: `MapSizeError` for a width at which it would have too many pixels.
  public func picture(width: Int? = nil) throws(MapSizeError) -> PixelImage {
    if let width { try check(width: width, rowsPerColumn: 1, most: Self.mostPixels) }
    let picture = picture(of: map)
    guard let width, width != picture.width else { return picture }
    let height = Double(picture.height) * Double(width) / Double(max(1, picture.width))
    return picture.resized(width: width, height: max(1, Int(height.rounded())))
  }

  /// The picture of the map at another size, over the photo at that size.
  func picture(of map: Tensor) -> PixelImage {
    let heatmap = Heatmap(map, shading(of: map))
    return photo.map { heatmap.overlaid(on: $0, overlay) } ?? heatmap.picture
  }

  /// The scale of the map at its own size or another.
  func shading(of map: Tensor) -> MapShading {
    MapShading(span, of: scaleNumbers ?? map.values, appearance)
  }

  private static let mostPixels = 1 << 26

  /// Refuses a width at which a high map would have more than so many entries.
  func check(width: Int, rowsPerColumn: Double, most: Int) throws(MapSizeError) {
    let (rows, columns) = (map.shape[0], max(1, map.shape[1]))
    let perWidth = Double(rows) / Double(columns) * rowsPerColumn
    guard perWidth * Double(width) * Double(width) > Double(most) else { return }
    let widest = max(1, Int((Double(most) / perWidth).squareRoot()))
    guard width > widest else { return }
    throw MapSizeError(
      description:
        "expected at most \(widest) for a map of \(columns) × \(rows), found \(width)")
  }
}

/// A width at which a map would have too many pixels or lines.
public struct MapSizeError: Error, Hashable, CustomStringConvertible {
  /// What was expected and what was found.
  public let description: String
}
