// A checkpoint whose contents make no model.

/// A checkpoint that cannot be used.
public struct CheckpointError: Error, Hashable, CustomStringConvertible {
  /// One line: where in the file, what was expected, what was found.
  public let description: String

  /// Makes the error.
  public init(_ description: String) { self.description = description }
}
