// CIFAR-10's binary files.

import Datasets
import Testing

@Suite("CIFAR-10's files")
struct CIFARTests {
  private let folder: DatasetFolder

  init() throws { folder = try DatasetFolder() }

  /// A record whose red, green and blue planes hold their number, the place and the label.
  private static func record(_ label: UInt8) -> [UInt8] {
    [label] + [UInt8](repeating: 255, count: 1024) + (0..<1024).map { UInt8($0 % 256) }
      + [UInt8](repeating: label, count: 1024)
  }

  @Test("planes become channels, batches follow each other, names come from the meta file")
  func reads() throws {
    try folder.write("data_batch_2.bin", Self.record(7))
    let first = try folder.write("data_batch_1.bin", Self.record(3) + Self.record(9))
    try folder.write("test_batch.bin", Self.record(1))
    let pictures = try LabelledPictures(reading: folder.path)
    #expect(pictures.labels == [3, 9, 7])
    #expect(pictures.shape == [32, 32, 3])
    #expect(pictures.classNames[9] == "9")
    #expect(
      pictures.samples(2).prefix(6) == [1, 0, Float(7) / 255, 1, Float(1) / 255, Float(7) / 255])
    #expect(try LabelledPictures(reading: folder.path, .init(part: .test)).labels == [1])
    #expect(try LabelledPictures(reading: first).labels == [3, 9])
    let names = "airplane automobile bird cat deer dog frog horse ship truck"
    try folder.write(
      "batches.meta.txt", Array((names.replacing(" ", with: "\n") + "\n\n").utf8))
    #expect(try LabelledPictures(reading: first).classNames[3] == "cat")
    try folder.write("batches.meta.txt", Array("a\nb".utf8))
    #expect(
      line(folder) { _ = try LabelledPictures(reading: first) }?
        .hasSuffix("expected the names of 10 classes, found 2") == true)
  }

  @Test("a missing part, a wrong size and a wrong label are refused")
  func refuses() throws {
    let path = try folder.write("data_batch_1.bin", Self.record(3) + Self.record(10))
    #expect(
      line(folder) { _ = try LabelledPictures(reading: path) }
        == "data_batch_1.bin: byte 3073: expected a label from 0 to 9, found 10")
    #expect(
      line(folder) { _ = try LabelledPictures(reading: path, .init(labels: path)) }
        == "data_batch_1.bin: expected no file of labels: CIFAR-10's files hold them")
    let error = #expect(throws: DatasetError.self) {
      try LabelledPictures(reading: folder.path, .init(part: .test))
    }
    #expect(error?.reason == .missing)
    let whole = Self.record(3)
    for length in [0, 1, 100, 3072] {
      try folder.write("data_batch_1.bin", Array(whole.prefix(length)))
      #expect(
        line(folder) { _ = try LabelledPictures(reading: path) }
          == "data_batch_1.bin: byte 0: expected records of 3073 bytes, a label and 32 × 32 × 3 "
          + "pixels, found \(length == 0 ? "an empty file" : "\(length) bytes")")
    }
  }
}
