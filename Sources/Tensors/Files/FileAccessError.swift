// A file that cannot be opened or read at all, as against one whose contents are wrong.

import Foundation

/// A file that cannot be read.
public struct FileAccessError: Error, Hashable, CustomStringConvertible {
  /// Why.
  public enum Reason: Sendable, Hashable {
    /// There is no such file.
    case missing
    /// It is a folder or a device.
    case notAFile
    /// It was written to after it was opened, before all that is needed was read.
    case changed
    /// It is larger than the most bytes it may have.
    case tooLarge(limit: Int)
    /// The system says no, in its words.
    case refused(String)
  }

  /// The file.
  public let path: String
  /// Why it cannot be read.
  public let reason: Reason

  /// Makes the error.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// Makes the error that a system call's `errno` stands for.
  public init(path: String, errno: Int32) {
    self.path = path
    switch errno {
    case ENOENT, ENOTDIR: reason = .missing
    case EISDIR: reason = .notAFile
    default: reason = .refused(String(cString: strerror(errno)))
    }
  }

  private var isFolder: Bool { FileNames.isFolder(path) }

  /// One line without the path.
  public var description: String {
    switch reason {
    case .missing: "no such file"
    case .notAFile: "expected a file, found \(isFolder ? "a folder" : "a device or pipe")"
    case .changed:
      "expected it as it was when it was opened, found that it has been written to since; open it "
        + "again"
    case .tooLarge(let limit): "expected at most \(limit) bytes, found more"
    case .refused(let words): "cannot be read: \(words)"
    }
  }
}
