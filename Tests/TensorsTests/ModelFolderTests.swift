// Model folders as HuggingFace's programs write them: all forms hold the same tensors, and what is
// no model is named. The folders are of make_folders.py.

import Foundation
import Tensors
import TestSupport
import Testing

/// A folder that make_folders.py made.
func folderFixture(_ name: String) -> String {
  Bundle.module.bundleURL.appending(path: "Fixtures/huggingface-folders/\(name)").path
}

@Suite("Model folders are opened in every form in which they are stored")
struct ModelFolderTests {
  /// The folders, and how far half precision may move their tensors.
  static let forms: [(folder: String, weights: String, tolerance: Float)] = [
    ("safetensors", "model.safetensors", 0), ("shards", "model.safetensors.index.json", 0),
    ("bin_zip", "pytorch_model.bin", 0), ("bin_zip_old", "pytorch_model.bin", 0),
    ("bin_legacy", "pytorch_model.bin", 0), ("bin_shards", "pytorch_model.bin.index.json", 0),
    ("variant_fp16", "model.fp16.safetensors", 0), ("checkpoint-2", "model.safetensors", 0),
    ("bfloat16", "model.safetensors", 0.004),
  ]

  @Test("every form has the names, shapes and numbers of one file", arguments: forms)
  func everyForm(_ form: (folder: String, weights: String, tolerance: Float)) throws {
    let whole = try #require(try ModelFolder.opened(folderFixture("safetensors")))
    let folder = try #require(try ModelFolder.opened(folderFixture(form.folder)))
    #expect(folder.weightsName == form.weights)
    #expect(folder.modelType == "perceiver")
    #expect(!folder.isNamedFile)
    let expected = Set(whole.file.entries.map(\.name))
    #expect(expected.count == 58 && Set(folder.file.entries.map(\.name)) == expected)
    for name in expected {
      let (a, b) = (try folder.file.tensor(named: name), try whole.file.tensor(named: name))
      #expect(a.shape == b.shape, "\(name)")
      for (x, y) in zip(a.values, b.values) {
        #expect(abs(x - y) <= form.tolerance * abs(y), "\(name)")
      }
    }
  }

