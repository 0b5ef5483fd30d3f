// safetensors files: what is read from right ones, and what is said of wrong ones.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("safetensors files are checked whole before anything is believed")
struct SafetensorsFileTests {
  static let small: [UInt8] = safetensorsBytes(
    [
      StoredTensor("a", Tensor(shape: [2, 2], values: [1, 2, 3, 4])),
      StoredTensor("bias", Tensor(shape: [3], values: [5, 6, 7])),
    ], metadata: ["format": "pt"])

  private static func open<Result>(
    _ bytes: [UInt8], _ body: (SafetensorsFile) throws -> Result
  ) throws -> Result {
    try withTemporaryFile(bytes) { try body(SafetensorsFile(path: $0)) }
  }

  @Test("Names, shapes, types, metadata and values are read")
  func valid() throws {
    try Self.open(Self.small) { file in
      #expect(file.entries.map(\.name) == ["a", "bias"])
      #expect(file.entry(named: "bias")?.shape == [3])
      #expect(file.entry(named: "bias")?.type == .float32)
      let end = Self.small.count
      #expect(file.entry(named: "bias")?.bytes == end - 12..<end)
      #expect(file.metadata == ["format": "pt"])
      try #expect(file.tensor(named: "a") == Tensor(shape: [2, 2], values: [1, 2, 3, 4]))
      try #expect(file.tensor(named: "bias").values == [5, 6, 7])
      let error = #expect(throws: TensorFileError.self) { try file.tensor(named: "c") }
      #expect(error?.description == "tensor c: expected it, found none")
    }
  }

  @Test("Values stay after the file's value and its name are gone, and writing does not reach it")
  func mapping() throws {
    try withTemporaryFile(Self.small) { path in
      var tensor = try SafetensorsFile(path: path).tensor(named: "a")
      let view = tensor
      #expect(view.values == [1, 2, 3, 4])
      tensor[0, 1] = 9
      tensor.scale(by: 2)
      #expect(tensor.values == [2, 18, 6, 8])
      #expect(view.values == [1, 2, 3, 4])
      try #expect([UInt8](Data(contentsOf: URL(fileURLWithPath: path))) == Self.small)
      try FileManager.default.removeItem(atPath: path)
      #expect(view.row(1).values == [3, 4])
    }
  }

  @Test("Scalars, empty tensors and files without tensors")
  func edges() throws {
    let tensors = [
      StoredTensor("scalar", Tensor(shape: [], values: [4])),
      StoredTensor("none", Tensor(shape: [0, 3])),
      StoredTensor("one", Tensor(shape: [1], values: [5])),
    ]
    try Self.open(safetensorsBytes(tensors)) { file in
      try #expect(file.tensor(named: "scalar").values == [4])
      try #expect(file.tensor(named: "none").shape == [0, 3])
      try #expect(file.tensor(named: "one").values == [5])
    }
    try Self.open(safetensorsBytes(header: "{}")) { #expect($0.entries.isEmpty) }
    // Writers pad the header with spaces to align the data.
    try Self.open(safetensorsBytes(header: "{}      ")) { #expect($0.entries.isEmpty) }
  }

  @Test("Data off a float's boundary is read all the same", arguments: 0..<8)
  func unaligned(_ padding: Int) throws {
    let header =
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
      + String(repeating: " ", count: padding)
    let data = littleEndianBytes(Float(1.5).bitPattern) + littleEndianBytes(Float(-2).bitPattern)
    try Self.open(safetensorsBytes(header: header, data: data)) { file in
      try #expect(file.tensor(named: "a").values == [1.5, -2])
    }
  }

  @Test("Half floats: every one of the 65,536 is what IEEE says")
  func halfFloats() throws {
    let bits = (0...UInt16.max)
    let tensor = StoredTensor(
      name: "h", type: "F16", shape: [65536], bytes: bits.flatMap { littleEndianBytes($0) })
    let values = try Self.open(safetensorsBytes([tensor])) { try $0.tensor(named: "h").values }
    for (value, bits) in zip(values, bits) {
      let (exponent, fraction) = (Int(bits >> 10) & 31, Double(bits & 1023))
      let sign: Double = bits >> 15 == 0 ? 1 : -1
      if exponent == 31 {
        #expect(fraction == 0 ? Double(value) == sign * .infinity : value.isNaN)
        continue
      }
      let magnitude =
        exponent == 0
        ? fraction * exp2(-24) : (1 + fraction / 1024) * exp2(Double(exponent - 15))
      #expect(Double(value) == sign * magnitude)
      #expect(value.sign == (sign < 0 ? .minus : .plus))
    }
  }

  @Test("bfloat16 is a float's upper half, float64 is rounded to the nearest float")
  func otherFloats() throws {
    let uppers: [UInt16] = [0x0000, 0x8000, 0x3F80, 0xC049, 0x0001, 0x7F80, 0xFF80, 0x7FC0, 0x7F7F]
    let doubles: [Double] = [
      0, -0.0, 1.0 / 3, -1e300, 1e-45, 1e-46, .infinity, .nan, 0x1.000001p0, 3.4028235e38,
    ]
    let tensors = [
      StoredTensor(
        name: "b", type: "BF16", shape: [uppers.count],
        bytes: uppers.flatMap { littleEndianBytes($0) }),
      StoredTensor(
        name: "d", type: "F64", shape: [doubles.count],
        bytes: doubles.flatMap { littleEndianBytes($0.bitPattern) }),
    ]
    try Self.open(safetensorsBytes(tensors)) { file in
      try #expect(
        file.tensor(named: "b").values.map(\.bitPattern) == uppers.map { UInt32($0) << 16 })
      let values = try file.tensor(named: "d").values
      for (value, double) in zip(values, doubles) {
        #expect(double.isNaN ? value.isNaN : value == Float(double))
      }
    }
  }

  @Test("Integers are known by name, refused as floats, and read as truths where they are bytes")
  func integers() throws {
    let tensors = [
      StoredTensor(name: "mask", type: "BOOL", shape: [3], bytes: [0, 1, 2]),
      StoredTensor(name: "count", type: "I64", shape: [], bytes: littleEndianBytes(7 as Int64)),
    ]
    try Self.open(safetensorsBytes(tensors)) { file in
      try #expect(file.truths(named: "mask") == [false, true, true])
      let asFloats = #expect(throws: TensorFileError.self) { try file.tensor(named: "count") }
      #expect(
        asFloats?.description == "tensor count: expected F32, F64, F16 or BF16, found I64")
      let asTruths = #expect(throws: TensorFileError.self) { try file.truths(named: "count") }
      #expect(asTruths?.description == "tensor count: expected BOOL or U8, found I64")
    }
  }

