// JPEG through TurboJPEG, which reports errors by return value. The segments before the picture
// are walked first: for the place of an error, for the size, and for the EXIF orientation.

import CJPEG

enum JPEGReader {
  /// Reads a grey, colour or CMYK picture of 8 bits and turns it as its EXIF orientation says.
  static func read(_ bytes: [UInt8], limits: PictureLimits) throws(PictureError) -> PixelImage {
    var file = JPEGSegments(bytes: bytes)
    try file.walk()
    let pixels = try limits.pixels(.jpeg, width: file.width, height: file.height)
    // Huffman codes have one bit or more for each block of 8 × 8 pixels; arithmetic coding has no
    // such floor, and the pixel limit alone holds.
    guard file.isArithmetic || pixels / 512 <= bytes.count else {
      throw .tooLarge(
        .jpeg, width: file.width, height: file.height,
        limit: "no more pixels than \(bytes.count) bytes can hold (512 to 1)")
    }
    return try decode(bytes, file, pixels: pixels).oriented(file.orientation)
  }

  private static func decode(
    _ bytes: [UInt8], _ file: JPEGSegments, pixels: Int
  ) throws(PictureError) -> PixelImage {
    guard let decoder = tjInitDecompress() else {
      throw .refused(.jpeg, reason: "no decoder: \(String(cString: tjGetErrorStr2(nil)))")
    }
    defer { tjDestroy(decoder) }

    var (width, height, subsampling, colours) = (Int32(0), Int32(0), Int32(0), Int32(0))
    let status = bytes.withUnsafeBufferPointer { raw in
      tjDecompressHeader3(
        decoder, raw.baseAddress, UInt(raw.count), &width, &height, &subsampling, &colours)
    }
    guard status == 0, Int(width) == file.width, Int(height) == file.height else {
      throw .refused(.jpeg, reason: String(cString: tjGetErrorStr2(decoder)))
    }
    let kind = Kind(colours)
    var raster = [UInt8](repeating: 0, count: pixels * kind.components)
    func decompress(_ flags: Int32) -> (complaint: String, isFatal: Bool)? {
      let status = bytes.withUnsafeBufferPointer { raw in
        raster.withUnsafeMutableBufferPointer { pixels in
          tjDecompress2(
            decoder, raw.baseAddress, UInt(raw.count), pixels.baseAddress, width, 0, height,
            kind.pixelFormat, flags | TJFLAG_LIMITSCANS)
        }
      }
      if status == 0 { return nil }
      let isFatal = tjGetErrorCode(decoder) != Int32(TJERR_WARNING.rawValue)
      return (String(cString: tjGetErrorStr2(decoder)), isFatal)
    }
    if let last = decompress(0) {
      // The decoder fills in what is missing and warns; only the last warning is kept, so the
      // first is asked for too.
      guard !last.isFatal, isHarmless(last.complaint) else {
        throw .refused(.jpeg, reason: last.complaint)
      }
      if let first = decompress(TJFLAG_STOPONWARNING), !isHarmless(first.complaint) {
        throw .refused(.jpeg, reason: first.complaint)
      }
      _ = decompress(0)
    }
    return kind.image(raster, width: file.width, height: file.height)
  }

  /// Whether a warning leaves every pixel as it was meant: cameras write such files.
  private static func isHarmless(_ warning: String) -> Bool {
    ["extraneous bytes before marker", "unknown JFIF revision", "Unknown Adobe color transform"]
      .contains { warning.contains($0) }
  }
}

// MARK: - Samples

/// What the decoder is asked for, by what the file holds.
private enum Kind {
  case grey
  case colour
  case inverseCMYK

  init(_ colours: Int32) {
    switch UInt32(bitPattern: colours) {
    case TJCS_GRAY.rawValue: self = .grey
    case TJCS_CMYK.rawValue, TJCS_YCCK.rawValue: self = .inverseCMYK
    default: self = .colour
    }
  }

  var components: Int {
    switch self {
    case .grey: 1
    case .colour: 3
    case .inverseCMYK: 4
    }
  }

  var pixelFormat: Int32 {
    switch self {
    case .grey: TJPF_GRAY.rawValue
    case .colour: TJPF_RGB.rawValue
    case .inverseCMYK: TJPF_CMYK.rawValue
    }
  }

  func image(_ raster: [UInt8], width: Int, height: Int) -> PixelImage {
    PixelImage(width: width, height: height, channels: self == .grey ? 1 : 3) { samples in
      raster.withUnsafeBufferPointer { raster in
        if self == .inverseCMYK {
          // As Adobe writes it, ink is stored upside down: 255 is none, so ink and black multiply.
          for pixel in 0..<width * height {
            let black = Float(raster[4 * pixel + 3]) / 255
            for ink in 0..<3 {
              samples[3 * pixel + ink] = Float(raster[4 * pixel + ink]) / 255 * black
            }
          }
        } else {
          for index in 0..<samples.count { samples[index] = Float(raster[index]) / 255 }
        }
      }
    }
  }
}
