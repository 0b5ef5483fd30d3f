// Paths in a session file: from the file's own folder where that is possible, so that a folder with a
// session and what it names can be moved.

import Foundation
import Tensors

/// The folder of a session file.
public struct SessionFolder: Sendable, Hashable {
  /// The folder as it is named; empty for the working folder.
  private let folder: String

  /// The folder of a session file.
  public init(ofFile path: String) {
    folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// The path of a file as the session file names it: from the session's folder where both lie in one
  /// folder below the root, else from the root.
  public func stored(_ path: String) -> String {
    guard let own = Self.real(folder.isEmpty ? "." : folder),
      let file = Self.realFile(HomeFolder.expanded(path))
    else { return path }
    let (from, to) = (Self.parts(own), Self.parts(file))
    let shared = zip(from, to).prefix { $0 == $1 }.count
    guard shared > 0 || from.isEmpty, shared < to.count else { return file }
    let up = [Substring](repeating: "..", count: from.count - shared)
    return (up + to[shared...]).joined(separator: "/")
  }

  /// The path by which a file is found that the session file names.
  public func found(_ path: String) -> String { path.hasPrefix("/") ? path : folder + path }

  private static func parts(_ path: String) -> [Substring] { path.split(separator: "/") }

  /// A file's path from the root, its folder's links followed; its own name stays.
  private static func realFile(_ path: String) -> String? {
    let bare = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard let slash = bare.lastIndex(of: "/") else {
      return [".", ".."].contains(bare) ? real(bare) : real(".").map { join($0, bare) }
    }
    let name = String(bare[bare.index(after: slash)...])
    if ["", ".", ".."].contains(name) { return real(bare) }
    return real(slash == bare.startIndex ? "/" : String(bare[..<slash])).map { join($0, name) }
  }

  private static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// A folder's path from the root without links; nil where there is none.
  private static func real(_ folder: String) -> String? {
    guard let found = realpath(folder.systemPath, nil) else { return nil }
    defer { free(found) }
    return String(fileName: UnsafeRawBufferPointer(start: found, count: strlen(found)))
  }
}
