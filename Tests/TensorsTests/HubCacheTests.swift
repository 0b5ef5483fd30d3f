// The Hub's cache as huggingface_hub lays it out: files are blobs named by their hashes, and a snapshot
// of a commit is a folder of relative links to them.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Models are opened by name out of a cache that huggingface_hub laid out")
struct HubCacheTests {
  /// Forty digits, as git has them.
  private static func commit(_ digit: Character) -> String { String(repeating: digit, count: 40) }

  /// Puts files of a fixture into a model's snapshot: each as a blob, and a link to it.
  private static func download(
    _ fixture: String, _ names: [String], of model: String = "models--deepmind--tiny-perceiver",
    commit: String, into cache: URL
  ) throws {
    let folder = cache.appending(path: model)
    let snapshot = folder.appending(path: "snapshots/\(commit)")
    for part in [folder.appending(path: "blobs"), snapshot] {
      try FileManager.default.createDirectory(at: part, withIntermediateDirectories: true)
    }
    for name in names {
      let source = folderFixture(fixture) + "/" + name
      let hash = "\(fixture)-\(name)".utf8.map { String($0, radix: 16) }.joined()
      let blob = folder.appending(path: "blobs/\(hash)")
      if !FileManager.default.fileExists(atPath: blob.path) {
        try FileManager.default.copyItem(atPath: source, toPath: blob.path)
      }
      try FileManager.default.createSymbolicLink(
        atPath: snapshot.appending(path: name).path, withDestinationPath: "../../blobs/\(hash)")
    }
  }

  private static func refer(
    _ reference: String, to commit: String, of model: String = "models--deepmind--tiny-perceiver",
    in cache: URL
  ) throws {
    try ModelFolderTests.write(commit, cache.appending(path: "\(model)/refs/\(reference)"))
  }

  private static func opened(_ cache: URL) throws -> ModelFolder? {
    try ModelFolder.opened(
      "deepmind/tiny-perceiver", cache: HubCache(environment: ["HF_HUB_CACHE": cache.path]))
  }

