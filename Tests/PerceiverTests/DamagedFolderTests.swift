// Model folders with damaged or absurd files: one line of what is wrong, or the same model.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A damaged model folder gives one line or the same model")
struct DamagedFolderTests {
  /// All prefixes and all bits are tried where the environment has PERCEIVER_EVERY_BIT, else some.
  private static let isExhaustive =
    ProcessInfo.processInfo.environment["PERCEIVER_EVERY_BIT"] != nil
  private static let source = fixtures.appending(path: "huggingface/sequence_classification")

  private static func opened(_ path: String) throws -> (model: Perceiver, notes: [String]) {
    let checkpoint = try Checkpoint(path: path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    let description = try checkpoint.describe(given: given)
    return (try checkpoint.model(description.configuration), description.notes)
  }

  /// A folder with the fixture's files, of which one can be written anew.
  private static func withCopy(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      for name in ["config.json", "model.safetensors"] {
        try FileManager.default.copyItem(
          at: source.appending(path: name), to: folder.appending(path: name))
      }
      try body(folder)
    }
  }

  /// What is wrong with a folder; nil where it opens.
  private static func problem(_ folder: URL, _ whole: Perceiver?) -> String? {
    do {
      let (model, _) = try opened(folder.path)
      if let whole, model.configuration != whole.configuration { return "another model" }
      if let whole, let wrong = try firstDifference(model, whole) { return "another \(wrong)" }
      return nil
    } catch {
      let text = "\(error)"
      return text.isEmpty || text.contains("\n") || text.count > 4000 ? "no line: \(text)" : ""
    }
  }

  /// Which bits of some bytes are turned over, one at a time.
  private static func flips(of count: Int) -> [(position: Int, bit: UInt8)] {
    if isExhaustive { return (0..<8 * count).map { ($0 / 8, UInt8($0 % 8)) } }
    return stride(from: 0, to: count, by: 3).map { ($0, UInt8($0 / 3 % 8)) }
  }

  private static func firstDifference(_ one: Perceiver, _ other: Perceiver) throws -> String? {
    let names = try TensorFile(path: source.appending(path: "model.safetensors").path).entries
    return names.map(\.name).first {
      one.parameter(named: $0) != other.parameter(named: $0)
    }
  }

  @Test("Weights cut short are refused, and no flipped bit of their header makes another model")
  func weights() throws {
    let whole = try Self.opened(Self.source.path).model
    try Self.withCopy { folder in
      let file = folder.appending(path: "model.safetensors")
      let bytes = [UInt8](try Data(contentsOf: file))
      let header = 8 + Int(bytes[0]) + Int(bytes[1]) << 8 + Int(bytes[2]) << 16
      let step = Self.isExhaustive ? 1 : 7
      for end in Array(stride(from: 0, to: header, by: step)) + [header, bytes.count - 1] {
        try Data(bytes[..<end]).write(to: file)
        #expect(Self.problem(folder, nil) == "", "\(end) bytes")
      }
      for (position, bit) in Self.flips(of: header) {
        var flipped = bytes
        flipped[position] ^= 1 << bit
        try Data(flipped).write(to: file)
        let found = Self.problem(folder, whole)
        #expect(found == nil || found == "", "byte \(position), bit \(bit): \(found ?? "")")
      }
    }
  }

  @Test("Any beginning and any flipped bit of config.json gives a model or one line")
  func configuration() throws {
    try Self.withCopy { folder in
      let file = folder.appending(path: "config.json")
      let bytes = [UInt8](try Data(contentsOf: file))
      for end in stride(from: 0, to: bytes.count - 1, by: Self.isExhaustive ? 1 : 11) {
        try Data(bytes[..<end]).write(to: file)
        #expect(Self.problem(folder, nil) == "", "\(end) bytes")
      }
      for (position, bit) in Self.flips(of: bytes.count) {
        var flipped = bytes
        flipped[position] ^= 1 << bit
        try Data(flipped).write(to: file)
        let found = Self.problem(folder, nil)
        #expect(found == nil || found == "", "byte \(position), bit \(bit): \(found ?? "")")
      }
    }
  }

