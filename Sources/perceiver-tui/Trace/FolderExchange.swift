// A folder replaced whole: all its files at once, or none.

import CTerminal
import Foundation
import Tensors

/// A folder beside another that is to take its name.
struct FolderExchange {
  private let path: String
  private let fresh: String

  /// Makes the fresh folder beside one, with names of all that it holds and that is to stay.
  ///
  /// Nil where that cannot be: files that may not be linked, another owner, no room for a name beside
  /// it; or where this process, and so the shell it came from, is in the folder.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - isLeft: Which of its entries, by their paths in it, the fresh folder does not have.
  init?(of path: String, leaving isLeft: (String) -> Bool) {
    guard let real = realpath(path.systemPath, nil) else { return nil }
    defer { free(real) }
    self.path = String(fileName: UnsafeRawBufferPointer(start: real, count: strlen(real)))
    var (status, here) = (stat(), stat())
    guard stat(self.path.systemPath, &status) == 0, stat(".", &here) == 0,
      status.st_ino != here.st_ino,
      let temporary = StagedFile.temporaryFolder(for: self.path)
    else { return nil }
    fresh = temporary
    var made = stat()
    guard stat(fresh.systemPath, &made) == 0, made.st_uid == status.st_uid,
      made.st_gid == status.st_gid,
      chmod(fresh.systemPath, status.st_mode & 0o7777) == 0, Self.link(self.path, fresh, "", isLeft)
    else {
      discard()
      return nil
    }
  }

  /// Gives a file a name in the fresh folder.
  func add(_ file: String, as name: String) -> Bool {
    if let slash = name.lastIndex(of: "/") {
      mkdir((fresh + "/" + name[..<slash]).systemPath, 0o777)
    }
    return Foundation.link(file.systemPath, (fresh + "/" + name).systemPath) == 0
  }

  /// Puts the fresh folder in the other's place, and removes what was there; what has come into that
  /// one meanwhile moves too.
  ///
  /// - Parameter isLeft: Which entries go, as they were said before.
  /// - Returns: Whether it could be done; all is as before if not.
  func commit(leaving isLeft: (String) -> Bool) -> Bool {
    defer { discard() }
    guard ct_exchange(fresh.systemPath, path.systemPath) == 0 else { return false }
    for name in (try? FileNames.names(in: fresh)) ?? [] where !isLeft(name) {
      // Fails, as it is to, where the name is linked already; a folder moves with what is in it.
      let (source, target) = (fresh + "/" + name, path + "/" + name)
      if !FileNames.exists(target) { rename(source.systemPath, target.systemPath) }
    }
    return true
  }

  /// Gives up; for the caller's convenience, false.
  func abandon() -> Bool {
    discard()
    return false
  }

  private func discard() { FileNames.remove(fresh) }

  private static func link(
    _ from: String, _ to: String, _ inside: String, _ isLeft: (String) -> Bool
  ) -> Bool {
    guard let names = try? FileNames.names(in: from) else { return false }
    return names.allSatisfy { name in
      let path = inside + name
      if isLeft(path) { return true }
      let (source, target) = ((from + "/" + name).systemPath, (to + "/" + name).systemPath)
      var status = stat()
      guard lstat(source, &status) == 0 else { return false }
      guard status.st_mode & S_IFMT == S_IFDIR else { return Foundation.link(source, target) == 0 }
      return mkdir(target, 0o777) == 0 && chmod(target, status.st_mode & 0o7777) == 0
        && link(from + "/" + name, to + "/" + name, path + "/", isLeft)
    }
  }
}
