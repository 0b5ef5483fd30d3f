// The bytes of a file, a pipe or standard input, by the name that the command line gives.

import Tensors

/// Reads whole inputs into memory.
public enum InputBytes {
  /// The name that stands for standard input.
  public static let standardInput = "-"

  /// What to call an input in messages.
  public static func name(_ path: String) -> String {
    path == standardInput ? "standard input" : path
  }

  /// Opens a file or pipe, or standard input if `path` is `-`.
  ///
  /// - Throws: `FileAccessError`.
  package static func open(_ path: String) throws(FileAccessError) -> ByteStream {
    path == standardInput ? .standardInput : try ByteStream(path: path)
  }

  /// Reads a file or pipe, or standard input if `path` is `-`.
  ///
  /// - Parameter limit: The most bytes that are read; a longer input is an error.
  /// - Throws: `FileAccessError`.
  package static func read(
    _ path: String, limit: Int = 1 << 32
  ) throws(FileAccessError) -> [UInt8] {
    path == standardInput
      ? try WholeFile.readStandardInput(limit: limit) : try WholeFile.read(path, limit: limit)
  }
}
