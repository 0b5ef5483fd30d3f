// NumPy arrays of pictures and labels.

import CZlib
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

  @Test("a folder may hold the two arrays, or those of both parts")
  func inFolder() throws {
    try folder.write("plain/images.npy", npy("|u1", [2, 1, 2], [0, 255, 51, 5]))
    try folder.write("plain/labels.npy", npy("|u1", [2], [1, 3]))
    let plain = folder.path + "/plain"
    #expect(try LabelledPictures(reading: plain).labels == [1, 3])
    #expect(throws: DatasetError.self) {
      try LabelledPictures(reading: plain, .init(part: .test))
    }
    for (part, label) in [("train", UInt8(2)), ("test", 4)] {
      try folder.write("parts/\(part)_images.npy", npy("|u1", [1, 1, 2], [0, 255]))
      try folder.write("parts/\(part)_labels.npy", npy("|u1", [1], [label]))
    }
    let parts = folder.path + "/parts"
    #expect(try LabelledPictures(reading: parts).labels == [2])
    #expect(try LabelledPictures(reading: parts, .init(part: .test)).labels == [4])
  }

  @Test("arrays that are no pictures or labels are refused with the place")
  func refuses() throws {
    let right = floats([2, 1, 2], [0, 1, 0.5, 0.25])
    let labels = npy("|u1", [2], [0, 1])
    for (images, labels, message) in [
      (
        floats([2, 1, 2], [0, 1, 1.5, 0]), labels,
        "images.npy: element 2: expected all numbers from 0 to 1, from -1 to 1 or from 0 to 255, "
          + "found 1.5 in 0 to 1.5"
      ),
      (
        floats([2, 1, 2], [0, .nan, 1, 0]), labels,
        "images.npy: element 1: expected a finite number, found nan"
      ),
      (
        floats([2, 2], [0, 1, 1, 0]), labels,
        "images.npy: header: expected shape [count, height, width] or [count, height, width, "
          + "channels] with at most 4 channels, found [2, 2]"
      ),
      (
        npy("|i1", [2, 1, 1], [0, 255]), labels,
        "images.npy: element 1: expected all numbers from 0 to 1, from -1 to 1 or from 0 to 255, "
          + "found -1 in -1 to 0"
      ),
      (
        right, floats([2], [0, 1.5]),
        "labels.npy: element 1: expected a label from 0 to 65535, found 1.5"
      ),
      (
        right, npy("|u1", [2, 2], [0, 1, 1, 1]),
        "labels.npy: row 1: expected one 1 among zeros, as labels of shape [2, 2] have it, found "
          + "other numbers"
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

  private func whole(_ shape: [Int], _ values: [Int64]) -> [UInt8] {
    npy(
      "<i8", shape,
      values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } })
  }

  @Test("the range of the numbers says what they are, and that is said")
  func ranges() throws {
    let path = try folder.write("images.npy", [])
    try folder.write("labels.npy", npy("|u1", [1], [0]))
    for (images, samples, note) in [
      (floats([1, 1, 3], [0, 0.5, 1]), [0, 0.5, 1], nil),
      (floats([1, 1, 3], [0, 51, 255]), [0, 0.2, 1], "floats 0 to 255, read as 0 to 255"),
      (floats([1, 1, 3], [-1, 0, 0.5]), [0, 0.5, 0.75], "floats -1 to 0.5, read as -1 to 1"),
      (
        whole([1, 1, 3], [0, 51, 200]), [0, 0.2, Float(200) / 255],
        "whole numbers 0 to 200, read as 0 to 255"
      ),
      (whole([1, 1, 3], [0, 1, 1]), [0, 1, 1], "whole numbers 0 to 1, read as 0 to 1"),
      (npy("|b1", [1, 1, 3], [0, 1, 0]), [0, 1, 0], nil),
    ] as [([UInt8], [Float], String?)] {
      try folder.write("images.npy", images)
      let read = try LabelledPictures(reading: path)
      #expect(read.samples(0) == samples)
      #expect(read.notes == (note.map { ["pictures: " + $0] } ?? []))
    }
    for wrong in [
      floats([1, 1, 2], [-2.1, 2.6]), floats([1, 1, 2], [0, 256]), whole([1, 1, 2], [0, 256]),
    ] {
      try folder.write("images.npy", wrong)
      #expect(
        line(folder) { _ = try LabelledPictures(reading: path) }?
          .contains("expected all numbers from 0 to 1, from -1 to 1 or from 0 to 255") == true)
    }
  }

  @Test("channels that stand first are moved, and that is said")
  func channelsFirst() throws {
    let path = try folder.write("images.npy", npy("|u1", [1, 3, 1, 5], (0..<15).map { UInt8($0) }))
    try folder.write("labels.npy", npy("|u1", [1], [0]))
    let read = try LabelledPictures(reading: path)
    #expect(read.shape == [1, 5, 3])
    #expect(
      read.samples(0).prefix(6) == [
        0, Float(5) / 255, Float(10) / 255, Float(1) / 255, Float(6) / 255, Float(11) / 255,
      ])
    #expect(
      read.notes == ["pictures: channels stand first, [1, 3, 1, 5], and are moved to the end"])
  }

  @Test("labels may be of any whole type, floats, a column, or one of many")
  func labelForms() throws {
    let path = try folder.write("images.npy", npy("|u1", [2, 1, 1], [0, 255]))
    for labels in [
      floats([2], [2, 0]), whole([2], [2, 0]), npy("|u1", [2, 1], [2, 0]),
      floats([2, 3], [0, 0, 1, 1, 0, 0]), npy("|b1", [2, 3], [0, 0, 1, 1, 0, 0]),
    ] {
      try folder.write("labels.npy", labels)
      #expect(try LabelledPictures(reading: path).labels == [2, 0])
    }
  }

  /// A zip archive of stored members, as numpy.savez writes it.
  private func npz(_ members: [(String, [UInt8])]) -> [UInt8] {
    func number(_ value: Int, _ size: Int) -> [UInt8] {
      (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, bytes) in members {
      let sum = bytes.withUnsafeBufferPointer { Int(crc32(0, $0.baseAddress, UInt32($0.count))) }
      let common =
        number(20, 2) + number(0, 8) + number(sum, 4) + number(bytes.count, 4)
        + number(bytes.count, 4) + number(name.utf8.count, 2) + number(0, 2)
      directory +=
        [0x50, 0x4B, 1, 2] + number(20, 2) + common + number(0, 10) + number(file.count, 4)
        + Array(name.utf8)
      file += [0x50, 0x4B, 3, 4] + common + Array(name.utf8) + bytes
    }
    return file + directory + [0x50, 0x4B, 5, 6] + number(0, 4) + number(members.count, 2)
      + number(members.count, 2) + number(directory.count, 4) + number(file.count, 4) + number(0, 2)
  }

  @Test("an archive holds both, and both parts; --array chooses")
  func archives() throws {
    let (four, two) = (npy("|u1", [2, 1, 1], [0, 255]), npy("|u1", [1, 1, 1], [51]))
    let path = try folder.write(
      "mnist.npz",
      npz([
        ("x_test.npy", two), ("x_train.npy", four), ("y_train.npy", npy("|u1", [2], [1, 0])),
        ("y_test.npy", npy("|u1", [1], [1])),
      ]))
    #expect(try LabelledPictures(reading: path).labels == [1, 0])
    let test = try LabelledPictures(reading: path, .init(part: .test))
    #expect(test.labels == [1] && test.samples(0) == [0.2])
    #expect(test.notes == ["arrays: x_test and y_test"])
    var request = DatasetRequest()
    request.array = "x_test"
    #expect(try LabelledPictures(reading: path, request).labels == [1])
    request.array = "z"
    #expect(
      line(folder) { _ = try LabelledPictures(reading: path, request) }
        == "mnist.npz: expected an array called z, found x_test, x_train, y_train, y_test")
    let other = try folder.write("other.npz", npz([("one.npy", four), ("two.npy", four)]))
    #expect(
      line(folder) { _ = try LabelledPictures(reading: other) }
        == "other.npz: expected --array NAME to say which array has the pictures: one, two")
    let whole = npz([("images.npy", four), ("labels.npy", npy("|u1", [2], [1, 0]))])
    for length in 0..<whole.count {
      try folder.write("other.npz", Array(whole[..<length]))
      #expect(throws: DatasetError.self) { try LabelledPictures(reading: other) }
    }
  }
}
