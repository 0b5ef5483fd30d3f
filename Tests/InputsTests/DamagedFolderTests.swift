// Model folders in which the files beside the weights are damaged: how photos and texts are prepared,
// and whose adapter it is. What is read gives numbers for the model, or one line says what is wrong.

import Foundation
import Inputs
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Damage to what lies beside a folder's weights gives numbers or one line")
struct DamagedFolderTests {
  /// A file beside the weights of a fixture.
  struct Case: Sendable, CustomTestStringConvertible {
    /// The fixture whose configuration and weights are in the folder.
    let model: String
    /// The file that is damaged.
    let name: String
    /// What it says.
    let text: String
    /// Whether the model reads a photo; else it reads a text.
    let readsPhoto: Bool
    var testDescription: String { name + " of " + model }

    private static let processor = #"""
      {"do_center_crop": true, "crop_size": 20, "do_resize": true, "size": {"height": 18, "width": 18},
      "resample": 3, "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_normalize": true,
      "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
      "image_processor_type": "PerceiverImageProcessor"}
      """#

    static let all = [
      Case(
        model: "image_fourier", name: "preprocessor_config.json", text: processor, readsPhoto: true),
      Case(
        model: "image_fourier", name: "preprocessor_config.json",
        text: #"{"feature_extractor_type": "PerceiverFeatureExtractor", "#
          + #""size": 18, "crop_size": 20}"#,
        readsPhoto: true),
      Case(
        model: "image_fourier", name: "processor_config.json",
        text: "{\"image_processor\": \(processor), \"processor_class\": null}", readsPhoto: true),
      Case(
        model: "sequence_classification", name: "tokenizer_config.json",
        text: #"{"model_max_length": 10, "pad_token": "[PAD]", "#
          + #""tokenizer_class": "PerceiverTokenizer"}"#,
        readsPhoto: false),
    ]
  }

  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Prepares an input for a folder's model; what it throws is for people to read.
  private static func prepare(_ folder: URL, _ input: InputSource) throws -> PreparedInput {
    let source = try ModelSource(ModelRequest(weights: folder.path))
    let prepared = try PreparedInput(InputRequest(input: input), for: source) { _ in }
    _ = try source.sheet(prepared.description)
    return prepared
  }

  /// Expects numbers or one line.
  private static func expectSense(
    _ what: String, _ prepare: () throws -> PreparedInput
  ) {
    do {
      let input = try prepare().input.tensor
      #expect(input.count > 0 && input.count < 1 << 24, "\(what): \(input.shape)")
      #expect(input.values.allSatisfy { !$0.isNaN }, "\(what)")
    } catch {
      #expect(Damage.isOneLine(error), "\(what): \(error)")
    }
  }

  @Test("Every beginning and flipped bit of a file about photos or text", arguments: Case.all)
  func beside(_ test: Case) throws {
    try withTemporaryFolder { folder in
      let fixture = Self.tests.appending(path: "PerceiverTests/Fixtures/huggingface/\(test.model)")
      for name in ["config.json", "model.safetensors"] {
        try FileManager.default.copyItem(
          at: fixture.appending(path: name), to: folder.appending(path: name))
      }
      let photo = folder.appending(path: "photo.ppm")
      let pixels = (0..<24 * 22 * 3).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      try Data(Array("P6\n24 22\n255\n".utf8) + pixels).write(to: photo)
      let input: InputSource =
        test.readsPhoto ? .file(photo.path) : .text("What a film, what a film!")
      let file = folder.appending(path: test.name)
      let bytes = Array(test.text.utf8)
      try Data(bytes).write(to: file)
      let whole = try Self.prepare(folder, input).input.tensor
      #expect(whole.shape == (test.readsPhoto ? [18, 18, 3] : [10]))
      for end in Damage.beginnings(of: bytes.count, step: 11) {
        try Data(bytes[..<end]).write(to: file)
        let error = #expect(throws: (any Error).self, "\(end) bytes") {
          try Self.prepare(folder, input)
        }
        #expect(error.map(Damage.isOneLine) == true, "\(end) bytes")
      }
      for (position, bit, flipped) in Damage.flips(of: bytes, first: bytes.count) {
        try Data(flipped).write(to: file)
        Self.expectSense("byte \(position), bit \(bit)") { try Self.prepare(folder, input) }
      }
    }
  }

  @Test("Every beginning and flipped bit of an adapter's configuration, and of its file's header")
  func adapter() throws {
    try withTemporaryFolder { scratch in
      let fixtures = Self.tests.appending(path: "TensorsTests/Fixtures/huggingface-folders")
      for name in ["safetensors", "lora"] {
        try FileManager.default.copyItem(
          at: fixtures.appending(path: name), to: scratch.appending(path: name))
      }
      let folder = scratch.appending(path: "lora")
      func prepared() throws -> PreparedInput {
        let prepared = try Self.prepare(folder, .text("What a film!"))
        // Parts are added as tensors are read.
        let source = try ModelSource(ModelRequest(weights: folder.path))
        _ = try source.model(prepared.description)
        return prepared
      }
      for (name, step) in [("adapter_config.json", 11), ("adapter_model.safetensors", 37)] {
        let file = folder.appending(path: name)
        let bytes = [UInt8](try Data(contentsOf: file))
        let isHeader = name.hasSuffix(".safetensors")
        let count = isHeader ? 8 + Int(bytes[0]) + Int(bytes[1]) << 8 : bytes.count
        for end in Damage.beginnings(of: count - 1, step: step) {
          try Data(bytes[..<end]).write(to: file)
          let error = #expect(throws: (any Error).self, "\(name), \(end) bytes") { try prepared() }
          #expect(error.map(Damage.isOneLine) == true, "\(name), \(end) bytes")
        }
        for (position, bit, flipped) in Damage.flips(of: bytes, first: count) {
          try Data(flipped).write(to: file)
          Self.expectSense("\(name), byte \(position), bit \(bit)", prepared)
        }
        try Data(bytes).write(to: file)
      }
    }
  }
}
