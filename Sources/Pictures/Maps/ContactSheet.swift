// Many pictures or maps of one size as one, in rows.

import Tensors

/// Pictures side by side and below one another with a gap between.
public enum ContactSheet {
  /// Puts pictures into a nearly square grid, first to last in reading order, on black.
  ///
  /// - Precondition: there is at least one, and all are of one size.
  public static func picture(_ pictures: [PixelImage], gap: Int = 2) -> PixelImage {
    precondition(!pictures.isEmpty, "no pictures")
    let (width, height) = (pictures[0].width, pictures[0].height)
    precondition(pictures.allSatisfy { $0.width == width && $0.height == height })
    let columns = Int(Double(pictures.count).squareRoot().rounded(.up))
    let rows = (pictures.count + columns - 1) / columns
    let sheetWidth = columns * (width + gap) - gap
    let sheetHeight = rows * (height + gap) - gap
    var samples = [Float](repeating: 0, count: sheetWidth * sheetHeight * 3)
    for (index, picture) in pictures.enumerated() {
      let colours = picture.converted(toChannels: 3).samples
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      for y in 0..<height {
        let target = ((row * (height + gap) + y) * sheetWidth + column * (width + gap)) * 3
        samples.replaceSubrange(
          target..<target + width * 3, with: colours[y * width * 3..<(y + 1) * width * 3])
      }
    }
    return PixelImage(width: sheetWidth, height: sheetHeight, channels: 3, samples: samples)
  }

  /// Puts maps into a nearly square grid, on one scale, so that they can be compared.
  ///
  /// - Parameters:
  ///   - maps: `[maps, entries]`, at least one.
  ///   - shape: The axes of each, of which `entries` is the product.
  ///   - appearance: How numbers become colours.
  ///   - check: Called before each map is drawn; it throws to end early.
  public static func picture(
    ofMaps maps: Tensor, shape: [Int], _ appearance: MapAppearance, check: () throws -> Void
  ) rethrows -> PixelImage {
    let scale = MapShading(
      FittedTransfer(appearance.transfer, to: maps), appearance.colours)
    let pictures = try (0..<maps.shape[0]).map { map in
      try check()
      return Heatmap(maps.row(map).reshaped(shape).asFlatMap, scale).picture
    }
    return picture(pictures)
  }
}
