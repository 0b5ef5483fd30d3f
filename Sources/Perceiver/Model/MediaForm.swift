// What a model reads of pictures and sound that belong together.

/// Media that a model reads as one input.
public enum MediaForm: Sendable, Hashable {
  /// Two pictures of one moment and the next, `[2, height, width, 3]` from -1 to 1; of larger ones a
  /// tile of this size at a time.
  case framePair(height: Int, width: Int)
  /// Frames with sound, `[frames, height, width, 3]` from 0 to 1 and `[samples]` from -1 to 1.
  case film(FilmForm)
}

/// A film with sound, as a model reads it.
public struct FilmForm: Sendable, Hashable {
  /// Frames that are read together; of a longer film a window at a time.
  public let frames: Int
  /// The size to which frames are brought.
  public let height: Int
  /// The size to which frames are brought.
  public let width: Int
  /// Samples of sound for each frame.
  public let samplesPerFrame: Int
  /// Samples of sound in a second.
  public let rate: Int
}
