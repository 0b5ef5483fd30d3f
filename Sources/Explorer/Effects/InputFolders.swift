// The inputs of folders: which files they are, and in which order they are gone through.

import Foundation
import Inputs
import Tensors

/// Pictures and arrays in folders.
package enum InputFolders {
  /// The files of some paths, those of folders among them, in natural order: img2 before img10. One
  /// file is itself, whatever it is called.
  ///
  /// - Throws: `InputFailure` for a folder that has none or cannot be read, `ComputationCancelled`.
  package static func inNaturalOrder(
    _ paths: [String], cancellation: Cancellation? = nil
  ) throws -> [String] {
    let found = try paths.flatMap { path -> [String] in
      guard path != InputBytes.standardInput, FileNames.isFolder(path) else { return [path] }
      let start = path.hasSuffix("/") ? path : path + "/"
      return try files(in: path, cancellation: cancellation).map { start + $0 }
    }
    return found.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
  }

  /// Files of pictures and arrays in a folder and its own, in the order of their names, as paths
  /// inside the folder.
  ///
  /// - Throws: `InputFailure` for a folder that has none or cannot be read, `ComputationCancelled`.
  package static func files(
    in folder: String, cancellation: Cancellation? = nil
  ) throws -> [String] {
    let files = try files(in: folder, inside: "", cancellation)
    guard !files.isEmpty else {
      throw InputFailure(
        .unreadable, folder, "expected photos or arrays in the folder, found none")
    }
    return files
  }

  private static func files(
    in folder: String, inside: String, _ cancellation: Cancellation?
  ) throws -> [String] {
    try cancellation?.check()
    let path = inside.isEmpty ? folder : folder + "/" + inside
    let names: [String]
    do {
      names = try FileNames.names(in: path)
    } catch {
      throw InputFailure(.unreadable, path, "\(error)")
    }
    return try names.filter { !$0.hasPrefix(".") }
      .sorted { $0.compare($1, options: .numeric) == .orderedAscending }
      .flatMap { name -> [String] in
        let path = inside.isEmpty ? name : inside + "/" + name
        if FileNames.isFolder(folder + "/" + path) {
          return try files(in: folder, inside: path, cancellation)
        }
        // What they hold shows when they are read.
        return InputFileNames.arePicturesOrArrays(name) ? [path] : []
      }
  }
}

extension InputDemand {
  /// Whether a folder is several inputs to the model: one that reads films takes it as frames.
  package var takesFoldersApart: Bool { media == nil && axes != 3 && text == nil }
}

/// The inputs of a folder, the first of them opened.
public struct OpenedFolder: Sendable {
  /// The folder.
  let path: String
  /// The input that is looked at first.
  let input: Input
  /// All of them; nil where there is but one.
  let inputs: InputSequence?
}
