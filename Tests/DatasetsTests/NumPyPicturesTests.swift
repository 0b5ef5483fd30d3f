// NumPy arrays of pictures and labels.

import Datasets
import Foundation
import Tensors
import Testing

@Suite("NumPy arrays of pictures")
struct NumPyPicturesTests {
  private let folder: DatasetFolder

  init() throws { folder = try DatasetFolder() }

  private func npy(
    _ type: String, _ shape: [Int], _ elements: [UInt8], fortran: Bool = false
  ) -> [UInt8] {
    let axes = shape.map { "\($0)," }.joined(separator: " ")
    let text =
      "{'descr': '\(type)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': (\(axes)), }\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
      + elements
  }

  private func floats(_ shape: [Int], _ values: [Float]) -> [UInt8] {
    NumPyFile.bytes(Tensor(shape: shape, values: values))
  }

  @Test("unsigned bytes and floats are read, in either order of axes")
  func reads() throws {
    try folder.write(
      "labels.npy", npy("<i8", [2], [1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]))
    let path = try folder.write("images.npy", npy("|u1", [2, 1, 2], [0, 255, 51, 5]))
    let bytes = try LabelledPictures(reading: path)
    #expect(bytes.labels == [1, 3])
    #expect(bytes.classNames == ["0", "1", "2", "3"])
    #expect(bytes.shape == [1, 2, 1])
    #expect(bytes.samples(0) == [0, 1])
    #expect(bytes.samples(1) == [Float(51) / 255, Float(5) / 255])
    try folder.write("images.npy", npy("|u1", [2, 1, 2], [0, 51, 255, 5], fortran: true))
    #expect(try LabelledPictures(reading: path).samples(1) == bytes.samples(1))
    try folder.write("images.npy", floats([2, 1, 1, 3], [0, 1, 0.3, 0.5, 0.25, 0]))
    let colour = try LabelledPictures(reading: path)
    #expect(colour.shape == [1, 1, 3])
    #expect(colour.samples(0) == [0, 1, 0.3])
  }

  @Test("arrays that are no pictures or labels are refused with the place")
  func refuses() throws {
    let right = floats([2, 1, 2], [0, 1, 0.5, 0.25])
    let labels = npy("|u1", [2], [0, 1])
    for (images, labels, message) in [
      (
        floats([2, 1, 2], [0, 1, 1.5, 0]), labels,
        "images.npy: element 2: expected a number from 0 to 1, found 1.5"
      ),
      (
        floats([2, 1, 2], [0, .nan, 1, 0]), labels,
        "images.npy: element 1: expected a number from 0 to 1, found nan"
      ),
      (
        floats([2, 2], [0, 1, 1, 0]), labels,
        "images.npy: header: expected shape [count, height, width] or [count, height, width, "
          + "channels] with at most 4 channels, found [2, 2]"
      ),
      (
        npy("|i1", [2, 1, 1], [0, 1]), labels,
        "images.npy: header: expected unsigned bytes (u1) or floats (f2, f4, f8), found other "
          + "elements"
      ),
      (
        right, floats([2], [0, 1]),
        "labels.npy: header: expected whole numbers of one axis, found other elements"
      ),
      (
        right, npy("|u1", [2, 1], [0, 1]),
        "labels.npy: header: expected whole numbers of one axis, found shape [2, 1]"
      ),
      (
        right, npy("|i1", [2], [0, 255]),
        "labels.npy: element 1: expected a label from 0 to 65535, found -1"
      ),
      (
        right, npy("|u1", [3], [0, 1, 2]),
        "labels.npy: header: expected 2 labels, one for each picture of images.npy, found 3"
      ),
    ] as [([UInt8], [UInt8], String)] {
      let path = try folder.write("images.npy", images)
      try folder.write("labels.npy", labels)
      #expect(line(folder) { _ = try LabelledPictures(reading: path) } == message)
    }
  }

  @Test("every prefix of either array is refused")
  func prefixes() throws {
    let images = npy("|u1", [2, 1, 2], [0, 51, 255, 5])
    let labels = npy("|u1", [2], [0, 1])
    let path = try folder.write("images.npy", images)
    for length in 0..<images.count {
      try folder.write("images.npy", Array(images.prefix(length)))
      try folder.write("labels.npy", labels)
      #expect(throws: DatasetError.self) { try LabelledPictures(reading: path) }
    }
    try folder.write("images.npy", images)
    for length in 0..<labels.count {
      try folder.write("labels.npy", Array(labels.prefix(length)))
      #expect(throws: DatasetError.self) { try LabelledPictures(reading: path) }
    }
  }

  @Test("a size or channels that the data do not have are refused")
  func contradictions() throws {
    let path = try folder.write("images.npy", npy("|u1", [2, 1, 2], [0, 51, 255, 5]))
    try folder.write("labels.npy", npy("|u1", [2], [0, 1]))
    #expect(
      line(folder) { _ = try LabelledPictures(reading: path, .init(channels: 3)) }
        == "images.npy: expected 3 channels, found 1")
    #expect(
      line(folder) {
        _ = try LabelledPictures(reading: path, .init(size: .init(height: 2, width: 2)))
      }
        == "images.npy: expected pictures of 2 × 2, found 1 × 2; pictures in folders alone are "
        + "scaled")
  }
}
