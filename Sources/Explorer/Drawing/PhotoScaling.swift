// A photo's pixels averaged into a pane's.

import Pictures
import Screens

enum PhotoScaling {
  /// The mean colours of `columns × rows` equal parts of a region of a photo, row by row.
  static func averages(
    of photo: PixelImage, region: PlaneRegion, columns: Int, rows: Int
  ) -> [Colour] {
    let planes = (0..<3).map { channel in
      BoxFilter.averages(
        of: photo.samples, width: photo.width, height: photo.height, region: region,
        columns: columns, rows: rows,
        interleaving: (photo.channels, min(channel, photo.channels - 1)))
    }
    guard planes.count == 3, planes[0].count == columns * rows else { return [] }
    return planes[0].indices.map { index in
      Colour(byte(planes[0][index]), byte(planes[1][index]), byte(planes[2][index]))
    }
  }

  private static func byte(_ value: Float) -> UInt8 {
    value > 0 ? UInt8((min(value, 1) * 255).rounded()) : 0
  }
}
