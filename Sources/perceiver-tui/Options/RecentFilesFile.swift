// Where the files that were opened last are kept from one start to the next.

import Explorer
import Foundation
import Tensors

/// `perceiver-tui/recent.json` in the folder for states of programs. Nothing here ever fails: a list of
/// recent files is no reason to stop for.
enum RecentFilesFile {
  /// The kept files; none where the file is missing or cannot be read.
  ///
  /// - Parameter environment: Where XDG_STATE_HOME and HOME are looked up.
  static func read(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> RecentFiles {
    guard let path = path(environment),
      let bytes = try? WholeFile.readRegular(path, limit: 1 << 20),
      let json = try? JSONValue(parsing: bytes)
    else { return RecentFiles() }
    return RecentFiles(json)
  }

  /// Adds files to those that are kept, as paths that hold from any folder, and gives all of them.
  ///
  /// What another program that runs at the same time has added stays.
  ///
  /// - Parameter environment: Where XDG_STATE_HOME and HOME are looked up.
  static func add(
    _ files: [RecentFiles.File],
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> RecentFiles {
    var recent = read(environment: environment)
    for file in files {
      if let whole = RecentFiles.File(absolute(file.path), as: file.kind) { recent.add(whole) }
    }
    if let path = path(environment) {
      let folder = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex))
      try? FileNames.makeFolders(folder)
      try? WholeFile.write(
        Array((recent.json.indentedText + "\n").utf8), to: path, existing: .replace)
    }
    return recent
  }

  private static func absolute(_ path: String) -> String {
    let path = HomeFolder.expanded(path)
    return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  /// A relative XDG_STATE_HOME counts as none, as its specification asks.
  private static func path(_ environment: [String: String]) -> String? {
    let given = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.local/state" }
    return (given ?? home).map { $0 + "/perceiver-tui/recent.json" }
  }
}
