// BMP: no library that is kept up reads it alone, and the format is small. Rows of indices, of samples
// or of runs; BMPHeader.swift has what stands before them.

enum BMPReader {
  /// Reads a picture of 1 to 32 bits a pixel. A palette of greys in their order gives grey.
  static func read(_ bytes: [UInt8], limits: PictureLimits) throws(PictureError) -> PixelImage {
    let header = try BMPHeader(bytes)
    let pixels = try limits.pixels(.bmp, width: header.width, height: header.height)
    if header.coding == .runs {
      // A run of two bytes has at most 255 pixels.
      guard pixels / 255 <= bytes.count else {
        throw .truncated(
          .bmp, bytes: bytes.count, width: header.width, height: header.height)
      }
      return indexed(try BMPRuns(bytes, header).indices(), header)
    }
    // The pixel limit bounds a row, so nothing here overflows.
    let stride = (header.width * header.bitsPerPixel + 31) / 32 * 4
    let last = (header.width * header.bitsPerPixel + 7) / 8
    let needed = stride * (header.height - 1) + last
    guard needed <= bytes.count - header.pixelsStart else {
      throw .malformed(
        .bmp, offset: header.pixelsStart,
        expected: "\(needed) bytes of pixels for \(header.width) × \(header.height)",
        found: "\(bytes.count - header.pixelsStart)")
    }
    func rowStart(_ row: Int) -> Int {
      header.pixelsStart + stride * (header.isTopDown ? row : header.height - 1 - row)
    }
    switch header.bitsPerPixel {
    case ...8:
      var indices: [UInt8] = []
      indices.reserveCapacity(pixels)
      let bits = header.bitsPerPixel
      let mask = UInt8(truncatingIfNeeded: (1 << bits) - 1)
      for row in 0..<header.height {
        let start = rowStart(row)
        for column in 0..<header.width {
          let offset = column * bits
          indices.append(bytes[start + offset / 8] >> UInt8(8 - bits - offset % 8) & mask)
        }
      }
      return indexed(indices, header)
    case 24:
      let width = header.width
      return PixelImage(width: width, height: header.height, layout: .colour) { index in
        let (pixel, channel) = index.quotientAndRemainder(dividingBy: 3)
        let (row, column) = pixel.quotientAndRemainder(dividingBy: width)
        return Float(bytes[rowStart(row) + 3 * column + 2 - channel]) / 255
      }
    default:
      return masked(bytes, header, rowStart: rowStart)
    }
  }

  /// Pixels of 16 or 32 bits, whose samples are told apart by masks.
  private static func masked(
    _ bytes: [UInt8], _ header: BMPHeader, rowStart: (Int) -> Int
  ) -> PixelImage {
    let size = header.bitsPerPixel / 8
    let masks = header.masks
    let layout: SampleLayout = masks[3].bits == 0 ? .colour : .colourAlpha
    let (components, width) = (layout.components, header.width)
    return PixelImage(width: width, height: header.height, layout: layout) { index in
      let (pixel, channel) = index.quotientAndRemainder(dividingBy: components)
      let (row, column) = pixel.quotientAndRemainder(dividingBy: width)
      let start = rowStart(row) + column * size
      var value = UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8
      if size == 4 { value |= UInt32(bytes[start + 2]) << 16 | UInt32(bytes[start + 3]) << 24 }
      let mask = masks[channel]
      return Float((value & mask.bits) >> UInt32(mask.shift)) / Float(mask.most)
    }
  }

  private static func indexed(_ indices: [UInt8], _ header: BMPHeader) -> PixelImage {
    PixelImage(
      width: header.width, height: header.height, indices: indices, palette: header.palette)
  }
}

extension PixelImage {
  /// A picture of indices into a palette of red, green and blue, 0 to 255. An index that the palette
  /// does not have is black. Grey where the palette is a ramp from black to white.
  init(width: Int, height: Int, indices: [UInt8], palette: [[UInt8]]) {
    let table = palette.prefix(256).map { $0.map { Float($0) / 255 } }
    let colours = table + Array(repeating: [0, 0, 0], count: 256 - table.count)
    let isRamp = palette == [[0, 0, 0], [255, 255, 255]] || Self.isRamp(palette)
    let channels = isRamp ? 1 : 3
    self.init(width: width, height: height, channels: channels) { out in
      for pixel in 0..<width * height {
        let colour = colours[Int(indices[pixel])]
        for channel in 0..<channels { out[pixel * channels + channel] = colour[channel] }
      }
    }
  }

  /// Whether every entry of a palette is the grey of its own index.
  static func isRamp(_ palette: [[UInt8]]) -> Bool {
    palette.count > 2
      && palette.enumerated().allSatisfy { index, colour in
        colour.allSatisfy { Int($0) == index }
      }
  }
}
