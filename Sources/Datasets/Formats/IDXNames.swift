// The names that MNIST and its like come under: with dots or hyphens, packed or not, in folders of their
// own as Kaggle packs them, with EMNIST's and QMNIST's prefixes.

import Foundation
import Tensors

/// Finds files of pictures and of labels by their names.
enum IDXNames {
  /// Whether a name is that of a file of pictures in IDX.
  static func isPictures(_ name: String) -> Bool {
    let name = name.lowercased()
    guard let range = name.range(of: "images") else { return false }
    return name[range.upperBound...].contains("idx3") || name[range.upperBound...].contains("idx4")
  }

  /// The part that a name says it is.
  static func part(of name: String) -> DatasetRequest.Part? {
    let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }
    if words.contains("train") { return .training }
    return words.contains("t10k") || words.contains("test") ? .test : nil
  }

  /// The file of a part in a folder; nil where there is none.
  ///
  /// - Throws: `DatasetError` where there are files of several sets.
  static func pictures(
    in folder: String, names: [String], part: DatasetRequest.Part
  ) throws(DatasetError) -> String? {
    let wanted = names.filter { isPictures($0) && Self.part(of: $0) == part }
    let paths = wanted.compactMap { file(folder + "/" + $0) }
    // A set may be there packed and unpacked, with a dot and with a hyphen.
    let sets = Set(paths.map { set(DatasetFiles.name(of: $0)) }).sorted()
    guard sets.count <= 1 else {
      let files = paths.map(DatasetFiles.name)
      throw DatasetError(
        folder,
        "expected pictures of one data set, found those of \(sets.count); give the file instead, "
          + "such as \(files[0])")
    }
    return paths.first { !$0.hasSuffix(".gz") } ?? paths.first
  }

  /// The file of labels that belongs to one of pictures.
  ///
  /// - Throws: `DatasetError`.
  static func labels(beside path: String) throws(DatasetError) -> String {
    let name = DatasetFiles.name(of: path)
    guard let range = name.range(of: "images", options: .backwards) else {
      throw DatasetError(
        path,
        "expected a file of labels, or a name with \"images\" to find it by, found neither",
        reason: .missing)
    }
    var stem = name.replacingCharacters(in: range, with: "labels")
    if stem.hasSuffix(".gz") { stem = String(stem.dropLast(3)) }
    var plain = stem
    for axes in ["idx3", "idx4"] { plain = plain.replacingOccurrences(of: axes, with: "idx1") }
    // QMNIST's have eight numbers for each picture.
    var wide = stem
    for axes in ["idx3-ubyte", "idx4-ubyte", "idx3", "idx4"] {
      wide = wide.replacingOccurrences(of: axes, with: "idx2-int")
    }
    var candidates: [String] = []
    for base in [plain, plain.swappingSeparator("-", "."), plain.swappingSeparator(".", "-"), wide]
    {
      for candidate in [base, base + ".gz"] where !candidates.contains(candidate) {
        candidates.append(candidate)
      }
    }
    let folder = DatasetFiles.folder(of: path)
    for candidate in candidates {
      for location in [folder, folder + "/.."] {
        // As Kaggle packs them, a file lies in a folder of its name.
        if location != folder, !isInItsOwnFolder(path) { continue }
        if let file = file(location + "/" + candidate) {
          return path.contains("/") ? file : String(file.dropFirst(2))
        }
      }
    }
    throw DatasetError(
      path,
      "expected its labels beside it as \(candidates.prefix(2).joined(separator: " or ")), "
        + "found none", reason: .missing)
  }

  /// Whether the pictures are EMNIST's, whose rows are stored as columns.
  static func isEMNIST(_ name: String) -> Bool { name.lowercased().contains("emnist") }

  /// What EMNIST calls the classes of a file of pictures, from `emnist-SET-mapping.txt` beside it: a
  /// label and the codes of its characters in each line. Nil where there is none.
  static func emnistNames(beside path: String) -> [String]? {
    let name = DatasetFiles.name(of: path)
    guard isEMNIST(name), let end = name.range(of: "-train-") ?? name.range(of: "-test-"),
      let text = try? String(
        contentsOfFile: DatasetFiles.folder(of: path) + "/" + name[..<end.lowerBound]
          + "-mapping.txt", encoding: .utf8)
    else { return nil }
    var names: [Int: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      guard numbers.count >= 2, (0..<256).contains(numbers[0]), names[numbers[0]] == nil,
        let code = UInt8(exactly: numbers[1]), (33..<127).contains(code)
      else { return nil }
      names[numbers[0]] = String(UnicodeScalar(code))
    }
    guard let last = names.keys.max(), Set(names.values).count == names.count else { return nil }
    // Its letters begin at 1.
    return (0...last).map { names[$0] ?? "N/A" }
  }

  private static func isInItsOwnFolder(_ path: String) -> Bool {
    DatasetFiles.name(of: DatasetFiles.folder(of: path)) == DatasetFiles.name(of: path)
  }

  /// The file of a path, or the one of the same name within it if it is a folder.
  private static func file(_ path: String) -> String? {
    guard FileNames.exists(path) else { return nil }
    guard DatasetFiles.isFolder(path) else { return path }
    let inner = path + "/" + DatasetFiles.name(of: path)
    return FileNames.exists(inner) && !DatasetFiles.isFolder(inner)
      ? inner : nil
  }

  /// What stands before a name's "images", which names of one set have in common.
  private static func set(_ name: String) -> String {
    let name = name.lowercased()
    return name.range(of: "images").map { String(name[..<$0.lowerBound]) } ?? name
  }
}

extension String {
  /// The name with another sign before "idx".
  fileprivate func swappingSeparator(_ old: String, _ new: String) -> String {
    replacingOccurrences(of: old + "idx", with: new + "idx")
  }
}
