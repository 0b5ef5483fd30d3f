// JPEG through TurboJPEG.

import CJPEG

enum JPEGReader {
  /// Reads a JPEG: grey stays grey, all else becomes red, green and blue, turned upright as its
  /// EXIF orientation says.
  static func image(_ bytes: [UInt8]) throws(PictureError) -> PixelImage {
    guard let decoder = tjInitDecompress() else {
      throw PictureError("libjpeg-turbo could not start: \(String(cString: tjGetErrorStr()))")
    }
    defer { tjDestroy(decoder) }
    var (width, height, subsampling, space) = (Int32(0), Int32(0), Int32(0), Int32(0))
    guard
      tjDecompressHeader3(
        decoder, bytes, UInt(bytes.count), &width, &height, &subsampling, &space) == 0
    else { throw failure(decoder) }
    try PictureLimit.check(width: Int(width), height: Int(height))
    // A block of 8 × 8 pixels takes at least some bits; even empty blocks of the largest
    // subsampling need a byte for about 2048 pixels.
    guard Int(width) * Int(height) <= bytes.count * 4096 else {
      throw PictureError(
        "header: expected at most \(bytes.count * 4096) pixels in \(bytes.count) bytes, "
          + "found \(width) × \(height)")
    }
    let isGrey = space == TJCS_GRAY.rawValue
    let isFourColour = space == TJCS_CMYK.rawValue || space == TJCS_YCCK.rawValue
    let format = isGrey ? TJPF_GRAY : isFourColour ? TJPF_CMYK : TJPF_RGB
    let stored = isGrey ? 1 : isFourColour ? 4 : 3
    var samples = [UInt8](repeating: 0, count: Int(width) * Int(height) * stored)
    let result = tjDecompress2(
      decoder, bytes, UInt(bytes.count), &samples, width, 0, height, Int32(format.rawValue),
      TJFLAG_STOPONWARNING)
    guard result == 0 else { throw failure(decoder) }
    if isFourColour { samples = fromFourColours(samples) }
    let image = PixelImage(
      width: Int(width), height: Int(height), channels: isGrey ? 1 : 3, bytes: samples)
    return image.turned(EXIFOrientation(of: bytes))
  }

  // Files hold inverted inks, as Adobe writes them: 255 is none.
  private static func fromFourColours(_ inks: [UInt8]) -> [UInt8] {
    stride(from: 0, to: inks.count, by: 4).flatMap { start in
      (0..<3).map { UInt8(Int(inks[start + $0]) * Int(inks[start + 3]) / 255) }
    }
  }

  private static func failure(_ decoder: tjhandle) -> PictureError {
    let message = String(cString: tjGetErrorStr2(decoder))
    return PictureError(
      "expected a whole JPEG picture, found a damaged one (libjpeg-turbo: \(message))")
  }
}
