// The one face of files of tensors: what their first bytes say, and what can be asked of any.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Files of tensors are known by their first bytes and asked in one way")
struct TensorFileTests {
  private static func open<Result>(
    _ bytes: [UInt8], _ body: (TensorFile) throws -> Result
  ) throws -> Result {
    try withTemporaryFile(bytes, named: "model.bin") { try body(TensorFile(path: $0)) }
  }

  @Test("A safetensors file is one whatever its name says")
  func safetensors() throws {
    let tensors = [
      StoredTensor("a", Tensor(shape: [2, 2], values: [1, 2, 3, 4])),
      StoredTensor(name: "n", type: "I64", shape: [1], bytes: littleEndianBytes(7 as Int64)),
      StoredTensor("none", Tensor(shape: [0, 3])),
      StoredTensor("nothing", Tensor(shape: [0, 3])),
    ]
    try Self.open(safetensorsBytes(tensors, metadata: ["format": "pt"])) { file in
      #expect(file.format == .safetensors)
      #expect("\(file.format)" == "safetensors")
      #expect(file.entries.map(\.name) == ["a", "n", "none", "nothing"])
      #expect(file.entries.map(\.byteCount) == [16, 8, 0, 0])
      #expect(file.entries.map(\.type.name) == ["F32", "I64", "F32", "F32"])
      #expect(file.entries.map(\.type.isFloat) == [true, false, true, true])
      #expect(file.metadata == ["format": "pt"])
      #expect(file.notes.isEmpty)
      try #expect(file.tensor(named: "a") == Tensor(shape: [2, 2], values: [1, 2, 3, 4]))
      #expect(file.sharesStorage("a", "a"))
      #expect(!file.sharesStorage("a", "n"))
      #expect(!file.sharesStorage("none", "nothing"))
      #expect(!file.sharesStorage("a", "b"))
      let none = #expect(throws: TensorFileError.self) { try file.tensor(named: "b") }
      #expect(none?.description == "tensor b: expected it, found none")
      let integers = #expect(throws: TensorFileError.self) { try file.nonFiniteCount(named: "n") }
      #expect(integers?.description == "tensor n: expected F32, F64, F16 or BF16, found I64")
    }
  }

  @Test("NaN and infinity are counted in every type, and a float64 too large for float32 is one")
  func nonFinite() throws {
    let values: [Double] = [0, .nan, 1, -.infinity, -0.0, .infinity, 3.4e38, 1e-300, 65504]
    let floats = values.map { Float($0) }
    let halves: [UInt16] = [0x0000, 0x7C00, 0xFC00, 0x7C01, 0x7BFF, 0xFFFF, 0x03FF]
    let uppers: [UInt16] = [0x0000, 0x7F80, 0xFF80, 0x7F81, 0x7F7F, 0xFFFF, 0x007F]
    let tensors = [
      StoredTensor("f", Tensor(shape: [values.count], values: floats)),
      StoredTensor(
        name: "d", type: "F64", shape: [values.count + 1],
        bytes: (values + [1e39]).flatMap { littleEndianBytes($0.bitPattern) }),
      StoredTensor(
        name: "h", type: "F16", shape: [7], bytes: halves.flatMap { littleEndianBytes($0) }),
      StoredTensor(
        name: "b", type: "BF16", shape: [7], bytes: uppers.flatMap { littleEndianBytes($0) }),
      StoredTensor("none", Tensor(shape: [0])),
    ]
    try Self.open(safetensorsBytes(tensors)) { file in
      try #expect(file.nonFiniteCount(named: "f") == 3)
      try #expect(file.nonFiniteCount(named: "d") == 4)
      try #expect(file.nonFiniteCount(named: "h") == 4)
      try #expect(file.nonFiniteCount(named: "b") == 4)
      try #expect(file.nonFiniteCount(named: "none") == 0)
    }
  }

  @Test(
    "A header whose length begins as another kind of file is a header all the same",
    arguments: [0x3C, 0x0280, 0x0380, 0x0480, 0x0580, 0x8B1F])
  func lengthsLikeSignatures(_ length: Int) throws {
    let header = #"{"mustard":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let padding = String(repeating: " ", count: length - header.utf8.count)
    let bytes = safetensorsBytes(header: header + padding, data: littleEndianBytes(1 as UInt32))
    try Self.open(bytes) { file in
      #expect(file.entries.map(\.name) == ["mustard"])
    }
  }

  @Test("A header over the limit is refused, however large the file")
  func largeHeader() throws {
    try withTemporaryFile(littleEndianBytes(16_000_001 as UInt64) + Array("{".utf8)) { path in
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try handle.truncate(atOffset: 1 << 30)
      let error = #expect(throws: TensorFileError.self) { try TensorFile(path: path) }
      #expect(
        error?.description
          == "byte 0: expected a header of at most 16000000 bytes, found a length of 16000001")
    }
  }

  static let others: [(bytes: [UInt8], found: String)] = [
    ([], "a file of 0 bytes"),
    ([0x50, 0x4B], "a file of 2 bytes"),
    ([UInt8](repeating: 7, count: 100), "a file of another kind"),
    ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0], "a gzip file; unpack it with gunzip"),
    (Array("\u{89}HDF".unicodeScalars.map { UInt8($0.value) }) + [13, 10, 26, 10], "an HDF5 file"),
    (
      Array("version https://git-lfs.github.com/spec/v1\n".utf8),
      "a Git LFS pointer; fetch the file with git lfs pull"
    ),
    (Array("<!DOCTYPE html>".utf8), "a page of HTML or XML, not the file itself"),
  ]

  @Test("Other files are refused as what they are", arguments: others)
  func refuses(_ bytes: [UInt8], _ found: String) {
    let error = #expect(throws: TensorFileError.self) { try Self.open(bytes) { _ in } }
    #expect(error?.description.hasSuffix(", found \(found)") == true)
  }
}
