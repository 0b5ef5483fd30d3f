// Pictures made of one size: scaled until they cover it, and their middle cut out.

extension PixelImage {
  /// The picture scaled until it covers a size, and its middle cut out.
  ///
  /// - Precondition: both sides are at least 1.
  package func covering(width newWidth: Int, height newHeight: Int) -> PixelImage {
    guard (newWidth, newHeight) != (width, height) else { return self }
    let covering = Self.coveringSize(width: width, height: height, newWidth, newHeight)
    return resized(width: covering.width, height: covering.height)
      .middle(width: newWidth, height: newHeight)
  }

  /// The least size of the same shape that covers another.
  static func coveringSize(
    width: Int, height: Int, _ least: Int, _ lowest: Int
  ) -> (width: Int, height: Int) {
    let scale = max(Double(lowest) / Double(height), Double(least) / Double(width))
    func scaled(_ length: Int, _ least: Int) -> Int {
      max(least, Int((Double(length) * scale).rounded()))
    }
    return (scaled(width, least), scaled(height, lowest))
  }

  private func middle(width newWidth: Int, height newHeight: Int) -> PixelImage {
    guard (newWidth, newHeight) != (width, height) else { return self }
    let (top, left) = ((height - newHeight) / 2, (width - newWidth) / 2)
    var cut: [Float] = []
    for row in top..<top + newHeight {
      let start = (row * width + left) * channels
      cut += samples[start..<start + newWidth * channels]
    }
    return PixelImage(width: newWidth, height: newHeight, channels: channels, samples: cut)
  }
}
