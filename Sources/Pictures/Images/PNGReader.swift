// PNG through libpng's simplified interface.

import CPNG
import Foundation

enum PNGReader {
  /// Reads a PNG of any kind as 8-bit sRGB: palettes become colours, grey stays grey, transparency
  /// is laid over black, and a gamma the file states is applied.
  static func image(_ bytes: [UInt8]) throws(PictureError) -> PixelImage {
    var png = png_image()
    png.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&png) }
    // libpng keeps the pointer until the picture is read, hence one closure for both steps.
    let result = bytes.withUnsafeBytes { buffer -> Result<PixelImage, PictureError> in
      guard png_image_begin_read_from_memory(&png, buffer.baseAddress, buffer.count) != 0 else {
        return .failure(failure(png))
      }
      return Result { () throws(PictureError) in try finish(&png, fileSize: buffer.count) }
    }
    return try result.get()
  }

  private static func finish(
    _ png: inout png_image, fileSize: Int
  ) throws(PictureError) -> PixelImage {
    let (width, height) = (Int(png.width), Int(png.height))
    try PictureLimit.check(width: width, height: height)
    // Deflate packs at most 1032 to 1, and a pixel has at least one bit.
    guard width * height / 8 <= fileSize * 1032 else {
      throw PictureError(
        "header: expected at most \(fileSize * 1032 * 8) pixels in \(fileSize) bytes, "
          + "found \(width) × \(height)")
    }
    // Without this, 16-bit files that state no gamma would be taken as linear.
    png.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
    let hasColour = png.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
    let channels = hasColour ? 3 : 1
    png.format = hasColour ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0
    var background = png_color()
    var samples = [UInt8](repeating: 0, count: width * height * channels)
    guard png_image_finish_read(&png, &background, &samples, 0, nil) != 0 else {
      throw failure(png)
    }
    return PixelImage(width: width, height: height, channels: channels, bytes: samples)
  }

  private static func failure(_ png: png_image) -> PictureError {
    let message = withUnsafeBytes(of: png.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return PictureError("expected a whole PNG picture, found a damaged one (libpng: \(message))")
  }
}
