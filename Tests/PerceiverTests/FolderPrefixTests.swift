// Folders in whose files all names begin with what wraps the model in a training: transformers'
// from_pretrained knows none of them, and leaves every weight at random.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Folders whose names begin with a wrapper's are opened as without it")
struct FolderPrefixTests {
  /// A model opened, with what its names begin with.
  private struct Opened {
    let model: Perceiver
    let prefix: String
    let names: [String]
  }

  private static func opened(_ path: String, prefix: String? = nil) throws -> Opened {
    let checkpoint = try Checkpoint(path: path, prefix: prefix)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    return Opened(
      model: try checkpoint.model(try checkpoint.describe(given: given).configuration),
      prefix: checkpoint.modulePrefix, names: checkpoint.entries.map(\.name))
  }

  /// A safetensors file with other names: its header's are changed, its data stay.
  private static func renamed(_ file: URL, _ name: (String) -> String) throws -> [UInt8] {
    let bytes = [UInt8](try Data(contentsOf: file))
    let length = bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    guard case .object(let members) = try JSONValue(parsing: bytes[8..<8 + length]) else {
      return []
    }
    let changed = members.map { member in
      JSONValue.Member(
        name: member.name == "__metadata__" ? member.name : name(member.name), value: member.value)
    }
    return safetensorsBytes(
      header: JSONValue.object(changed).text, data: Array(bytes[(8 + length)...]))
  }

  /// Lends a copy of a fixture with such names.
  private static func withRenamed(
    _ fixture: String, _ name: (String) -> String, _ body: (URL) throws -> Void
  ) throws {
    let source = fixtures.appending(path: fixture)
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: source.appending(path: "config.json"), to: folder.appending(path: "config.json"))
      try Data(try renamed(source.appending(path: "model.safetensors"), name)).write(
        to: folder.appending(path: "model.safetensors"))
      try body(folder)
    }
  }

  private static func expectSame(_ fixture: String, _ one: Opened, _ whole: Opened) {
    #expect(one.model.configuration == whole.model.configuration)
    #expect(one.model.parameterCount == whole.model.parameterCount)
    for name in whole.names {
      #expect(
        one.model.parameter(named: name) == whole.model.parameter(named: name),
        "\(fixture): \(name)")
    }
  }

  @Test(
    "What DistributedDataParallel, torch.compile and Lightning put before all names is cut off",
    arguments: [
      "huggingface/bare", "huggingface/image_conv", "huggingface/masked_lm",
      "huggingface/sequence_classification", "krasserm/image_shared",
    ],
    [
      ("module.", "module."), ("_orig_mod.", ""), ("module._orig_mod.", "module."),
      ("_orig_mod.module.", "module."), ("model.", "model."), ("_fsdp_wrapped_module.", ""),
    ])
  func prefixes(_ fixture: String, _ prefix: (stored: String, said: String)) throws {
    let whole = try Self.opened(fixtures.appending(path: fixture).path)
    try Self.withRenamed(fixture) {
      prefix.stored + $0
    } _: { folder in
      let one = try Self.opened(folder.path)
      Self.expectSame(fixture, one, whole)
      #expect(one.prefix == prefix.said + whole.prefix)
      #expect(
        one.names.count == whole.names.count && one.names.allSatisfy { $0.hasPrefix(prefix.stored) }
      )
    }
  }

  @Test("A part that was compiled by itself is opened too")
  func inside() throws {
    let fixture = "huggingface/sequence_classification"
    let whole = try Self.opened(fixtures.appending(path: fixture).path)
    try Self.withRenamed(fixture) {
      $0.replacing("perceiver.encoder.", with: "perceiver.encoder._orig_mod.")
    } _: {
      Self.expectSame(fixture, try Self.opened($0.path), whole)
    }
  }

  @Test("Files of an index may have such names")
  func shards() throws {
    let source = fixtures.appending(path: "huggingface/bare")
    let whole = try Self.opened(source.path)
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: source.appending(path: "config.json"), to: folder.appending(path: "config.json"))
      var index: [JSONValue.Member] = []
      for (number, isFirst) in [(1, true), (2, false)] {
        let file = "model-0000\(number)-of-00002.safetensors"
        var tensors: [String: Tensor] = [:]
        for name in whole.names where name.contains("self_attends.") != isFirst {
          tensors["module." + name] = whole.model.parameter(named: name)
          index.append(.init(name: "module." + name, value: .string(file)))
        }
        try SafetensorsWriter.write(tensors, to: folder.appending(path: file).path)
      }
      let json = JSONValue.object([.init(name: "weight_map", value: .object(index))])
      try Data(json.text.utf8).write(to: folder.appending(path: "model.safetensors.index.json"))
      let one = try Self.opened(folder.path)
      #expect(one.prefix == "module.")
      Self.expectSame("bare", one, whole)
    }
  }

  @Test("Where a model lies beside a wrapped one, both are named, and --prefix chooses")
  func two() throws {
    let source = fixtures.appending(path: "huggingface/bare")
    let whole = try Self.opened(source.path)
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: source.appending(path: "config.json"), to: folder.appending(path: "config.json"))
      var tensors: [String: Tensor] = [:]
      for name in whole.names {
        let own = try #require(whole.model.parameter(named: name))
        tensors[name] = Tensor(shape: own.shape)
        tensors["module." + name] = own
      }
      try SafetensorsWriter.write(tensors, to: folder.appending(path: "model.safetensors").path)
      let error = #expect(throws: (any Error).self) { try Self.opened(folder.path) }
      let text = error.map { "\($0)" } ?? ""
      #expect(
        text.contains("expected one model, found 2") && text.contains("--prefix module.")
          && !text.contains("\n"), "\(text)")
      Self.expectSame("bare", try Self.opened(folder.path, prefix: "module"), whole)
    }
  }

  @Test(
    "Where only some names begin with a wrapper's, the others are missed",
    arguments: [
      ("self_attends.1.", "num_self_attends_per_block: expected 1 (layers in the file), found 2"),
      ("dense2.bias", "encoder.cross_attention.mlp.dense2.bias [24], found none"),
    ])
  func some(_ part: String, _ message: String) throws {
    try Self.withRenamed("huggingface/bare") {
      $0.contains(part) ? $0 : "module." + $0
    } _: { folder in
      let error = #expect(throws: (any Error).self) { try Self.opened(folder.path) }
      let text = error.map { "\($0)" } ?? ""
      #expect(text.contains(message) && !text.contains("\n"), "\(text)")
    }
  }
}
