// MNIST's format: right files, wrong ones, packed ones and bombs.

import Datasets
import Foundation
import TestSupport
import Testing

@Suite("IDX files")
struct IDXTests {
  private let folder: DatasetFolder

  init() throws { folder = try DatasetFolder() }

  private func write(
    _ name: String = "t10k", images: [UInt8], labels: [UInt8], suffix: String = ""
  ) throws -> String {
    try folder.write("\(name)-labels-idx1-ubyte\(suffix)", labels)
    return try folder.write("\(name)-images-idx3-ubyte\(suffix)", images)
  }

  @Test("pictures and labels are read as they stand, packed or not", arguments: [false, true])
  func reads(isPacked: Bool) throws {
    let images = idxBytes(shape: [2, 2, 3], elements: [0, 255, 51, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    let labels = idxBytes(shape: [2], elements: [9, 3])
    let path =
      try isPacked
      ? write(images: gzip(images), labels: gzip(labels), suffix: ".gz")
      : write(images: images, labels: labels)
    let pictures = try LabelledPictures(reading: path)
    #expect(pictures.count == 2)
    #expect(pictures.shape == [2, 3, 1])
    #expect(pictures.classNames == (0..<10).map(String.init))
    #expect(pictures.labels == [9, 3])
    #expect(pictures.samples(0) == [0, 1, 51, 1, 2, 3].enumerated().map { $0 < 2 ? $1 : $1 / 255 })
    #expect(pictures.samples(1) == [4, 5, 6, 7, 8, 9].map { $0 / 255 })
    #expect(pictures.prefix(1).labels == [9])
    #expect(pictures.prefix(5).count == 2)
    #expect(try LabelledPictures(reading: path, .init(limit: 1)).count == 1)
  }

  @Test("a fourth axis is channels")
  func channels() throws {
    try folder.write("a-labels-idx1-ubyte", idxBytes(shape: [1], elements: [0]))
    let path = try folder.write(
      "a-images-idx4-ubyte", idxBytes(shape: [1, 1, 2, 3], elements: [255, 0, 0, 0, 255, 0]))
    let pictures = try LabelledPictures(reading: path)
    #expect(pictures.shape == [1, 2, 3])
    #expect(pictures.samples(0) == [1, 0, 0, 0, 1, 0])
  }

  @Test("labels may be packed where pictures are not, and may have another name")
  func labelFiles() throws {
    let (images, labels) = stripedPictures(count: 4, side: 2, classes: 2)
    let path = try folder.write("t10k-images-idx3-ubyte", images)
    let packed = try folder.write("t10k-labels-idx1-ubyte.gz", gzip(labels))
    #expect(try LabelledPictures(reading: path).labels == [0, 1, 0, 1])
    try FileManager.default.removeItem(atPath: packed)
    let error = #expect(throws: DatasetError.self) { try LabelledPictures(reading: path) }
    #expect(error?.reason == .missing)
    #expect(
      error?.description == "expected its labels beside it as t10k-labels-idx1-ubyte or "
        + "t10k-labels-idx1-ubyte.gz, found none")
    let other = try folder.write("other", labels)
    #expect(try LabelledPictures(reading: path, .init(labels: other)).labels == [0, 1, 0, 1])
    let nameless = try folder.write("pictures", images)
    #expect(
      line(folder) { _ = try LabelledPictures(reading: nameless) }
        == "pictures: expected a file of labels, or a name with \"images\" to find it by, "
        + "found neither")
  }

  @Test("a folder holds both parts")
  func parts() throws {
    let training = stripedPictures(count: 4, side: 2, classes: 2)
    let test = stripedPictures(count: 3, side: 2, classes: 1)
    _ = try write("train", images: training.images, labels: training.labels)
    _ = try write("t10k", images: test.images, labels: test.labels)
    #expect(try LabelledPictures(reading: folder.path).count == 4)
    #expect(try LabelledPictures(reading: folder.path, .init(part: .test)).count == 3)
  }

