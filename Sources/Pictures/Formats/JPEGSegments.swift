// The segments of a JPEG file up to its first scan, and the EXIF orientation among them.

/// Finds a picture's size, coding and orientation without decoding it.
struct JPEGSegments {
  private let bytes: [UInt8]
  private(set) var width = 0
  private(set) var height = 0
  private(set) var isArithmetic = false
  private(set) var orientation = Orientation.upright

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Walks to the first scan.
  ///
  /// - Throws: `PictureError` if a segment is cut off or none gives the size.
  mutating func walk() throws(PictureError) {
    var position = 2
    while true {
      guard position + 4 <= bytes.count else {
        throw malformed(position, "a segment", "the file's end")
      }
      guard bytes[position] == 0xFF else {
        throw malformed(position, "a marker (255)", "byte \(bytes[position])")
      }
      let marker = bytes[position + 1]
      if marker == 0xFF || marker == 0x01 {
        // Fill bytes may stand before any marker; TEM has no contents.
        position += marker == 0xFF ? 1 : 2
        continue
      }
      let length = integer(at: position + 2)
      guard length >= 2, length <= bytes.count - position - 2 else {
        throw malformed(
          position + 2, "a segment's length from 2 to \(bytes.count - position - 2)", "\(length)")
      }
      let contents = position + 4..<position + 2 + length
      switch marker {
      case 0xC4, 0xC8, 0xCC: break  // Tables, which share the range of the frame headers.
      case 0xC0...0xCF: try readFrame(marker, contents)
      case 0xDA:
        if width == 0 { throw malformed(position, "a frame header before the scan", "none") }
        return
      case 0xE1: orientation = Orientation(exif: bytes[contents]) ?? orientation
      default: break
      }
      position = contents.upperBound
    }
  }

  private mutating func readFrame(
    _ marker: UInt8, _ contents: Range<Int>
  ) throws(PictureError) {
    let start = contents.lowerBound
    guard contents.count >= 6 else {
      throw malformed(start, "6 bytes of frame header", "\(contents.count)")
    }
    guard bytes[start] == 8 else {
      throw malformed(start, "samples of 8 bits", "\(bytes[start])")
    }
    height = integer(at: start + 1)
    width = integer(at: start + 3)
    if height == 0 || width == 0 {
      throw malformed(start + 1, "a height and width of at least 1", "\(height) and \(width)")
    }
    isArithmetic = marker >= 0xC9
  }

  private func integer(at offset: Int) -> Int { Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) }

  private func malformed(_ offset: Int, _ expected: String, _ found: String) -> PictureError {
    .malformed(.jpeg, offset: offset, expected: expected, found: found)
  }
}

// MARK: - Orientation

/// How a camera was held, as EXIF's tag 0x0112 says: where the stored first row and column lie.
enum Orientation: Int {
  case upright = 1
  case mirrored, upsideDown, mirroredUpsideDown
  case mirroredOnItsRight, onItsRight, mirroredOnItsLeft, onItsLeft

  /// Reads the tag from an APP1 segment; nil if there is none that makes sense, for a photo is
  /// not refused because of it.
  init?(exif segment: ArraySlice<UInt8>) {
    guard segment.starts(with: Array("Exif\0\0".utf8)) else { return nil }
    let tiff = Array(segment.dropFirst(6))
    guard tiff.count >= 8, tiff[0] == tiff[1], [0x49, 0x4D].contains(tiff[0]) else { return nil }
    let isLittle = tiff[0] == 0x49
    func integer(_ offset: Int, _ size: Int) -> Int? {
      guard offset <= tiff.count - size else { return nil }
      let digits = tiff[offset..<offset + size]
      return isLittle
        ? digits.reversed().reduce(0) { $0 << 8 | Int($1) } : digits.reduce(0) { $0 << 8 | Int($1) }
    }
    guard integer(2, 2) == 42, let directory = integer(4, 4), let count = integer(directory, 2)
    else { return nil }
    for entry in 0..<count {
      let place = directory + 2 + 12 * entry
      guard let tag = integer(place, 2) else { return nil }
      if tag == 0x0112, let value = integer(place + 8, 2) {
        self.init(rawValue: value)
        return
      }
    }
    return nil
  }
}

extension PixelImage {
  /// The picture as it is to be seen, given how it is stored.
  func oriented(_ orientation: Orientation) -> PixelImage {
    if orientation == .upright { return self }
    let isTurned = orientation.rawValue >= 5
    let (newWidth, newHeight) = isTurned ? (height, width) : (width, height)
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
