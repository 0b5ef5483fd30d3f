// GIF: giflib unpacks the rasters; here they are put in order, laid over each other, and what a frame
// covers is disposed of as it says. Browsers and Pillow agree in this, but where noted.

import CGIF
import Tensors

enum GIFReader {
  /// LZW packs at most this many pixels into a byte: a code of 12 bits stands for up to 4096.
  private static let highestRatio = 2731

  /// Reads a picture, or an animation's first frame.
  static func read(_ bytes: [UInt8], limits: PictureLimits) throws(PictureError) -> OpenedPicture {
    let blocks = try GIFBlocks(bytes)
    var first: PixelImage?
    try play(bytes, blocks, limits: limits) { canvas, _ throws(PictureError) in
      first = canvas.image
      return false
    }
    guard let first else { throw .refused(.gif, reason: "expected a picture, found none") }
    return OpenedPicture(
      first, notes: blocks.frameCount > 1 ? [.firstFrame(of: blocks.frameCount)] : [])
  }

  /// Reads all frames, each laid over the ones before, and how long it is shown.
  static func frames(
    _ bytes: [UInt8], limits: PictureLimits, cancellation: Cancellation?
  ) throws -> [(image: PixelImage, milliseconds: Int)] {
    let blocks = try GIFBlocks(bytes)
    guard blocks.frameCount > 1 else { return [] }
    try limits.check(.gif, frames: blocks.frameCount, of: blocks.width, blocks.height)
    var frames: [(PixelImage, Int)] = []
    try play(bytes, blocks, limits: limits) { canvas, frame throws(PictureError) in
      frames.append((canvas.image, frame.milliseconds))
      return cancellation?.isCancelled != true
    }
    try cancellation?.check()
    return frames
  }

  /// Gives what is to be seen after each frame, as long as it is wanted.
  private static func play(
    _ bytes: [UInt8], _ blocks: GIFBlocks, limits: PictureLimits,
    _ take: (GIFCanvas, GIFFrame) throws(PictureError) -> Bool
  ) throws(PictureError) {
    let pixels = try limits.pixels(.gif, width: blocks.width, height: blocks.height)
    guard pixels / highestRatio <= bytes.count else {
      throw .truncated(
        .gif, bytes: bytes.count, width: blocks.width, height: blocks.height)
    }
    var outcome: Result<Void, PictureError> = .success(())
    bytes.withUnsafeBytes { raw in
      do throws(PictureError) {
        let file = try GIFFile(raw)
        var canvas = GIFCanvas(blocks)
        while let frame = try file.nextFrame(within: blocks) {
          canvas.lay(frame)
          guard try take(canvas, frame) else { break }
          canvas.dispose(of: frame)
        }
      } catch {
        outcome = .failure(error)
      }
    }
    try outcome.get()
  }
}

/// A frame as it is stored.
struct GIFFrame {
  let left: Int
  let top: Int
  let width: Int
  let height: Int
  /// Indices, rows in order.
  let indices: [UInt8]
  /// Red, green and blue of each index.
  let palette: [[UInt8]]
  /// The index that leaves what is below; nil for none.
  let transparent: Int?
  /// What becomes of it before the next: 2 for background, 3 for what was there.
  let disposal: Int
  /// How long it is shown; 0 where the file does not say.
  let milliseconds: Int
}

/// An open file of giflib's; it and what it reads from live as long as this.
private final class GIFFile {
  private let file: UnsafeMutablePointer<GifFileType>
  private let source: UnsafeMutablePointer<Source>
  private var (transparent, disposal, milliseconds): (Int?, Int, Int) = (nil, 0, 0)

  private struct Source {
    let bytes: UnsafeRawBufferPointer
    var position = 0
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(PictureError) {
    let source = UnsafeMutablePointer<Source>.allocate(capacity: 1)
    source.initialize(to: Source(bytes: bytes))
    var code: Int32 = 0
    let file = DGifOpen(
      source,
      { file, target, count in
        guard let file, let target, count > 0 else { return 0 }
        let source = file.pointee.UserData.assumingMemoryBound(to: Source.self)
        let taken = min(Int(count), source.pointee.bytes.count - source.pointee.position)
        let start = source.pointee.position
        UnsafeMutableRawBufferPointer(start: target, count: taken)
          .copyMemory(from: .init(rebasing: source.pointee.bytes[start..<start + taken]))
        source.pointee.position += taken
        return Int32(taken)
      }, &code)
    guard let file else {
      source.deallocate()
      throw .refused(.gif, reason: Self.words(code))
    }
    (self.file, self.source) = (file, source)
  }

  deinit {
    DGifCloseFile(file, nil)
    source.deallocate()
  }

  /// The next frame; nil at the file's end.
  func nextFrame(within blocks: GIFBlocks) throws(PictureError) -> GIFFrame? {
    (transparent, milliseconds) = (nil, 0)
    while true {
      var kind = UNDEFINED_RECORD_TYPE
      // Many files lack the mark of their end.
      if source.pointee.position == source.pointee.bytes.count { return nil }
      try check(DGifGetRecordType(file, &kind))
      switch kind {
      case IMAGE_DESC_RECORD_TYPE: return try frame(within: blocks)
      case EXTENSION_RECORD_TYPE: try readExtension()
      case TERMINATE_RECORD_TYPE: return nil
      default: break
      }
    }
  }

