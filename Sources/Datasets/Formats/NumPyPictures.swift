// NumPy arrays: one of pictures, one of labels; each in a file of its own, or both in an archive.

import Foundation
import Tensors

extension LabelledPictures {
  /// Reads `[count, height, width]` or `[count, height, width, channels]` (or channels first, where
  /// that alone fits): bytes, whole numbers from 0 to 255, or floats whose range says what they are.
  /// Labels are in a file that is given or called `labels` where the pictures' is called `images`, or
  /// in the same archive.
  init(numPy bytes: [UInt8], path: String, _ request: DatasetRequest) throws {
    let source = try Self.about(path) { try NumPySource(bytes, path: path, request) }
    let read = try Self.about(path) { try NumPyImages(source.pictures, path: path) }
    let labelsPath: String
    let labelBytes: [UInt8]
    if request.labels == nil, let own = source.labels {
      (labelsPath, labelBytes) = (path, own)
    } else {
      labelsPath = try request.labels ?? DatasetFiles.labels(beside: path) { [$0] }
      labelBytes = try Self.about(labelsPath) {
        try NumPyArchive.file(WholeFile.read(labelsPath), named: nil)
      }
    }
    let (labels, note) = try Self.about(labelsPath) { try Self.labels(labelBytes, labelsPath) }
    guard labels.count == read.count else {
      throw DatasetError(
        labelsPath,
        "header: expected \(read.count) labels, one for each picture of \(path), "
          + "found \(labels.count)")
    }
    let names = try ClassNames.names(
      ClassNames.given(request, inFolder: DatasetFiles.folder(of: path)), for: labels,
      in: labelsPath, location: { "element \($0)" })
    self.init(
      shape: read.shape, classNames: names, pixels: read.pixels, labels: labels,
      notes: source.notes + read.notes + (note.map { [$0] } ?? []))
  }

  /// Labels `[count]` or `[count, 1]`, whole numbers of any type, or `[count, classes]` of which one
  /// in each row is 1.
  private static func labels(
    _ bytes: [UInt8], _ path: String
  ) throws -> (labels: [Int32], note: String?) {
    let tensor = try NumPyFile.tensor(bytes)
    let shape = tensor.shape
    let values = tensor.values
    if shape.count == 2, shape[1] > 1 {
      let classes = shape[1]
      var labels: [Int32] = []
      for row in 0..<shape[0] {
        let numbers = values[row * classes..<(row + 1) * classes]
        guard let index = numbers.firstIndex(of: 1), numbers.allSatisfy({ $0 == 0 || $0 == 1 }),
          numbers.filter({ $0 == 1 }).count == 1
        else {
          throw DatasetError(
            path,
            "row \(row): expected one 1 among zeros, as labels of shape \(shape) have it, found "
              + "other numbers")
        }
        labels.append(Int32(index - row * classes))
      }
      return (labels, "labels: the index of the 1 among \(classes) numbers")
    }
    guard shape.count == 1 || shape.count == 2 && shape[1] == 1 else {
      throw DatasetError(
        path, "header: expected whole numbers of one axis, found shape \(shape)")
    }
    if let index = values.firstIndex(where: {
      !($0 >= 0 && $0 < Float(ClassNames.most)) || $0.rounded() != $0
    }) {
      let value = values[index]
      throw DatasetError(
        path,
        "element \(index): expected a label from 0 to \(ClassNames.most - 1), "
          + "found \(Int(exactly: value).map { "\($0)" } ?? "\(value)")")
    }
    return (values.map { Int32($0) }, nil)
  }

  private static func about<Result>(
    _ path: String, _ body: () throws -> Result
  ) throws -> Result {
    do { return try body() } catch let error as NumPyError {
      throw DatasetError(path, error.description)
    }
  }
}

/// The arrays of pictures and of labels that a file holds.
private struct NumPySource {
  let pictures: [UInt8]
  let labels: [UInt8]?
  let notes: [String]

  init(_ bytes: [UInt8], path: String, _ request: DatasetRequest) throws {
    guard NumPyArchive.isArchive(bytes) else {
      (pictures, labels, notes) = (bytes, nil, [])
      return
    }
    let archive = try NumPyArchive(bytes)
    let chosen = try request.array ?? Self.pictures(in: archive, request.part)
    let file = try archive.file(named: chosen, limit: LabelledPictures.mostBytes)
    let labelName = Self.labelNames(of: chosen).first { archive.names.contains($0) }
    pictures = file
    labels = try labelName.map { try archive.file(named: $0, limit: LabelledPictures.mostBytes) }
    notes = ["arrays: \(printable(chosen))" + (labelName.map { " and \(printable($0))" } ?? "")]
  }

  /// What stands for pictures in a name, and what for labels in its place.
  private static let words = [
    ("images", "labels"), ("image", "label"), ("pictures", "labels"), ("data", "labels"),
    ("data", "target"), ("data", "targets"), ("x", "y"), ("X", "y"), ("X", "Y"), ("arr_0", "arr_1"),
  ]

  /// The names that labels may have where pictures are called so.
  private static func labelNames(of name: String) -> [String] {
    words.compactMap { picture, label in
      // A letter counts as a word: x_train, X, not the x of another word.
      let parts = name.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
      guard picture.count > 1 else {
        guard parts.contains(picture) else { return nil }
        return parts.map { $0 == picture ? label : $0 }.joined(separator: "_")
      }
      return name.range(of: picture).map { name.replacingCharacters(in: $0, with: label) }
    }
  }

  /// The array of pictures of a part: the one whose labels are there too.
  private static func pictures(
    in archive: NumPyArchive, _ part: DatasetRequest.Part
  ) throws(NumPyError) -> String {
    let pairs = archive.names.filter { name in
      labelNames(of: name).contains { $0 != name && archive.names.contains($0) }
    }
    let ofPart = pairs.filter { IDXNames.part(of: $0) == part }
    let candidates = ofPart.isEmpty ? pairs.filter { IDXNames.part(of: $0) == nil } : ofPart
    if candidates.count == 1 { return candidates[0] }
    guard archive.names.count > 1 else { return archive.names[0] }
    throw NumPyError(
      "expected --array NAME to say which array has the pictures: "
        + archive.names.prefix(12).map { printable($0) }.joined(separator: ", "))
  }
}
