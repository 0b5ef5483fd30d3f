// PNG through libpng's simplified interface; PNGRows.swift reads large pictures. The chunks are
// walked first: for the offset of an error, for the size, and to leave out what is not needed.

import CPNG

enum PNGReader {
  /// Reads a whole picture of any colour type and bit depth, and turns it as its EXIF says; 16-bit
  /// samples keep all their bits.
  static func read(_ bytes: [UInt8], limits: PictureLimits) throws(PictureError) -> PixelImage {
    let file = try checked(bytes, limits)
    return try decode(
      file.essentials, header: file.header, pixels: file.header.width * file.header.height
    )
    .oriented(file.metadata.orientation)
  }

  /// Reads a picture; one of more pixels than the limit is scaled down as its rows come.
  static func read(_ bytes: [UInt8], _ request: PictureRequest) throws -> OpenedPicture {
    try request.cancellation?.check()
    if let (width, height) = PNGChunks.size(of: bytes), width * height > request.limits.pixels {
      return try PNGRows.shrunk(checked(bytes, nil), request)
    }
    return OpenedPicture(try read(bytes, limits: request.limits))
  }

  /// The file's chunks, which hold enough for its size; that is within limits, if any are given.
  private static func checked(
    _ bytes: [UInt8], _ limits: PictureLimits?
  ) throws(PictureError) -> PNGChunks {
    var file = PNGChunks(bytes: bytes)
    try file.walk()
    let header = file.header
    _ = try limits?.pixels(.png, width: header.width, height: header.height)
    // Deflate packs at most 1032 bytes into one.
    let (bits, overflow) = header.width.multipliedReportingOverflow(by: header.bitsPerPixel)
    let row = (bits + 7) / 8 + 1
    guard !overflow, row <= file.compressedSize * 1032 / header.height else {
      throw .truncated(
        .png, bytes: file.compressedSize, width: header.width, height: header.height)
    }
    return file
  }

  // PNG_FORMAT_FLAG_* as numbers: Swift does not see what the header makes of casts.
  private static let alphaFlag: UInt32 = 1
  private static let colourFlag: UInt32 = 2
  private static let linearFlag: UInt32 = 4

  private static func decode(
    _ bytes: [UInt8], header: PNGChunks.Header, pixels: Int
  ) throws(PictureError) -> PixelImage {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }

    // libpng keeps a pointer to the memory between the two calls, so both stand in one scope.
    let result: PixelImage? = bytes.withUnsafeBytes { raw in
      guard png_image_begin_read_from_memory(&image, raw.baseAddress, raw.count) != 0 else {
        return nil
      }
      guard Int(image.width) == header.width, Int(image.height) == header.height else { return nil }
      let isColour = image.format & colourFlag != 0
      let isTransparent = image.format & alphaFlag != 0
      let isDeep = header.bitDepth == 16
      // Without a gAMA chunk libpng takes 16-bit samples to be linear and 8-bit ones to be sRGB;
      // asked for just that, it hands over the stored values.
      image.format =
        (isColour ? colourFlag : 0) | (isTransparent ? alphaFlag : 0) | (isDeep ? linearFlag : 0)
      let components = (isColour ? 3 : 1) + (isTransparent ? 1 : 0)
      return withUnsafeTemporaryAllocation(
        byteCount: pixels * components * (isDeep ? 2 : 1), alignment: 16
      ) { raster -> PixelImage? in
        guard png_image_finish_read(&image, nil, raster.baseAddress, 0, nil) != 0 else {
          return nil
        }
        return PixelImage(
          width: header.width, height: header.height, channels: isColour ? 3 : 1
        ) { samples in
          PNGSamples.convert(
            raster, isDeep ? .multiplied : .bytes, components: components, into: samples)
        }
      }
    }
    guard let result else { throw .refused(.png, reason: message(of: image)) }
    return result
  }

  private static func message(of image: png_image) -> String {
    let words = withUnsafeBytes(of: image.message) { raw in
      String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
    }
    return words.isEmpty ? "cannot be decoded" : words
  }
}
