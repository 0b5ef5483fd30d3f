// CIFAR-10's binary files: records of a label and 32 × 32 pixels, a plane for each colour.

import Foundation
import Tensors

extension LabelledPictures {
  private static let side = 32
  private static let channels = 3
  private static let record = 1 + channels * side * side
  private static let classes = 10

  /// Whether a folder's names are those of CIFAR-10.
  static func isCIFAR(_ names: [String]) -> Bool { names.contains(where: isCIFARName) }

  /// `data_batch_1.bin` and so on, or `test_batch.bin`.
  private static func isCIFARName(_ name: String) -> Bool {
    name == "test_batch.bin" || (name.hasPrefix("data_batch_") && name.hasSuffix(".bin"))
  }

  /// Reads a part of a folder of CIFAR-10: its training batches one after another, or its test
  /// batch.
  init(cifarFolder folder: String, names: [String], _ request: DatasetRequest) throws {
    let wanted = names.filter { name in
      Self.isCIFARName(name) && (name == "test_batch.bin") == (request.part == .test)
    }
    guard !wanted.isEmpty else {
      let expected = request.part == .test ? "test_batch.bin" : "data_batch_1.bin and so on"
      throw DatasetError(
        folder, "expected \(expected), found none of them", reason: .missing)
    }
    try self.init(cifar: wanted.map { folder + "/" + $0 }, folder: folder, request)
  }

  /// Reads files of CIFAR-10, one after another: `[32, 32, 3]`.
  init(cifar paths: [String], folder: String, _ request: DatasetRequest) throws {
    var pixels: [UInt8] = []
    var labels: [Int32] = []
    for path in paths {
      let bytes = try WholeFile.read(path, limit: Self.mostBytes - pixels.count)
      try Self.append(bytes, path: path, pixels: &pixels, labels: &labels)
    }
    let names = try Self.names(in: folder, request)
    guard names.count == Self.classes else {
      throw DatasetError(
        request.classNames ?? folder,
        "expected the names of \(Self.classes) classes, found \(names.count)")
    }
    self.init(
      shape: [Self.side, Self.side, Self.channels], classNames: names, pixels: .bytes(pixels),
      labels: labels)
  }

  private static func names(in folder: String, _ request: DatasetRequest) throws -> [String] {
    try ClassNames.given(request, inFolder: folder, companion: "batches.meta.txt")
      ?? ClassNames.given(request, inFolder: folder) ?? (0..<classes).map(String.init)
  }

  private static func append(
    _ bytes: [UInt8], path: String, pixels: inout [UInt8], labels: inout [Int32]
  ) throws(DatasetError) {
    guard !bytes.isEmpty, bytes.count % record == 0 else {
      throw DatasetError(
        path, byte: bytes.count - bytes.count % record,
        expected: "records of \(record) bytes, a label and \(side) × \(side) × \(channels) pixels",
        found: bytes.isEmpty ? "an empty file" : "\(bytes.count % record) bytes")
    }
    let plane = side * side
    pixels.reserveCapacity(pixels.count + bytes.count)
    for start in stride(from: 0, to: bytes.count, by: record) {
      guard bytes[start] < classes else {
        throw DatasetError(
          path, byte: start, expected: "a label from 0 to \(classes - 1)", found: "\(bytes[start])")
      }
      labels.append(Int32(bytes[start]))
      for place in start + 1..<start + 1 + plane {
        for channel in 0..<channels { pixels.append(bytes[place + channel * plane]) }
      }
    }
  }
}
