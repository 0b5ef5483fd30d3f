// The folder that a trace fills: files are written aside inside it and moved into place at the end.

import Foundation
import Tensors

/// A folder whose new files appear together, or not at all.
final class TraceFolder {
  /// What happens to files of an earlier trace.
  enum ExistingFiles {
    /// The trace is refused.
    case keep
    /// They are replaced, those of stages that the new trace lacks too.
    case replace
  }

  /// The folder.
  let path: String
  private let existing: ExistingFiles
  private let staging: String
  private let createdFolders: [String]
  private var stagedNames: [String] = []
  private var isDone = false

  /// Makes the folder, with its parents, if it is not there.
  ///
  /// - Throws: `CommandFailure` if it cannot be made, or holds a trace that is to be kept.
  init(path: String, existing: ExistingFiles) throws {
    self.path = path
    self.existing = existing
    if existing == .keep, let name = Self.traceFiles(in: path).first {
      throw CommandFailure(
        .cannotWrite, Self.join(path, name), "is there already; --force replaces it")
    }
    createdFolders = try Self.createFolders(path)
    Self.tidy(path)
    // mkdtemp puts letters of its own in the place of each X.
    var template = Self.join(path, ".partial-XXXXXX").systemPath
    guard mkdtemp(&template) != nil else {
      let error = Self.failure(path)
      Self.removeEmpty(createdFolders)
      throw error
    }
    staging = String(fileName: template.dropLast().map(UInt8.init(bitPattern:)))
    _ = StagedFile.lockFolder(staging)
    do {
      try Self.makeFolder(Self.join(staging, Self.attentionFolder))
    } catch {
      discard()
      throw error
    }
  }

  deinit { discard() }

  /// Writes a file of the trace from pieces; it is nowhere to be seen until `commit()`.
  ///
  /// - Throws: `CommandFailure` with the file's final name, or what `produce` throws.
  func write(
    _ name: String, _ produce: (_ append: ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    do {
      try WholeFile.write(to: Self.join(staging, name), existing: .refuse, produce)
    } catch let error as FileWriteError {
      throw CommandFailure(.cannotWrite, Self.join(path, name), error.description)
    }
    stagedNames.append(name)
  }

  /// Bytes that can still be written to the folder's disk; nil where that is not known.
  var freeBytes: Double? {
    var status = statvfs()
    guard statvfs(path.systemPath, &status) == 0 else { return nil }
    return Double(status.f_bavail) * Double(status.f_frsize)
  }

  /// Moves all files into place.
  ///
  /// - Throws: `CommandFailure`; the folder then has what it had before.
  func commit() throws {
    let old = Self.traceFiles(in: path)
    if existing == .keep, let name = old.first {
      throw CommandFailure(.cannotWrite, Self.join(path, name), "has appeared meanwhile")
    }
    if exchange(leaving: Set(old)) {
      isDone = true
      removeStaging()
      return
    }
    if stagedNames.contains(where: { $0.hasPrefix(Self.attentionFolder) }) {
      try Self.makeFolder(Self.join(path, Self.attentionFolder))
    }
    let aside = Self.join(staging, "earlier")
    try Self.makeFolder(aside)
    try Self.makeFolder(Self.join(aside, Self.attentionFolder))
    var moves: [(from: String, to: String)] = []
    do {
      for name in old { try move(Self.join(path, name), Self.join(aside, name), &moves) }
      for name in stagedNames {
        let (from, to) = (Self.join(staging, name), Self.join(path, name))
        if existing == .keep, FileNames.exists(to) {
          throw CommandFailure(.cannotWrite, to, "has appeared meanwhile")
        }
        try move(from, to, &moves)
      }
    } catch {
      for move in moves.reversed() { rename(move.to.systemPath, move.from.systemPath) }
      throw error
    }
    rmdir(Self.join(path, Self.attentionFolder).systemPath)  // Only succeeds when it is empty.
    isDone = true
    removeStaging()
  }

  /// Replaces the folder by one that has the new files instead of old ones; false where the system
  /// cannot, and nothing has changed.
  private func exchange(leaving old: Set<String>) -> Bool {
    let own = staging.split(separator: "/").last.map(String.init) ?? staging
    let isLeft = { (place: String) in
      place == own || old.contains(place)
        || place == Self.attentionFolder && self.hasOnlyTraceFiles
    }
    guard let exchange = FolderExchange(of: path, leaving: isLeft) else { return false }
    let isWhole = stagedNames.allSatisfy { exchange.add(Self.join(staging, $0), as: $0) }
    return isWhole ? exchange.commit(leaving: isLeft) : exchange.abandon()
  }

  private var hasOnlyTraceFiles: Bool {
    let folder = Self.join(path, Self.attentionFolder)
    let names = (try? FileNames.names(in: folder)) ?? []
    return names.allSatisfy(TraceFile.isAttentionName)
  }

  /// Removes what a killed trace left in the folder, and puts back what it had moved aside.
  private static func tidy(_ path: String) {
    for name in (try? FileNames.names(in: path)) ?? [] {
      let left = join(path, name)
      guard name.hasPrefix(".partial-"), name.utf8.count == ".partial-".utf8.count + 6,
        StagedFile.lockFolder(left)
      else { continue }
      let aside = join(left, "earlier")
      for file in traceFiles(in: aside) {
        if file.hasPrefix(attentionFolder) { mkdir(join(path, attentionFolder).systemPath, 0o777) }
        // Fails where a newer one has taken its place.
        link(join(aside, file).systemPath, join(path, file).systemPath)
      }
      FileNames.remove(left)
    }
  }

  private func move(
    _ from: String, _ to: String, _ moves: inout [(from: String, to: String)]
  ) throws {
    guard rename(from.systemPath, to.systemPath) == 0 else {
      throw Self.failure(to.hasPrefix(staging) ? from : to)
    }
    moves.append((from, to))
  }

  /// Leaves the folder as it was found.
  func discard() {
    guard !isDone else { return }
    isDone = true
    removeStaging()
    Self.removeEmpty(createdFolders)
  }

  private func removeStaging() {
    FileNames.remove(staging)
  }
}

extension TraceFolder {
  /// The folder for attention matrices.
  static let attentionFolder = "attention"

