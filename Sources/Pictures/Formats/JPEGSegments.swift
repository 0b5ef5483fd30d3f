// The segments of a JPEG file, found as libjpeg finds them, without decoding a pixel.

/// A picture's size, coding, scans and EXIF, and where in the file it ends.
struct JPEGSegments {
  private let bytes: [UInt8]
  private(set) var width = 0
  private(set) var height = 0
  private(set) var isArithmetic = false
  /// Scans of the file.
  private(set) var scanCount = 0
  /// Blocks of 8 × 8 samples, of all components.
  private(set) var blockCount = 0
  /// Where the picture ends: what follows is a trailer, which no decoder need see.
  private(set) var end = 0
  /// Where the first scan's data begin.
  private(set) var dataStart = 0
  private(set) var metadata = PictureMetadata()
  /// Whether the coefficients of all blocks are kept until the last scan has been read.
  private(set) var hasSeveralScans = false
  private var componentCount = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Bytes that libjpeg needs for the coefficients; 0 where it needs a few rows only.
  var coefficientBytes: Int { hasSeveralScans ? blockCount * 128 : 0 }

  /// Walks to the picture's end.
  ///
  /// Bytes between segments are passed over. From the first scan on, what is no segment of a picture
  /// is its trailer.
  ///
  /// - Throws: `PictureError` if a segment before the first scan is cut off or none gives the size.
  mutating func walk() throws(PictureError) {
    var position = 2
    end = bytes.count
    while let offset = nextMarker(from: position) {
      let marker = bytes[offset]
      let isHeader = scanCount == 0
      position = offset + 1
      switch marker {
      case 0x01, 0xD0...0xD7: continue  // They have no contents.
      case 0xD9 where !isHeader:
        end = position
        return
      case 0xD8, 0xD9:
        if isHeader { throw malformed(offset, "a segment", "marker \(marker)") }
        end = offset - 1
        return
      default: break
      }
      let isKnown = isHeader || Self.mayFollowScan(marker)
      guard isKnown, let contents = contents(at: position) else {
        if isHeader { throw cutOff(position) }
        end = offset - 1
        return
      }
      position = contents.upperBound
      try take(marker, contents)
    }
    if scanCount == 0 { throw malformed(bytes.count, "a segment", "the file's end") }
  }

  /// Tables, scans, comments and applications' segments.
  private static func mayFollowScan(_ marker: UInt8) -> Bool {
    [0xC4, 0xCC, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE].contains(marker) || (0xE0...0xEF).contains(marker)
  }

  private mutating func take(_ marker: UInt8, _ contents: Range<Int>) throws(PictureError) {
    switch marker {
    case 0xC4, 0xC8, 0xCC: break  // Tables, which share the range of the frame headers.
    case 0xC0...0xCF: try readFrame(marker, contents)
    case 0xDA:
      if width == 0 {
        throw malformed(contents.lowerBound - 4, "a frame header before the scan", "none")
      }
      if scanCount == 0 { dataStart = contents.upperBound }
      scanCount += 1
      if let count = bytes[contents].first, Int(count) < componentCount { hasSeveralScans = true }
    case 0xE1: metadata.take(jpegSegment: bytes[contents])
    default: break
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
    hasSeveralScans = marker == 0xC2 || marker == 0xCA
    countBlocks(contents.dropFirst(5))
  }

  /// Counts blocks by the components' sampling factors; the decoder refuses impossible ones.
  private mutating func countBlocks(_ components: Range<Int>) {
    componentCount = Int(bytes[components.lowerBound])
    let factors = (0..<componentCount).compactMap { index -> (across: Int, down: Int)? in
      let offset = components.lowerBound + 2 + 3 * index
      guard offset < components.upperBound else { return nil }
      return (max(1, Int(bytes[offset] >> 4)), max(1, Int(bytes[offset] & 15)))
    }
    let across = 8 * (factors.map(\.across).max() ?? 1)
    let down = 8 * (factors.map(\.down).max() ?? 1)
    let units = ((width + across - 1) / across) * ((height + down - 1) / down)
    blockCount = units * factors.reduce(0) { $0 + $1.across * $1.down }
  }

  /// The offset of the next marker's second byte. Nil at the end.
  private func nextMarker(from start: Int) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      var position = start
      while position < bytes.count {
        guard bytes[position] == 0xFF else {
          position += 1
          continue
        }
        while position < bytes.count, bytes[position] == 0xFF { position += 1 }
        if position < bytes.count, bytes[position] != 0 { return position }
      }
      return nil
    }
  }

  private func contents(at position: Int) -> Range<Int>? {
    guard position + 2 <= bytes.count else { return nil }
    let length = integer(at: position)
    guard length >= 2, length <= bytes.count - position else { return nil }
    return position + 2..<position + length
  }

  private func cutOff(_ position: Int) -> PictureError {
    guard position + 2 <= bytes.count else {
      return malformed(position, "a segment's length", "the file's end")
    }
    return malformed(
      position, "a segment's length from 2 to \(bytes.count - position)",
      "\(integer(at: position))")
  }

  private func integer(at offset: Int) -> Int { Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) }

  private func malformed(_ offset: Int, _ expected: String, _ found: String) -> PictureError {
    .malformed(.jpeg, offset: offset, expected: expected, found: found)
  }
}