  @Test("torchvision's folders lead to the set within them", arguments: ["raw", "MNIST/raw"])
  func deeper(_ place: String) throws {
    let (images, labels) = stripedPictures(count: 4, side: 2, classes: 2)
    try folder.write("\(place)/train-images-idx3-ubyte.gz", gzip(images))
    try folder.write("\(place)/train-labels-idx1-ubyte.gz", gzip(labels))
    #expect(try LabelledPictures(reading: folder.path).labels == [0, 1, 0, 1])
    let error = #expect(throws: DatasetError.self) {
      try LabelledPictures(reading: folder.path, .init(part: .test))
    }
    #expect(error?.description.contains("t10k-images-idx3-ubyte") == true)
  }

  @Test("classes have the names of a file beside the data or one that is given")
  func classNames() throws {
    let (images, labels) = stripedPictures(count: 6, side: 3, classes: 3)
    let path = try write(images: images, labels: labels)
    let given = try folder.write("names", Array("shirt\nankle boot \nbag\n\n".utf8))
    let names = ["shirt", "ankle boot", "bag"]
    #expect(try LabelledPictures(reading: path, .init(classNames: given)).classNames == names)
    try folder.write("classes.txt", Array("a\nb\nc".utf8))
    #expect(try LabelledPictures(reading: path).classNames == ["a", "b", "c"])
    for (text, message) in [
      (
        "a\nb",
        "t10k-labels-idx1-ubyte: byte 10: expected a label below 2, as many as there are "
          + "names, found 2"
      ),
      ("", "classes.txt: expected the name of a class in each line, found none"),
      ("a\n\nb", "classes.txt: line 2: expected a name, found an empty line"),
      ("a\nb\na", "classes.txt: line 3: expected each name once, found a again"),
    ] {
      try folder.write("classes.txt", Array(text.utf8))
      #expect(line(folder) { _ = try LabelledPictures(reading: path) } == message)
    }
  }

  @Test(
    "what is wrong is said with its place",
    arguments: [
      (
        [],
        "expected pictures in IDX (MNIST), .npy, .npz or CIFAR's .bin, or a folder, found "
          + "an empty file"
      ),
      (
        Array("text".utf8),
        "expected pictures in IDX (MNIST), .npy, .npz or CIFAR's .bin, or a folder, found "
          + "\"text\""
      ),
      (
        idxBytes(shape: [1, 1, 1], elements: [0], type: 13),
        "byte 2: expected unsigned bytes (8), found floats (13)"
      ),
      (idxBytes(shape: [1, 1], elements: [0]), "byte 3: expected 3 to 4 axes, found 2"),
      (idxBytes(shape: [1, 0, 1], elements: []), "byte 8: expected a length from 1, found 0"),
      (idxBytes(shape: [0, 1, 1], elements: []), "byte 4: expected a length from 1, found 0"),
      (
        idxBytes(shape: [2, 2, 2], elements: [1, 2, 3]),
        "byte 16: expected 8 bytes for shape [2, 2, 2], found 19 bytes in all"
      ),
      (
        idxBytes(shape: [1, 1, 2], elements: [1, 2, 3]),
        "byte 16: expected 2 bytes for shape [1, 1, 2], found more"
      ),
      (
        idxBytes(shape: [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], elements: [1]),
        "byte 4: expected lengths of at most 8589934592 elements in all, found [4294967295, "
          + "4294967295, 4294967295]"
      ),
      (
        idxBytes(shape: [1, 1, 1, 5], elements: [1, 2, 3, 4, 5]),
        "byte 16: expected 1 to 4 channels as the last axis, found 5"
      ),
      (
        Array(idxBytes(shape: [1, 1, 1], elements: []).prefix(9)),
        "byte 9: expected the lengths of 3 axes, found the file's end"
      ),
    ] as [([UInt8], String)])
  func malformed(_ bytes: [UInt8], _ message: String) throws {
    let path = try write(images: bytes, labels: idxBytes(shape: [1], elements: [0]))
    #expect(
      line(folder) { _ = try LabelledPictures(reading: path) }
        == "t10k-images-idx3-ubyte: " + message)
  }

  @Test("labels that are no labels of the pictures are refused")
  func wrongLabels() throws {
    let images = stripedPictures(count: 3, side: 2, classes: 2).images
    let path = try write(images: images, labels: idxBytes(shape: [2], elements: [0, 1]))
    let message = line(folder) { _ = try LabelledPictures(reading: path) }
    #expect(
      message == "t10k-labels-idx1-ubyte: byte 4: expected 3 labels, one for each picture of "
        + "t10k-images-idx3-ubyte, found 2")
    _ = try write(images: images, labels: images)
    #expect(
      line(folder) { _ = try LabelledPictures(reading: path) }
        == "t10k-labels-idx1-ubyte: byte 3: expected 1 to 2 axes, found 3")
  }

  @Test("every prefix of a file is refused, packed or not")
  func prefixes() throws {
    let (images, labels) = stripedPictures(count: 3, side: 4, classes: 3)
    for whole in [images, gzip(images)] {
      let path = try write(images: whole, labels: labels)
      #expect(throws: Never.self) { try LabelledPictures(reading: path) }
      for length in 0..<whole.count {
        _ = try write(images: Array(whole.prefix(length)), labels: labels)
        #expect(throws: DatasetError.self, "\(length) bytes") {
          try LabelledPictures(reading: path)
        }
      }
    }
    for whole in [labels, gzip(labels)] {
      let path = try write(images: images, labels: whole)
      #expect(throws: Never.self) { try LabelledPictures(reading: path) }
      for length in 0..<whole.count {
        _ = try write(images: images, labels: Array(whole.prefix(length)))
        #expect(throws: DatasetError.self, "\(length) bytes") {
          try LabelledPictures(reading: path)
        }
      }
    }
  }

  @Test("a flipped bit anywhere in a packed file's data is noticed; elsewhere it does no harm")
  func flips() throws {
    let (images, labels) = stripedPictures(count: 3, side: 4, classes: 3)
    let whole = gzip(images)
    let path = try write(images: whole, labels: labels)
    let right = try LabelledPictures(reading: path)
    for place in whole.indices {
      for bit in 0..<8 {
        var damaged = whole
        damaged[place] ^= 1 << bit
        _ = try write(images: damaged, labels: labels)
        do {
          let read = try LabelledPictures(reading: path)
          // Flags, time and system in the header decide nothing about the contents, nor do the bits
          // that fill up the last byte before checksum and length.
          #expect(place < 10 || place == whole.count - 9, "byte \(place), bit \(bit)")
          #expect(read.samples(2) == right.samples(2))
        } catch is DatasetError {}
      }
    }
  }

  @Test("random damage gives an error or pictures of the announced size")
  func random() throws {
    let (images, labels) = stripedPictures(count: 3, side: 4, classes: 3)
    var generator = SystemRandomNumberGenerator()
    for whole in [images, gzip(images)] {
      for _ in 0..<400 {
        var damaged = whole
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
          damaged[Int.random(in: 0..<whole.count, using: &generator)] =
            UInt8.random(in: 0...255, using: &generator)
        }
        let path = try write(images: damaged, labels: labels)
        if let read = try? LabelledPictures(reading: path) {
          #expect(read.count == 3)
          #expect(read.samples(2).count == read.shape.reduce(1, *))
        }
      }
    }
  }

  @Test("a packed file unpacks no further than its header says")
  func bombs() throws {
    // A million times what is announced, of which one byte more than announced is unpacked.
    let header = idxBytes(shape: [1, 1, 1], elements: [])
    let zeros = [UInt8](repeating: 0, count: 1 << 24)
    let bomb = gzip(header + zeros)
    let path = try write(images: bomb, labels: idxBytes(shape: [1], elements: [0]))
    #expect(
      line(folder) { _ = try LabelledPictures(reading: path) }
        == "t10k-images-idx3-ubyte: byte 16: expected 1 bytes for shape [1, 1, 1], found more")
    // A header that announces more than so few bytes can hold is refused before any is unpacked.
    let liar = gzip(idxBytes(shape: [60000, 256, 256], elements: Array(zeros.prefix(1000))))
    _ = try write(images: liar, labels: idxBytes(shape: [1], elements: [0]))
    #expect(
      line(folder) { _ = try LabelledPictures(reading: path) }
        == "t10k-images-idx3-ubyte: byte 16: expected 3932160000 bytes for shape [60000, 256, "
        + "256], found \(liar.count) bytes in all, packed")
  }

  @Test("members of a packed file count as one; what follows them is refused unless zeros")
  func members() throws {
    let (images, labels) = stripedPictures(count: 3, side: 4, classes: 3)
    let parts = gzip(Array(images.prefix(20))) + gzip(Array(images.dropFirst(20)))
    let path = try write(images: parts, labels: labels)
    #expect(try LabelledPictures(reading: path).count == 3)
    _ = try write(images: parts + [0, 0, 0], labels: labels)
    #expect(try LabelledPictures(reading: path).count == 3)
    _ = try write(images: parts + [0, 7], labels: labels)
    #expect(
      line(folder) { _ = try LabelledPictures(reading: path) }
        == "t10k-images-idx3-ubyte: byte \(parts.count): expected the end of a gzip file, found "
        + "other bytes")
  }

  @Test(
    "MNIST, Kaggle, EMNIST and QMNIST name their files in their own ways",
    arguments: [
      ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
      ("train-images-idx3-ubyte", "train-labels.idx1-ubyte"),
      ("train-images.idx3-ubyte.gz", "train-labels-idx1-ubyte"),
      (
        "train-images-idx3-ubyte/train-images-idx3-ubyte",
        "train-labels-idx1-ubyte/train-labels-idx1-ubyte"
      ),
      ("emnist-balanced-train-images-idx3-ubyte.gz", "emnist-balanced-train-labels-idx1-ubyte.gz"),
      ("qmnist-train-images-idx3-ubyte", "qmnist-train-labels-idx2-int"),
    ])
  func names(_ images: String, _ labels: String) throws {
    let made = stripedPictures(count: 4, side: 2, classes: 2)
    func packed(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
      name.hasSuffix(".gz") ? gzip(bytes) : bytes
    }
    // QMNIST has eight numbers of 32 bits for each picture; the first is the class.
    var wide: [UInt8] = []
    for index in 0..<4 {
      for place in 0..<8 { wide += [0, 0, UInt8(place), place == 0 ? UInt8(index % 2) : 9] }
    }
    let path = try folder.write(images, packed(images, made.images))
    try folder.write(
      labels,
      labels.contains("idx2")
        ? idxBytes(shape: [4, 8], elements: wide, type: 12) : packed(labels, made.labels))
    try folder.write("t10k-images-idx3-ubyte", [])
    for place in [folder.path, path] {
      let read = try LabelledPictures(reading: place)
      #expect(read.labels == [0, 1, 0, 1])
      #expect(read.notes.contains { $0.hasPrefix("EMNIST") } == images.contains("emnist"))
    }
  }

  @Test("a file beside its unpacked copy and Kaggle's folders is read once; two sets are refused")
  func several() throws {
    let made = stripedPictures(count: 4, side: 2, classes: 2)
    for name in ["train-images.idx3-ubyte", "train-images-idx3-ubyte/train-images-idx3-ubyte"] {
      try folder.write(name, made.images)
    }
    for name in ["train-labels.idx1-ubyte", "train-labels-idx1-ubyte/train-labels-idx1-ubyte"] {
      try folder.write(name, made.labels)
    }
    try folder.write("train-images-idx3-ubyte.gz", gzip(made.images))
    #expect(try LabelledPictures(reading: folder.path).count == 4)
    try folder.write("emnist-letters-train-images-idx3-ubyte", made.images)
    #expect(
      line(folder) { _ = try LabelledPictures(reading: folder.path) }?
        .contains("expected pictures of one data set, found those of 2; give the file") == true)
  }

  @Test("EMNIST's classes have the characters of its mapping")
  func mapping() throws {
    let made = stripedPictures(count: 4, side: 3, classes: 3)
    let path = try folder.write("emnist-letters-train-images-idx3-ubyte", made.images)
    try folder.write("emnist-letters-train-labels-idx1-ubyte", made.labels)
    try folder.write("emnist-letters-mapping.txt", Array("1 65 97\n2 66 98\n".utf8))
    #expect(try LabelledPictures(reading: path).classNames == ["N/A", "A", "B"])
  }

  @Test("a packed file beyond what may grow is unpacked to just its size")
  func large() throws {
    // With some that cannot be packed: what is packed best of all is refused by its length alone.
    var pixels = [UInt8](repeating: 7, count: 70 << 20)
    for index in 0..<1 << 16 { pixels[index] = UInt8(truncatingIfNeeded: (index &* 40_503) >> 7) }
    let packed = gzip(idxBytes(shape: [70, 1024, 1024], elements: pixels))
    let labels = idxBytes(shape: [70], elements: [UInt8](repeating: 0, count: 70))
    let path = try write(images: packed, labels: labels)
    let read = try LabelledPictures(reading: path)
    #expect(read.count == 70 && read.label(at: 69) == 0)
    for (shape, found) in [([71, 1024, 1024], "73400320"), ([69, 1024, 1024], "more")] {
      _ = try write(
        images: gzip(idxBytes(shape: shape, elements: pixels)),
        labels: idxBytes(shape: [1], elements: [0]))
      let message = line(folder) { _ = try LabelledPictures(reading: path) } ?? "no error"
      #expect(message.hasSuffix(", found \(found)"), "\(message)")
    }
  }
}
