// What can be wrong with a picture; the message is complete but for the file's name.

/// A picture that cannot be read or written.
public enum PictureError: Error, Hashable, CustomStringConvertible {
  /// The first bytes are those of no format read here.
  case unknownFormat(found: String)
  /// The file breaks its format at a byte, counted from 0.
  case malformed(PictureFormat, offset: Int, expected: String, found: String)
  /// The header asks for more than the limits allow.
  case tooLarge(PictureFormat, width: Int, height: Int, limit: String)
  /// The header asks for more pixels than so many bytes can have been compressed from.
  case truncated(PictureFormat, bytes: Int, width: Int, height: Int)
  /// The decoder or encoder refuses, in its words.
  case refused(PictureFormat, reason: String)

  /// One line: format, offset, expected, found.
  public var description: String {
    switch self {
    case .unknownFormat(let found):
      "expected a picture (\(FileKind.pictureNames)), found \(found)"
    case .malformed(let format, let offset, let expected, let found):
      "\(format), byte \(offset): expected \(expected), found \(found)"
    case .tooLarge(let format, let width, let height, let limit):
      "\(format): expected \(limit), found \(width) × \(height)"
    case .truncated(let format, let bytes, let width, let height):
      "\(format): \(bytes) bytes cannot hold \(width) × \(height) pixels"
    case .refused(let format, let reason):
      "\(format): \(reason)"
    }
  }
}

/// What a header may ask for.
public struct PictureLimits: Sendable, Hashable {
  /// The most pixels in a picture: 2^26 (8192 × 8192, 805 MB of colour samples) unless said.
  public var pixels: Int
  /// The most bytes that a decoder keeps beside the pixels, as it does for JPEG pictures of several
  /// scans: 1 GiB unless said.
  public var decoderBytes: Int

  /// The most pixels in a row of a picture that is scaled down as its rows come: each takes up to
  /// 45 bytes, as stored, as samples and as sums.
  var rowPixels: Int { decoderBytes / 64 }

  /// Makes limits.
  public init(pixels: Int = 1 << 26, decoderBytes: Int = 1 << 30) {
    self.pixels = pixels
    self.decoderBytes = decoderBytes
  }

  /// The number of pixels, if allowed.
  func pixels(
    _ format: PictureFormat, width: Int, height: Int
  ) throws(PictureError) -> Int {
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, count <= pixels else {
      throw .tooLarge(format, width: width, height: height, limit: "at most \(pixels) pixels")
    }
    return count
  }
  /// Refuses an animation of too many pixels in all.
  func check(
    _ format: PictureFormat, frames: Int, of width: Int, _ height: Int
  ) throws(PictureError) {
    // One frame is within the limit, so the product cannot overflow.
    guard frames <= pixels / max(1, width * height) else {
      throw .tooLarge(
        format, width: width, height: height,
        limit: "at most \(pixels) pixels in all frames together")
    }
  }
}
