// What can be wrong with a set of examples; the message is complete but for the file's name.

/// A data set that cannot be read.
public struct DatasetError: Error, Hashable, CustomStringConvertible {
  /// Whether something is not there at all, or is there and wrong.
  public enum Reason: Sendable, Hashable {
    /// A file that has to be there is not.
    case missing
    /// Contents are damaged, or do not fit each other.
    case malformed
  }

  /// The file or folder.
  public let path: String
  /// What kind of error it is.
  public let reason: Reason
  /// One line without the path: location, expected, found.
  public let description: String

  /// Makes the error.
  public init(_ path: String, _ description: String, reason: Reason = .malformed) {
    self.path = path
    self.reason = reason
    self.description = description
  }

  /// Makes the error of what stands at a byte, counted from 0.
  init(_ path: String, byte offset: Int, expected: String, found: String) {
    self.init(path, "byte \(offset): expected \(expected), found \(found)")
  }
}
