// The formats that pictures are read from. FileKinds.swift tells which one a file has.

/// A picture format that can be read.
public enum PictureFormat: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// Netpbm's PBM, PGM, PPM and PAM, binary and ASCII (P1 to P7).
  case netpbm = "PNM"
  /// Portable Network Graphics.
  case png = "PNG"
  /// JPEG, baseline and progressive.
  case jpeg = "JPEG"
  /// GIF, of one frame or more.
  case gif = "GIF"
  /// Windows' and OS/2's bitmaps.
  case bmp = "BMP"
  /// TIFF, of one page or more.
  case tiff = "TIFF"
  /// WebP, of one frame or more.
  case webp = "WebP"

  /// The format whose first bytes these are, or nil.
  public init?(of bytes: [UInt8]) {
    guard case .picture(let format)? = FileKind(of: bytes)?.use else { return nil }
    self = format
  }

  /// The format's common name.
  public var description: String { rawValue }
}

extension PixelImage {
  /// Reads a picture, finding its format from its first bytes.
  ///
  /// Samples are the stored values divided by the largest possible one; colour profiles and gamma
  /// are ignored, as models are trained on stored values. Transparency is composited over white,
  /// on stored values. The EXIF orientation of JPEG, PNG, WebP and TIFF files is honoured. Of an
  /// animation and of several pages the first is read.
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
    case .gif: self = try GIFReader.read(bytes, limits: limits).image
    case .bmp: self = try BMPReader.read(bytes, limits: limits)
    case .tiff: self = try TIFFReader.read(bytes, limits: limits).image
    case .webp: self = try WebPReader.read(bytes, limits: limits).image
    case nil: throw .unknownFormat(found: FileKind.described(bytes))
    }
  }
}
