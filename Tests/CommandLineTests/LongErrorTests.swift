// Errors about files whose names, numbers and lists have no end: one short line that names the file
// once.

import Foundation
import Tensors
import Testing

@Suite("long errors")
struct LongErrorTests {
  private static let long = String(repeating: "n", count: 100_000)
  private static let numbers = "[" + String(repeating: "1,", count: 50_000) + "2]"

  private static func safetensors(_ header: String) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
  }

  static let headers: [(what: String, header: String)] = [
    ("a name without a dtype", "{\"\(long)\": {}}"),
    (
      "a dtype", "{\"a\": {\"dtype\": \"\(long)\", \"shape\": [1], \"data_offsets\": [0, 4]}}"
    ),
    (
      "a shape", "{\"a\": {\"dtype\": \"F32\", \"shape\": \(numbers), \"data_offsets\": [0, 4]}}"
    ),
    ("offsets", "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": \(numbers)}}"),
    ("a name twice", "{\"\(long)\": 1, \"\(long)\": 2}"),
    ("a number", "{\"a\": 1\(String(repeating: "0", count: 5000))e999}"),
    ("metadata", "{\"__metadata__\": {\"\(long)\": 1}}"),
  ]

  @Test("of safetensors", arguments: headers.map(\.what))
  func ofHeaders(what: String) throws {
    let header = try #require(Self.headers.first { $0.what == what }?.header)
    try expectShort("model.safetensors", Self.safetensors(header), ["info", "model.safetensors"])
  }

  static let configurations: [(what: String, text: String)] = [
    ("an argument", "{\"args\": {\"\(long)\": 1}}"), ("a value", "{\"depth\": \"\(long)\"}"),
    ("a version", "{\"version\": \"\(long)\", \"args\": {}}"),
    ("a class", "{\"cls\": \"\(long)\", \"module\": \"\(long)\", \"args\": {}}"),
    ("a number", "{\"depth\": 1\(String(repeating: "0", count: 5000))}"),
    (
      "names of classes",
      "{\"args\": {}, \"perceiver_tui\": {\"class_names\": [\"\(long)\", \"\(long)\"]}}"
    ),
  ]

  @Test("of configurations", arguments: configurations.map(\.what))
  func ofConfigurations(what: String) throws {
    let text = try #require(Self.configurations.first { $0.what == what }?.text)
    try expectShort("config.json", Array(text.utf8), ["info", "--config", "config.json"])
  }

  @Test("of options")
  func options() throws {
    try expectShort("photo.ppm", [], ["info", "--depth", Self.long], names: "depth")
  }

  private func expectShort(
    _ name: String, _ bytes: [UInt8], _ arguments: [String], names: String? = nil
  ) throws {
    let folder = try TemporaryFolder()
    try folder.write(name, bytes)
    let result = try Program.run(arguments, in: folder.url)
    #expect(result.status == 65 || result.status == 64, "\(result.status)")
    #expect(result.errorLines.count == 1)
    // A sentence, and at most two quotations of 80 characters.
    #expect(result.standardError.utf8.count < 400, "\(result.standardError.prefix(500))")
    let expected = names ?? name
    #expect(result.standardError.components(separatedBy: expected).count == 2)
  }
}
