// The eight ways in which a camera may have been held, and turning a picture upright.

/// How a camera was held, as EXIF's tag 0x0112 numbers it: where the stored first row and column lie.
enum Orientation: Int {
  case upright = 1
  case mirrored, upsideDown, mirroredUpsideDown
  case mirroredOnItsRight, onItsRight, mirroredOnItsLeft, onItsLeft

  /// Whether rows lie as columns.
  var isTurned: Bool { rawValue >= 5 }
}

extension PixelImage {
  /// The picture as it is to be seen, given how it is stored.
  func oriented(_ orientation: Orientation) -> PixelImage {
    if orientation == .upright { return self }
    let (newWidth, newHeight) = orientation.isTurned ? (height, width) : (width, height)
    return PixelImage(width: newWidth, height: newHeight, channels: channels) { result in
      samples.withUnsafeBufferPointer { source in
        for row in 0..<newHeight {
          for column in 0..<newWidth {
            let (lastRow, lastColumn) = (height - 1, width - 1)
            let from =
              switch orientation {
              case .upright: (row, column)
              case .mirrored: (row, lastColumn - column)
              case .upsideDown: (lastRow - row, lastColumn - column)
              case .mirroredUpsideDown: (lastRow - row, column)
              case .mirroredOnItsRight: (column, row)
              case .onItsRight: (lastRow - column, row)
              case .mirroredOnItsLeft: (lastRow - column, lastColumn - row)
              case .onItsLeft: (column, lastColumn - row)
              }
            for channel in 0..<channels {
              result[(row * newWidth + column) * channels + channel] =
                source[(from.0 * width + from.1) * channels + channel]
            }
          }
        }
      }
    }
  }
}
