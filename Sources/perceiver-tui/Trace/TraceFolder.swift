// The folder that a trace or an explanation fills: files are written aside inside it and moved into
// place at the end.

import Foundation
import Screens
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

  /// Which files a command writes, and so may replace.
  struct Contents: Sendable {
    /// A folder inside for some of them; nil for none.
    let subfolder: String?
    /// Names of files that it always writes, the first of which is named where they are in the way.
    var first: [String] = []
    /// Whether a name in the folder, or in `subfolder/`, is one of a file that it writes.
    let isOwn: @Sendable (String) -> Bool

    /// What `trace` writes.
    static let trace = Contents(
      subfolder: TraceFolder.attentionFolder, first: TraceFolder.tables
    ) { name in
      if name.hasPrefix(TraceFolder.attentionFolder + "/") {
        return TraceFile.isAttentionName(
          String(name.dropFirst(TraceFolder.attentionFolder.count + 1)))
      }
      return TraceFolder.tables.contains(name)
    }
  }

  /// The folder.
  let path: String
  private let existing: ExistingFiles
  private let contents: Contents
  private let staging: String
  private let createdFolders: [String]
  private var stagedNames: [String] = []
  private var isDone = false

  /// Makes the folder, with its parents, if it is not there.
  ///
  /// - Throws: `CommandFailure` if it cannot be made, or holds a trace that is to be kept.
  init(path: String, existing: ExistingFiles, contents: Contents = .trace) throws {
    self.path = path
    self.existing = existing
    self.contents = contents
    if existing == .keep, let name = Self.files(contents, in: path).first {
      throw CommandFailure(
        .cannotWrite, Self.join(path, name), "is there already; --force replaces it")
    }
    createdFolders = try Self.createFolders(path)
    Self.tidy(path, contents)
    // mkdtemp wants six of these at the end, and puts letters of its own in their place.
    let letters = String(repeating: "X", count: 6)
    var template = Self.join(path, ".partial-" + letters).systemPath
    guard mkdtemp(&template) != nil else {
      let error = Self.failure(path)
      Self.removeEmpty(createdFolders)
      throw error
    }
    staging = String(fileName: template.dropLast().map(UInt8.init(bitPattern:)))
    _ = StagedFile.lockFolder(staging)
    do {
      if let subfolder = contents.subfolder {
        try Self.makeFolder(Self.join(staging, subfolder))
      }
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
    let old = Self.files(contents, in: path)
    if existing == .keep, let name = old.first {
      throw CommandFailure(.cannotWrite, Self.join(path, name), "has appeared meanwhile")
    }
    if exchange(leaving: Set(old)) {
      isDone = true
      removeStaging()
      return
    }
    let aside = Self.join(staging, "earlier")
    try Self.makeFolder(aside)
    if let subfolder = contents.subfolder {
      if stagedNames.contains(where: { $0.hasPrefix(subfolder + "/") }) {
        try Self.makeFolder(Self.join(path, subfolder))
      }
      try Self.makeFolder(Self.join(aside, subfolder))
    }
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
    if let subfolder = contents.subfolder {
      rmdir(Self.join(path, subfolder).systemPath)  // Only succeeds when it is empty.
    }
    isDone = true
    removeStaging()
  }

  /// Replaces the folder by one that has the new files instead of old ones; false where the system
  /// cannot, and nothing has changed.
  private func exchange(leaving old: Set<String>) -> Bool {
    let own = staging.split(separator: "/").last.map(String.init) ?? staging
    let isLeft = { (path: String) in
      path == own || old.contains(path)
        || path == self.contents.subfolder && self.hasOnlyOwnFiles
    }
    guard let exchange = FolderExchange(of: path, leaving: isLeft) else { return false }
    let isWhole = stagedNames.allSatisfy { exchange.add(Self.join(staging, $0), as: $0) }
    return isWhole ? exchange.commit(leaving: isLeft) : exchange.abandon()
  }

  private var hasOnlyOwnFiles: Bool {
    guard let subfolder = contents.subfolder else { return false }
    let names = (try? FileNames.names(in: Self.join(path, subfolder))) ?? []
    return names.allSatisfy { contents.isOwn(subfolder + "/" + $0) }
  }

  /// Removes what a killed trace left in the folder, and puts back what it had moved aside.
  private static func tidy(_ path: String, _ contents: Contents) {
    for name in (try? FileNames.names(in: path)) ?? [] {
      let left = join(path, name)
      guard name.hasPrefix(".partial-"), name.utf8.count == ".partial-".utf8.count + 6,
        StagedFile.lockFolder(left)
      else { continue }
      let aside = join(left, "earlier")
      for file in files(contents, in: aside) {
        if let subfolder = contents.subfolder, file.hasPrefix(subfolder + "/") {
          mkdir(join(path, subfolder).systemPath, 0o777)
        }
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
  /// What a trace holds beside attention matrices.
  static let tables = [
    "logits.npy", "outputs.npy", "flow.npy", "latents.npy", "stages.json", "trace.json",
  ]
  /// The folder for attention matrices.
  static let attentionFolder = "attention"

  /// The files in a folder that the command may have left there.
  private static func files(_ contents: Contents, in path: String) -> [String] {
    // What is no file was not left by a command, and is not replaced.
    let names = (try? FileNames.names(in: path)) ?? []
    let own = names.filter { contents.isOwn($0) && !FileNames.isFolder(join(path, $0)) }
    let ordered = contents.first.filter(own.contains)
    let sorted = ordered + own.filter { !ordered.contains($0) }.sorted()
    guard let subfolder = contents.subfolder else { return sorted }
    let inside = (try? FileNames.names(in: join(path, subfolder))) ?? []
    return sorted + inside.map { subfolder + "/" + $0 }.filter(contents.isOwn).sorted()
  }

  /// Makes a folder and those above it, and says which were made, deepest first.
  static func createFolders(_ path: String) throws -> [String] {
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
