// Files read whole within a limit, and written whole or not at all.

import Foundation

/// Reading and writing whole files.
public enum WholeFile {
  /// What to do when the file to write is there already.
  public enum ExistingFile: Sendable, Hashable {
    /// Leave it as it is and throw.
    case refuse
    /// Put the new one in its place in one step.
    case replace
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file; it must be a regular file or a pipe, not a folder or a device.
  ///   - limit: The most bytes it may have.
  /// - Throws: `FileAccessError`.
  public static func read(
    _ path: String, limit: Int = 1 << 32
  ) throws(FileAccessError) -> [UInt8] {
    try ByteStream(path: path).rest(limit: limit)
  }

  /// Reads a file that nobody asked for by name: a regular file only, since a pipe that lies there
  /// would be waited for, and a device may do anything.
  ///
  /// - Throws: `FileAccessError`; its reason is `missing` or `notAFile` for what is to be passed over.
  public static func readRegular(
    _ path: String, limit: Int = 1 << 32
  ) throws(FileAccessError) -> [UInt8] {
    try ByteStream(path: path, .regularFiles).rest(limit: limit)
  }

  /// Reads standard input to its end.
  ///
  /// - Throws: `FileAccessError`.
  public static func readStandardInput(limit: Int = 1 << 32) throws(FileAccessError) -> [UInt8] {
    try ByteStream.standardInput.rest(limit: limit)
  }

  /// Writes a file in one step: readers see all of it or what was there before.
  ///
  /// The bytes go to a temporary file in the same folder, which then takes the name; if anything
  /// fails, the temporary file is removed and nothing has changed; what a killed write left is removed
  /// by the next of the same name. A new file has the permissions
  /// that the umask leaves, a replaced one those it had. A symbolic link stays one, and the file it
  /// leads to is replaced; one that leads nowhere counts as a file. Pipes and devices are written
  /// through, whatever `existing` says.
  ///
  /// - Throws: `FileWriteError`.
  public static func write(
    _ bytes: [UInt8], to path: String, existing: ExistingFile = .refuse
  ) throws {
    try write(to: path, existing: existing) { append in try append(bytes) }
  }

  /// Writes a file in one step from pieces, for contents too large to hold.
  ///
  /// - Parameter produce: Calls its argument with each piece in order. What it throws ends the
  ///   write and is thrown on; nothing has changed then.
  /// - Throws: `FileWriteError`, or what `produce` throws.
  public static func write(
    to path: String, existing: ExistingFile = .refuse,
    _ produce: (_ append: ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    var status = stat()
    let isThere = stat(path.systemPath, &status) == 0
    let kind = status.st_mode & S_IFMT
    if isThere, kind == S_IFDIR { throw FileWriteError(path: path, errno: EISDIR) }
    if isThere, kind != S_IFREG { return try writeThrough(path, produce) }
    if isThere, existing == .refuse { throw FileWriteError(path: path, reason: .exists) }
    let staged = try StagedFile(for: path, existing: existing, produce)
    try staged.commit()
  }

  // Pipes and devices have no contents to keep whole: they are written as they are.
  private static func writeThrough(
    _ path: String, _ produce: (_ append: ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    let descriptor = open(path.systemPath, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileWriteError(path: path, errno: errno) }
    try fill(descriptor, path, produce)
  }

  private static func fill(
    _ descriptor: Int32, _ path: String,
    _ produce: (_ append: ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    do {
      try produce { bytes in try append(bytes, to: descriptor, path: path) }
    } catch {
      close(descriptor)
      throw error
    }
    guard close(descriptor) == 0 else { throw FileWriteError(path: path, errno: errno) }
  }

  static func append(
    _ bytes: [UInt8], to descriptor: Int32, path: String
  ) throws(FileWriteError) {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes {
        Foundation.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileWriteError(path: path, errno: errno) }
      written += count
    }
  }
}

/// A file that could not be written; what was there before is as it was.
public struct FileWriteError: Error, Hashable, CustomStringConvertible {
  /// Why.
  public enum Reason: Sendable, Hashable {
    /// A file of that name is there, and was not to be replaced.
    case exists
    /// The system says no, in its words.
    case refused(String)
  }

  /// The file.
  public let path: String
  /// Why it could not be written.
  public let reason: Reason

  /// Makes the error.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// Makes the error that a system call's `errno` stands for.
  public init(path: String, errno: Int32) {
    self.init(path: path, reason: .refused(String(cString: strerror(errno))))
  }

  /// One line without the path.
  public var description: String {
    switch reason {
    case .exists: "expected no file of that name, found one (it was not overwritten)"
    case .refused(let words): "cannot be written: \(words)"
    }
  }
}
