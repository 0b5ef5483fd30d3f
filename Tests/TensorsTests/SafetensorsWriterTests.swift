// safetensors files written here are those the Python package writes, byte for byte.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("safetensors are written as the Python package writes them")
struct SafetensorsWriterTests {
  /// A file that Tests/Parity/make_safetensors_files.py made.
  private static func fixture(_ name: String) throws -> [UInt8] {
    let path = "Fixtures/safetensors/\(name).safetensors"
    return [UInt8](try Data(contentsOf: Bundle.module.bundleURL.appending(path: path)))
  }

  private static func sevenths(_ shape: Int...) -> Tensor {
    Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { Float($0) / 7 })
  }

  private static func written(
    _ tensors: [String: Tensor], aliases: [String: String] = [:],
    metadata: [String: String] = ["format": "pt"]
  ) throws -> [UInt8] {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "model.safetensors").path
      try SafetensorsWriter.write(tensors, aliases: aliases, metadata: metadata, to: path)
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
  }

  @Test("save_file: order, offsets, padding, escapes, scalars and empty tensors")
  func plain() throws {
    let tensors = [
      "layers.10.weight": Self.sevenths(2, 3), "layers.9.bias": Self.sevenths(3),
      "scalar": Self.sevenths(), "none": Self.sevenths(0, 3), "Z": Self.sevenths(1),
      "é\"\\\n\u{1}": Self.sevenths(2),
    ]
    try #expect(Self.written(tensors) == Self.fixture("plain"))
  }

  @Test("save_model: a tied tensor once, its other name in the metadata")
  func tied() throws {
    let bytes = try Self.written(
      ["a.weight": Self.sevenths(2, 2)], aliases: ["b.weight": "a.weight"], metadata: [:])
    try #expect(bytes == Self.fixture("tied"))
  }

  @Test("Large tensors and views of mapped files come back the same")
  func roundTrip() throws {
    let tensors = [
      "large": Tensor(shape: [700, 1000], values: (0..<700_000).map { Float($0) / 3 }),
      "special": Tensor(
        shape: [5], values: [.infinity, -.infinity, -0.0, .leastNonzeroMagnitude, 1]),
    ]
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "model.safetensors").path
      try SafetensorsWriter.write(tensors, aliases: ["same": "large"], to: path)
      for _ in 0..<2 {
        let file = try TensorFile(path: path)
        #expect(file.metadata == ["format": "pt", "same": "large"])
        #expect(file.entries.map(\.name) == ["large", "special"])
        let large = try file.tensor(named: "large")
        let special = try file.tensor(named: "special")
        #expect(large == tensors["large"])
        #expect(special.values.map(\.bitPattern) == tensors["special"]?.values.map(\.bitPattern))
        // Over the very file that the tensors are views of.
        try SafetensorsWriter.write(
          ["large": large, "special": special], aliases: ["same": "large"], to: path,
          existing: .replace)
        #expect(large == tensors["large"])
      }
      let error = #expect(throws: FileWriteError.self) {
        try SafetensorsWriter.write(tensors, to: path)
      }
      #expect(error?.reason == .exists)
      try #expect(FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    }
  }

  @Test("A file without tensors, with and without metadata")
  func empty() throws {
    try #expect(Self.written([:], metadata: [:]) == safetensorsBytes(header: "{}      "))
    let bytes = try Self.written([:])
    try withTemporaryFile(bytes) { path in
      try #expect(TensorFile(path: path).entries.isEmpty)
      try #expect(TensorFile(path: path).metadata == ["format": "pt"])
    }
  }

  static let refused: [(tensors: [String], aliases: [String: String], message: String)] = [
    (["a"], ["b": "c"], "tensor b: expected it to stand for a tensor of the file, found c"),
    (["a", "b"], ["b": "a"], "tensor b: expected it once, found it as an alias"),
    (
      ["a"], ["format": "a"],
      "tensor format: expected a name that metadata do not have, found it there"
    ),
    (
      ["__metadata__"], [:],
      "tensor __metadata__: expected another name, found that of the metadata"
    ),
  ]

  @Test(
    "Names that cannot stand in one file are refused, and nothing is written", arguments: refused)
  func refuses(_ names: [String], _ aliases: [String: String], _ message: String) throws {
    try withTemporaryFolder { folder in
      let tensors = Dictionary(uniqueKeysWithValues: names.map { ($0, Self.sevenths(2)) })
      let error = #expect(throws: TensorFileError.self) {
        try SafetensorsWriter.write(
          tensors, aliases: aliases, to: folder.appending(path: "model.safetensors").path)
      }
      #expect(error?.description == message)
      try #expect(FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }

  @Test("A header that could not be read again is not written")
  func largeHeader() throws {
    let name = String(repeating: "a", count: 16_000_000)
    let error = #expect(throws: TensorFileError.self) { try Self.written([name: Self.sevenths(1)]) }
    #expect(error?.description.hasPrefix("expected names and shapes of at most 16000000") == true)
  }

  @Test("JSON text is compact, escaped, and reads back as the same value")
  func json() throws {
    let value = JSONValue.object([
      .init(
        name: "a \"\\/\u{8}\u{c}\n\r\t\u{1f}é\u{1F600}\u{7f}",
        value: .array([.null, .bool(true), .bool(false)])),
      .init(
        name: "numbers",
        value: .array([
          .integer(.min), .integer(7), .real(-0.0), .real(1e-7), .real(1e300), .real(0.1),
        ])),
      .init(name: "", value: .object([])), .init(name: "none", value: .array([])),
    ])
    #expect(
      value.text
        == "{\"a \\\"\\\\/\\b\\f\\n\\r\\t\\u001fé\u{1F600}\u{7f}\":[null,true,false],"
        + "\"numbers\":[-9223372036854775808,7,-0.0,1e-07,1e+300,0.1],\"\":{},\"none\":[]}")
    try #expect(JSONValue(parsing: value.text.utf8) == value)
  }
}
