// Several inputs of one command: files, and the files of folders, each with a folder for what comes
// of it.

import Explorer
import Foundation
import Inputs
import Pictures
import Tensors

/// Inputs in order, as the command line and folders give them.
struct InputList {
  /// A part of the list.
  struct Shard {
    /// From 0.
    let index: Int
    let count: Int
  }

  /// One input.
  struct Item {
    let source: InputSource
    /// Its path in the folder that was given, or the last part of the path of a file; of files that
    /// are one input that of the first.
    var name = ""
    /// Its whole path, or the first's.
    var path = ""
    /// Where it stands among all inputs, those of other shards too, from 0.
    var number = 0
    /// Where its files go.
    let folder: String
  }

  let items: [Item]
  /// The paths of the inputs of all shards, in order.
  let paths: [String]
  /// How many inputs there are in all shards.
  let total: Int
  /// Whether each has a folder of its own: those of a folder, and several files. A folder may hold one.
  let areSeveral: Bool

  /// - Throws: `CommandFailure` for a folder that is empty or cannot be read, and for two inputs whose
  ///   files would go to one folder.
  ///
  /// - Parameter areOne: Whether the files are one input together.
  init(_ paths: [String], areOne: Bool = false, text: String?, into output: String, shard: Shard?)
    throws
  {
    if let text {
      guard paths.isEmpty else {
        throw CommandFailure(.usage, "--text", "expected no INPUT with it, found \(paths[0])")
      }
      items = [Item(source: .text(text), folder: output)]
      (self.paths, total, areSeveral) = ([text], 1, false)
      return
    }
    if areOne {
      let first = paths.first ?? ""
      items = [
        Item(source: .files(paths), name: Self.last(first), path: first, folder: output)
      ]
      (self.paths, total, areSeveral) = (paths, 1, false)
      return
    }
    var found: [(path: String, name: String, file: String)] = []
    for path in paths {
      guard path != InputBytes.standardInput, FileNames.isFolder(path) else {
        found.append((path, Self.stem(path), Self.last(path)))
        continue
      }
      let inside = try InputFolders.files(in: path)
      found += inside.map { (path + "/" + $0, Self.stem($0, keepingFolders: true), $0) }
    }
    let isOne = found.count == 1 && paths.count == 1 && !FileNames.isFolder(paths[0])
    var seen: [String: String] = [:]
    for (path, name, _) in found {
      if let other = seen.updateValue(path, forKey: name), !isOne {
        throw CommandFailure(
          .usage, path, "its files would go where those of \(other) go: \(output)/\(name)")
      }
    }
    let all = found.enumerated().map { number, input in
      Item(
        source: .file(input.path), name: input.file, path: input.path, number: number,
        folder: isOne ? output : output + "/" + input.name)
    }
    (self.paths, total, areSeveral) = (all.map(\.path), all.count, !isOne)
    items =
      shard.map { shard in
        all.enumerated().filter { $0.offset % shard.count == shard.index }.map(\.element)
      } ?? all
  }

  /// A name without its ending, and without folders unless they are kept.
  static func stem(_ path: String, keepingFolders: Bool = false) -> String {
    guard path != InputBytes.standardInput else { return "standard-input" }
    let name = keepingFolders ? path : last(path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex,
      !name[dot...].contains("/")
    else { return name }
    return String(name[..<dot])
  }

  /// The last part of a path.
  private static func last(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
