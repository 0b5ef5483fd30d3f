// WebP through libwebp: single pictures, lossy and lossless, and the frames of animations.

import CWebP
import Tensors

enum WebPReader {
  /// Reads a picture, or an animation's first frame, and turns it as its EXIF orientation says.
  static func read(_ bytes: [UInt8], limits: PictureLimits) throws(PictureError) -> OpenedPicture {
    let features = try features(bytes, limits: limits)
    let orientation = PictureMetadata(webP: bytes).orientation
    guard features.isAnimation else {
      return OpenedPicture(try decode(bytes, features).oriented(orientation))
    }
    var first: PixelImage?
    let count = try animate(bytes, features) { frame, _ throws(PictureError) in
      first = frame
      return false
    }
    guard let first else { throw .refused(.webp, reason: "expected a frame, found none") }
    return OpenedPicture(
      first.oriented(orientation), notes: count > 1 ? [.firstFrame(of: count)] : [])
  }

  /// Reads all frames, each laid over the ones before, and how long it is shown.
  static func frames(
    _ bytes: [UInt8], limits: PictureLimits, cancellation: Cancellation?
  ) throws -> [(image: PixelImage, milliseconds: Int)] {
    let features = try features(bytes, limits: limits)
    guard features.isAnimation else { return [] }
    let orientation = PictureMetadata(webP: bytes).orientation
    var frames: [(PixelImage, Int)] = []
    var start = 0
    let count = try animate(bytes, features) { frame, end throws(PictureError) in
      try limits.check(.webp, frames: frames.count + 1, of: features.width, features.height)
      frames.append((frame.oriented(orientation), max(0, end - start)))
      start = end
      return cancellation?.isCancelled != true
    }
    try cancellation?.check()
    guard frames.count == count else {
      throw PictureError.refused(.webp, reason: "frame \(frames.count + 1) of \(count) is damaged")
    }
    return frames
  }

  private struct Features {
    let width: Int
    let height: Int
    let hasAlpha: Bool
    let isAnimation: Bool

    var layout: SampleLayout { hasAlpha ? .colourAlpha : .colour }
  }

  private static func features(
    _ bytes: [UInt8], limits: PictureLimits
  ) throws(PictureError) -> Features {
    var features = WebPBitstreamFeatures()
    let status = WebPGetFeatures(bytes, bytes.count, &features)
    guard status == VP8_STATUS_OK else { throw .refused(.webp, reason: words(status)) }
    let (width, height) = (Int(features.width), Int(features.height))
    guard width > 0, height > 0 else {
      throw .refused(.webp, reason: "expected a size, found \(width) × \(height)")
    }
    _ = try limits.pixels(.webp, width: width, height: height)
    return Features(
      width: width, height: height, hasAlpha: features.has_alpha != 0,
      isAnimation: features.has_animation != 0)
  }

  private static func decode(
    _ bytes: [UInt8], _ features: Features
  ) throws(PictureError) -> PixelImage {
    let layout = features.layout
    let stride = features.width * layout.components
    var raster = [UInt8](repeating: 0, count: stride * features.height)
    let decoded = raster.withUnsafeMutableBufferPointer { raster in
      features.hasAlpha
        ? WebPDecodeRGBAInto(bytes, bytes.count, raster.baseAddress, raster.count, Int32(stride))
        : WebPDecodeRGBInto(bytes, bytes.count, raster.baseAddress, raster.count, Int32(stride))
    }
    guard decoded != nil else {
      throw .refused(.webp, reason: "the picture is damaged or cut off")
    }
    return PixelImage(width: features.width, height: features.height, layout: layout) {
      Float(raster[$0]) / 255
    }
  }

  /// Gives an animation's frames in turn, with the millisecond at which each ends, as long as they
  /// are wanted; the number that it has.
  private static func animate(
    _ bytes: [UInt8], _ features: Features,
    _ take: (PixelImage, Int) throws(PictureError) -> Bool
  ) throws(PictureError) -> Int {
    var outcome: Result<Int, PictureError> = .success(0)
    // The decoder keeps a pointer to the bytes.
    bytes.withUnsafeBufferPointer { raw in
      var data = WebPData(bytes: raw.baseAddress, size: raw.count)
      guard let decoder = WebPAnimDecoderNew(&data, nil) else {
        outcome = .failure(.refused(.webp, reason: "the animation is damaged or cut off"))
        return
      }
      defer { WebPAnimDecoderDelete(decoder) }
      do throws(PictureError) {
        outcome = .success(try play(decoder, features, take))
      } catch {
        outcome = .failure(error)
      }
    }
    return try outcome.get()
  }

  private static func play(
    _ decoder: OpaquePointer, _ features: Features,
    _ take: (PixelImage, Int) throws(PictureError) -> Bool
  ) throws(PictureError) -> Int {
    var information = WebPAnimInfo()
    guard WebPAnimDecoderGetInfo(decoder, &information) != 0,
      Int(information.canvas_width) == features.width,
      Int(information.canvas_height) == features.height
    else { throw .refused(.webp, reason: "the animation's sizes do not agree") }
    while WebPAnimDecoderHasMoreFrames(decoder) != 0 {
      var (pixels, time): (UnsafeMutablePointer<UInt8>?, Int32) = (nil, 0)
      guard WebPAnimDecoderGetNext(decoder, &pixels, &time) != 0, let pixels else {
        throw .refused(.webp, reason: "a frame of the animation is damaged or cut off")
      }
      let frame = PixelImage(
        width: features.width, height: features.height, layout: .colourAlpha
      ) { Float(pixels[$0]) / 255 }
      guard try take(frame, Int(time)) else { break }
    }
    return Int(information.frame_count)
  }

  private static func words(_ status: VP8StatusCode) -> String {
    switch status {
    case VP8_STATUS_NOT_ENOUGH_DATA: "the file is cut off"
    case VP8_STATUS_UNSUPPORTED_FEATURE: "it uses a feature that libwebp does not know"
    case VP8_STATUS_OUT_OF_MEMORY: "there is not enough memory for it"
    default: "the header is damaged"
    }
  }
}

extension PictureMetadata {
  /// What the chunks of a WebP file say; they may come behind the picture.
  fileprivate init(webP bytes: [UInt8]) {
    self.init()
    let file = LittleEndianBytes(bytes: bytes, format: .webp)
    var position = 12
    while let size = try? file.integer(at: position + 4, size: 4, "a size"),
      size <= bytes.count - position - 8
    {
      let name = String(decoding: bytes[position..<position + 4], as: UTF8.self)
      take(webPChunk: name, bytes[position + 8..<position + 8 + size])
      position += 8 + size + size % 2
    }
  }
}
