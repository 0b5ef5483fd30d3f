// NumPy arrays: one of pictures, one of labels.

import Foundation
import Tensors

extension LabelledPictures {
  /// Reads `[count, height, width]` or `[count, height, width, channels]`: unsigned bytes, or
  /// floats from 0 to 1. Labels are whole numbers `[count]`, in a file that is given or called
  /// `labels` where the pictures' is called `images`.
  init(numPy bytes: [UInt8], path: String, _ request: DatasetRequest) throws {
    let (imageShape, pixels) = try Self.about(path) { try Self.images(bytes, path: path) }
    let labelsPath = try request.labels ?? DatasetFiles.labels(beside: path) { [$0] }
    let labels = try Self.labels(labelsPath)
    guard labels.count == imageShape[0] else {
      throw DatasetError(
        labelsPath,
        "header: expected \(imageShape[0]) labels, one for each picture of \(path), "
          + "found \(labels.count)")
    }
    let names = try ClassNames.names(
      ClassNames.given(request, inFolder: DatasetFiles.folder(of: path)), for: labels,
      in: labelsPath, place: { "element \($0)" })
    self.init(
      shape: Array(imageShape.dropFirst()), classNames: names, pixels: pixels, labels: labels)
  }

  /// The shape `[count, height, width, channels]`, and samples.
  private static func images(_ bytes: [UInt8], path: String) throws -> ([Int], Pixels) {
    if let (shape, elements) = try NumPyFile.unsignedBytes(bytes) {
      return (try pictureShape(shape, path: path), .bytes(Array(elements)))
    }
    let kind = try NumPyFile.elementKind(bytes)
    guard kind != .truth, kind != .integer else {
      throw DatasetError(
        path, "header: expected unsigned bytes (u1) or floats (f2, f4, f8), found other elements")
    }
    let tensor = try NumPyFile.tensor(bytes)
    let shape = try pictureShape(tensor.shape, path: path)
    if kind == .unsignedByte { return (shape, .bytes(tensor.values.map { UInt8($0) })) }
    let values = tensor.values
    if let index = values.firstIndex(where: { !(0...1).contains($0) }) {
      throw DatasetError(
        path, "element \(index): expected a number from 0 to 1, found \(values[index])")
    }
    return (shape, .floats(values))
  }

  private static func pictureShape(_ shape: [Int], path: String) throws(DatasetError) -> [Int] {
    guard (3...4).contains(shape.count), !shape.contains(0), shape.count == 3 || shape[3] <= 4
    else {
      throw DatasetError(
        path,
        "header: expected shape [count, height, width] or [count, height, width, channels] "
          + "with at most 4 channels, found \(shape)")
    }
    return shape.count == 3 ? shape + [1] : shape
  }

  private static func labels(_ path: String) throws -> [Int32] {
    let bytes = try WholeFile.read(path)
    return try about(path) {
      let kind = try NumPyFile.elementKind(bytes)
      let tensor = try NumPyFile.tensor(bytes)
      guard tensor.shape.count == 1, kind == .integer || kind == .unsignedByte else {
        throw DatasetError(
          path,
          "header: expected whole numbers of one axis, "
            + "found \(kind == .float || kind == .truth ? "other elements" : "shape \(tensor.shape)")"
        )
      }
      let values = tensor.values
      if let index = values.firstIndex(where: { $0 < 0 || $0 >= Float(ClassNames.most) }) {
        throw DatasetError(
          path,
          "element \(index): expected a label from 0 to \(ClassNames.most - 1), "
            + "found \(String(format: "%.0f", Double(values[index])))")
      }
      return values.map { Int32($0) }
    }
  }

  private static func about<Result>(
    _ path: String, _ body: () throws -> Result
  ) throws -> Result {
    do { return try body() } catch let error as NumPyError {
      throw DatasetError(path, error.description)
    }
  }
}
