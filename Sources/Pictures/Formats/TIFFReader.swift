// TIFF through libtiff. Grey, colour, palettes and inks of 1 to 16 bits are unpacked here, so that no
// bit is lost; what else libtiff knows (YCbCr, CIE L*a*b*) it turns to colour itself.

import CTIFF

enum TIFFReader {
  /// Reads a file's first page and turns it as it says.
  static func read(_ bytes: [UInt8], limits: PictureLimits) throws(PictureError) -> OpenedPicture {
    var outcome: Result<OpenedPicture, PictureError> = .failure(.refused(.tiff, reason: "not read"))
    bytes.withUnsafeBufferPointer { raw in
      var source = tiff_source()
      source.bytes = raw.baseAddress
      source.size = UInt64(raw.count)
      // libtiff keeps a pointer to the source.
      withUnsafeMutablePointer(to: &source) { source in
        do throws(PictureError) {
          outcome = .success(try page(source, fileSize: raw.count, limits: limits))
        } catch {
          outcome = .failure(error)
        }
      }
    }
    return try outcome.get()
  }

  private static func page(
    _ source: UnsafeMutablePointer<tiff_source>, fileSize: Int, limits: PictureLimits
  ) throws(PictureError) -> OpenedPicture {
    guard let file = tiff_open(source, 1 << 30) else { throw refusal(source) }
    defer { TIFFClose(file) }
    let page = try TIFFPage(file, fileSize: fileSize, limits: limits)
    let image: PixelImage
    if let layout = try page.ownLayout() {
      image = try page.unpacked(layout, source)
    } else {
      image = try page.converted(source)
    }
    let orientation = Orientation(rawValue: Int(tiff_short(file, UInt32(TIFFTAG_ORIENTATION))))
    let pages = TIFFLastDirectory(file) != 0 ? 1 : Int(TIFFNumberOfDirectories(file))
    let notes =
      pages > 1
      ? [PictureNote(brief: "the first of \(pages) pages", detail: "of a file")] : []
    return OpenedPicture(image.oriented(orientation ?? .upright), notes: notes)
  }

  /// What libtiff said was wrong first.
  static func refusal(_ source: UnsafeMutablePointer<tiff_source>) -> PictureError {
    let words = withUnsafeBytes(of: source.pointee.message) { raw in
      String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
    }
    return .refused(.tiff, reason: words.isEmpty ? "the file is damaged or cut off" : words)
  }
}

/// A page's fields, checked before anything is unpacked.
private struct TIFFPage {
  let file: OpaquePointer
  let width: Int
  let height: Int
  private let bits: Int
  /// Samples of a pixel, those beyond the colours too.
  private let samples: Int
  private let photometric: Int
  private let isPlanar: Bool
  private let isTiled: Bool
  private let fileSize: Int

