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
    guard let bytes = try? file(environment)?.read(), let json = try? JSONValue(parsing: bytes)
    else { return RecentFiles() }
    return RecentFiles(json)
  }

  /// Adds files to those that are kept, as paths that hold from any folder, and gives all of them; models
  /// of the Hub's cache keep their names, which hold from any folder too.
  ///
  /// What another program that runs at the same time has added stays.
  ///
  /// - Parameter environment: Where XDG_STATE_HOME and HOME are looked up.
  static func add(
    _ files: [RecentFiles.File],
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> RecentFiles {
    var recent = read(environment: environment)
    for opened in files {
      let isName = opened.kind == .weights && HubCache.isMeant(by: opened.path)
      let path = isName ? opened.path : absolute(opened.path)
      if let whole = RecentFiles.File(path, as: opened.kind) { recent.add(whole) }
    }
    try? file(environment)?.write(recent.json.indentedText + "\n")
    return recent
  }

  private static func absolute(_ path: String) -> String {
    let path = HomeFolder.expanded(path)
    return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  private static func file(_ environment: [String: String]) -> KeptFile? {
    KeptFile("recent.json", for: .state, environment: environment)
  }
}
