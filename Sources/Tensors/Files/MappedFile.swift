// A file's bytes in memory of their own, read piece by piece when they are first asked for.

import Foundation
import Synchronization

/// A file whose bytes are read when they are asked for, and then stay as they were read.
///
/// Nothing is mapped from the file itself: a program that writes over it, or cuts it short, can
/// neither change what was read nor make reading fault. What it changed before it was read is
/// noticed, and refused. A file that is replaced by renaming is another file; this one stays.
package final class MappedFile: @unchecked Sendable {
  // Unchecked: bytes are written before they are marked as loaded, under the lock, and read by those
  // alone who asked for them to be loaded.
  /// Memory for all bytes; those that were not loaded are not to be looked at.
  package let bytes: UnsafeRawBufferPointer

  private let path: String
  private let progress: Mutex<Progress>

  /// Bytes that are read together.
  private static let pieceLength = 1 << 14
  /// Pieces that one thread reads at a time: 1 MB.
  private static let shareLength = 64
  /// Files up to here are read when they are opened: many may be open at once, and handles are few.
  static let smallLength = 1 << 20

  private struct Progress {
    /// The open file; nil once all of it is read.
    var descriptor: Int32?
    /// By pieces.
    var isLoaded: [Bool]
    /// Whether large pages were asked for, which cost time where only a header is read.
    var hasLargePages = false
    var identity: FileIdentity
  }

  /// Opens a file; nothing of it is read yet.
  ///
  /// - Throws: `FileAccessError`.
  package init(path: String) throws(FileAccessError) {
    // Without O_NONBLOCK, opening a pipe waits for a writer before it can be refused.
    let descriptor = open(path.systemPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileAccessError(path: path, errno: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw FileAccessError(path: path, errno: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileAccessError(path: path, reason: .notAFile)
    }
    let size = Int(status.st_size)
    var start: UnsafeMutableRawPointer?
    if size > 0 {
      // Pages come when bytes are read into them.
      start = mmap(
        nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
      guard start != MAP_FAILED else {
        let code = errno
        close(descriptor)
        throw FileAccessError(path: path, errno: code)
      }
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
    self.path = path
    let pieces = (size + Self.pieceLength - 1) / Self.pieceLength
    progress = Mutex(
      Progress(
        descriptor: descriptor, isLoaded: [Bool](repeating: false, count: pieces),
        identity: FileIdentity(status)))
    if size <= Self.smallLength { try load(0..<size) }
  }

  deinit {
    progress.withLock { if let descriptor = $0.descriptor { close(descriptor) } }
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }

  /// Reads bytes, unless they were read before.
  ///
  /// - Throws: `FileAccessError` if they cannot be read, or are not those of when the file was
  ///   opened.
  package func load(_ range: Range<Int>) throws(FileAccessError) {
    let range = range.clamped(to: 0..<bytes.count)
    guard !range.isEmpty else { return }
    let pieces =
      range.lowerBound / Self.pieceLength..<(range.upperBound - 1) / Self.pieceLength + 1
    let failure = progress.withLock { progress -> FileAccessError? in
      let missing = Self.runs(of: pieces, where: { !progress.isLoaded[$0] })
      guard !missing.isEmpty, let descriptor = progress.descriptor else { return nil }
      if !progress.hasLargePages, missing.contains(where: { $0.count >= Self.shareLength }),
        let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
      {
        SparePages.adviseLargePages(start, bytes.count)
        progress.hasLargePages = true
      }
      for run in missing {
        if let failure = read(run, of: descriptor) { return failure }
      }
      // After reading: bytes that were written meanwhile show in the file's times.
      guard isUnchanged(&progress, descriptor) else { return changed }
      for run in missing { for piece in run { progress.isLoaded[piece] = true } }
      if progress.isLoaded.allSatisfy({ $0 }) {
        close(descriptor)
        progress.descriptor = nil
      }
      return nil
    }
    if let failure { throw failure }
  }

  private var changed: FileAccessError { FileAccessError(path: path, reason: .changed) }

  /// Reads pieces into their memory, many of them on several threads: the system copies no faster than
  /// one processor does, and what it copies are gigabytes.
  private func read(_ pieces: Range<Int>, of descriptor: Int32) -> FileAccessError? {
    let failure = Mutex<FileAccessError?>(nil)
    // Without a switch to stop it, it ends.
    try? Workers().forEach(Blocks(pieces, size: Self.shareLength)) { share in
      guard let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress),
        let own = read(share, of: descriptor, into: start + share.lowerBound * Self.pieceLength)
      else { return }
      failure.withLock { $0 = $0 ?? own }
    }
    return failure.withLock { $0 }
  }

  private func read(
    _ pieces: Range<Int>, of descriptor: Int32, into target: UnsafeMutableRawPointer
  ) -> FileAccessError? {
    let first = pieces.lowerBound * Self.pieceLength
    let count = min(pieces.upperBound * Self.pieceLength, bytes.count) - first
    var done = 0
    while done < count {
      let result = pread(descriptor, target + done, count - done, off_t(first + done))
      if result < 0, errno == EINTR { continue }
      guard result >= 0 else { return FileAccessError(path: path, errno: errno) }
      // It has become shorter.
      guard result > 0 else { return changed }
      done += result
    }
    return nil
  }

  /// Whether the file still is what was opened.
  private func isUnchanged(_ progress: inout Progress, _ descriptor: Int32) -> Bool {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return false }
    let now = FileIdentity(status)
    guard now.size == progress.identity.size, now.modified == progress.identity.modified
    else { return false }
    if now.changed == progress.identity.changed { return true }
    // Names and rights change this time too; so does who puts back the time of writing. Where no name
    // was added or removed, what was read before must still be there.
    guard now.links != progress.identity.links || isAsLoaded(progress, descriptor) else {
      return false
    }
    progress.identity = now
    return true
  }

  private func isAsLoaded(_ progress: Progress, _ descriptor: Int32) -> Bool {
    let piece = UnsafeMutableRawPointer.allocate(byteCount: Self.pieceLength, alignment: 8)
    defer { piece.deallocate() }
    for index in progress.isLoaded.indices where progress.isLoaded[index] {
      guard let start = bytes.baseAddress,
        read(index..<index + 1, of: descriptor, into: piece) == nil
      else { return false }
      let first = index * Self.pieceLength
      let count = min(Self.pieceLength, bytes.count - first)
      guard memcmp(piece, start + first, count) == 0 else { return false }
    }
    return true
  }

  /// The longest ranges in which something holds.
  private static func runs(of range: Range<Int>, where holds: (Int) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for index in range where holds(index) {
      if let last = runs.last, last.upperBound == index {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    return runs
  }
}

/// What shows that a file was written to.
private struct FileIdentity {
  let size: Int
  let links: Int
  let modified: Time
  let changed: Time

  struct Time: Equatable {
    let seconds: Int
    let nanoseconds: Int

    init(_ time: timespec) { (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec) }
  }

  init(_ status: stat) {
    size = Int(status.st_size)
    links = Int(status.st_nlink)
    #if canImport(Darwin)
      (modified, changed) = (Time(status.st_mtimespec), Time(status.st_ctimespec))
    #else
      (modified, changed) = (Time(status.st_mtim), Time(status.st_ctim))
    #endif
  }
}