  @Test("a file in a folder opens that file, and a shard all of its index")
  func namedFiles() throws {
    let file = try #require(
      try ModelFolder.opened(folderFixture("bin_zip") + "/pytorch_model.bin"))
    #expect(file.isNamedFile && file.weightsName == "pytorch_model.bin" && file.notes.isEmpty)
    let index = try #require(
      try ModelFolder.opened(folderFixture("shards") + "/model.safetensors.index.json"))
    #expect(index.file.entries.count == 58)
    let shard = try #require(
      try ModelFolder.opened(folderFixture("shards") + "/model-00002-of-00004.safetensors"))
    #expect(shard.file.entries.count == 58)
    #expect(
      shard.notes == [
        "model-00002-of-00004.safetensors is a part of the model; all of "
          + "model.safetensors.index.json is read"
      ])
  }

  @Test("a file beside no configuration of a model is left to others, as is what is not there")
  func others() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "model.safetensors").path
      try Self.copy("safetensors", ["model.safetensors"], to: folder)
      #expect(try ModelFolder.opened(path) == nil)
      try #"{"depth": 6}"#.write(
        toFile: folder.path + "/config.json", atomically: true, encoding: .utf8)
      #expect(try ModelFolder.opened(path) == nil)
      #expect(try ModelFolder.opened(folder.path + "/none.safetensors") == nil)
      #expect(try ModelFolder.opened("nobody/nothing", cache: Self.cache(folder)) == nil)
    }
  }

  @Test("of checkpoints the last is opened, or the one that the training calls its best")
  func checkpoints() throws {
    try withTemporaryFolder { folder in
      for number in [5, 10, 9] {
        try Self.copy(
          "checkpoint-2", ["config.json", "model.safetensors"],
          to: folder.appending(path: "checkpoint-\(number)"))
      }
      let last = try #require(try ModelFolder.opened(folder.path))
      #expect(last.path.hasSuffix("/checkpoint-10"))
      #expect(last.notes == ["checkpoint-10 is opened, the last of 3"])
      try #"{"best_model_checkpoint": "out/checkpoint-5"}"#.write(
        toFile: folder.path + "/checkpoint-10/trainer_state.json", atomically: true,
        encoding: .utf8)
      let best = try #require(try ModelFolder.opened(folder.path))
      #expect(best.notes == ["checkpoint-5 is opened, the best as trainer_state.json says"])
    }
  }

  @Test("a model is found by its name in the cache of the Hub, its weights in another snapshot too")
  func cache() throws {
    try withTemporaryFolder { folder in
      let model = folder.appending(path: "models--owner--name")
      try Self.copy("safetensors", ["config.json"], to: model.appending(path: "snapshots/aaaa"))
      try Self.copy(
        "safetensors", ["model.safetensors"], to: model.appending(path: "snapshots/bbbb"))
      try Self.write("aaaa\n", model.appending(path: "refs/main"))
      try Self.write("bbbb", model.appending(path: "refs/refs/pr/1"))
      let found = try #require(
        try ModelFolder.opened("owner/name", cache: Self.cache(folder)))
      #expect(found.file.entries.count == 58)
      #expect(found.weightsPath.hasSuffix("/snapshots/bbbb/model.safetensors"))
      #expect(
        found.notes == [
          "owner/name is read from the Hub cache, snapshot aaaa",
          "the weights are those of snapshot bbbb",
        ])
      for name in ["owner/..", "../name", "owner", "a/b/c", "owner/na me"] {
        #expect(try ModelFolder.opened(name, cache: Self.cache(folder)) == nil, "\(name)")
      }
    }
  }

  @Test("processors are read from either of their files")
  func processors() throws {
    try withTemporaryFolder { folder in
      try Self.copy("safetensors", ["config.json", "model.safetensors"], to: folder)
      #expect(try ModelFolder.opened(folder.path)?.photoProcessor == nil)
      try Self.write(#"{"size": 8}"#, folder.appending(path: "preprocessor_config.json"))
      let old = try #require(try ModelFolder.opened(folder.path))
      #expect(old.photoProcessor?["size"] == .integer(8))
      try Self.write(
        #"{"image_processor": {"size": 9}}"#, folder.appending(path: "processor_config.json"))
      let new = try #require(try ModelFolder.opened(folder.path))
      #expect(new.photoProcessor?["size"] == .integer(9))
      #expect(new.photoProcessorName == "processor_config.json")
    }
  }

  static let bad: [(files: [String: String], message: String)] = [
    ([:], "expected a model folder with config.json, found none"),
    (["config.json": "{}"], "expected an object with model_type, found none"),
    (["config.json": "{"], "config.json: byte 1: expected"),
    (["config.json": Self.config], "expected model.safetensors or pytorch_model.bin"),
    (
      ["config.json": Self.config, "tf_model.h5": ""],
      "expected weights, found tf_model.h5, weights of TensorFlow"
    ),
    (
      ["config.json": Self.config, "flax_model.msgpack": ""], "flax_model.msgpack, weights of Flax"
    ),
    (
      ["config.json": Self.config, "net.onnx": ""],
      "expected weights, found net.onnx, an ONNX graph"
    ),
    (
      ["config.json": Self.config, "adapter_config.json": "{}"],
      "adapter_config.json, an adapter (LoRA)"
    ),
    (["adapter_config.json": "{}"], "adapter_config.json, an adapter (LoRA)"),
    (
      ["config.json": Self.config, "training_args.bin": ""],
      "expected weights, found training_args.bin, the settings"
    ),
    (
      ["config.json": Self.config, "model.a.safetensors": "", "model.b.safetensors": ""],
      "expected one file of weights, found model.a.safetensors, model.b.safetensors"
    ),
    (
      ["config.json": #"{"model_type": "perceiver", "transformers_weights": "../x.safetensors"}"#],
      #"transformers_weights: expected a .safetensors file of the folder, found "../x.safetensors""#
    ),
    (
      Self.index(#"{"weight_map": {"a": "../model.safetensors"}}"#),
      "a: expected a file of the same folder"
    ),
    (Self.index(#"{"weight_map": {"a": "/etc/passwd"}}"#), "a: expected a file of the same folder"),
    (Self.index(#"{"weight_map": {"a": ".."}}"#), "a: expected a file of the same folder"),
    (Self.index(#"{"weight_map": {"a": "gone.safetensors"}}"#), "gone.safetensors: no such file"),
    (
      Self.index(#"{"weight_map": {"a": "x", "a": "y"}}"#),
      #"model.safetensors.index.json: byte 26: expected each name once, found "a" again"#
    ),
    (Self.index(#"{"weight_map": {}}"#), "weight_map: expected an object of names and files"),
    (Self.index("[]"), "weight_map: expected an object of names and files, found none"),
  ]

  @Test("what is no model that can be opened is said in one line", arguments: bad)
  func refused(_ bad: (files: [String: String], message: String)) throws {
    try withTemporaryFolder { folder in
      for (name, text) in bad.files { try Self.write(text, folder.appending(path: name)) }
      do {
        let found = try ModelFolder.opened(folder.path)
        Issue.record("opened \(String(describing: found?.weightsName))")
      } catch {
        #expect("\(error)".contains(bad.message), "\(error)")
        #expect(!"\(error)".contains("\n"))
      }
    }
  }

  static let badAdapters: [(change: (String, String), message: String)] = [
    ((#""LORA""#, #""IA3""#), #"peft_type: expected LORA, found "IA3"; merge_and_unload()"#),
    ((#""use_dora": false"#, #""use_dora": true"#), "use_dora: expected false, found true"),
    ((#""lora_alpha": 6"#, #""lora_alpha": "6""#), "lora_alpha: expected a number, found text"),
    (
      (#""alpha_pattern": {}"#, #""alpha_pattern": {"layers\\.\\d": 8}"#),
      "alpha_pattern: expected ends of layers' names, found \"layers"
    ),
    (
      (#""alpha_pattern": {}"#, #""alpha_pattern": {"query": "8"}"#),
      "alpha_pattern: query: expected a number, found text"
    ),
    (("../safetensors", "../shards/no"), "base_model_name_or_path: expected a model folder"),
    (("../safetensors", "."), "base_model_name_or_path: expected a model folder"),
  ]

  @Test(
    "an adapter that is not a plain sum, or not of its model, is refused", arguments: badAdapters)
  func adapters(_ bad: (change: (String, String), message: String)) throws {
    try withTemporaryFolder { folder in
      try Self.copy(
        "safetensors", ["config.json", "model.safetensors"],
        to: folder.appending(path: "safetensors"))
      let lora = folder.appending(path: "lora")
      try Self.copy("lora", ["adapter_config.json", "adapter_model.safetensors"], to: lora)
      let file = lora.appending(path: "adapter_config.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(try ModelFolder.opened(lora.path)?.notes.count == 1)
      try Self.write(text.replacing(bad.change.0, with: bad.change.1), file)
      let error = #expect(throws: ModelFolderError.self) { try ModelFolder.opened(lora.path) }
      #expect(error?.description.contains(bad.message) == true, "\(error?.description ?? "")")
    }
  }

  /// What is said of an adapter's strength, and what its layers' parts are multiplied by: of queries and
  /// of values. The rank is 2.
  static let scales: [(change: (String, String), query: Double, value: Double)] = [
    (("none", "none"), 3, 3),
    ((#""use_rslora": false"#, #""use_rslora": true"#), 6 / 2.0.squareRoot(), 6 / 2.0.squareRoot()),
    ((#""alpha_pattern": {}"#, #""alpha_pattern": {"query": 10}"#), 5, 3),
    ((#""alpha_pattern": {}"#, #""alpha_pattern": {"self.query": 10, "query": 4.5}"#), 5, 3),
    ((#""alpha_pattern": {}"#, #""alpha_pattern": {"uery": 10, "self.value": 1}"#), 3, 0.5),
  ]

  @Test(
    "an adapter's part is as strong as its configuration says, of either kind of file",
    arguments: scales, ["lora/adapter_model.safetensors", "lora_bin/adapter_model.bin"])
  func scaled(
    _ scale: (change: (String, String), query: Double, value: Double), _ file: String
  ) throws {
    try withTemporaryFolder { folder in
      try Self.copy(
        "safetensors", ["config.json", "model.safetensors"],
        to: folder.appending(path: "safetensors"))
      let lora = folder.appending(path: "lora")
      let parts = file.split(separator: "/").map(String.init)
      try Self.copy(parts[0], [parts[1]], to: lora)
      let text = try String(
        contentsOfFile: folderFixture("lora") + "/adapter_config.json", encoding: .utf8)
      try Self.write(
        text.replacing(scale.change.0, with: scale.change.1),
        lora.appending(path: "adapter_config.json"))
      let base = try TensorFile(path: folderFixture("safetensors") + "/model.safetensors")
      let adapter = try TensorFile(path: folderFixture("lora") + "/adapter_model.safetensors")
      let model = try #require(try ModelFolder.opened(lora.path)).file
      let downs = adapter.entries.map(\.name).filter { $0.hasSuffix(".lora_A.weight") }
      #expect(downs.count == 6)
      for down in downs {
        let layer = down.dropFirst("base_model.model.".count).dropLast(".lora_A.weight".count)
        let factor = layer.hasSuffix("query") ? scale.query : scale.value
        let (a, b) = (
          try adapter.tensor(named: down),
          try adapter.tensor(named: down.replacing("lora_A", with: "lora_B"))
        )
        let own = try base.tensor(named: layer + ".weight")
        let (rows, columns) = (own.shape[0], own.shape[1])
        let expected = (0..<rows * columns).map { index -> Float in
          let (row, column) = index.quotientAndRemainder(dividingBy: columns)
          let sum = (0..<2).reduce(0.0) {
            $0 + Double(b.values[row * 2 + $1]) * Double(a.values[$1 * columns + column])
          }
          return Float(Double(own.values[index]) + factor * sum)
        }
        let found = try model.tensor(named: layer + ".weight").values
        #expect(relativeError(found, expected) < 1e-6, "\(layer)")
      }
    }
  }

  @Test("the file that config.json names is opened, and not another of a customary name")
  func statedWeights() throws {
    for (fixture, files, name) in [
      ("safetensors", ["model.safetensors"], "own.safetensors"),
      ("shards", [], "own.safetensors.index.json"),
    ] {
      try withTemporaryFolder { folder in
        let source = folderFixture(fixture)
        let all = try FileManager.default.contentsOfDirectory(atPath: source)
        try Self.copy(fixture, all.filter { $0.hasPrefix("model-") } + files, to: folder)
        try FileManager.default.copyItem(
          atPath: source + (files.isEmpty ? "/model.safetensors.index.json" : "/" + files[0]),
          toPath: folder.appending(path: name).path)
        try Self.write("no weights", folder.appending(path: "model.safetensors"))
        try Self.write(
          "{\"model_type\": \"perceiver\", \"transformers_weights\": \"\(name)\"}",
          folder.appending(path: "config.json"))
        let model = try #require(try ModelFolder.opened(folder.path))
        #expect(model.weightsName == name && model.file.entries.count == 58)
        #expect(model.notes.isEmpty)
      }
    }
  }

  @Test("a file of a folder that holds no model is refused by its name")
  func refusedFiles() throws {
    for (file, words) in [
      ("lora/adapter_model.safetensors", "an adapter (LoRA)"),
      ("checkpoint-2/training_args.bin", "the settings of a training"),
      ("checkpoint-2/optimizer.pt", "the state of an optimizer"),
    ] {
      let error = #expect(throws: ModelFolderError.self) {
        try ModelFolder.opened(folderFixture(file))
      }
      #expect(error?.description.contains(words) == true, "\(file)")
    }
  }

  @Test("an index that names a tensor its file has not is refused with the name")
  func wrongIndex() throws {
    try withTemporaryFolder { folder in
      try Self.copy("safetensors", ["config.json"], to: folder)
      try Self.copy("shards", ["model-00001-of-00004.safetensors"], to: folder)
      try Self.write(
        #"{"weight_map": {"no.such": "model-00001-of-00004.safetensors"}}"#,
        folder.appending(path: "model.safetensors.index.json"))
      let error = #expect(throws: ModelFolderError.self) { try ModelFolder.opened(folder.path) }
      #expect(
        error?.description.hasSuffix(
          "found none called no.such in model-00001-of-00004.safetensors") == true)
    }
  }

  @Test(
    "every beginning and flipped bit of the JSON files gives a folder or one line",
    arguments: ["config.json", "model.safetensors.index.json"])
  func damaged(_ name: String) throws {
    try withTemporaryFolder { folder in
      let files = try FileManager.default.contentsOfDirectory(atPath: folderFixture("shards"))
      try Self.copy("shards", files, to: folder)
      let whole = [UInt8](try Data(contentsOf: folder.appending(path: name)))
      func tryOpening(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: folder.appending(path: name))
        do {
          _ = try ModelFolder.opened(folder.path)
        } catch {
          #expect(!"\(error)".contains("\n") && "\(error)".count < 2000, "\(error)")
        }
      }
      for end in whole.indices { try tryOpening(Array(whole[..<end])) }
      for position in stride(from: 0, to: whole.count, by: 3) {
        var flipped = whole
        flipped[position] ^= 1 << (position % 8)
        try tryOpening(flipped)
      }
    }
  }

  private static let config = #"{"model_type": "perceiver"}"#

  private static func index(_ text: String) -> [String: String] {
    ["config.json": config, "model.safetensors.index.json": text]
  }

  static func cache(_ folder: URL) -> HubCache {
    HubCache(environment: ["HF_HUB_CACHE": folder.path])
  }

  static func write(_ text: String, _ file: URL) throws {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  static func copy(_ fixture: String, _ names: [String], to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in names {
      try FileManager.default.copyItem(
        atPath: folderFixture(fixture) + "/" + name, toPath: folder.appending(path: name).path)
    }
  }
}
