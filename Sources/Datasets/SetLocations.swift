// Where in a folder a set of files lies that is not in the folder itself.

import Foundation
import Tensors

/// Finds sets of files that lie deeper, and sets of arrays.
enum SetLocations {
  /// How many folders may lie around a set: `data/MNIST/raw` has two within `data`.
  private static let deepest = 3

  /// The one folder within a folder that holds files of MNIST's, CIFAR's or NumPy's kind; nil where
  /// none does.
  ///
  /// - Parameter folders: The names of the folder's folders.
  /// - Throws: `DatasetError` where there are several; `FileAccessError`.
  static func within(_ path: String, folders: [String]) throws -> String? {
    var found: [String] = []
    for name in folders { try collect(path + "/" + name, depth: 1, into: &found) }
    guard found.count <= 1 else {
      throw DatasetError(
        path,
        "expected one data set, found \(found.count); give the folder of one, such as \(found[0])")
    }
    return found.first
  }

  /// The array of pictures of a part in a folder, by its name; nil where there is none or more than
  /// one, or no labels beside it.
  static func arrays(
    in folder: String, names: [String], part: DatasetRequest.Part
  ) throws -> String? {
    let pictures = names.filter { $0.lowercased().hasSuffix(".npy") && $0.contains("images") }
    let ofPart = pictures.filter { IDXNames.part(of: $0) == part }
    let chosen = ofPart.isEmpty ? pictures.filter { IDXNames.part(of: $0) == nil } : ofPart
    guard chosen.count == 1, ofPart.count == 1 || part == .training else { return nil }
    return folder + "/" + chosen[0]
  }

  private static func collect(
    _ folder: String, depth: Int, into found: inout [String]
  ) throws {
    let names = try DatasetFiles.names(in: folder)
    let isSet =
      names.contains { IDXNames.isPictures($0) }
      || LabelledPictures.isCIFAR(folder, names: names)
    if isSet {
      found.append(folder)
      return
    }
    guard depth < deepest else { return }
    for name in names where !ClassFolders.isHidden(name) {
      let inner = folder + "/" + name
      if DatasetFiles.isFolder(inner), FileNames.ownKind(of: inner) != S_IFLNK {
        try collect(inner, depth: depth + 1, into: &found)
      }
    }
  }
}