  private static func expectWhole(_ folder: ModelFolder) throws {
    let whole = try #require(try ModelFolder.opened(folderFixture("safetensors")))
    for entry in whole.file.entries {
      #expect(
        try folder.file.tensor(named: entry.name) == whole.file.tensor(named: entry.name),
        "\(entry.name)")
    }
  }

  @Test("Links of a snapshot lead to blobs, of one file and of an index of shards")
  func links() throws {
    for (fixture, weights) in [
      ("safetensors", "model.safetensors"), ("shards", "model.safetensors.index.json"),
      ("bin_zip", "pytorch_model.bin"),
    ] {
      try withTemporaryFolder { cache in
        let names = try FileManager.default.contentsOfDirectory(atPath: folderFixture(fixture))
        try Self.download(fixture, names, commit: Self.commit("a"), into: cache)
        try Self.refer("main", to: Self.commit("a"), in: cache)
        let found = try #require(try Self.opened(cache))
        #expect(found.weightsName == weights)
        #expect(
          found.notes == [
            "deepmind/tiny-perceiver is read from the Hub cache, snapshot aaaaaaaaaaaa"
          ])
        try Self.expectWhole(found)
        // A file of a snapshot by its own path is the same model.
        let path = try #require(try ModelFolder.opened(found.path + "/" + weights))
        try Self.expectWhole(path)
      }
    }
  }

  @Test("Of several snapshots that of refs/main is opened, whichever was fetched first")
  func snapshots() throws {
    for main in ["a", "b"] as [Character] {
      try withTemporaryFolder { cache in
        try Self.download(
          "safetensors", ["config.json", "model.safetensors"], commit: Self.commit("a"), into: cache
        )
        try Self.download(
          "two_labels_no_names", ["config.json", "model.safetensors"], commit: Self.commit("b"),
          into: cache)
        try Self.refer("main", to: Self.commit(main) + "\n", in: cache)
        let found = try #require(try Self.opened(cache))
        #expect(found.path.hasSuffix("/snapshots/" + Self.commit(main)))
        let labels = try found.file.tensor(
          named: "perceiver.decoder.decoder.final_layer.weight"
        ).shape[0]
        #expect(labels == (main == "a" ? 3 : 2))
      }
    }
  }

  @Test("Weights of a conversion that was only proposed go with the configuration of main")
  func proposals() throws {
    try withTemporaryFolder { cache in
      try Self.download("safetensors", ["config.json"], commit: Self.commit("a"), into: cache)
      try Self.download("safetensors", ["model.safetensors"], commit: Self.commit("b"), into: cache)
      try Self.refer("main", to: Self.commit("a"), in: cache)
      try Self.refer("refs/pr/1", to: Self.commit("b"), in: cache)
      let found = try #require(try Self.opened(cache))
      #expect(found.notes.last == "the weights are those of snapshot bbbbbbbbbbbb")
      try Self.expectWhole(found)
    }
  }

  @Test("A file that was not fetched whole is none: its link leads nowhere, or is not there yet")
  func broken() throws {
    try withTemporaryFolder { cache in
      try Self.download(
        "safetensors", ["config.json", "model.safetensors"], commit: Self.commit("a"), into: cache)
      try Self.refer("main", to: Self.commit("a"), in: cache)
      let blobs = cache.appending(path: "models--deepmind--tiny-perceiver/blobs")
      for name in try FileManager.default.contentsOfDirectory(atPath: blobs.path)
      where name.hasSuffix(String("s".utf8.first ?? 0, radix: 16)) {
        let blob = blobs.appending(path: name).path
        try FileManager.default.moveItem(atPath: blob, toPath: blob + ".incomplete")
      }
      let error = #expect(throws: ModelFolderError.self) { try Self.opened(cache) }
      #expect(
        error?.description.hasPrefix("expected model.safetensors or pytorch_model.bin") == true,
        "\(error?.description ?? "")")
    }
    try withTemporaryFolder { cache in
      try Self.refer("main", to: Self.commit("a"), in: cache)
      let error = #expect(throws: ModelFolderError.self) { try Self.opened(cache) }
      #expect(error?.description.hasPrefix("expected a snapshot with config.json in ") == true)
    }
  }

  @Test("Without refs/main the snapshot that is there is opened, and other models are left alone")
  func others() throws {
    try withTemporaryFolder { cache in
      try Self.download(
        "safetensors", ["config.json", "model.safetensors"], commit: Self.commit("c"), into: cache)
      try Self.download(
        "two_labels_no_names", ["config.json", "model.safetensors"],
        of: "models--deepmind--tiny", commit: Self.commit("a"), into: cache)
      try Self.expectWhole(try #require(try Self.opened(cache)))
      for name in ["deepmind/tiny-perceiver-2", "tiny-perceiver", "Deepmind/tiny-perceiver"] {
        let none = try ModelFolder.opened(
          name, cache: HubCache(environment: ["HF_HUB_CACHE": cache.path]))
        #expect(none == nil, "\(name)")
      }
    }
  }

  @Test(
    "The cache is where huggingface_hub has it",
    arguments: [
      (["HF_HUB_CACHE": "/c", "HF_HOME": "/h", "HOME": "/me"], "/c"),
      (["HF_HUB_CACHE": "", "HF_HOME": "/h", "HOME": "/me"], "/h/hub"),
      (["HUGGINGFACE_HUB_CACHE": "/old", "HF_HOME": "/h", "HOME": "/me"], "/old"),
      (["HF_HUB_CACHE": "/c", "HUGGINGFACE_HUB_CACHE": "/old"], "/c"),
      (["XDG_CACHE_HOME": "/x", "HOME": "/me"], "/x/huggingface/hub"),
      (["HF_HOME": "/h", "XDG_CACHE_HOME": "/x"], "/h/hub"),
      (["HOME": "/me"], "/me/.cache/huggingface/hub"),
      (["HF_HOME": "~/models", "HOME": "/me"], "/me/models/hub"),
      (["HF_HUB_CACHE": "~", "HOME": "/me"], "/me"),
      (["HF_HUB_CACHE": "~else/c", "HOME": "/me"], "~else/c"),
      ([:], nil),
    ] as [([String: String], String?)])
  func places(_ environment: [String: String], _ folder: String?) {
    #expect(HubCache(environment: environment).folder == folder)
  }
}