  /// A header whose only tensor is `a`, with these members.
  private static func header(
    _ dtype: String = "\"F32\"", _ shape: String = "[2]", _ offsets: String = "[0,8]"
  ) -> String {
    "{\"a\":{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}}"
  }

  private static func two(_ first: String, _ second: String) -> String {
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":\(first)},"
      + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":\(second)}}"
  }

  static let refused: [(header: String, message: String)] = [
    ("", "header, byte 0: expected a value, found the end"),
    ("[]", "header: expected an object, found a list"),
    ("{\"a\":1}", "tensor a: expected dtype, a text, found none"),
    ("{\"a\":1,\"a\":2}", "header, byte 7: expected each name once, found \"a\" again"),
    (header("32"), "tensor a: expected dtype, a text, found a number"),
    (header("\"F8\""), "tensor a: expected a known dtype such as F32, found F8"),
    (header("\"F32\"", "2"), "tensor a: expected shape, a list, found a number"),
    (header("\"F32\"", "[2.0]"), "tensor a: expected whole numbers in shape, found others"),
    (header("\"F32\"", "[-2]"), "tensor a: expected whole numbers in shape, found others"),
    (
      header("\"F32\"", "[2]", "[0,8,9]"),
      "tensor a: expected data_offsets [begin, end] within 8 bytes, found [0, 8, 9]"
    ),
    (
      header("\"F32\"", "[2]", "[8,0]"),
      "tensor a: expected data_offsets [begin, end] within 8 bytes, found [8, 0]"
    ),
    (
      header("\"F32\"", "[3]", "[0,12]"),
      "tensor a: expected data_offsets [begin, end] within 8 bytes, found [0, 12]"
    ),
    (
      header("\"F32\"", "[2]", "[0,9223372036854775807]"),
      "tensor a: expected data_offsets [begin, end] within 8 bytes, "
        + "found [0, 9223372036854775807]"
    ),
    (
      header("\"F32\"", "[2]", "[0,9223372036854775808]"),
      "tensor a: expected whole numbers in data_offsets, found others"
    ),
    (header("\"F32\"", "[3]"), "tensor a: expected 12 bytes for F32 [3], found 8"),
    (header("\"F16\""), "tensor a: expected 4 bytes for F16 [2], found 8"),
    (
      header("\"F32\"", "[4611686018427387904,4]"),
      "tensor a: expected a shape that fits, found [4611686018427387904, 4]"
    ),
    (
      header("\"F32\"", "[4294967296,4294967296,0]"),
      "tensor a: expected a shape that fits, found [4294967296, 4294967296, 0]"
    ),
    (
      two("[0,4]", "[2,6]"),
      "tensor b: expected data at byte 4, found 2, which overlaps the tensor before"
    ),
    (
      two("[0,4]", "[0,4]"),
      "tensor b: expected data at byte 4, found 0, which overlaps the tensor before"
    ),
    (two("[4,8]", "[3,7]"), "tensor b: expected data at byte 0, found 3, which leaves a gap"),
    (
      two("[0,4]", "[4,9]"),
      "tensor b: expected data_offsets [begin, end] within 8 bytes, found [4, 9]"
    ),
    (header("\"F32\"", "[1]", "[0,4]"), "expected 4 bytes of tensors, found 8"),
    ("{}", "expected 0 bytes of tensors, found 8"),
    ("{\"__metadata__\":[]}", "header, __metadata__: expected an object, found a list"),
    (
      "{\"__metadata__\":{\"a\":1}}",
      "header, __metadata__, a: expected text, found a number"
    ),
  ]

