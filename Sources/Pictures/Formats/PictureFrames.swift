// The frames of an animation, for models that read several pictures as one input.

import Tensors

/// The frames of an animation, and how long each is shown.
public struct TimedFrames: Sendable {
  /// The frames in order, each whole and of the same size and channels.
  public let frames: [PixelImage]
  /// Milliseconds for each frame; 0 where the file does not say.
  public let milliseconds: [Int]
}

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
    try timed(bytes, limits: limits, cancellation: cancellation)?.frames
  }

  /// The same frames with their times.
  ///
  /// - Throws: `PictureError`, `ComputationCancelled`.
  public static func timed(
    _ bytes: [UInt8], limits: PictureLimits = .init(), cancellation: Cancellation? = nil
  ) throws -> TimedFrames? {
    let all: [(image: PixelImage, milliseconds: Int)]
    switch PictureFormat(of: bytes) {
    case .gif: all = try GIFReader.frames(bytes, limits: limits, cancellation: cancellation)
    case .webp: all = try WebPReader.frames(bytes, limits: limits, cancellation: cancellation)
    default: return nil
    }
    guard all.count > 1 else { return nil }
    let channels = all.contains { $0.image.channels == 3 } ? 3 : 1
    return TimedFrames(
      frames: all.map { $0.image.converted(toChannels: channels) },
      milliseconds: all.map(\.milliseconds))
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
