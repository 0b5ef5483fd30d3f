// Pictures at another size by bilinear interpolation without smoothing, as OpenCV's INTER_LINEAR does.

extension PixelImage {
  /// The largest part of a shape in the middle, brought to that size, in bytes.
  ///
  /// Each sample lies between the four nearest; of much larger pictures some samples are not read.
  /// Samples are rounded to bytes before, and are bytes of 255 after. The arithmetic is OpenCV's for
  /// bytes (`resizeLinear`, 5.0.0), shares of 11 bits and what is cut off included, so that the bytes
  /// are the same.
  package func middleInterpolated(width newWidth: Int, height newHeight: Int) -> PixelImage {
    let scale = min(
      Double(width) / Double(newWidth), Double(height) / Double(newHeight))
    let (across, down) = (
      max(1, Int(Double(newWidth) * scale)), max(1, Int(Double(newHeight) * scale))
    )
    // Halves are rounded each by itself, as the notebook's crop_center_square does.
    let (left, top) = (width / 2 - across / 2, height / 2 - down / 2)
    let columns = Step.all(newWidth, over: across, from: left, endsAlone: true)
    // OpenCV repeats the rows at the edges, where it takes a column alone.
    let rows = Step.all(newHeight, over: down, from: top, endsAlone: false)
    return PixelImage(width: newWidth, height: newHeight, channels: channels) { out in
      samples.withUnsafeBufferPointer { samples in
        for (y, row) in rows.enumerated() {
          for (x, column) in columns.enumerated() {
            for channel in 0..<channels {
              func line(_ y: Int) -> Int {
                func byte(_ x: Int) -> Int {
                  Int((samples[(y * width + x) * channels + channel] * 255).rounded())
                }
                return byte(column.first) * column.firstShare
                  + byte(column.second) * column.secondShare
              }
              let sum =
                (row.firstShare * (line(row.first) >> 4)) >> 16
                + (row.secondShare * (line(row.second) >> 4)) >> 16
              out[(y * newWidth + x) * channels + channel] = Float((sum + 2) >> 2) / 255
            }
          }
        }
      }
    }
  }

  /// The two samples between which a new one lies, and their shares of 2048.
  private struct Step {
    let first: Int
    let second: Int
    let firstShare: Int
    let secondShare: Int

    /// The steps of `count` new samples over `length` from `start` on.
    ///
    /// - Parameter endsAlone: Whether what lies past an end is the last sample alone.
    static func all(
      _ count: Int, over length: Int, from start: Int, endsAlone: Bool
    ) -> [Step] {
      let scale = Double(length) / Double(count)
      return (0..<count).map { index in
        let centre = Float((Double(index) + 0.5) * scale - 0.5)
        var first = Int(centre.rounded(.down))
        var share = centre - Float(first)
        if endsAlone, first < 0 || first >= length - 1 {
          (first, share) = (min(max(0, first), length - 1), 0)
        }
        func position(_ index: Int) -> Int { start + min(max(0, index), length - 1) }
        return Step(
          first: position(first), second: position(first + 1),
          firstShare: Int(((1 - share) * 2048).rounded(.toNearestOrEven)),
          secondShare: Int((share * 2048).rounded(.toNearestOrEven)))
      }
    }
  }
}
