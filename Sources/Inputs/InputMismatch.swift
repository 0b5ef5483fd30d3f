// What is wrong with an input that does not go with a model or another input, in a sentence.

/// The sentences on sizes and channels.
public enum InputMismatch {
  /// What is said where an input has other channels than a model reads.
  public static func channels(expected: Int, found: Int) -> String {
    "expected \(expected == 1 ? "1 channel" : "\(expected) channels") (input_channels), found \(found)"
  }

  /// What is said where an input has other axes than the one that it stands beside.
  public static func size(expected: [Int], found: [Int]) -> String {
    "expected an input of the same size, \(expected), found \(found)"
  }
}

extension Input {
  /// Why it cannot stand in another one's place, in a sentence; nil if it can.
  ///
  /// - Parameter other: The input that the model reads.
  public func mismatch(with other: Input) -> String? {
    if channels != other.channels {
      return InputMismatch.channels(expected: other.channels, found: channels)
    }
    return axes == other.axes ? nil : InputMismatch.size(expected: other.axes, found: axes)
  }
}
