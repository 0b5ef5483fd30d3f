// Checkpoints cut short and with single bits flipped: an error, or the same model.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A damaged checkpoint gives an error or the same model")
struct DamagedCheckpointTests {
  /// A file and what a person must say of it.
  struct Whole: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let model: Perceiver

    static func tiny(_ change: (inout PerceiverConfiguration) -> Void) -> PerceiverConfiguration {
      .small {
        ($0.depth, $0.numLatents, $0.latentDim, $0.numClasses) = (1, 2, 2, 2)
        ($0.crossDimHead, $0.latentHeads, $0.latentDimHead) = (2, 1, 2)
        ($0.inputChannels, $0.inputAxes, $0.numFreqBands) = (1, 1, 1)
        change(&$0)
      }
    }

    static let plain: Whole = make("plain") { _ in }
    static let tied: Whole = make("tied, each tensor once") {
      ($0.depth, $0.weightTieLayers) = (3, true)
    }

    private static func make(
      _ name: String, _ change: (inout PerceiverConfiguration) -> Void
    ) -> Whole {
      guard let model = try? Perceiver(tiny(change), seed: 8) else {
        preconditionFailure("a tiny model can be made")
      }
      var metadata: [String: String] = [:]
      let kept = model.storedTensors.filter { tensor in
        guard model.arguments.weightTieLayers, tensor.name.hasPrefix("layers.2.") else {
          return true
        }
        metadata[tensor.name] = tensor.name.replacing("layers.2.", with: "layers.1.")
        return false
      }
      return Whole(
        testDescription: name, bytes: safetensorsBytes(kept, metadata: metadata), model: model)
    }

    /// Where the metadata ends; nil without any.
    var metadataEnd: Int? {
      model.arguments.weightTieLayers ? bytes.firstIndex(of: UInt8(ascii: "}")) : nil
    }

    /// Where the data begins.
    var dataStart: Int {
      8 + bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    }
  }

  /// Whether a file of these bytes makes a model, and another one than the whole file's.
  private static func isSilentlyWrong(_ bytes: [UInt8], _ whole: Whole, path: String) -> Bool {
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let checkpoint = try Checkpoint(path: path)
      var given = GivenHyperparameters()
      given.values = [
        "max_freq": .real(4), "latent_heads": .integer(1), "input_channels": .integer(1),
        "input_axis": .integer(1),
      ]
      let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
      let names = whole.model.arguments.parameterNames
      guard model.configuration == whole.model.configuration else { return true }
      return !names.allSatisfy { name in
        model.parameter(named: name) == whole.model.parameter(named: name)
      }
    } catch {
      return "\(error)".isEmpty || "\(error)".contains("\n")
    }
  }

  @Test("Whole, they make their models", arguments: [Whole.plain, .tied])
  func whole(_ whole: Whole) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "m.safetensors").path
      #expect(!Self.isSilentlyWrong(whole.bytes, whole, path: path))
      #expect(throws: Never.self) { try Checkpoint(path: path) }
    }
  }

  @Test("Every prefix is refused", arguments: [Whole.plain, .tied])
  func prefixes(_ whole: Whole) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "m.safetensors").path
      for length in 0..<whole.bytes.count {
        try Data(whole.bytes[..<length]).write(to: URL(fileURLWithPath: path))
        #expect(throws: (any Error).self, "\(length) bytes") { try Checkpoint(path: path) }
      }
    }
  }

  @Test("No flipped bit of the header makes another model", arguments: [Whole.plain, .tied])
  func flips(_ whole: Whole) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "m.safetensors").path
      // The tied file's header is the plain one's kind of entries; what it has more is metadata.
      let end = whole.metadataEnd ?? whole.dataStart
      for position in 0..<end {
        for bit in 0..<8 {
          var bytes = whole.bytes
          bytes[position] ^= 1 << bit
          let isWrong = Self.isSilentlyWrong(bytes, whole, path: path)
          #expect(!isWrong, "bit \(bit) of byte \(position)")
        }
      }
    }
  }

  @Test(
    "Dropped names that lead elsewhere are refused",
    arguments: [
      ("layers.2.cross_ff.norm.bias", "layers.0.cross_ff.norm.bias"),
      ("layers.2.cross_ff.norm.bias", "layers.1.cross_ff.norm.weight"),
      ("layers.2.cross_ff.norm.bias", "latents"),
      ("layers.2.self_attns.0.1.norm.bias", "layers.1.self_attns.0.0.norm.bias"),
    ])
  func aliases(_ dropped: String, _ kept: String) throws {
    let text = String(decoding: Whole.tied.bytes, as: UTF8.self)
    let right = "\"\(dropped)\":\"\(dropped.replacing("layers.2.", with: "layers.1."))\""
    try #require(text.contains(right))
    let header = Whole.tied.bytes[8..<Whole.tied.dataStart]
    let changed = String(decoding: header, as: UTF8.self)
      .replacing(right, with: "\"\(dropped)\":\"\(kept)\"")
    let bytes = safetensorsBytes(
      header: changed, data: Array(Whole.tied.bytes[Whole.tied.dataStart...]))
    try withTemporaryFile(bytes) { path in
      let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
      #expect(error?.description.hasPrefix("metadata: expected ") == true)
      #expect(error?.description.hasSuffix(", found \(kept)") == true)
    }
  }
}
