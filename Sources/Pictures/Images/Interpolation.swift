// Pictures at another size by bilinear interpolation without smoothing, as OpenCV's INTER_LINEAR does.

extension PixelImage {
  /// The largest part of a shape in the middle, brought to that size.
  ///
  /// Each sample lies between the four nearest; of much larger pictures some samples are not read.
  /// Nothing is rounded: OpenCV rounds pictures of bytes to bytes, which moves samples by up to 0.8 of
  /// 255 (measured on noise).
  package func middleInterpolated(width newWidth: Int, height newHeight: Int) -> PixelImage {
    let scale = min(
      Double(width) / Double(newWidth), Double(height) / Double(newHeight))
    let (across, down) = (
      max(1, Int(Double(newWidth) * scale)), max(1, Int(Double(newHeight) * scale))
    )
    // Halves are rounded each by itself, as the notebook's crop_center_square does.
    let (left, top) = (width / 2 - across / 2, height / 2 - down / 2)
    let columns = Self.steps(newWidth, over: across, from: left)
    let rows = Self.steps(newHeight, over: down, from: top)
    return PixelImage(width: newWidth, height: newHeight, channels: channels) { out in
      samples.withUnsafeBufferPointer { samples in
        for (y, row) in rows.enumerated() {
          for (x, column) in columns.enumerated() {
            for channel in 0..<channels {
              func at(_ y: Int, _ x: Int) -> Float { samples[(y * width + x) * channels + channel] }
              let upper =
                at(row.first, column.first) * (1 - column.share)
                + at(row.first, column.second) * column.share
              let lower =
                at(row.second, column.first) * (1 - column.share)
                + at(row.second, column.second) * column.share
              out[(y * newWidth + x) * channels + channel] =
                upper * (1 - row.share) + lower * row.share
            }
          }
        }
      }
    }
  }

  /// For each of `count` pixels the two samples of `length` between which it lies, and the second's
  /// share.
  private static func steps(
    _ count: Int, over length: Int, from start: Int
  ) -> [(first: Int, second: Int, share: Float)] {
    (0..<count).map { index in
      let pixel = max(
        0, (Double(index) + 0.5) * Double(length) / Double(count) - 0.5)
      let first = min(length - 1, Int(pixel))
      return (
        start + first, start + min(length - 1, first + 1),
        first == length - 1 ? 0 : Float(pixel - Double(first))
      )
    }
  }
}
