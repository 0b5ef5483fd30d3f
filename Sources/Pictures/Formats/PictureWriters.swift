// Pictures as files: binary PPM or PGM, and PNG through libpng.

import CPNG

extension PixelImage {
  /// The picture as a binary PPM (colour) or PGM (grey) of 8 bits.
  public var netpbm: [UInt8] {
    Array("P\(channels == 3 ? 6 : 5)\n\(width) \(height)\n255\n".utf8) + bytes
  }

  /// The picture as a PNG of 8 bits.
  ///
  /// - Throws: `PictureError` if libpng fails, as with a picture too large for the format.
  public func png() throws(PictureError) -> [UInt8] {
    var png = png_image()
    png.version = UInt32(PNG_IMAGE_VERSION)
    png.width = UInt32(clamping: width)
    png.height = UInt32(clamping: height)
    png.format = channels == 3 ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0
    defer { png_image_free(&png) }
    let samples = bytes
    var size = 0
    guard png_image_write_to_memory(&png, nil, &size, 0, samples, 0, nil) != 0 else {
      throw .refused(.png, reason: "\(width) × \(height) pixels cannot be written")
    }
    var file = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&png, &file, &size, 0, samples, 0, nil) != 0 else {
      throw .refused(.png, reason: "\(width) × \(height) pixels cannot be written")
    }
    return Array(file.prefix(size))
  }
}
