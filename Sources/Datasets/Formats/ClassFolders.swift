// Which files of a folder of class folders are pictures, and what becomes of the others.

import Foundation
import Pictures
import Tensors

/// The classes of a folder, their pictures, and what is passed over.
struct ClassFolders {
  /// The names of the classes, sorted.
  let classes: [String]
  /// The pictures of each class, sorted.
  private(set) var files: [[String]] = []
  private(set) var passedOver = PassedOver()

  private static let extensions: Set = [
    "ppm", "pgm", "pnm", "pbm", "pam", "png", "jpg", "jpeg", "jfif", "gif", "bmp", "dib", "tif",
    "tiff", "webp",
  ]
  /// How deep folders may lie in each other.
  private static let deepest = 32

  /// Lists a folder.
  ///
  /// - Throws: `FileAccessError`.
  init(_ folder: String, names: [String], isRecursive: Bool) throws {
    var classes: [String] = []
    for name in names {
      let isFolder = DatasetFiles.isFolder(folder + "/" + name)
      if Self.isHidden(name) {
        passedOver.hidden += 1
      } else if isFolder {
        classes.append(name)
      } else if Self.isPicture(folder + "/" + name, name: name) {
        passedOver.beside += 1
      }
    }
    self.classes = classes
    for name in classes {
      var found: [String] = []
      try list(folder + "/" + name, isRecursive: isRecursive, depth: 0, into: &found)
      files.append(found)
    }
  }

  private mutating func list(
    _ folder: String, isRecursive: Bool, depth: Int, into found: inout [String]
  ) throws {
    for name in try DatasetFiles.names(in: folder) {
      let path = folder + "/" + name
      if Self.isHidden(name) {
        passedOver.hidden += 1
      } else if DatasetFiles.isFolder(path) {
        // A link may lead back to where it is.
        let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
        guard depth < Self.deepest, !isLink else { continue }
        if isRecursive {
          try list(path, isRecursive: true, depth: depth + 1, into: &found)
        } else {
          var nested: [String] = []
          var inner = self
          try inner.list(path, isRecursive: true, depth: depth + 1, into: &nested)
          passedOver.nested += nested.count
        }
      } else if Self.isPicture(path, name: name) {
        found.append(path)
      } else {
        let dot = name.lastIndex(of: ".")
        passedOver.others[
          dot.map { String(name[$0...]).lowercased() } ?? "no ending", default: 0] += 1
      }
    }
  }

  /// Whether a name is what systems leave in folders, and not data.
  static func isHidden(_ name: String) -> Bool {
    name.hasPrefix(".")
      || ["__macosx", "thumbs.db", "desktop.ini", "@eadir"].contains(name.lowercased())
  }

  /// Whether a file is a picture: by its name, or, where that says nothing, by its first bytes.
  private static func isPicture(_ path: String, name: String) -> Bool {
    if let dot = name.lastIndex(of: "."),
      extensions.contains(name[name.index(after: dot)...].lowercased())
    {
      return true
    }
    guard let first = try? DatasetFiles.start(of: path, FileKind.decidingBytes) else {
      return false
    }
    return PictureFormat(of: first) != nil
  }
}

/// How many files of a folder are no examples, by reason.
struct PassedOver {
  /// Files of formats that are not read, by their names' endings.
  var others: [String: Int] = [:]
  /// Pictures in folders within a class's folder.
  var nested = 0
  /// What systems leave behind: names that begin with a dot, `__MACOSX`, `Thumbs.db`.
  var hidden = 0
  /// Pictures beside the classes' folders.
  var beside = 0

  /// All of it in one line; nil where there is nothing.
  var line: String? {
    var parts: [String] = []
    if !others.isEmpty {
      let endings = others.keys.sorted()
      let shown = endings.prefix(6).joined(separator: ", ")
      parts.append(
        "\(others.values.reduce(0, +)) of other formats (\(shown)\(endings.count > 6 ? ", …" : ""))"
      )
    }
    if nested > 0 { parts.append("\(nested) in nested folders (--recursive reads them)") }
    if beside > 0 { parts.append("\(beside) beside the folders of the classes") }
    if hidden > 0 { parts.append("\(hidden) hidden") }
    return parts.isEmpty ? nil : "passed over: " + parts.joined(separator: ", ")
  }
}
