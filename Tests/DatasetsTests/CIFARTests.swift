// CIFAR's binary files.

import Datasets
import Testing

@Suite("CIFAR's files")
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
        == "data_batch_1.bin: expected no file of labels: CIFAR's files hold them")
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
          + "pixels (CIFAR-10), or of 3074, two labels and as many (CIFAR-100), found \(length == 0 ? "an empty file" : "\(length) bytes")"
      )
    }
  }

  private static func record100(_ coarse: UInt8, _ fine: UInt8) -> [UInt8] {
    [coarse] + record(fine)
  }

  @Test("CIFAR-100 gives its fine classes and says so, or its coarse ones")
  func hundred() throws {
    let path = try folder.write("train.bin", Self.record100(3, 99) + Self.record100(19, 4))
    try folder.write("test.bin", Self.record100(1, 50))
    let names = (0..<100).map { "fine \($0)" }.joined(separator: "\n")
    try folder.write("fine_label_names.txt", Array(names.utf8))
    let groups = (0..<20).map { "coarse \($0)" }.joined(separator: "\n")
    try folder.write("coarse_label_names.txt", Array(groups.utf8))
    for place in [folder.path, path] {
      let pictures = try LabelledPictures(reading: place)
      #expect(pictures.labels == [99, 4])
      #expect(pictures.classNames.count == 100 && pictures.classNames[99] == "fine 99")
      #expect(pictures.samples(0).prefix(3) == [1, 0, Float(99) / 255])
      #expect(pictures.notes.count == 1 && pictures.notes[0].contains("100 fine classes"))
    }
    var request = DatasetRequest()
    request.labelKind = .coarse
    let coarse = try LabelledPictures(reading: folder.path, request)
    #expect(coarse.labels == [3, 19])
    #expect(coarse.classNames[19] == "coarse 19")
    #expect(try LabelledPictures(reading: folder.path, .init(part: .test)).labels == [50])
    try folder.write("train.bin", Self.record100(3, 100))
    #expect(
      line(folder) { _ = try LabelledPictures(reading: path) }
        == "train.bin: byte 1: expected a label from 0 to 99, found 100")
  }

  @Test("a folder of CIFAR-100 needs no names of classes")
  func hundredAlone() throws {
    try folder.write("train.bin", Self.record100(3, 99) + Self.record100(19, 4))
    #expect(try LabelledPictures(reading: folder.path).labels == [99, 4])
    try folder.write("train.bin", Array(Self.record100(3, 99).dropLast()))
    #expect(
      line(folder) { _ = try LabelledPictures(reading: folder.path) }?
        .contains("found none of them") == true)
  }

  @Test("a set that lies deeper in a folder is found, and two are not chosen between")
  func deeper() throws {
    try folder.write("cifar-10-batches-bin/data_batch_1.bin", Self.record(3))
    #expect(try LabelledPictures(reading: folder.path).labels == [3])
    try folder.write("a/b/cifar-100-binary/train.bin", Self.record100(3, 99))
    #expect(
      line(folder) { _ = try LabelledPictures(reading: folder.path) }?
        .contains("expected one data set, found 2; give the folder of one") == true)
  }

  @Test("a file that fits both kinds is what its name says")
  func both() throws {
    // 3073 × 3074 bytes are whole records of either.
    let bytes = [UInt8](repeating: 0, count: 3073 * 3074)
    let ten = try folder.write("data_batch_1.bin", bytes)
    #expect(try LabelledPictures(reading: ten).classNames.count == 10)
    let hundred = try folder.write("train.bin", bytes)
    #expect(try LabelledPictures(reading: hundred).classNames.count == 100)
  }

  @Test("CIFAR's pickles are named with what to do", arguments: ["data_batch_1", "train"])
  func pickles(_ name: String) throws {
    let file = try folder.write(name, [0x80, 2, 0x7D])
    if name == "train" {
      try folder.write("test", [0x80, 2])
      try folder.write("meta", [0x80, 2])
    }
    #expect(
      line(folder) { _ = try LabelledPictures(reading: folder.path) }?
        .contains("CIFAR's Python version is pickles") == true)
    #expect(line(folder) { _ = try LabelledPictures(reading: file) }?.contains("pickle") == true)
  }
}
