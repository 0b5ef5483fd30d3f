// What stands before a BMP file's pixels: Windows' headers of 40 to 124 bytes and OS/2's of 12, 16 and
// 64, the channels' masks, the palette.

/// The header of a BMP file, checked against the file.
struct BMPHeader {
  /// How pixels are stored.
  enum Coding {
    /// Rows of indices or of samples, padded to four bytes.
    case plain
    /// Runs of equal indices of 4 or 8 bits.
    case runs
  }

  /// The bits of a sample within a pixel of 16 or 32 bits.
  struct Mask {
    let bits: UInt32
    /// Where the lowest of them is.
    var shift: Int { bits.trailingZeroBitCount }
    /// The largest sample.
    var most: UInt32 { bits == 0 ? 0 : bits >> UInt32(shift) }
    /// Whether the bits stand together.
    var isWhole: Bool { bits == 0 || (most & (most &+ 1)) == 0 }
  }

  let width: Int
  let height: Int
  let isTopDown: Bool
  let bitsPerPixel: Int
  let coding: Coding
  /// Red, green, blue, alpha of 16 and 32 bits a pixel; an alpha without bits is none.
  let masks: [Mask]
  /// Red, green and blue of each index, 0 to 255.
  let palette: [[UInt8]]
  let pixelsStart: Int

  static let headerSizes: Set<Int> = [12, 16, 40, 52, 56, 64, 108, 124]

  init(_ bytes: [UInt8]) throws(PictureError) {
    let file = LittleEndianBytes(bytes: bytes, format: .bmp)
    let headerSize = try file.integer(at: 14, size: 4, "the size of a header")
    guard Self.headerSizes.contains(headerSize) else {
      throw file.malformed(
        14, "a header of 12, 16, 40, 52, 56, 64, 108 or 124 bytes", "\(headerSize)")
    }
    let isCore = headerSize == 12
    let isOS2 = isCore || headerSize == 16 || headerSize == 64
    let side = isCore ? 2 : 4
    width = try file.integer(at: 18, size: side, "a width")
    let storedHeight = try file.integer(at: 18 + side, size: side, "a height")
    isTopDown = !isOS2 && storedHeight >= 1 << 31
    height = isTopDown ? (1 << 32) - storedHeight : storedHeight
    guard (1...Int(Int32.max)).contains(width), (1...Int(Int32.max)).contains(height) else {
      throw file.malformed(
        18, "a width and height from 1 to \(Int32.max)", "\(width) and \(height)")
    }
    let depthAt = 20 + 2 * side
    bitsPerPixel = try file.integer(at: depthAt, size: 2, "bits per pixel")
    guard [1, 2, 4, 8, 16, 24, 32].contains(bitsPerPixel) else {
      throw file.malformed(depthAt, "1, 2, 4, 8, 16, 24 or 32 bits per pixel", "\(bitsPerPixel)")
    }
    let compression =
      headerSize <= 16 ? 0 : try file.integer(at: 30, size: 4, "a compression")
    coding = try Self.coding(compression, bitsPerPixel, isOS2: isOS2, file)
    var position = 14 + headerSize
    if coding == .plain, bitsPerPixel == 16 || bitsPerPixel == 32 {
      masks = try Self.masks(compression, headerSize, bitsPerPixel, file)
      if headerSize == 40 { position += compression == 3 ? 12 : compression == 6 ? 16 : 0 }
    } else {
      masks = []
    }
    pixelsStart = try file.integer(at: 10, size: 4, "where the pixels begin")
    guard pixelsStart >= position, pixelsStart <= bytes.count else {
      throw file.malformed(
        10, "pixels that begin from byte \(position) to \(bytes.count)", "\(pixelsStart)")
    }
    guard bitsPerPixel <= 8 else {
      palette = []
      return
    }
    var colours = 1 << bitsPerPixel
    if headerSize >= 40 {
      let used = try file.integer(at: 46, size: 4, "the number of colours")
      if used > 0 { colours = min(colours, used) }
    }
    let entry = isCore ? 3 : 4
    // Some writers store fewer than they may: what has no room before the pixels is not there.
    colours = min(colours, (pixelsStart - position) / entry)
    palette = (0..<colours).map { index in
      let start = position + index * entry
      return [bytes[start + 2], bytes[start + 1], bytes[start]]
    }
  }

  private static func coding(
    _ compression: Int, _ bits: Int, isOS2: Bool, _ file: LittleEndianBytes
  ) throws(PictureError) -> Coding {
    switch (compression, bits) {
    case (0, _): return .plain
    case (1, 8), (2, 4): return .runs
    case (3, 16), (3, 32), (6, 16), (6, 32):
      if !isOS2 { return .plain }
    default: break
    }
    let names = isOS2 ? [3: "Huffman", 4: "RLE24"] : [4: "JPEG", 5: "PNG"]
    throw .refused(
      .bmp,
      reason: "byte 30: expected no compression, run lengths or masks, found compression "
        + (names[compression] ?? "\(compression)") + " with \(bits) bits per pixel")
  }

  private static func masks(
    _ compression: Int, _ headerSize: Int, _ bits: Int, _ file: LittleEndianBytes
  ) throws(PictureError) -> [Mask] {
    guard compression == 3 || compression == 6 else {
      return (bits == 16 ? [0x7C00, 0x3E0, 0x1F, 0] : [0xFF0000, 0xFF00, 0xFF, 0])
        .map { Mask(bits: $0) }
    }
    let hasAlpha = compression == 6 || headerSize >= 56
    var masks: [Mask] = []
    for offset in 0..<4 {
      let isThere = offset < 3 || hasAlpha
      let value = isThere ? try file.integer(at: 54 + 4 * offset, size: 4, "a mask") : 0
      let mask = Mask(bits: UInt32(value))
      guard mask.isWhole, mask.bits != 0 || offset == 3, bits == 32 || value < 1 << 16 else {
        throw file.malformed(
          54 + 4 * offset, "a mask of bits that stand together",
          "0x" + String(value, radix: 16))
      }
      masks.append(mask)
    }
    return masks
  }
}

/// A file whose numbers begin with their lowest byte.
struct LittleEndianBytes {
  let bytes: [UInt8]
  let format: PictureFormat

  /// A number without a sign.
  ///
  /// - Throws: `PictureError` if the file ends before it.
  func integer(at offset: Int, size: Int, _ what: String) throws(PictureError) -> Int {
    guard offset <= bytes.count - size else {
      throw malformed(min(offset, bytes.count), what, "the file's end")
    }
    return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  func malformed(_ offset: Int, _ expected: String, _ found: String) -> PictureError {
    .malformed(format, offset: offset, expected: expected, found: found)
  }
}
