// A picture as it was read, with what is wrong with its file. One too large to be held is scaled
// down as it is read.

import Tensors

/// How a picture is to be read.
public struct PictureRequest: Sendable {
  /// What is done about a file whose pixels are not all as they were stored.
  public enum FlawRule: Sendable, Hashable {
    /// The picture is given, and its flaws are said.
    case report
    /// What is damaged or cut short is refused.
    case refuseDamage
    /// Every flaw is refused.
    case refuseAny
  }

  /// How large a picture is wanted that is too large to be held.
  public enum Size: Sendable, Hashable {
    /// As it is, so that it is refused.
    case whole
    /// With no side longer than this.
    case longestSide(Int)
    /// As small as it can be and still cover this.
    case covering(width: Int, height: Int)
  }

  /// The most that a header may ask for.
  public var limits: PictureLimits
  /// What is wanted of a picture of more pixels than the limit; others are read whole.
  public var size: Size
  /// What is done about flaws.
  public var flaws: FlawRule
  /// Stops reading when it is cancelled.
  public var cancellation: Cancellation?

  /// A request; without arguments for a whole picture that is not damaged.
  public init(
    limits: PictureLimits = .init(), size: Size = .whole, flaws: FlawRule = .refuseDamage,
    cancellation: Cancellation? = nil
  ) {
    self.limits = limits
    self.size = size
    self.flaws = flaws
    self.cancellation = cancellation
  }

  /// The size that is wanted of a picture of more pixels than the limit.
  ///
  /// - Throws: `PictureError` if that is too large too.
  func size(
    _ format: PictureFormat, width: Int, height: Int
  ) throws(PictureError) -> (width: Int, height: Int) {
    let wanted =
      switch size {
      case .whole: (width: width, height: height)
      case .longestSide(let side):
        PixelImage.fittedSize(width: width, height: height, maxSide: side)
      case .covering(let least, let lowest):
        PixelImage.coveringSize(width: width, height: height, least, lowest)
      }
    guard wanted.width <= width, wanted.height <= height else {
      // What would have to be made larger is none of what is too large.
      throw .tooLarge(
        format, width: width, height: height, limit: "at most \(limits.pixels) pixels")
    }
    _ = try limits.pixels(format, width: wanted.width, height: wanted.height)
    return wanted
  }
}

/// Something that is wrong with a picture's file, though it could be read.
public struct PictureFlaw: Sendable, Hashable, CustomStringConvertible {
  /// Of what kind.
  public enum Kind: Sendable, Hashable {
    /// The data end before the picture does.
    case cutShort
    /// Data are lost or make no sense, so that pixels are wrong.
    case damaged
    /// More data than the pixels take: a sign of damage, and pixels may be wrong.
    case leftover
  }

  /// Of what kind.
  public let kind: Kind
  /// In few words.
  public let brief: String
  /// More of it: where, and how much.
  public let detail: String

  /// All of it.
  public var description: String { "\(brief): \(detail)" }
}

/// A picture that has been read.
public struct OpenedPicture: Sendable {
  /// The picture; scaled down, as was wanted, if it has more pixels than the limit.
  public let image: PixelImage
  /// Pixels in a row of the picture in the file, upright.
  public let width: Int
  /// Rows of the picture in the file, upright.
  public let height: Int
  /// What is wrong with the file.
  public let flaws: [PictureFlaw]
  /// What else a person should know: that it is the first of several frames, for one.
  public let notes: [PictureNote]

  /// A picture that was read; without a size, whole.
  init(
    _ image: PixelImage, from size: (width: Int, height: Int)? = nil, flaws: [PictureFlaw] = [],
    notes: [PictureNote] = []
  ) {
    self.image = image
    width = size?.width ?? image.width
    height = size?.height ?? image.height
    self.flaws = flaws
    self.notes = notes
  }

  /// Reads a picture, finding its format from its first bytes.
  ///
  /// - Throws: `PictureError`; `ComputationCancelled`.
  public init(reading bytes: [UInt8], _ request: PictureRequest = .init()) throws {
    try self.init(reading: ByteStream(bytes), request)
  }

  /// Reads a picture from where a stream is; of one that is too large, no more than its header.
  ///
  /// - Throws: `PictureError`; `ComputationCancelled`; `FileAccessError`.
  package init(reading stream: ByteStream, _ request: PictureRequest = .init()) throws {
    let first = Array(try stream.first(1024))
    switch PictureFormat(of: first) {
    case .netpbm: self = try NetpbmReader.read(stream, request)
    case .jpeg: self = try JPEGReader.read(stream.rest(), request)
    case .png:
      // A size that is refused is refused before the rest is read.
      if let (width, height) = PNGChunks.size(of: first), width * height > request.limits.pixels {
        _ = try request.size(.png, width: width, height: height)
      }
      self = try PNGReader.read(stream.rest(), request)
    case .gif: self = try GIFReader.read(stream.rest(), limits: request.limits)
    case .tiff: self = try TIFFReader.read(stream.rest(), limits: request.limits)
    case .webp: self = try WebPReader.read(stream.rest(), limits: request.limits)
    case .bmp, nil:
      try request.cancellation?.check()
      self.init(try PixelImage(reading: stream.rest(), limits: request.limits))
    }
  }
}

/// Something that was done to read a picture.
public struct PictureNote: Sendable, Hashable {
  /// In few words: "the first of 12 frames".
  public let brief: String
  /// More of it, where there is room.
  public let detail: String
}
