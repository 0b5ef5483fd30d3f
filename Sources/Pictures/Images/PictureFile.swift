// Which format bytes are in, and the picture they hold.

/// A picture file's format, known by its first bytes.
public enum PictureFormat: String, Sendable, CaseIterable {
  /// Netpbm: PBM, PGM or PPM, ASCII or binary (`P1` to `P6`).
  case netpbm = "Netpbm"
  /// Portable Network Graphics.
  case png = "PNG"
  /// JPEG.
  case jpeg = "JPEG"

  /// The format that bytes begin as; nil if none.
  public init?(of bytes: [UInt8]) {
    if bytes.count >= 2, bytes[0] == UInt8(ascii: "P"),
      (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(bytes[1])
    {
      self = .netpbm
    } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else {
      return nil
    }
  }
}

extension PixelImage {
  /// Reads a picture of any of the formats.
  ///
  /// - Throws: `PictureError` with the place, what was expected and what was found.
  public init(reading bytes: [UInt8]) throws(PictureError) {
    switch PictureFormat(of: bytes) {
    case .netpbm: self = try NetpbmReader.image(bytes)
    case .png: self = try PNGReader.image(bytes)
    case .jpeg: self = try JPEGReader.image(bytes)
    case nil:
      throw PictureError(
        "byte 0: expected a PPM, PGM, PNG or JPEG picture or an .npy array, found "
          + (bytes.isEmpty ? "an empty file" : "other data"))
    }
  }
}

/// A picture that cannot be read.
public struct PictureError: Error, Hashable, CustomStringConvertible {
  /// One line: place, expected, found.
  public let description: String

  /// Makes the error.
  public init(_ description: String) { self.description = description }
}

/// How large a picture may be.
enum PictureLimit {
  /// The most pixels: 16384 × 16384, 3.2 GB as floats of three channels.
  static let pixels = 1 << 28

  /// Checks a header's size before anything of that size is allocated.
  static func check(width: Int, height: Int) throws(PictureError) {
    guard width > 0, height > 0 else {
      throw PictureError("header: expected at least one pixel, found \(width) × \(height)")
    }
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, count <= pixels else {
      throw PictureError("header: expected at most \(pixels) pixels, found \(width) × \(height)")
    }
  }
}
