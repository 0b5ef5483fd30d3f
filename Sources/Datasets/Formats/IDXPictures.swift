// MNIST and its like: a file of pictures and one of labels, found by its name.

import Foundation
import Tensors

extension LabelledPictures {
  /// Reads `*-images-idx3-ubyte` `[count, height, width]`, or `[count, height, width, channels]`,
  /// with the labels beside it or given.
  init(idx path: String, _ request: DatasetRequest) throws {
    let images = try IDXFile(path, axes: 3...4, most: Self.mostBytes)
    let shape = Array(images.shape.dropFirst()) + (images.shape.count == 3 ? [1] : [])
    guard shape[2] <= 4 else {
      throw DatasetError(
        path, byte: 16, expected: "1 to 4 channels as the last axis", found: "\(shape[2])")
    }
    let labelsPath = try request.labels ?? IDXNames.labels(beside: path)
    let (numbers, labelsStart, labelSize) = try Self.labels(labelsPath, for: images.shape[0], path)
    let names = try ClassNames.names(
      ClassNames.given(request, inFolder: DatasetFiles.folder(of: path))
        ?? IDXNames.emnistNames(beside: path), for: numbers, least: 10,
      in: labelsPath, location: { "byte \(labelsStart + labelSize * $0)" })
    let notes =
      IDXNames.isEMNIST(DatasetFiles.name(of: path))
      ? [
        "EMNIST: its pictures are stored with rows and columns exchanged, and left so, as torchvision "
          + "gives them"
      ] : []
    self.init(
      shape: shape, classNames: names, pixels: .bytes(images.elements), labels: numbers,
      notes: notes)
  }

  /// The labels: a byte for each picture, or the first of the numbers that QMNIST has for each; where
  /// they begin and how far apart they are, in bytes.
  private static func labels(
    _ path: String, for count: Int, _ pictures: String
  ) throws -> (numbers: [Int32], start: Int, size: Int) {
    let labels = try IDXFile(path, axes: 1...2, most: mostBytes, types: [.unsignedByte, .int32])
    let isWide = labels.type == .int32
    let perPicture = labels.shape.count == 1 ? 1 : labels.shape[1]
    guard labels.shape.count == (isWide ? 2 : 1), perPicture > 0 else {
      throw DatasetError(
        path, byte: 3, expected: isWide ? "2 axes of 32-bit numbers" : "1 axis",
        found: "\(labels.shape.count)")
    }
    guard labels.shape[0] == count else {
      throw DatasetError(
        path, byte: 4, expected: "\(count) labels, one for each picture of \(pictures)",
        found: "\(labels.shape[0])")
    }
    guard isWide else {
      return (labels.elements.map(Int32.init), labels.elementsStart, 1)
    }
    let numbers = try (0..<count).map { index throws(DatasetError) -> Int32 in
      let start = 4 * perPicture * index
      let number = labels.elements[start..<start + 4].reduce(Int64(0)) { $0 << 8 | Int64($1) }
      guard number < ClassNames.most else {
        throw DatasetError(
          path, byte: labels.elementsStart + start,
          expected: "a label from 0 to \(ClassNames.most - 1)", found: "\(number)")
      }
      return Int32(number)
    }
    return (numbers, labels.elementsStart, 4 * perPicture)
  }
}
