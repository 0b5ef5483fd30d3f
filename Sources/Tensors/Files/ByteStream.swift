// The bytes of a file, a pipe or standard input, one after another: a header can be looked at before
// more is read.

import Foundation

/// Bytes that are read when they are asked for; used by one thread at a time.
package final class ByteStream {
  private let path: String
  private let descriptor: Int32?
  private let isOwner: Bool
  private var isAtEnd: Bool
  private var buffer: [UInt8]
  /// Bytes of the buffer that have been taken.
  private var taken = 0
  /// Keeps what is read; nil where nothing does.
  private var keeper: KeptBytes?
  /// Bytes of a regular file when it was opened; nil for others.
  package let size: Int?

  private static let piece = 1 << 16

  /// What may be opened.
  package enum Kinds {
    /// Regular files and pipes.
    case files
    /// Regular files alone: a pipe would be waited for.
    case regularFiles
  }

  /// Opens a file.
  ///
  /// - Parameter path: It must be a regular file or a pipe, not a folder or a device.
  /// - Throws: `FileAccessError`.
  package init(path: String, _ kinds: Kinds = .files) throws(FileAccessError) {
    // Without O_NONBLOCK, opening a pipe waits for a writer before it can be refused.
    let waiting = kinds == .regularFiles ? O_NONBLOCK : 0
    let descriptor = open(path.systemPath, O_RDONLY | O_CLOEXEC | waiting)
    guard descriptor >= 0 else {
      // A socket cannot be opened at all.
      throw errno == ENXIO
        ? FileAccessError(path: path, reason: .notAFile) : FileAccessError(path: path, errno: errno)
    }
    var status = stat()
    let isKnown = fstat(descriptor, &status) == 0
    let problem = errno
    let kind = status.st_mode & S_IFMT
    let accepted: [mode_t] = kinds == .regularFiles ? [S_IFREG] : [S_IFREG, S_IFIFO, S_IFSOCK]
    guard isKnown, accepted.contains(kind) else {
      close(descriptor)
      throw isKnown
        ? FileAccessError(path: path, reason: .notAFile)
        : FileAccessError(path: path, errno: problem)
    }
    self.path = path
    self.descriptor = descriptor
    isOwner = true
    size = kind == S_IFREG ? Int(status.st_size) : nil
    isAtEnd = false
    buffer = []
  }

  /// The bytes of memory.
  package convenience init(_ bytes: [UInt8]) { self.init(bytes, size: bytes.count) }

  /// What was read of a pipe, to be read as it was then: without a size that is known before.
  package convenience init(again bytes: [UInt8]) { self.init(bytes, size: nil) }

  private init(_ bytes: [UInt8], size: Int?) {
    path = ""
    descriptor = nil
    isOwner = true
    self.size = size
    isAtEnd = true
    buffer = bytes
  }

  /// Standard input, which errors call `-`.
  package static var standardInput: ByteStream { ByteStream(reading: STDIN_FILENO, as: "-") }

  /// What another program writes; who opened the descriptor closes it.
  ///
  /// - Parameter path: What errors call it.
  package init(reading descriptor: Int32, as path: String) {
    self.path = path
    self.descriptor = descriptor
    isOwner = false
    size = nil
    isAtEnd = false
    buffer = []
  }

  deinit {
    if let descriptor, isOwner { close(descriptor) }
  }

  /// Keeps all that is read from here on.
  ///
  /// - Precondition: nothing has been read.
  package func keep(in keeper: KeptBytes) {
    precondition(buffer.isEmpty && !isAtEnd, "a stream is kept from its beginning")
    self.keeper = keeper
  }

  /// The next bytes, which stay to be taken; fewer than asked for at the end only.
  ///
  /// - Throws: `FileAccessError`.
  package func first(_ count: Int) throws(FileAccessError) -> ArraySlice<UInt8> {
    while !isAtEnd, buffer.count - taken < count { try fill() }
    return buffer[taken...].prefix(count)
  }

  /// Takes the next bytes; fewer than there is room for at the end only.
  ///
  /// - Returns: How many there are.
  /// - Throws: `FileAccessError`.
  package func take(into target: UnsafeMutableRawBufferPointer) throws(FileAccessError) -> Int {
    var count = 0
    while count < target.count {
      if taken == buffer.count {
        if isAtEnd { break }
        buffer.removeAll(keepingCapacity: true)
        taken = 0
        try fill()
        continue
      }
      let part = min(target.count - count, buffer.count - taken)
      buffer.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: target[count..<count + part])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[taken..<taken + part]))
      }
      taken += part
      count += part
    }
    return count
  }

  /// Takes all that is left.
  ///
  /// - Parameter limit: The most bytes that may be left.
  /// - Throws: `FileAccessError`.
  package func rest(limit: Int = 1 << 32) throws(FileAccessError) -> [UInt8] {
    try beginRest(limit: limit)
    while !isAtEnd { try fill(upTo: limit) }
    return endRest()
  }

  /// Takes all that is left, piece by piece for as long as nobody cancels: another program may take
  /// long to write it.
  ///
  /// - Parameter limit: The most bytes that may be left.
  /// - Throws: `FileAccessError`, `ComputationCancelled`.
  package func rest(limit: Int = 1 << 32, cancellation: Cancellation?) throws -> [UInt8] {
    try beginRest(limit: limit)
    while !isAtEnd {
      try cancellation?.check()
      try fill(upTo: limit)
    }
    return endRest()
  }

  private func beginRest(limit: Int) throws(FileAccessError) {
    guard size ?? 0 <= limit else {
      throw FileAccessError(path: path, reason: .tooLarge(limit: limit))
    }
    if taken > 0 { buffer.removeFirst(taken) }
    taken = 0
    if !isAtEnd, let size { buffer.reserveCapacity(size) }
  }

  private func fill(upTo limit: Int) throws(FileAccessError) {
    try fill()
    guard buffer.count <= limit else {
      throw FileAccessError(path: path, reason: .tooLarge(limit: limit))
    }
  }

  private func endRest() -> [UInt8] {
    defer { buffer = [] }
    return buffer
  }

  /// Reads one piece more, or finds the end.
  private func fill() throws(FileAccessError) {
    guard let descriptor else {
      isAtEnd = true
      return
    }
    var piece = [UInt8](repeating: 0, count: Self.piece)
    while true {
      let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileAccessError(path: path, errno: errno) }
      isAtEnd = count == 0
      buffer += piece[..<count]
      keeper?.add(piece[..<count])
      return
    }
  }
}