  @Test("Refused, with location, expected and found", arguments: refused)
  func refuses(_ header: String, _ message: String) {
    let bytes = safetensorsBytes(header: header, data: [UInt8](repeating: 0, count: 8))
    let error = #expect(throws: TensorFileError.self) { try Self.open(bytes) { _ in } }
    #expect(error?.description == message)
  }

  @Test("A header's length that lies is refused before anything is read")
  func lengths() {
    let most = Self.small.count - 8
    for length in [UInt64(most + 1), 100_000_001, 1 << 62, 1 << 63, .max] {
      let error = #expect(throws: TensorFileError.self) {
        try Self.open(littleEndianBytes(length) + Self.small[8...]) { _ in }
      }
      #expect(
        error?.description
          == "byte 0: expected a header of at most \(most) bytes, found a length of \(length)")
    }
    for count in 0..<8 {
      let error = #expect(throws: TensorFileError.self) {
        try Self.open(Array(Self.small[..<count])) { _ in }
      }
      #expect(
        error?.description == "expected 8 bytes of header length, found a file of \(count)")
    }
  }

  @Test("Every beginning of a file is refused, and so is a file with a byte too many")
  func prefixes() {
    for end in Self.small.indices {
      #expect(throws: TensorFileError.self) { try Self.open(Array(Self.small[..<end])) { _ in } }
    }
    #expect(throws: TensorFileError.self) { try Self.open(Self.small + [0]) { _ in } }
  }

  @Test("A header with any bit flipped gives an error, or tensors of the same bytes")
  func flips() throws {
    let headerEnd = Self.small.count - 28
    try withTemporaryFolder { folder in
      for bit in 0..<headerEnd * 8 {
        var flipped = Self.small
        flipped[bit / 8] ^= 1 << (bit % 8)
        let path = folder.appending(path: "\(bit)").path
        try Data(flipped).write(to: URL(fileURLWithPath: path))
        guard let file = try? SafetensorsFile(path: path) else { continue }
        // Only a name, metadata or a type of the same size can change unnoticed.
        #expect(
          file.entries.map(\.bytes) == [
            headerEnd..<headerEnd + 16, headerEnd + 16..<headerEnd + 28,
          ],
          "bit \(bit)")
        #expect(file.entries.map(\.shape) == [[2, 2], [3]], "bit \(bit)")
        for entry in file.entries {
          guard let tensor = try? file.tensor(named: entry.name) else { continue }
          #expect(tensor.values == (entry.shape == [3] ? [5, 6, 7] : [1, 2, 3, 4]), "bit \(bit)")
        }
      }
    }
  }

  @Test("Any bytes after a header's length give an error or a file that keeps within them")
  func noise() throws {
    var random = Xorshift(state: 17)
    let words = [
      "{", "}", "[", "]", ":", ",", "\"a\"", "\"dtype\"", "\"shape\"", "\"data_offsets\"",
      "\"F32\"", "\"I8\"", "0", "4", "8", "99999999999", "-1", "\"__metadata__\"", " ",
    ]
    try withTemporaryFolder { folder in
      for round in 0..<500 {
        let header = (0..<random.next() % 30).map { _ in
          words[Int(random.next() % UInt64(words.count))]
        }.joined()
        let bytes = safetensorsBytes(header: round % 2 == 0 ? header : "{\"a\":{\(header)}}")
        let path = folder.appending(path: "\(round)").path
        try Data(bytes + [1, 2, 3, 4]).write(to: URL(fileURLWithPath: path))
        guard let file = try? SafetensorsFile(path: path) else { continue }
        #expect(file.entries.allSatisfy { $0.bytes.upperBound <= bytes.count + 4 })
      }
    }
  }

  @Test("A file that is missing, a folder or a pipe is said to be so, without waiting")
  func unopenable() throws {
    try withTemporaryFolder { folder in
      let missing = #expect(throws: FileAccessError.self) {
        try SafetensorsFile(path: folder.appending(path: "none").path)
      }
      #expect(missing?.reason == .missing)
      let directory = #expect(throws: FileAccessError.self) {
        try SafetensorsFile(path: folder.path)
      }
      #expect(directory?.reason == .notAFile)
      let pipe = folder.appending(path: "pipe").path
      try #require(mkfifo(pipe, 0o600) == 0)
      let error = #expect(throws: FileAccessError.self) { try SafetensorsFile(path: pipe) }
      #expect(error?.reason == .notAFile)
    }
  }
}
