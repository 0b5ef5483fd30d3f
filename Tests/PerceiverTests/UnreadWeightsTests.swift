// Folders whose weights are not all read yet: a stage needs its own, and no others.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A stage of a folder runs while weights of later stages are unread")
struct UnreadWeightsTests {
  private static let source = fixtures.appending(path: "huggingface/bare")
  private static let input: Tensor = {
    var generator = TorchGenerator(seed: 8)
    return generator.normal(shape: [8, 10])
  }()

  private static func opened(_ folder: URL) throws -> Perceiver {
    let checkpoint = try Checkpoint(path: folder.path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    return try checkpoint.model(try checkpoint.describe(given: given).configuration)
  }

  private static func begun(_ folder: URL) throws -> PerceiverRun {
    try opened(folder).begin(input)
  }

  /// The maps of the first stage: what each latent reads, by heads.
  private static func firstMaps(_ run: inout PerceiverRun) throws -> [Tensor] {
    let attention = try #require(try run.next()?.attention)
    return (0..<attention.heads).flatMap { head in
      (0..<attention.queries).map { attention.map(head: head, query: $0, as: .probabilities) }
    }
  }

  /// The fixture's tensors, of which those of later stages lie a megabyte behind the first's: files
  /// are read in pieces, and small ones whole. The tensor between belongs to nobody.
  private static func spread() throws -> [String: Tensor] {
    let file = try TensorFile(path: source.appending(path: "model.safetensors").path)
    var tensors = ["encoder.cross_attention.~": Tensor(shape: [500_000], repeating: 1)]
    for entry in file.entries { tensors[entry.name] = try file.tensor(named: entry.name) }
    return tensors
  }

  private static func isLater(_ name: String) -> Bool { name.hasPrefix("encoder.self_attends.") }

  private static func withFolder(
    _ files: [String: [String: Tensor]], index: [String: String]? = nil,
    _ body: (URL) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: source.appending(path: "config.json"), to: folder.appending(path: "config.json"))
      for (name, tensors) in files {
        try SafetensorsWriter.write(tensors, to: folder.appending(path: name).path)
      }
      if let index {
        let members = index.map { JSONValue.Member(name: $0.key, value: .string($0.value)) }
        let json = JSONValue.object([.init(name: "weight_map", value: .object(members))])
        try Data(json.text.utf8).write(to: folder.appending(path: "model.safetensors.index.json"))
      }
      // The times of a file that was written just now cannot tell this moment from the next.
      Thread.sleep(forTimeInterval: 0.05)
      try body(folder)
    }
  }

  /// Writes NaN over the last bytes of a file.
  private static func spoil(_ file: URL, bytes count: Int) throws {
    let handle = try FileHandle(forUpdating: file)
    let end = try handle.seekToEnd()
    try handle.seek(toOffset: end - UInt64(count))
    try handle.write(contentsOf: [UInt8](repeating: 0xFF, count: count))
    try handle.close()
  }

  @Test("Of one file, later bytes that change behind the first stage are refused as they are read")
  func oneFile() throws {
    var whole = try Self.begun(Self.source)
    let expected = try Self.firstMaps(&whole)
    let tensors = try Self.spread()
    let later = tensors.filter { Self.isLater($0.key) }.reduce(0) { $0 + 4 * $1.value.count }
    try Self.withFolder(["model.safetensors": tensors]) { folder in
      let file = folder.appending(path: "model.safetensors")
      var run = try Self.begun(folder)
      #expect(try Self.firstMaps(&run) == expected)
      try Self.spoil(file, bytes: later)
      let attention = try #require(run.stages[0].attention)
      #expect(attention.map(head: 0, query: 0, as: .probabilities) == expected[0])
      // Had they been read with the first stage's, the change would go unnoticed.
      let error = #expect(throws: FileAccessError.self) { try run.next() }
      #expect(error?.reason == .changed)
      #expect(run.stages.count == 1 && !run.isComplete)
    }
  }

  @Test("What was read before a file changed is computed with to the end")
  func readBefore() throws {
    var whole = try Self.begun(Self.source)
    while try whole.next() != nil {}
    try Self.withFolder(["model.safetensors": try Self.spread()]) { folder in
      var run = try Self.begun(folder)
      while try run.next() != nil {}
      try Self.spoil(folder.appending(path: "model.safetensors"), bytes: 4000)
      var again = try run.model.begin(Self.input)
      while try again.next() != nil {}
      #expect(again.stages.map(\.latents) == whole.stages.map(\.latents))
    }
  }

  @Test("Of several files, none is read but that of the first stage, not even to open the model")
  func shards() throws {
    var whole = try Self.begun(Self.source)
    let expected = try Self.firstMaps(&whole)
    let tensors = try Self.spread()
    let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    var later = tensors.filter { Self.isLater($0.key) }
    let first = tensors.filter { !Self.isLater($0.key) }
    var index = first.mapValues { _ in names[0] }
    for name in later.keys { index[name] = names[1] }
    // It stands before the others, so that the file's first pieces, which the header lies in, have
    // none of theirs.
    later["a"] = Tensor(shape: [500_000], repeating: 1)
    let count = later.filter { Self.isLater($0.key) }.reduce(0) { $0 + 4 * $1.value.count }
    try Self.withFolder([names[0]: first, names[1]: later], index: index) { folder in
      let model = try Self.opened(folder)
      try Self.spoil(folder.appending(path: names[1]), bytes: count)
      var run = try model.begin(Self.input)
      #expect(try Self.firstMaps(&run) == expected)
      let error = #expect(throws: FileAccessError.self) { try run.next() }
      #expect(error?.reason == .changed && error?.path.hasSuffix(names[1]) == true)
    }
  }
}
