// The bytes of a file, a pipe or standard input, by the name that the command line gives.

import Tensors

/// Reads whole inputs into memory.
enum InputBytes {
  /// The name that stands for standard input.
  static let standardInput = "-"

  /// What to call an input in messages.
  static func name(_ path: String) -> String {
    path == standardInput ? "standard input" : path
  }

  /// Opens a file or pipe, or standard input if `path` is `-`.
  ///
  /// - Throws: `FileAccessError`.
  static func open(_ path: String) throws(FileAccessError) -> ByteStream {
    path == standardInput ? .standardInput : try ByteStream(path: path)
  }

  /// Reads a file or pipe, or standard input if `path` is `-`.
  ///
  /// - Parameter limit: The most bytes that are read; a longer input is an error.
  /// - Throws: `FileAccessError`.
  static func read(
    _ path: String, limit: Int = 1 << 32
  ) throws(FileAccessError) -> [UInt8] {
    path == standardInput
      ? try WholeFile.readStandardInput(limit: limit) : try WholeFile.read(path, limit: limit)
  }
}
