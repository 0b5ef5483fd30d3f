// BMP's run lengths, of 4 and 8 bits: a count and an index, or a zero and what to do.

/// Unpacks the pixels of a BMP file that is packed with run lengths.
struct BMPRuns {
  private let bytes: [UInt8]
  private let header: BMPHeader
  private var position: Int
  private var (row, column) = (0, 0)

  init(_ bytes: [UInt8], _ header: BMPHeader) {
    (self.bytes, self.header) = (bytes, header)
    position = header.pixelsStart
  }

  /// The index of every pixel, upright; those that the runs leave out are 0.
  ///
  /// - Throws: `PictureError` for a run that leaves its row and for a file that ends too early.
  consuming func indices() throws(PictureError) -> [UInt8] {
    var indices = [UInt8](repeating: 0, count: header.width * header.height)
    while true {
      let count = Int(try byte("a run, or the end of the runs"))
      let value = try byte("the index of a run")
      if count > 0 {
        let isNarrow = isNarrow
        try put(count, into: &indices) { offset in
          isNarrow ? value >> (offset % 2 == 0 ? 4 : 0) & 15 : value
        }
        continue
      }
      switch value {
      case 0:
        (row, column) = (row + 1, 0)
      case 1: return indices
      case 2:
        column += Int(try byte("how far to the right"))
        row += Int(try byte("how far on"))
      default: try putLiterals(Int(value), into: &indices)
      }
    }
  }

  private var isNarrow: Bool { header.bitsPerPixel == 4 }

  private mutating func putLiterals(
    _ count: Int, into indices: inout [UInt8]
  ) throws(PictureError) {
    let size = isNarrow ? (count + 1) / 2 : count
    let start = position
    guard size <= bytes.count - start else {
      throw malformed("\(size) bytes of indices", "the file's end")
    }
    let (isNarrow, bytes) = (isNarrow, bytes)
    try put(count, into: &indices) { offset in
      isNarrow ? bytes[start + offset / 2] >> (offset % 2 == 0 ? 4 : 0) & 15 : bytes[start + offset]
    }
    // They end at an even byte; the last ones of a file may lack it.
    position = min(bytes.count, start + (size + 1) / 2 * 2)
  }

  /// Puts pixels side by side; rows come from below unless the header says otherwise.
  private mutating func put(
    _ count: Int, into indices: inout [UInt8], _ index: (Int) -> UInt8
  ) throws(PictureError) {
    // The last byte of a row may hold half a pixel too many.
    let fits = min(count, header.width - column)
    guard row < header.height, fits >= count - 1, fits >= 0 else {
      throw malformed(
        "a run within \(header.width) × \(header.height) pixels",
        "one of \(count) in row \(row), column \(column)")
    }
    let start = (header.isTopDown ? row : header.height - 1 - row) * header.width + column
    for offset in 0..<fits { indices[start + offset] = index(offset) }
    column += fits
  }

  private mutating func byte(_ what: String) throws(PictureError) -> UInt8 {
    guard position < bytes.count else { throw malformed(what, "the file's end") }
    defer { position += 1 }
    return bytes[position]
  }

  private func malformed(_ expected: String, _ found: String) -> PictureError {
    .malformed(.bmp, offset: position, expected: expected, found: found)
  }
}
