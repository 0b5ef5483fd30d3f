// Which way up a camera held a photo: one number in a JPEG's EXIF block.

/// The eight orientations of EXIF's tag 0x0112.
enum EXIFOrientation: Int {
  case upright = 1
  case mirrored, upsideDown, flipped, transposed, turnedRight, transversed, turnedLeft

  /// Whether rows and columns change places.
  var swapsAxes: Bool { rawValue >= 5 }

  /// The orientation that a JPEG's first EXIF block gives; upright if there is none to be read.
  init(of bytes: [UInt8]) {
    self = Self.block(bytes).flatMap(Self.orientation) ?? .upright
  }

  // Segments are FF, a marker, and a big-endian length that counts itself.
  private static func block(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xFF, bytes[position + 1] != 0xDA {
      let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
      guard length >= 2, position + 2 + length <= bytes.count else { return nil }
      let content = bytes[position + 4..<position + 2 + length]
      if bytes[position + 1] == 0xE1, content.starts(with: Array("Exif\0\0".utf8)) {
        return content.dropFirst(6)
      }
      position += 2 + length
    }
    return nil
  }

  private static func orientation(_ tiff: ArraySlice<UInt8>) -> EXIFOrientation? {
    let bytes = Array(tiff)
    guard bytes.count >= 8 else { return nil }
    let isLittle = bytes.starts(with: Array("II".utf8))
    func number(_ start: Int, _ size: Int) -> Int? {
      guard start >= 0, start + size <= bytes.count else { return nil }
      let part = bytes[start..<start + size]
      return (isLittle ? Array(part.reversed()) : Array(part)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let count = number(directory, 2) else { return nil }
    for entry in 0..<count {
      let start = directory + 2 + 12 * entry
      guard let tag = number(start, 2) else { return nil }
      if tag == 0x0112 { return number(start + 8, 2).flatMap(EXIFOrientation.init(rawValue:)) }
    }
    return nil
  }
}

extension PixelImage {
  /// The picture upright.
  func turned(_ orientation: EXIFOrientation) -> PixelImage {
    guard orientation != .upright else { return self }
    let swaps = orientation.swapsAxes
    let (newWidth, newHeight) = swaps ? (height, width) : (width, height)
    var result = PixelImage(
      width: newWidth, height: newHeight, channels: channels,
      samples: [Float](repeating: 0, count: samples.count))
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let (sourceX, sourceY): (Int, Int) =
          switch orientation {
          case .upright: (x, y)
          case .mirrored: (width - 1 - x, y)
          case .upsideDown: (width - 1 - x, height - 1 - y)
          case .flipped: (x, height - 1 - y)
          case .transposed: (y, x)
          case .turnedRight: (y, height - 1 - x)
          case .transversed: (width - 1 - y, height - 1 - x)
          case .turnedLeft: (width - 1 - y, x)
          }
        for channel in 0..<channels {
          result.samples[(y * newWidth + x) * channels + channel] =
            samples[(sourceY * width + sourceX) * channels + channel]
        }
      }
    }
    return result
  }
}
