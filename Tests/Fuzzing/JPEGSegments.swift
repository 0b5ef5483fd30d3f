// A right JPEG with segments out of an input before its picture: EXIF, XMP, and whatever else stands
// there, whatever it says.

/// Segments between the beginning of a JPEG and its picture.
enum JPEGSegments {
  /// A JPEG of 4 × 2 grey pixels. The input is segments, each of a byte that says of which kind, two
  /// of its length, and what it holds.
  static func around(_ input: [UInt8]) -> [UInt8] {
    var file: [UInt8] = [0xFF, 0xD8]
    var rest = input[...]
    while rest.count >= 3 {
      let head = Array(rest.prefix(3))
      let contents = rest.dropFirst(3).prefix(min(Int(head[1]) << 8 | Int(head[2]), 65_533))
      // Most are what EXIF and XMP are in.
      let marker: UInt8 = head[0] < 0xE0 ? 0xE1 : head[0] < 0xFE ? 0xE0 | head[0] & 15 : 0xFE
      let length = contents.count + 2
      file += [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + contents
      rest = rest.dropFirst(3 + contents.count)
    }
    return file + picture
  }

  /// Tables, the picture and its end, as libjpeg wrote them.
  private static let picture: [UInt8] =
    [
      0xFF, 0xDB, 0, 67, 0, 40, 28, 30, 35, 30, 25, 40, 35, 33, 35, 45, 43, 40, 48, 60, 100, 65, 60,
      55, 55, 60, 123, 88, 93, 73, 100, 145, 128, 153, 150, 143, 128, 140, 138, 160, 180, 230, 195,
      160, 170, 218, 173, 138, 140, 200, 255, 203, 218, 238, 245, 255, 255, 255, 155, 193, 255, 255,
      255, 250, 255, 230, 253, 255, 248, 0xFF, 0xC0, 0, 11, 8, 0, 2, 0, 4, 1, 1, 17, 0, 0xFF, 0xC4,
      0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0xFF, 0xC4, 0, 27, 16, 0, 2, 1,
      5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0, 2, 4, 19, 35, 146, 0xFF, 0xDA, 0, 8, 1, 1, 0,
      0, 63, 0, 77, 186, 87, 136, 107, 163, 145, 63, 0xFF, 0xD9,
    ]
}
