// A file written aside, whole, that waits to take its name; and what killed writes left behind.

import Foundation

/// A whole file beside the one whose name it will take; it is removed unless it is committed.
///
/// Its name says for which file it is, and a lock that it is being written: the system releases
/// the lock when the writer ends, however it ends.
package final class StagedFile {
  private let path: String
  private let target: String
  private let existing: WholeFile.ExistingFile
  private let temporary: String
  private let descriptor: Int32
  private var isDone = false

  /// Writes a file aside, and removes what dead writers left for the same name.
  ///
  /// - Parameters:
  ///   - path: The file whose name it will take: a regular one, or none.
  ///   - existing: What becomes of a file that is there, now and when the name is taken.
  ///   - produce: Calls its argument with each piece in order.
  /// - Throws: `FileWriteError`, or what `produce` throws; nothing has changed then.
  package init(
    for path: String, existing: WholeFile.ExistingFile,
    _ produce: (_ append: ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    var status = stat()
    let isThere = stat(path.systemPath, &status) == 0
    if isThere, existing == .refuse { throw FileWriteError(path: path, reason: .exists) }
    self.path = path
    self.existing = existing
    target = isThere ? Self.resolved(path) : path
    Litter.remove(of: target)
    (temporary, descriptor) = try Litter.create(for: target, sayingOf: path)
    do {
      if isThere { fchmod(descriptor, status.st_mode & 0o7777) }
      let descriptor = descriptor
      try produce { bytes in try WholeFile.append(bytes, to: descriptor, path: path) }
      guard fsync(descriptor) == 0 else { throw FileWriteError(path: path, errno: errno) }
    } catch {
      discard()
      throw error
    }
  }

  deinit {
    discard()
    close(descriptor)
  }

  /// Takes the name.
  ///
  /// - Throws: `FileWriteError`; the file that is there is as it was.
  package func commit() throws(FileWriteError) {
    // A hard link fails if the name is taken, so that of two writers neither overwrites the other.
    var result =
      existing == .replace
      ? rename(temporary.systemPath, target.systemPath)
      : link(temporary.systemPath, target.systemPath)
    var code = errno
    if existing == .refuse, result != 0, [EPERM, EOPNOTSUPP, ENOSYS].contains(code) {
      // Some file systems have no hard links: there an empty file claims the name first.
      let claim = open(target.systemPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      code = errno
      if claim >= 0 {
        close(claim)
        result = rename(temporary.systemPath, target.systemPath)
        code = errno
        if result != 0 { unlink(target.systemPath) }
      }
    }
    if existing == .replace, result == 0 { isDone = true }
    discard()
    guard result == 0 else {
      throw code == EEXIST
        ? FileWriteError(path: path, reason: .exists) : FileWriteError(path: path, errno: code)
    }
  }

  /// Gives the name back that `commit` took, where nothing was there before.
  package func withdraw() {
    var mine = stat()
    var named = stat()
    guard existing == .refuse, fstat(descriptor, &mine) == 0, lstat(target.systemPath, &named) == 0,
      mine.st_ino == named.st_ino, mine.st_dev == named.st_dev
    else { return }
    unlink(target.systemPath)
  }

  private func discard() {
    guard !isDone else { return }
    isDone = true
    unlink(temporary.systemPath)
  }

  /// Makes a folder beside one whose name it may take; the next of the same name removes it, if its
  /// maker has ended without doing so. Nil if it cannot be made.
  package static func temporaryFolder(for target: String) -> String? {
    Litter.remove(of: target)
    return Litter.createFolder(for: target)
  }

  /// Locks a folder as being written until this process ends, and says whether nobody else has.
  package static func lockFolder(_ path: String) -> Bool {
    let descriptor = open(path.systemPath, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
    guard descriptor >= 0 else { return false }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
    close(descriptor)
    return false
  }

  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path.systemPath, nil) else { return path }
    defer { free(real) }
    return String(fileName: UnsafeRawBufferPointer(start: real, count: strlen(real)))
  }
}

/// Temporary files by the name of the file that they are for.
private enum Litter {
  private static let ending = ".partial"

  /// Makes and locks a temporary file.
  static func create(
    for target: String, sayingOf path: String
  ) throws(FileWriteError) -> (path: String, descriptor: Int32) {
    while true {
      let (folder, start) = location(of: target)
      let temporary = folder + start + UUID().uuidString + ending
      let descriptor = open(temporary.systemPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw FileWriteError(path: path, errno: errno) }
      // Where there are no locks, nobody can take it for a dead writer's either.
      while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
      // Somebody who looked for litter may have been faster.
      var status = stat()
      if fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (temporary, descriptor) }
      close(descriptor)
    }
  }

  /// Makes and locks a temporary folder; its lock stays until this process ends.
  static func createFolder(for target: String) -> String? {
    let (folder, start) = location(of: target)
    let temporary = folder + start + UUID().uuidString + ending
    guard mkdir(temporary.systemPath, 0o777) == 0 else { return nil }
    return StagedFile.lockFolder(temporary) ? temporary : nil
  }

  /// Removes temporary files for a name whose writers have ended.
  static func remove(of target: String) {
    let (folder, start) = location(of: target)
    let names = (try? FileNames.names(in: folder.isEmpty ? "." : folder)) ?? []
    for name in names {
      guard name.hasPrefix(start), name.hasSuffix(ending) else { continue }
      let path = folder + name
      let descriptor = open(path.systemPath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { continue }
      if unlink(path.systemPath) != 0 { FileNames.remove(path) }
    }
  }

  // Not the file's own name, for which there may be no room left.
  private static func location(of target: String) -> (folder: String, start: String) {
    let folderEnd = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = folderEnd.map { String(target[...$0]) } ?? ""
    var fingerprint = Fingerprint()
    fingerprint.add(String(target.dropFirst(folder.count)))
    return (folder, ".perceiver-tui-\(fingerprint.text)-")
  }
}
