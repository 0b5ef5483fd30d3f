// Models by OWNER/NAME on the command line, out of a cache that huggingface_hub laid out.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("OWNER/NAME is a model of the Hub's cache")
struct HubNameTests {
  private static let folders = Program.repository.appending(
    path: "Tests/TensorsTests/Fixtures/huggingface-folders")
  private static let name = "deepmind/tiny-perceiver"

  /// Lays a cache out in a folder: two snapshots of links to blobs, of which main is the second.
  private static func lay(_ scratch: TemporaryFolder, in cache: String) throws {
    let model = cache + "/models--deepmind--tiny-perceiver"
    for (commit, fixture) in [("a1", "two_labels_no_names"), ("b2", "safetensors")] {
      for file in ["config.json", "model.safetensors"] {
        let bytes = try Data(contentsOf: folders.appending(path: "\(fixture)/\(file)"))
        let blob = commit + "-" + file.replacing(".", with: "-")
        try scratch.write("\(model)/blobs/\(blob)", bytes)
        let snapshot = scratch.path("\(model)/snapshots/\(commit)")
        try FileManager.default.createDirectory(
          atPath: snapshot, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
          atPath: snapshot + "/" + file, withDestinationPath: "../../blobs/\(blob)")
      }
    }
    try scratch.write("\(model)/refs/main", "b2".utf8)
  }

  /// The environment that says where the cache is, and nothing else of the person's own.
  private static func environment(_ more: [String: String]) -> [String: String] {
    ["HF_HUB_CACHE": "", "HUGGINGFACE_HUB_CACHE": "", "HF_HOME": "", "XDG_CACHE_HOME": ""]
      .merging(more) { $1 }
  }

  @Test(
    "info and trace open it, wherever the environment has the cache",
    arguments: [
      ("cache", ["HF_HUB_CACHE": "cache"]), ("home/hub", ["HF_HOME": "home"]),
      ("x/huggingface/hub", ["XDG_CACHE_HOME": "x"]),
      ("me/.cache/huggingface/hub", ["HOME": "me"]),
    ])
  func opens(_ cache: String, _ places: [String: String]) throws {
    let scratch = try TemporaryFolder()
    try Self.lay(scratch, in: cache)
    let environment = Self.environment(places.mapValues { scratch.path($0) })
    let info = try Program.run(["info", Self.name], in: scratch.url, environment: environment)
    #expect(info.status == 0, "\(info.standardError)")
    #expect(info.text.contains("snapshots/b2/model.safetensors"), "\(info.text)")
    #expect(
      info.text.contains("layout          transformers PerceiverForSequenceClassification"),
      "\(info.text)")
    #expect(info.text.contains("negative, neutral, positive"), "\(info.text)")
    let trace = try Program.run(
      ["trace", "--text", "What a film!", "--weights", Self.name, "--output", "out"],
      in: scratch.url, environment: environment)
    #expect(trace.status == 0, "\(trace.standardError)")
    #expect(
      trace.standardError.contains("\(Self.name) is read from the Hub cache, snapshot b2"),
      "\(trace.standardError)")
    let expected = try TensorFile(path: Self.folders.path + "/expected.safetensors")
    let error = relativeError(
      try TestInputs.readNPY(scratch.path("out/logits.npy")).values,
      try expected.tensor(named: "logits").values)
    #expect(error < 1e-5, "\(error)")
  }

  @Test("a name that is not in the cache is said with what fetches it, and nothing is fetched")
  func missing() throws {
    let scratch = try TemporaryFolder()
    try Self.lay(scratch, in: "cache")
    let result = try Program.run(
      ["info", "deepmind/other"], in: scratch.url,
      environment: Self.environment(["HF_HUB_CACHE": scratch.path("cache")]))
    #expect(result.status == 66 && result.errorLines.count == 1, "\(result.standardError)")
    #expect(
      result.standardError.contains("huggingface-cli download deepmind/other fetches it"),
      "\(result.standardError)")
  }

  @Test("a folder of that name here is opened, and not the cache's")
  func local() throws {
    let scratch = try TemporaryFolder()
    try Self.lay(scratch, in: "cache")
    for file in ["config.json", "model.safetensors"] {
      try scratch.write(
        "\(Self.name)/\(file)",
        Data(contentsOf: Self.folders.appending(path: "two_labels_no_names/\(file)")))
    }
    let info = try Program.run(
      ["info", Self.name], in: scratch.url,
      environment: Self.environment(["HF_HUB_CACHE": scratch.path("cache")]))
    #expect(info.text.contains("LABEL_0, LABEL_1"), "\(info.text)\(info.standardError)")
  }

  @Test("the list of what was opened has the name, and no path of it")
  func recent() throws {
    let scratch = try TemporaryFolder()
    try Self.lay(scratch, in: "cache")
    let text = try scratch.write("a.txt", "What a film!".utf8)
    let session = try Explore.open(
      text, ["--weights", Self.name],
      environment: [
        "HF_HUB_CACHE": scratch.path("cache"), "XDG_STATE_HOME": scratch.path("state"),
      ])
    try session.press("q")
    #expect(try session.waitForExit() == 0)
    let kept = try String(
      contentsOfFile: scratch.path("state/perceiver-tui/recent.json"), encoding: .utf8)
    #expect(kept.contains("\"\(Self.name)\"") && kept.contains("/a.txt"), "\(kept)")
  }
}
