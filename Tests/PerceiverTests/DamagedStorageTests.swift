// Models in several files, in a training's folder and in a Lightning checkpoint, of which one file is
// damaged: one line of what is wrong, or a model.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Damage to an index, a shard, a training's state or a Lightning checkpoint gives one line")
struct DamagedStorageTests {
  private static let folders = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "TensorsTests/Fixtures/huggingface-folders")

  private static func opened(_ path: String) throws -> (model: Perceiver, names: [String]) {
    let checkpoint = try Checkpoint(path: path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    return (
      try checkpoint.model(try checkpoint.describe(given: given).configuration),
      checkpoint.entries.map(\.name)
    )
  }

  private static func expectLine(_ what: String, _ path: String) {
    let error = #expect(throws: (any Error).self, "\(what)") { try opened(path) }
    #expect(error.map(Damage.isOneLine) == true, "\(what): \(error.map { "\($0)" } ?? "")")
  }

  /// Expects a model, the whole one where that is given, or one line.
  private static func expectSense(
    _ what: String, _ path: String, whole: (model: Perceiver, names: [String])? = nil
  ) {
    do {
      let model = try opened(path).model
      guard let whole else { return }
      #expect(model.configuration == whole.model.configuration, "\(what)")
      let wrong = whole.names.first {
        model.parameter(named: $0) != whole.model.parameter(named: $0)
      }
      #expect(wrong == nil, "\(what)")
    } catch {
      #expect(Damage.isOneLine(error), "\(what): \(error)")
    }
  }

  private static func size(ofHeader bytes: [UInt8]) -> Int {
    8 + Int(bytes[0]) + Int(bytes[1]) << 8 + Int(bytes[2]) << 16
  }

  @Test(
    "The index and shards of a model: beginnings are refused, and no bit makes another model",
    arguments: [
      "model.safetensors.index.json", "model-00001-of-00004.safetensors",
      "model-00003-of-00004.safetensors",
    ])
  func shards(_ name: String) throws {
    try withTemporaryFolder { scratch in
      let folder = scratch.appending(path: "shards")
      try FileManager.default.copyItem(at: Self.folders.appending(path: "shards"), to: folder)
      let whole = try Self.opened(folder.path)
      let file = folder.appending(path: name)
      let bytes = [UInt8](try Data(contentsOf: file))
      let isIndex = name.hasSuffix(".json")
      let header = isIndex ? bytes.count : Self.size(ofHeader: bytes)
      // Behind an index's last brace may be the end of a line.
      let ends = Array(Damage.beginnings(of: header - 1, step: 31)) + (isIndex ? [] : [header])
      for end in ends + [bytes.count - (isIndex ? 2 : 1)] {
        try Data(bytes[..<end]).write(to: file)
        Self.expectLine("\(end) bytes", folder.path)
      }
      for (position, bit, flipped) in Damage.flips(of: bytes, first: header)
      where Damage.isExhaustive || position % 2 == 0 {
        try Data(flipped).write(to: file)
        Self.expectSense("byte \(position), bit \(bit)", folder.path, whole: whole)
      }
      try FileManager.default.removeItem(at: file)
      Self.expectLine("no file", folder.path)
    }
  }

  @Test("A training's state: a checkpoint is opened, or one line says what is wrong")
  func trainerState() throws {
    try withTemporaryFolder { folder in
      for number in [1, 2] {
        try FileManager.default.copyItem(
          at: Self.folders.appending(path: "checkpoint-2"),
          to: folder.appending(path: "checkpoint-\(number)"))
      }
      let file = folder.appending(path: "checkpoint-2/trainer_state.json")
      let bytes = Array(#"{"global_step": 2, "best_model_checkpoint": "out/checkpoint-1"}"#.utf8)
      try Data(bytes).write(to: file)
      let whole = try Self.opened(folder.path)
      for end in Damage.beginnings(of: bytes.count, step: 7) {
        try Data(bytes[..<end]).write(to: file)
        Self.expectLine("\(end) bytes", folder.path)
      }
      // Both checkpoints are one model.
      for (position, bit, flipped) in Damage.flips(of: bytes, first: bytes.count) {
        try Data(flipped).write(to: file)
        Self.expectSense("byte \(position), bit \(bit)", folder.path, whole: whole)
      }
    }
  }

  @Test(
    "A Lightning checkpoint: beginnings are refused, and bits of what it says give a model or one line",
    arguments: ["image_unshared", "mlm", "mlm_untied"])
  func lightning(_ name: String) throws {
    try withTemporaryFolder { scratch in
      let file = scratch.appending(path: "model.ckpt")
      let bytes = [UInt8](
        try Data(contentsOf: fixtures.appending(path: "krasserm/\(name)/lightning.ckpt")))
      try Data(bytes).write(to: file)
      _ = try Self.opened(file.path)
      for end in Damage.beginnings(of: bytes.count, step: 4999) {
        try Data(bytes[..<end]).write(to: file)
        Self.expectLine("\(end) bytes", file.path)
      }
      // The pickle with names and hyperparameters is the first record.
      let mark = Array("PK\u{3}\u{4}".utf8)
      let pickle = try #require(
        (4..<bytes.count).first { bytes[$0..<min($0 + 4, bytes.count)].elementsEqual(mark) })
      for (position, bit, flipped) in Damage.flips(of: bytes, first: pickle)
      where Damage.isExhaustive || position % 7 == 0 {
        try Data(flipped).write(to: file)
        Self.expectSense("byte \(position), bit \(bit)", file.path)
      }
    }
  }
}
