// How a camera was held, as EXIF and XMP beside a picture say it, read as Pillow's exif_transpose
// reads them. Nothing here refuses a picture: what makes no sense says nothing.

/// What a file says about its picture beside the pixels.
struct PictureMetadata {
  private var exif: [UInt8] = []
  private var xmp: [UInt8] = []

  private static let exifName = Array("Exif\0\0".utf8)
  private static let xmpName = Array("http://ns.adobe.com/xap/1.0/\0".utf8)

  /// How the picture is to be turned: as EXIF says, or XMP where EXIF does not.
  var orientation: Orientation {
    if let value = TIFFTags(exif)?.orientation {
      return Orientation(rawValue: value) ?? .upright
    }
    return orientationOfXMP ?? .upright
  }

  /// Takes a JPEG file's APP1 segment: EXIF in several goes on from one to the next; of several
  /// XMPs the last counts. Extended XMP is passed over.
  mutating func take(jpegSegment segment: ArraySlice<UInt8>) {
    if segment.starts(with: Self.exifName) {
      exif += segment.dropFirst(Self.exifName.count)
    } else if segment.starts(with: Self.xmpName) {
      xmp = Array(segment.dropFirst(Self.xmpName.count))
    }
  }

  /// Takes the contents of a PNG file's chunk.
  mutating func take(pngChunk name: String, _ contents: ArraySlice<UInt8>) {
    if name == "eXIf" {
      exif = Array(contents)
    } else if name == "iTXt" || name == "tEXt",
      contents.starts(with: Array("XML:com.adobe.xmp\0".utf8))
    {
      xmp = Array(contents)
    }
  }

  /// Takes the contents of a WebP file's chunk.
  mutating func take(webPChunk name: String, _ contents: ArraySlice<UInt8>) {
    switch name {
    case "EXIF": exif = Array(contents)
    case "XMP ": xmp = Array(contents)
    default: break
    }
  }

  /// The digit behind the first `tiff:Orientation="` or `tiff:Orientation>`.
  private var orientationOfXMP: Orientation? {
    let name = Array("tiff:Orientation".utf8)
    var rest = xmp[...]
    while let start = rest.firstIndex(of: name[0]) {
      rest = rest[start...]
      guard rest.starts(with: name) else {
        rest = rest.dropFirst()
        continue
      }
      rest = rest.dropFirst(name.count)
      for mark in ["=\"", ">"] where rest.starts(with: Array(mark.utf8)) {
        let digit = rest.dropFirst(mark.utf8.count).first ?? 0
        if (48...57).contains(digit) { return Orientation(rawValue: Int(digit) - 48) ?? .upright }
      }
    }
    return nil
  }
}

/// The first directory of a TIFF structure, which EXIF is.
private struct TIFFTags {
  private let bytes: [UInt8]
  private let isLittle: Bool

  /// Nil unless the bytes begin as EXIF does; its name may stand before them.
  init?(_ data: [UInt8]) {
    let name = Array("Exif\0\0".utf8)
    bytes = data.starts(with: name) ? Array(data.dropFirst(name.count)) : data
    guard bytes.count >= 8 else { return nil }
    switch (bytes[0], bytes[1], bytes[2], bytes[3]) {
    case (0x49, 0x49, 42, 0), (0x49, 0x49, 0, 42): isLittle = true
    // Pillow takes 43 for 42 in this order alone.
    case (0x4D, 0x4D, 0, 42), (0x4D, 0x4D, 42, 0), (0x4D, 0x4D, 0, 43): isLittle = false
    default: return nil
    }
  }

  /// The bytes of one element of each type, where it is one that Pillow knows.
  private static let sizes = [
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8,
  ]

  /// The value of tag 0x0112 as a number; 0 for one that is no whole number.
  var orientation: Int? {
    guard let directory = integer(4, 4), let count = integer(directory, 2) else { return nil }
    var total = 0
    for entry in 0..<count {
      let start = directory + 2 + 12 * entry
      guard let tag = integer(start, 2), let type = integer(start + 2, 2),
        let elements = integer(start + 4, 4), let offset = integer(start + 8, 4)
      else { return nil }
      // Below 2^35: neither overflows.
      guard let unit = Self.sizes[type], elements > 0 else { continue }
      let size = unit * elements
      if size > 4 {
        total += size
        if total > bytes.count { continue }
        // Pillow reads no further than to an entry whose data are missing.
        guard offset <= bytes.count - size else { return nil }
      }
      if tag == 0x0112 { return value(type, at: size > 4 ? offset : start + 8) }
    }
    return nil
  }

  private func value(_ type: Int, at offset: Int) -> Int {
    func signed(_ size: Int) -> Int {
      let value = integer(offset, size) ?? 0
      return value >= 1 << (8 * size - 1) ? value - 1 << (8 * size) : value
    }
    switch type {
    case 3: return integer(offset, 2) ?? 0
    case 4, 13: return integer(offset, 4) ?? 0
    case 6: return signed(1)
    case 8: return signed(2)
    case 9: return signed(4)
    case 5, 10:
      guard let above = integer(offset, 4), let below = integer(offset + 4, 4), below > 0,
        above % below == 0
      else { return 0 }
      return above / below
    case 11: return Int(exactly: Float(bitPattern: UInt32(integer(offset, 4) ?? 0))) ?? 0
    case 12: return Int(exactly: Double(bitPattern: UInt64(bits: halves(offset)))) ?? 0
    case 16:
      let (high, low) = halves(offset)
      return high == 0 ? low : 0
    default: return 0
    }
  }

  private func halves(_ offset: Int) -> (high: Int, low: Int) {
    let (first, second) = (integer(offset, 4) ?? 0, integer(offset + 4, 4) ?? 0)
    return isLittle ? (second, first) : (first, second)
  }

  private func integer(_ offset: Int, _ size: Int) -> Int? {
    guard offset <= bytes.count - size else { return nil }
    let digits = bytes[offset..<offset + size]
    return isLittle
      ? digits.reversed().reduce(0) { $0 << 8 | Int($1) } : digits.reduce(0) { $0 << 8 | Int($1) }
  }
}

extension UInt64 {
  fileprivate init(bits: (high: Int, low: Int)) {
    self = UInt64(bits.high) << 32 | UInt64(bits.low)
  }
}
