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
    let labelsPath = try request.labels ?? Self.labels(beside: path)
    let labels = try IDXFile(labelsPath, axes: 1...1, most: Self.mostBytes)
    guard labels.shape[0] == images.shape[0] else {
      throw DatasetError(
        labelsPath, byte: 4, expected: "\(images.shape[0]) labels, one for each picture of \(path)",
        found: "\(labels.shape[0])")
    }
    let numbers = labels.elements.map(Int32.init)
    let names = try ClassNames.names(
      ClassNames.given(request, inFolder: DatasetFiles.folder(of: path)), for: numbers, least: 10,
      in: labelsPath, place: { "byte \(labels.elementsStart + $0)" })
    self.init(
      shape: shape, classNames: names, pixels: .bytes(images.elements), labels: numbers)
  }

  /// `t10k-labels-idx1-ubyte` for `t10k-images-idx3-ubyte`, packed or not.
  private static func labels(beside path: String) throws(DatasetError) -> String {
    try DatasetFiles.labels(beside: path) { name in
      let name = ["idx3", "idx4"].reduce(name) {
        $0.replacingOccurrences(of: $1, with: "idx1")
      }
      let bare = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
      return [bare, bare + ".gz"]
    }
  }
}
