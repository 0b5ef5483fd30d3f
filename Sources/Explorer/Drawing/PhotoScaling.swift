// A photo's pixels averaged into a pane's.

import Pictures

enum PhotoScaling {
  /// The mean colours of `columns × rows` equal parts of a region of a photo, row by row.
  static func averages(
    of photo: PixelImage, region: PlaneRegion, columns: Int, rows: Int
  ) -> [RGB] {
    let planes = (0..<3).map { channel in
      BoxFilter.averages(
        of: photo.samples, width: photo.width, height: photo.height, region: region,
        columns: columns, rows: rows,
        interleaving: (photo.channels, min(channel, photo.channels - 1)))
    }
    guard planes.count == 3, planes[0].count == columns * rows else { return [] }
    return planes[0].indices.map { index in
      RGB(red: planes[0][index], green: planes[1][index], blue: planes[2][index])
    }
  }
}
