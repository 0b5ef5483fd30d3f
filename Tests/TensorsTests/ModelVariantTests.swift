// Variants of weights: files with `fp16` in their names, which from_pretrained opens where it is told
// their variant, and which are opened here where they are the only ones.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Variants of weights are opened under all names that programs give them")
struct ModelVariantTests {
  /// How an index, a shard and a whole file of a variant are called: as `save_pretrained(…,
  /// variant="fp16")` of transformers does, and as huggingface_hub's `save_torch_state_dict`.
  static let spellings = ["model.safetensors.index.fp16.json", "model.fp16.safetensors.index.json"]

  private static func shard(_ number: Int) -> String {
    "model.fp16-0000\(number)-of-00004.safetensors"
  }

  /// Lends a folder with the shards of the fixture under names of a variant.
  private static func withShards(
    index name: String, _ body: (URL) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      try ModelFolderTests.copy("shards", ["config.json"], to: folder)
      for number in 1...4 {
        try FileManager.default.copyItem(
          atPath: folderFixture("shards") + "/model-0000\(number)-of-00004.safetensors",
          toPath: folder.appending(path: shard(number)).path)
      }
      let index = try String(
        contentsOfFile: folderFixture("shards") + "/model.safetensors.index.json", encoding: .utf8)
      try ModelFolderTests.write(
        index.replacing("\"model-", with: "\"model.fp16-"), folder.appending(path: name))
      try body(folder)
    }
  }

  private static func expectWhole(_ folder: ModelFolder) throws {
    let whole = try #require(try ModelFolder.opened(folderFixture("safetensors")))
    #expect(Set(folder.file.entries.map(\.name)) == Set(whole.file.entries.map(\.name)))
    for entry in whole.file.entries {
      #expect(
        try folder.file.tensor(named: entry.name) == whole.file.tensor(named: entry.name),
        "\(entry.name)")
    }
  }

  @Test(
    "An index of a variant is opened where it is the only one, and that is said",
    arguments: spellings)
  func index(_ name: String) throws {
    try Self.withShards(index: name) { folder in
      let found = try #require(try ModelFolder.opened(folder.path))
      #expect(found.weightsName == name)
      #expect(found.notes == ["the weights are those of \(name), the only ones there"])
      try Self.expectWhole(found)
    }
  }

  @Test("An index or a shard of a variant that is named opens all of it", arguments: spellings)
  func named(_ name: String) throws {
    try Self.withShards(index: name) { folder in
      let index = try #require(try ModelFolder.opened(folder.path + "/" + name))
      #expect(index.weightsName == name && index.notes.isEmpty)
      try Self.expectWhole(index)
      let shard = Self.shard(3)
      let part = try #require(try ModelFolder.opened(folder.path + "/" + shard))
      #expect(part.notes == ["\(shard) is a part of the model; all of \(name) is read"])
      try Self.expectWhole(part)
    }
  }

  @Test(
    "Weights of no variant go first, and of several variants none is guessed", arguments: spellings)
  func several(_ name: String) throws {
    try Self.withShards(index: name) { folder in
      try FileManager.default.copyItem(
        atPath: folderFixture("variant_fp16") + "/model.fp16.safetensors",
        toPath: folder.appending(path: "model.bf16.safetensors").path)
      let error = #expect(throws: ModelFolderError.self) { try ModelFolder.opened(folder.path) }
      let text = error?.description ?? ""
      #expect(
        text.hasPrefix("expected one file of weights, found ") && text.contains(name)
          && text.contains("model.bf16.safetensors") && text.hasSuffix("; name the one to open"),
        "\(text)")
      try ModelFolderTests.copy("safetensors", ["model.safetensors"], to: folder)
      let plain = try #require(try ModelFolder.opened(folder.path))
      #expect(plain.weightsName == "model.safetensors" && plain.notes.isEmpty)
    }
  }

  @Test(
    "Other names in a folder are no variants",
    arguments: [
      "model.safetensors.fp16.index.json", "model.fp16.index.safetensors.json",
      "other.safetensors.index.fp16.json", "model.fp16.index.json", "model.fp16.bin",
    ])
  func others(_ name: String) throws {
    try withTemporaryFolder { folder in
      try ModelFolderTests.copy("shards", ["config.json"], to: folder)
      try ModelFolderTests.write("{}", folder.appending(path: name))
      let error = #expect(throws: ModelFolderError.self) { try ModelFolder.opened(folder.path) }
      #expect(
        error?.description.hasPrefix("expected model.safetensors or pytorch_model.bin") == true,
        "\(error?.description ?? "")")
    }
  }

  @Test("A damaged index of a variant is said with its name", arguments: spellings)
  func damaged(_ name: String) throws {
    try Self.withShards(index: name) { folder in
      for (text, words) in [
        ("{", "byte 1: expected"), (#"{"weight_map": {"a": "../x"}}"#, "a file of the same folder"),
      ] {
        try ModelFolderTests.write(text, folder.appending(path: name))
        let error = #expect(throws: ModelFolderError.self) { try ModelFolder.opened(folder.path) }
        let said = error?.description ?? ""
        #expect(said.hasPrefix(name + ": ") && said.contains(words), "\(said)")
      }
    }
  }
}
