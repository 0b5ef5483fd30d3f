// What a model reads of pictures and sound that belong together.

/// Media that a model reads as one input.
public enum MediaForm: Sendable, Hashable {
  /// Two pictures of one moment and the next, `[2, height, width, 3]` from -1 to 1; of larger ones a
  /// tile of this size at a time.
  case framePair(height: Int, width: Int)
}
