// What the classes are called: a file of names, or the numbers that labels are.

import Foundation
import Tensors

/// Names of classes by label.
enum ClassNames {
  /// The file that is looked for beside the data.
  static let companion = "classes.txt"
  /// The most classes that labels may tell apart.
  static let most = 1 << 16

  /// The names of a request's file, or of the file beside the data; nil where there is neither.
  ///
  /// - Throws: `FileAccessError`, `DatasetError`.
  static func given(
    _ request: DatasetRequest, inFolder folder: String, companion: String = companion
  ) throws -> [String]? {
    if let path = request.classNames { return try read(path) }
    let path = folder + "/" + companion
    do {
      return try names(of: WholeFile.readRegular(path, limit: 1 << 20), path)
    } catch let error as FileAccessError where [.missing, .notAFile].contains(error.reason) {
      return nil
    }
  }

  /// A name in each line; empty lines at the end do not count.
  static func read(_ path: String) throws -> [String] {
    try names(of: WholeFile.read(path, limit: 1 << 20), path)
  }

  private static func names(of bytes: [UInt8], _ path: String) throws -> [String] {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DatasetError(path, "expected names in UTF-8, found other bytes")
    }
    var names = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    while names.last?.isEmpty == true { names.removeLast() }
    guard !names.isEmpty else {
      throw DatasetError(path, "expected the name of a class in each line, found none")
    }
    guard names.count <= most else {
      throw DatasetError(path, "expected at most \(most) names, found \(names.count)")
    }
    var seen: Set<String> = []
    for (index, name) in names.enumerated() {
      guard !name.isEmpty else {
        throw DatasetError(path, "line \(index + 1): expected a name, found an empty line")
      }
      guard seen.insert(name).inserted else {
        throw DatasetError(path, "line \(index + 1): expected each name once, found \(name) again")
      }
    }
    return names
  }

  /// Names for labels: those given, or numbers from 0 to the largest label and at least `least`.
  ///
  /// - Parameter location: Where in its file a label stands, for one that has no name.
  /// - Throws: `DatasetError` with the file of labels.
  static func names(
    _ given: [String]?, for labels: [Int32], least: Int = 1, in path: String,
    location: (Int) -> String
  ) throws(DatasetError) -> [String] {
    guard let given else {
      return (0..<max(least, Int(labels.max() ?? 0) + 1)).map(String.init)
    }
    if let index = labels.firstIndex(where: { $0 >= given.count }) {
      throw DatasetError(
        path,
        "\(location(index)): expected a label below \(given.count), as many as there are names, "
          + "found \(labels[index])")
    }
    return given
  }
}
