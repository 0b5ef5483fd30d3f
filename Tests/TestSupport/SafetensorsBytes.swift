// A small writer of safetensors files, right ones and wrong ones, and folders to put them in.

import Foundation
import Tensors

/// One tensor as it is to stand in a file.
public struct StoredTensor: Sendable {
  /// The name.
  public var name: String
  /// The type as the header calls it.
  public var type: String
  /// Axis lengths.
  public var shape: [Int]
  /// The elements' bytes.
  public var bytes: [UInt8]

  /// Makes a tensor from its parts; nothing is checked.
  public init(name: String, type: String = "F32", shape: [Int], bytes: [UInt8]) {
    (self.name, self.type, self.shape, self.bytes) = (name, type, shape, bytes)
  }

  /// Makes a float32 tensor.
  public init(_ name: String, _ tensor: Tensor) {
    self.init(
      name: name, shape: tensor.shape,
      bytes: tensor.values.flatMap { littleEndianBytes($0.bitPattern) })
  }
}

/// The bytes of a number, lowest first.
public func littleEndianBytes(_ number: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

/// A safetensors file of a header as given and of data; the length is the header's unless given.
public func safetensorsBytes(header: String, data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
  littleEndianBytes(length ?? UInt64(header.utf8.count)) + header.utf8 + data
}

/// A safetensors file of tensors one after another.
public func safetensorsBytes(
  _ tensors: [StoredTensor], metadata: [String: String] = [:]
) -> [UInt8] {
  var members: [String] = []
  var data: [UInt8] = []
  if !metadata.isEmpty {
    let pairs = metadata.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }
    members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
  }
  for tensor in tensors {
    let end = data.count + tensor.bytes.count
    members.append(
      "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type)\",\"shape\":\(tensor.shape),"
        + "\"data_offsets\":[\(data.count),\(end)]}")
    data += tensor.bytes
  }
  return safetensorsBytes(header: "{\(members.joined(separator: ","))}", data: data)
}

/// Lends a folder that is removed afterwards, with everything in it.
public func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "perceiver-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// Lends the path of a file of these bytes.
public func withTemporaryFile<Result>(
  _ bytes: [UInt8], named name: String = "file", _ body: (String) throws -> Result
) throws -> Result {
  try withTemporaryFolder { folder in
    let url = folder.appending(path: name)
    try Data(bytes).write(to: url)
    return try body(url.path)
  }
}
