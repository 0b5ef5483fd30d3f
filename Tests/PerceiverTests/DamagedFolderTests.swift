// Model folders with damaged or absurd files: one line of what is wrong, or the same model.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A damaged model folder gives one line or the same model")
struct DamagedFolderTests {
  private static let source = fixtures.appending(path: "huggingface/sequence_classification")
  /// A folder of each package that has folders.
  static let sources = ["huggingface/sequence_classification", "krasserm/mlm"]

  private static func opened(_ path: String) throws -> (model: Perceiver, notes: [String]) {
    let checkpoint = try Checkpoint(path: path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    let description = try checkpoint.describe(given: given)
    return (try checkpoint.model(description.configuration), description.notes)
  }

  /// A folder with a fixture's files, of which one can be written anew.
  private static func withCopy(
    of source: URL = source, _ body: (URL) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      for name in ["config.json", "model.safetensors"] {
        try FileManager.default.copyItem(
          at: source.appending(path: name), to: folder.appending(path: name))
      }
      try body(folder)
    }
  }

  /// What is wrong with a folder: nothing where it opens as the whole model, if that is given, and
  /// nothing where it is refused in one line.
  private static func problem(_ folder: URL, _ whole: Perceiver?, _ names: [String]) -> String? {
    do {
      let (model, _) = try opened(folder.path)
      guard let whole else { return nil }
      if model.configuration != whole.configuration { return "another model" }
      let wrong = names.first { model.parameter(named: $0) != whole.parameter(named: $0) }
      return wrong.map { "another \($0)" }
    } catch {
      return Damage.isOneLine(error) ? nil : "no line: \(error)"
    }
  }

  @Test(
    "Weights cut short are refused, and no flipped bit of their header makes another model",
    arguments: sources)
  func weights(_ name: String) throws {
    let source = fixtures.appending(path: name)
    let whole = try Self.opened(source.path).model
    let names = try Checkpoint(path: source.path).entries.map(\.name)
    try Self.withCopy(of: source) { folder in
      let file = folder.appending(path: "model.safetensors")
      let bytes = [UInt8](try Data(contentsOf: file))
      let header = 8 + Int(bytes[0]) + Int(bytes[1]) << 8 + Int(bytes[2]) << 16
      for end in Array(Damage.beginnings(of: header, step: 7)) + [header, bytes.count - 1] {
        try Data(bytes[..<end]).write(to: file)
        let error = #expect(throws: (any Error).self, "\(end) bytes") {
          try Self.opened(folder.path)
        }
        #expect(error.map(Damage.isOneLine) == true, "\(end) bytes")
      }
      for (position, bit, flipped) in Damage.flips(of: bytes, first: header) {
        try Data(flipped).write(to: file)
        let found = Self.problem(folder, whole, names)
        #expect(found == nil, "byte \(position), bit \(bit): \(found ?? "")")
      }
    }
  }

  @Test(
    "Any beginning and any flipped bit of config.json gives a model or one line",
    arguments: sources)
  func configuration(_ name: String) throws {
    try Self.withCopy(of: fixtures.appending(path: name)) { folder in
      let file = folder.appending(path: "config.json")
      let bytes = [UInt8](try Data(contentsOf: file))
      for end in Damage.beginnings(of: bytes.count - 1, step: 11) {
        try Data(bytes[..<end]).write(to: file)
        let error = #expect(throws: (any Error).self, "\(end) bytes") {
          try Self.opened(folder.path)
        }
        #expect(error.map(Damage.isOneLine) == true, "\(end) bytes")
      }
      for (position, bit, flipped) in Damage.flips(of: bytes, first: bytes.count) {
        try Data(flipped).write(to: file)
        let found = Self.problem(folder, nil, [])
        #expect(found == nil, "byte \(position), bit \(bit): \(found ?? "")")
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
