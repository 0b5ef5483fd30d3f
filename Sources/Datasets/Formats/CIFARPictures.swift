// CIFAR's binary files: records of a label, or a coarse and a fine one, and 32 × 32 pixels, a plane for
// each colour.

import Foundation
import Tensors

/// What CIFAR-10 and CIFAR-100 differ in.
struct CIFARKind: Sendable {
  let name: String
  /// Bytes of labels before the pixels.
  let labelBytes: Int
  /// Which of them is read.
  let labelByte: Int
  let classes: Int
  /// The file of names that belongs to the labels.
  let namesFile: String
  let note: String?

  var record: Int { labelBytes + Self.channels * Self.side * Self.side }

  static let side = 32
  static let channels = 3

  static let ten = CIFARKind(
    name: "CIFAR-10", labelBytes: 1, labelByte: 0, classes: 10, namesFile: "batches.meta.txt",
    note: nil)

  static func hundred(_ kind: DatasetRequest.LabelKind) -> CIFARKind {
    switch kind {
    case .fine:
      CIFARKind(
        name: "CIFAR-100", labelBytes: 2, labelByte: 1, classes: 100,
        namesFile: "fine_label_names.txt",
        note: "CIFAR-100: its 100 fine classes; --coarse-labels reads its 20 coarse ones")
    case .coarse:
      CIFARKind(
        name: "CIFAR-100", labelBytes: 2, labelByte: 0, classes: 20,
        namesFile: "coarse_label_names.txt", note: "CIFAR-100: its 20 coarse classes")
    }
  }

  /// The kind of a file by its size, which one alone fits but for files of both sizes; then its name
  /// tells. Nil where neither fits.
  static func of(_ name: String, size: Int, _ request: DatasetRequest) -> CIFARKind? {
    let hundred = hundred(request.labelKind)
    let fits = [ten, hundred].map { size > 0 && size % $0.record == 0 }
    let isNamedHundred = name == "train.bin" || name == "test.bin"
    switch (fits[0], fits[1]) {
    case (true, true): return isNamedHundred ? hundred : ten
    case (true, false): return ten
    case (false, true): return hundred
    case (false, false): return nil
    }
  }
}

extension LabelledPictures {
  /// Whether a folder with these names is CIFAR's.
  static func isCIFAR(_ folder: String, names: [String]) -> Bool {
    if names.contains(where: { $0 == "test_batch.bin" || isBatch($0) }) { return true }
    // CIFAR-100's names say little: the names of its classes, or the size of its records, say more.
    let parts = ["train.bin", "test.bin"].filter(names.contains)
    return !parts.isEmpty
      && (names.contains { $0.hasSuffix("_label_names.txt") }
        || parts.contains { part in
          let size = FileNames.size(of: folder + "/" + part) ?? 0
          return size > 0 && size.isMultiple(of: CIFARKind.hundred(.fine).record)
        })
  }

  /// Whether a folder's names are those of CIFAR's Python version, which is pickles.
  static func isCIFARPickles(_ names: [String]) -> Bool {
    names.contains("data_batch_1") || names.contains("test_batch")
      || Set(["train", "test", "meta"]).isSubset(of: names)
  }

  private static func isBatch(_ name: String) -> Bool {
    name.hasPrefix("data_batch_") && name.hasSuffix(".bin")
  }

  /// Reads a part of a folder of CIFAR: its training batches one after another, or its test batch.
  init(cifarFolder folder: String, names: [String], _ request: DatasetRequest) throws {
    let isTest = request.part == .test
    let wanted = names.filter { name in
      isTest
        ? name == "test_batch.bin" || name == "test.bin" : Self.isBatch(name) || name == "train.bin"
    }
    guard !wanted.isEmpty else {
      let isHundred = names.contains("train.bin") || names.contains("test.bin")
      let expected =
        isHundred
        ? (isTest ? "test.bin" : "train.bin")
        : (isTest ? "test_batch.bin" : "data_batch_1.bin and so on")
      throw DatasetError(
        folder, "expected \(expected), found none of them", reason: .missing)
    }
    try self.init(cifar: wanted.map { folder + "/" + $0 }, folder: folder, request)
  }

  /// Reads files of CIFAR, one after another: `[32, 32, 3]`.
  init(cifar paths: [String], folder: String, _ request: DatasetRequest) throws {
    var pixels: [UInt8] = []
    var labels: [Int32] = []
    var kind: CIFARKind?
    for path in paths {
      let bytes = try WholeFile.read(path, limit: Self.mostBytes - pixels.count)
      let name = DatasetFiles.name(of: path)
      let found =
        try kind ?? CIFARKind.of(name, size: bytes.count, request)
        ?? Self.refused(bytes, path: path)
      kind = found
      try Self.append(bytes, path: path, found, pixels: &pixels, labels: &labels)
    }
    let known = kind ?? .ten
    let names = try Self.names(in: folder, known, request)
    guard names.count == known.classes else {
      throw DatasetError(
        request.classNames ?? folder,
        "expected the names of \(known.classes) classes, found \(names.count)")
    }
    self.init(
      shape: [CIFARKind.side, CIFARKind.side, CIFARKind.channels], classNames: names,
      pixels: .bytes(pixels), labels: labels, notes: known.note.map { [$0] } ?? [])
  }

  private static func names(
    in folder: String, _ kind: CIFARKind, _ request: DatasetRequest
  ) throws -> [String] {
    try ClassNames.given(request, inFolder: folder, companion: kind.namesFile)
      ?? ClassNames.given(request, inFolder: folder) ?? (0..<kind.classes).map(String.init)
  }

  /// Says what is wrong with a file that is neither kind.
  private static func refused(_ bytes: [UInt8], path: String) throws(DatasetError) -> CIFARKind {
    let (ten, hundred) = (CIFARKind.ten.record, CIFARKind.hundred(.fine).record)
    throw DatasetError(
      path, byte: bytes.count - bytes.count % ten,
      expected: "records of \(ten) bytes, a label and 32 × 32 × 3 pixels (CIFAR-10), or of "
        + "\(hundred), two labels and as many (CIFAR-100)",
      found: bytes.isEmpty ? "an empty file" : "\(bytes.count % ten) bytes")
  }

  private static func append(
    _ bytes: [UInt8], path: String, _ kind: CIFARKind, pixels: inout [UInt8],
    labels: inout [Int32]
  ) throws(DatasetError) {
    guard !bytes.isEmpty, bytes.count % kind.record == 0 else {
      throw DatasetError(
        path, byte: bytes.count - bytes.count % kind.record,
        expected: "records of \(kind.record) bytes, as \(kind.name) has them",
        found: bytes.isEmpty ? "an empty file" : "\(bytes.count % kind.record) bytes")
    }
    let plane = CIFARKind.side * CIFARKind.side
    pixels.reserveCapacity(pixels.count + bytes.count)
    for start in stride(from: 0, to: bytes.count, by: kind.record) {
      let label = bytes[start + kind.labelByte]
      guard label < kind.classes else {
        throw DatasetError(
          path, byte: start + kind.labelByte,
          expected: "a label from 0 to \(kind.classes - 1)", found: "\(label)")
      }
      labels.append(Int32(label))
      let first = start + kind.labelBytes
      for index in first..<first + plane {
        for channel in 0..<CIFARKind.channels { pixels.append(bytes[index + channel * plane]) }
      }
    }
  }
}