  private func readExtension() throws(PictureError) {
    var (code, block): (Int32, UnsafeMutablePointer<GifByteType>?) = (0, nil)
    try check(DGifGetExtension(file, &code, &block))
    while let bytes = block {
      // The first byte is the block's length.
      if code == GRAPHICS_EXT_FUNC_CODE, bytes[0] >= 4 {
        let flags = Int(bytes[1])
        transparent = flags & 1 == 1 ? Int(bytes[4]) : nil
        // It is in hundredths of a second.
        milliseconds = 10 * (Int(bytes[2]) + Int(bytes[3]) << 8)
        // As Pillow has it: a frame that does not say is disposed of as the one before.
        let own = flags >> 2 & 7
        if own != 0 { disposal = own }
      }
      try check(DGifGetExtensionNext(file, &block))
    }
  }

  private func frame(within blocks: GIFBlocks) throws(PictureError) -> GIFFrame {
    try check(DGifGetImageDesc(file))
    let image = file.pointee.Image
    let (left, top) = (Int(image.Left), Int(image.Top))
    let (width, height) = (Int(image.Width), Int(image.Height))
    guard width > 0, height > 0, left >= 0, top >= 0, left + width <= blocks.width,
      top + height <= blocks.height
    else {
      throw .refused(
        .gif,
        reason: "expected a frame within \(blocks.width) × \(blocks.height) pixels, found "
          + "\(width) × \(height) at \(left), \(top)")
    }
    guard let map = image.ColorMap ?? file.pointee.SColorMap else {
      throw .refused(.gif, reason: "expected a palette for the frame, found none")
    }
    let palette = (0..<Int(map.pointee.ColorCount)).map { index in
      let colour = map.pointee.Colors[index]
      return [colour.Red, colour.Green, colour.Blue]
    }
    var indices = [UInt8](repeating: 0, count: width * height)
    let rows =
      image.Interlace
      ? [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { Array(stride(from: $0.0, to: height, by: $0.1)) }
      : Array(0..<height)
    for row in rows {
      let status = indices.withUnsafeMutableBufferPointer { indices in
        DGifGetLine(file, indices.baseAddress.map { $0 + row * width }, Int32(width))
      }
      try check(status)
    }
    return GIFFrame(
      left: left, top: top, width: width, height: height, indices: indices, palette: palette,
      transparent: transparent, disposal: disposal, milliseconds: milliseconds)
  }

  private func check(_ status: Int32) throws(PictureError) {
    guard status != GIF_OK else { return }
    throw .refused(
      .gif, reason: "byte \(source.pointee.position): \(Self.words(file.pointee.Error))")
  }

  private static func words(_ code: Int32) -> String {
    GifErrorString(code).map { String(cString: $0) } ?? "the file is damaged or cut off"
  }
}

/// What is to be seen: red, green, blue and alpha of every pixel.
private struct GIFCanvas {
  private let width: Int
  private let height: Int
  private let background: Int?
  private var pixels: [UInt8] = []
  private var former: [UInt8] = []
  private var isGrey = true
  /// Whether the first frame had no transparent index: Pillow's picture then has no alpha.
  private var isOpaque = false

  init(_ blocks: GIFBlocks) {
    (width, height, background) = (blocks.width, blocks.height, blocks.background)
  }

  /// Lays a frame over what is there. The first one begins on what its transparent index shows, or,
  /// as Pillow has it, on its first colour.
  mutating func lay(_ frame: GIFFrame) {
    if frame.disposal == 3 { former = pixels }
    if pixels.isEmpty {
      let start =
        frame.transparent == nil ? (frame.palette.first ?? [0, 0, 0]) + [255] : [0, 0, 0, 0]
      isOpaque = frame.transparent == nil
      pixels = [UInt8](repeating: 0, count: 4 * width * height)
      for offset in pixels.indices { pixels[offset] = start[offset & 3] }
    }
    isGrey = isGrey && PixelImage.isRamp(frame.palette)
    for row in 0..<frame.height {
      var offset = 4 * ((frame.top + row) * width + frame.left)
      for column in 0..<frame.width {
        let index = Int(frame.indices[row * frame.width + column])
        if index != frame.transparent {
          let colour = index < frame.palette.count ? frame.palette[index] : [0, 0, 0]
          (pixels[offset], pixels[offset + 1]) = (colour[0], colour[1])
          (pixels[offset + 2], pixels[offset + 3]) = (colour[2], 255)
        }
        offset += 4
      }
    }
  }

  /// Leaves what the next frame is laid over: for 2 the transparent index, or else the background; for
  /// 3 what was there before, which before the first frame was nothing.
  mutating func dispose(of frame: GIFFrame) {
    guard frame.disposal == 2 || frame.disposal == 3 else { return }
    if frame.disposal == 3, former.isEmpty, isOpaque { return }
    let index = frame.transparent ?? background ?? 0
    let isClear = frame.transparent != nil && !isOpaque
    let colour =
      isClear || frame.disposal == 3
      ? [0, 0, 0, 0] : (index < frame.palette.count ? frame.palette[index] : [0, 0, 0]) + [255]
    for row in frame.top..<frame.top + frame.height {
      let start = 4 * (row * width + frame.left)
      for offset in start..<start + 4 * frame.width {
        pixels[offset] =
          frame.disposal == 3 && !former.isEmpty ? former[offset] : colour[(offset - start) & 3]
      }
    }
  }

  /// Over white; grey where every palette was a ramp of greys.
  var image: PixelImage {
    let pixels = pixels
    guard isGrey else {
      return PixelImage(width: width, height: height, layout: .colourAlpha) {
        Float(pixels[$0]) / 255
      }
    }
    return PixelImage(width: width, height: height, layout: .greyAlpha) { index in
      Float(pixels[4 * (index / 2) + 3 * (index % 2)]) / 255
    }
  }
}
