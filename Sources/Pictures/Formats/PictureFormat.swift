// Which format a file has, told by its first bytes and never by its name.

/// A picture format that can be read.
public enum PictureFormat: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// Netpbm's PBM, PGM and PPM, binary and ASCII (P1 to P6).
  case netpbm = "PNM"
  /// Portable Network Graphics.
  case png = "PNG"
  /// JPEG, baseline and progressive.
  case jpeg = "JPEG"

  /// The format whose first bytes these are, or nil.
  public init?(of bytes: [UInt8]) {
    let netpbmKinds = UInt8(ascii: "1")...UInt8(ascii: "6")
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89] + Array("PNG".utf8)) {
      self = .png
    } else if bytes.count >= 2, bytes[0] == UInt8(ascii: "P"), netpbmKinds.contains(bytes[1]) {
      self = .netpbm
    } else {
      return nil
    }
  }

  /// The format's common name.
  public var description: String { rawValue }
}

extension PixelImage {
  /// Reads a picture, finding its format from its first bytes.
  ///
  /// Samples are the stored values divided by the largest possible one; colour profiles and gamma
  /// are ignored, as models are trained on stored values. Transparency is composited over white,
  /// on stored values. The EXIF orientation of JPEG and PNG files is honoured.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - limits: The most pixels accepted; checked, like the size the file can back, before any
  ///     memory is taken.
  /// - Throws: `PictureError`, also for a truncated or damaged file: nothing is filled in.
  ///   `OpenedPicture` gives what there is of one.
  public init(reading bytes: [UInt8], limits: PictureLimits = .init()) throws(PictureError) {
    switch PictureFormat(of: bytes) {
    case .netpbm: self = try NetpbmReader.read(bytes, limits: limits)
    case .png: self = try PNGReader.read(bytes, limits: limits)
    case .jpeg: self = try JPEGReader.image(bytes, limits: limits)
    case nil: throw .unknownFormat(found: shown(bytes))
    }
  }
}

/// The first bytes for an error message: as text if they are, else as numbers.
private func shown(_ bytes: [UInt8]) -> String {
  let first = bytes.prefix(8)
  if first.isEmpty { return "an empty file" }
  if first.allSatisfy({ (32..<127).contains($0) }) {
    return "\"\(String(decoding: first, as: UTF8.self))\""
  }
  let digits = first.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
  return "bytes " + digits.joined(separator: " ")
}
