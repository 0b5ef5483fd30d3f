// The frames of an animation, for models that read several pictures as one input.

import Tensors

/// Reads all frames of animations: GIF and WebP.
public enum PictureFrames {
  /// The frames in order, each whole and of the same size and channels; nil for a picture that has
  /// only one.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - limits: The most pixels accepted in all frames together.
  ///   - cancellation: Looked at between frames.
  /// - Throws: `PictureError`, `ComputationCancelled`.
  public static func read(
    _ bytes: [UInt8], limits: PictureLimits = .init(), cancellation: Cancellation? = nil
  ) throws -> [PixelImage]? {
    let frames: [PixelImage]
    switch PictureFormat(of: bytes) {
    case .gif: frames = try GIFReader.frames(bytes, limits: limits, cancellation: cancellation)
    case .webp: frames = try WebPReader.frames(bytes, limits: limits, cancellation: cancellation)
    default: return nil
    }
    guard frames.count > 1 else { return nil }
    let channels = frames.contains { $0.channels == 3 } ? 3 : 1
    return frames.map { $0.converted(toChannels: channels) }
  }
}

extension PictureNote {
  /// That one frame of several was read.
  static func firstFrame(of count: Int) -> PictureNote {
    PictureNote(
      brief: "the first of \(count) frames",
      detail: "of an animation; a model of three axes (input_axis 3) reads them all")
  }
}