  /// The files in a folder that a trace may have left there.
  private static func traceFiles(in path: String) -> [String] {
    // What is no file was not left by a trace, and is not replaced.
    let fixed = ["logits.npy", "outputs.npy", "latents.npy", "stages.json"].filter {
      let file = join(path, $0)
      return FileNames.exists(file) && !FileNames.isFolder(file)
    }
    let folder = join(path, attentionFolder)
    let names = (try? FileNames.names(in: folder)) ?? []
    return fixed
      + names.filter(TraceFile.isAttentionName).sorted().map { attentionFolder + "/" + $0 }
  }

  /// Makes a folder and those above it, and says which were made, deepest first.
  private static func createFolders(_ path: String) throws -> [String] {
    var missing: [String] = []
    var current = path
    while !current.isEmpty, !FileNames.exists(current) {
      missing.append(current)
      current = parent(of: current)
    }
    var created: [String] = []
    do {
      for folder in missing.reversed() {
        try makeFolder(folder)
        created.insert(folder, at: 0)
      }
    } catch {
      removeEmpty(created)
      throw error
    }
    return created
  }

  // Foundation's own traps on names of one character.
  private static func parent(of path: String) -> String {
    guard let slash = path.trimmingSuffix("/").lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func makeFolder(_ path: String) throws {
    guard mkdir(path.systemPath, 0o777) == 0 || errno == EEXIST else { throw failure(path) }
  }

  private static func removeEmpty(_ folders: [String]) {
    for folder in folders { rmdir(folder.systemPath) }
  }

  private static func failure(_ path: String) -> CommandFailure {
    CommandFailure(.cannotWrite, path, String(cString: strerror(errno)))
  }

  private static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }
}
