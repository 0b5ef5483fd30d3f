// PNG through libpng's simplified interface, which reports errors without setjmp. The chunks are
// walked first: for the place of an error, for the size, and to leave out what is not needed.

import CPNG

enum PNGReader {
  /// Reads a picture of any colour type and bit depth, and turns it as its EXIF says; 16-bit samples
  /// keep all their bits.
  static func read(_ bytes: [UInt8], limits: PictureLimits) throws(PictureError) -> PixelImage {
    var file = PNGChunks(bytes: bytes)
    try file.walk()
    let header = file.header
    let pixels = try limits.pixels(.png, width: header.width, height: header.height)
    // Deflate packs at most 1032 bytes into one.
    let (bits, overflow) = header.width.multipliedReportingOverflow(by: header.bitsPerPixel)
    let row = (bits + 7) / 8 + 1
    guard !overflow, row <= file.compressedSize * 1032 / header.height else {
      throw .tooLarge(
        .png, width: header.width, height: header.height,
        limit: "no more pixels than \(file.compressedSize) compressed bytes can hold (1032 to 1)")
    }
    return try decode(file.essentials, header: header, pixels: pixels)
      .oriented(file.metadata.orientation)
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
          switch (isDeep, isTransparent) {
          case (false, false): scaleBytes(raster, into: samples)
          case (false, true): flattenBytes(raster, channels: components - 1, into: samples)
          case (true, false): scaleWords(raster, into: samples)
          case (true, true): flattenWords(raster, channels: components - 1, into: samples)
          }
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

// MARK: - Samples

private func scaleBytes(
  _ raster: UnsafeMutableRawBufferPointer, into samples: UnsafeMutableBufferPointer<Float>
) {
  for index in 0..<samples.count { samples[index] = Float(raster[index]) / 255 }
}

private func scaleWords(
  _ raster: UnsafeMutableRawBufferPointer, into samples: UnsafeMutableBufferPointer<Float>
) {
  let words = raster.bindMemory(to: UInt16.self)
  for index in 0..<samples.count { samples[index] = Float(words[index]) / 65535 }
}

/// Over white: `sample * alpha + (1 - alpha)`.
private func flattenBytes(
  _ raster: UnsafeMutableRawBufferPointer, channels: Int,
  into samples: UnsafeMutableBufferPointer<Float>
) {
  for pixel in 0..<samples.count / channels {
    let base = pixel * (channels + 1)
    let alpha = Float(raster[base + channels]) / 255
    for channel in 0..<channels {
      let sample = Float(raster[base + channel]) / 255
      samples[pixel * channels + channel] = sample * alpha + (1 - alpha)
    }
  }
}

/// Over white; libpng has multiplied 16-bit samples by alpha already.
private func flattenWords(
  _ raster: UnsafeMutableRawBufferPointer, channels: Int,
  into samples: UnsafeMutableBufferPointer<Float>
) {
  let words = raster.bindMemory(to: UInt16.self)
  for pixel in 0..<samples.count / channels {
    let base = pixel * (channels + 1)
    let rest = 65535 - Int(words[base + channels])
    for channel in 0..<channels {
      let sample = min(65535, Int(words[base + channel]) + rest)
      samples[pixel * channels + channel] = Float(sample) / 65535
    }
  }
}