  @Test(
    "Absurd values of config.json are refused by name, and nothing of their size is allocated",
    arguments: [
      ("num_latents", "1000000000000000000", "num_latents: expected 6 (rows of the latents)"),
      ("num_latents", "-6", "num_latents: expected a whole number"),
      ("num_latents", "6.5", "num_latents: expected a whole number, found 6.5"),
      ("num_latents", "\"6\"", "num_latents: expected a whole number, found \"6\""),
      ("d_latents", "1e300", "d_latents: expected a whole number"),
      ("num_blocks", "9223372036854775807", "num_blocks: expected a whole number from 1 to 4096"),
      ("num_blocks", "0", "num_blocks: expected a whole number from 1 to 4096"),
      ("num_blocks", "4096", "num_blocks: expected at most 4096 stages"),
      ("num_self_attends_per_block", "3", "num_self_attends_per_block: expected 2"),
      ("num_self_attention_heads", "0", "num_self_attention_heads: expected a whole number from 1"),
      ("num_self_attention_heads", "5", "num_self_attention_heads: expected a number that divides"),
      ("num_cross_attention_heads", "[2]", "num_cross_attention_heads: expected a whole number"),
      ("qk_channels", "65537", "qk_channels: expected a whole number from 1 to 65536"),
      ("qk_channels", "32", "expected the tensors of PerceiverForSequenceClassification"),
      ("v_channels", "-1", "v_channels: expected a whole number from 1 to 65536"),
      ("vocab_size", "4611686018427387904", "vocab_size: expected 262 (rows of the embedding)"),
      ("max_position_embeddings", "1", "max_position_embeddings: expected 24"),
      ("cross_attention_shape_for_attention", "\"x\"", "expected kv or q, found x"),
      ("hidden_act", "\"relu\"", "hidden_act: expected gelu, found relu"),
      ("model_type", "\"bert\"", "model_type: expected perceiver, found bert"),
      ("model_type", "null", "expected an object with model_type, found null"),
      ("architectures", "[\"PerceiverModel\"]", "architectures: expected PerceiverForSequence"),
    ])
  func absurd(_ name: String, _ value: String, _ message: String) throws {
    try Self.withCopy { folder in
      try Self.set(name, value, in: folder)
      let error = #expect(throws: (any Error).self) { try Self.opened(folder.path) }
      let text = error.map { "\($0)" } ?? ""
      #expect(text.contains(message) && !text.contains("\n"), "\(text)")
    }
  }

  @Test("Without heads the package's own default is taken, and refused where it does not divide")
  func heads() throws {
    try Self.withCopy { folder in
      for name in ["num_self_attention_heads", "num_cross_attention_heads"] {
        try Self.set(name, nil, in: folder)
      }
      let (model, _) = try Self.opened(folder.path)
      let heads = try #require(
        model.configuration.hyperparameters.first { $0.name == "num_self_attention_heads" })
      #expect(heads.value(in: model.configuration) == .integer(8))
    }
  }

  @Test(
    "Labels of another number than the classes stand where they fit, and that is said",
    arguments: [
      (#"{"0": "no"}"#, ["no", "LABEL_1", "LABEL_2"]),
      (#"{"0": "a", "1": "b", "2": "c", "3": "d"}"#, ["a", "b", "c"]),
      (#"{"2": "last", "x": "none", "-1": "less"}"#, ["LABEL_0", "LABEL_1", "last"]),
    ])
  func labels(_ labels: String, _ expected: [String]) throws {
    try Self.withCopy { folder in
      try Self.set("id2label", labels, in: folder)
      let (model, notes) = try Self.opened(folder.path)
      #expect(model.configuration.classNames == expected)
      #expect(notes.contains { $0.hasPrefix("id2label has ") }, "\(notes)")
    }
  }

  /// Writes a member of config.json, or takes it out.
  private static func set(_ name: String, _ value: String?, in folder: URL) throws {
    let file = folder.appending(path: "config.json")
    guard case .object(let members) = try JSONValue(parsing: Data(contentsOf: file)) else { return }
    var lines = members.filter { $0.name != name }.map {
      JSONValue.string($0.name).text + ": " + $0.value.text
    }
    if let value { lines.append("\"\(name)\": \(value)") }
    try Data(("{" + lines.joined(separator: ",\n") + "}").utf8).write(to: file)
  }
}