  init(_ file: OpaquePointer, fileSize: Int, limits: PictureLimits) throws(PictureError) {
    func field(_ tag: Int32) -> Int { Int(tiff_short(file, UInt32(tag))) }
    (self.file, self.fileSize) = (file, fileSize)
    width = Int(tiff_long(file, UInt32(TIFFTAG_IMAGEWIDTH)))
    height = Int(tiff_long(file, UInt32(TIFFTAG_IMAGELENGTH)))
    guard width > 0, height > 0 else {
      throw .refused(.tiff, reason: "expected a width and height, found \(width) and \(height)")
    }
    _ = try limits.pixels(.tiff, width: width, height: height)
    bits = field(TIFFTAG_BITSPERSAMPLE)
    samples = field(TIFFTAG_SAMPLESPERPIXEL)
    photometric = field(TIFFTAG_PHOTOMETRIC)
    isPlanar = field(TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE
    isTiled = TIFFIsTiled(file) != 0
    guard (1...8).contains(samples) else {
      throw .refused(.tiff, reason: "expected 1 to 8 samples of a pixel, found \(samples)")
    }
    let format = field(TIFFTAG_SAMPLEFORMAT)
    guard [1, 2, 4, 8, 16].contains(bits),
      format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID
    else {
      let kind = format == SAMPLEFORMAT_IEEEFP ? "floats" : "whole numbers"
      throw .refused(
        .tiff,
        reason: "expected whole samples of 1, 2, 4, 8 or 16 bits, found \(kind) of \(bits); "
          + "np.save(\"OUT.npy\", tifffile.imread(\"IN\")) makes an array of them")
    }
    try checkRoom(compression: field(TIFFTAG_COMPRESSION))
  }

  /// Holds the pieces of the page against what the file has for them, and against each other.
  private func checkRoom(compression: Int) throws(PictureError) {
    // Two samples more than any layout has, of two bytes.
    let most = UInt64(16 * width * height + 1 << 20)
    let piece = isTiled ? TIFFTileSize64(file) : TIFFStripSize64(file)
    guard piece > 0, piece <= max(most, 1 << 24) else {
      throw .refused(
        .tiff, reason: "expected strips or tiles no larger than the page, found \(piece) bytes")
    }
    // Bytes that one packed byte can stand for; others have no such bound.
    let ratios: [Int32: Int] = [
      COMPRESSION_NONE: 1, COMPRESSION_PACKBITS: 64, COMPRESSION_LZW: 2731,
      COMPRESSION_ADOBE_DEFLATE: 1032, COMPRESSION_DEFLATE: 1032,
    ]
    guard let ratio = ratios[Int32(compression)] else { return }
    let needed = width * height / 8 * bits * samples
    guard needed / ratio <= fileSize else {
      throw .truncated(.tiff, bytes: fileSize, width: width, height: height)
    }
  }

  /// What the samples mean, where they are unpacked here; nil where libtiff converts them.
  func ownLayout() throws(PictureError) -> Samples? {
    let extras = Int(tiff_extra_count(file))
    let colours = samples - extras
    let isKnown: (layout: SampleLayout, alpha: SampleLayout?)? =
      switch (Int32(photometric), colours) {
      case (PHOTOMETRIC_MINISBLACK, 1), (PHOTOMETRIC_MINISWHITE, 1): (.grey, .greyAlpha)
      case (PHOTOMETRIC_PALETTE, 1): (.colour, nil)
      // A fourth sample that nobody explains is left alone, as Pillow does.
      case (PHOTOMETRIC_RGB, 3), (PHOTOMETRIC_RGB, 4): (.colour, .colourAlpha)
      case (PHOTOMETRIC_SEPARATED, 4): (.inks, nil)
      default: nil
      }
    guard let isKnown else { return nil }
    let kind = extras > 0 ? tiff_first_extra(file) : -1
    let hasAlpha = kind == EXTRASAMPLE_ASSOCALPHA || kind == EXTRASAMPLE_UNASSALPHA
    let layout = hasAlpha ? isKnown.alpha ?? isKnown.layout : isKnown.layout
    guard Int32(photometric) == PHOTOMETRIC_PALETTE else {
      return Samples(
        layout: layout, isInverted: Int32(photometric) == PHOTOMETRIC_MINISWHITE,
        isMultiplied: hasAlpha && isKnown.alpha != nil && kind == EXTRASAMPLE_ASSOCALPHA,
        palette: nil)
    }
    var palette = [UInt16](repeating: 0, count: 3 << bits)
    guard bits <= 8, tiff_palette(file, Int32(bits), &palette) != 0 else {
      throw .refused(.tiff, reason: "expected a palette of at most 256 colours, found none")
    }
    // Writers of old stored bytes where 16 bits belong.
    let isNarrow = palette.allSatisfy { $0 < 256 }
    return Samples(
      layout: layout, isInverted: false, isMultiplied: false,
      palette: palette.map { isNarrow ? UInt8($0) : UInt8($0 >> 8) })
  }

  struct Samples {
    let layout: SampleLayout
    /// Whether 0 is white.
    let isInverted: Bool
    /// Whether colours are multiplied by alpha already.
    let isMultiplied: Bool
    /// Red, green and blue of each index.
    let palette: [UInt8]?
  }

  /// Unpacks the page: every sample as it is stored.
  func unpacked(
    _ kind: Samples, _ source: UnsafeMutablePointer<tiff_source>
  ) throws(PictureError) -> PixelImage {
    let planes = isPlanar ? samples : 1
    var rasters: [[UInt8]] = []
    for plane in 0..<planes { rasters.append(try raster(plane: plane, source)) }
    let perPixel = isPlanar ? 1 : samples
    let (rowBytes, bits, width) = ((width * perPixel * bits + 7) / 8, bits, width)
    let isPlanar = isPlanar
    func stored(_ pixel: Int, _ sample: Int) -> Int {
      let (row, column) = pixel.quotientAndRemainder(dividingBy: width)
      let offset = isPlanar ? column : column * perPixel + sample
      let raster = rasters[isPlanar ? sample : 0]
      let start = row * rowBytes + offset * bits / 8
      switch bits {
      case 8: return Int(raster[start])
      // libtiff gives words in this machine's order.
      case 16:
        return Int(UInt16(littleEndian: UInt16(raster[start]) | UInt16(raster[start + 1]) << 8))
      default:
        return Int(raster[start]) >> (8 - bits - offset * bits % 8) & (1 << bits - 1)
      }
    }
    if let palette = kind.palette {
      let indices = (0..<width * height).map { UInt8(stored($0, 0)) }
      let colours = stride(from: 0, to: palette.count, by: 3).map { Array(palette[$0..<$0 + 3]) }
      return PixelImage(width: width, height: height, layout: .colour) { index in
        let (pixel, channel) = index.quotientAndRemainder(dividingBy: 3)
        return Float(colours[Int(indices[pixel])][channel]) / 255
      }
    }
    let (components, most) = (kind.layout.components, Float((1 << bits) - 1))
    let alpha = components - 1
    guard kind.isMultiplied else {
      return PixelImage(width: width, height: height, layout: kind.layout) { index in
        let (pixel, component) = index.quotientAndRemainder(dividingBy: components)
        let sample = Float(stored(pixel, component)) / most
        return kind.isInverted && component == 0 ? 1 - sample : sample
      }
    }
    let layout: SampleLayout = kind.layout.channels == 1 ? .grey : .colour
    return PixelImage(width: width, height: height, layout: layout) { index in
      let (pixel, component) = index.quotientAndRemainder(dividingBy: alpha)
      let rest = Int(most) - stored(pixel, alpha)
      let sample = stored(pixel, component)
      return min(1, Float((kind.isInverted ? Int(most) - sample : sample) + rest) / most)
    }
  }

  /// The rows of a plane one after another; memory grows with what is really there.
  private func raster(
    plane: Int, _ source: UnsafeMutablePointer<tiff_source>
  ) throws(PictureError) -> [UInt8] {
    let rowBytes = (width * (isPlanar ? 1 : samples) * bits + 7) / 8
    var raster: [UInt8] = []
    if isTiled {
      let (across, down) = (
        Int(tiff_long(file, UInt32(TIFFTAG_TILEWIDTH))),
        Int(tiff_long(file, UInt32(TIFFTAG_TILELENGTH)))
      )
      let tileRow = Int(TIFFTileRowSize64(file))
      var tile = [UInt8](repeating: 0, count: Int(TIFFTileSize64(file)))
      guard across > 0, down > 0, tileRow > 0, tileRow * down <= tile.count else {
        throw .refused(.tiff, reason: "expected tiles with a size, found \(across) × \(down)")
      }
      for top in stride(from: 0, to: height, by: down) {
        let rows = min(down, height - top)
        var band = [UInt8](repeating: 0, count: rows * rowBytes)
        for left in stride(from: 0, to: width, by: across) {
          let number = TIFFComputeTile(file, UInt32(left), UInt32(top), 0, UInt16(plane))
          guard TIFFReadEncodedTile(file, number, &tile, tmsize_t(tile.count)) == tile.count else {
            throw TIFFReader.refusal(source)
          }
          let start = left * (isPlanar ? 1 : samples) * bits / 8
          let taken = min(tileRow, rowBytes - start)
          for row in 0..<rows {
            let from = row * tileRow
            band.replaceSubrange(
              row * rowBytes + start..<row * rowBytes + start + taken,
              with: tile[from..<from + taken])
          }
        }
        raster += band
      }
      return raster
    }
    let perStrip = max(1, min(height, Int(tiff_long(file, UInt32(TIFFTAG_ROWSPERSTRIP)))))
    var strip = [UInt8](repeating: 0, count: Int(TIFFVStripSize64(file, UInt32(perStrip))))
    for top in stride(from: 0, to: height, by: perStrip) {
      let needed = min(perStrip, height - top) * rowBytes
      let number = TIFFComputeStrip(file, UInt32(top), UInt16(plane))
      guard needed <= strip.count,
        TIFFReadEncodedStrip(file, number, &strip, tmsize_t(needed)) == needed
      else { throw TIFFReader.refusal(source) }
      raster += strip[..<needed]
    }
    return raster
  }

  /// The page as libtiff turns it to colour.
  func converted(
    _ source: UnsafeMutablePointer<tiff_source>
  ) throws(PictureError) -> PixelImage {
    guard bits == 8 || bits == 16 else {
      throw .refused(.tiff, reason: "expected samples of 8 or 16 bits, found \(bits)")
    }
    var raster = [UInt32](repeating: 0, count: width * height)
    var message = [CChar](repeating: 0, count: 1024)
    guard tiff_decode(file, &raster, UInt32(width), UInt32(height), &message) != 0 else {
      let words = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw words.isEmpty
        ? TIFFReader.refusal(source)
        : .refused(.tiff, reason: String(decoding: words, as: UTF8.self))
    }
    return PixelImage(width: width, height: height, layout: .colour) { index in
      let (pixel, channel) = index.quotientAndRemainder(dividingBy: 3)
      let sample = raster[pixel] >> UInt32(8 * channel) & 255
      return Float(min(255, sample + 255 - raster[pixel] >> 24)) / 255
    }
  }
}
