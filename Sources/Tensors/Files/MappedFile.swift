// A file's bytes in place: read when touched, never copied whole.

import Foundation

/// A read-only mapping of a file that lives as long as someone holds it.
///
/// A file that another program cuts short while it is mapped makes reading fault; replace files
/// by renaming, as `WholeFile` does.
package final class MappedFile: @unchecked Sendable {
  // Unchecked: the bytes are never written and the pointer never changes.
  package let bytes: UnsafeRawBufferPointer

  /// Maps a file.
  ///
  /// - Throws: `FileAccessError`.
  package init(path: String) throws(FileAccessError) {
    // Without O_NONBLOCK, opening a pipe waits for a writer before it can be refused.
    let descriptor = open(path.systemPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileAccessError(path: path, errno: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileAccessError(path: path, errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileAccessError(path: path, reason: .notAFile)
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let start, start != MAP_FAILED else { throw FileAccessError(path: path, errno: errno) }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
