// Models written as folders: what the packages' own files have, and what converting between them keeps.
// Tests/Parity/check_converted.py opens such folders with the packages themselves.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Folders that are written open again, here and there")
struct FolderExportTests {
  private static let huggingFace = [
    "bare", "bare_queries", "image_fourier", "image_conv", "image_conv_even", "image_learned",
    "masked_lm", "masked_lm_full", "optical_flow", "sequence_classification", "multimodal",
    "multimodal_half",
  ].map { "huggingface/" + $0 }
  private static let perceiverIO = [
    "image_shared", "image_unshared", "mlm", "mlm_untied", "text", "flow",
  ].map { "krasserm/" + $0 }

  private static func opened(_ path: String) throws -> (model: Perceiver, source: Checkpoint) {
    let checkpoint = try Checkpoint(path: path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    return (
      try checkpoint.model(try checkpoint.describe(given: given).configuration), checkpoint
    )
  }

  private static func write(_ export: FolderExport, to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(export.configuration).write(to: folder.appending(path: "config.json"))
    try SafetensorsWriter.write(
      export.tensors, counters: export.counters,
      to: folder.appending(path: "model.safetensors").path)
  }

  private static func entries(_ folder: URL) throws -> [String: [Int]] {
    let file = try TensorFile(path: folder.appending(path: "model.safetensors").path)
    return Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, $0.shape) })
  }

  @Test(
    "A model's own layout has the package's names and shapes, the same bits, and its outputs",
    arguments: huggingFace + perceiverIO)
  func ownLayout(_ name: String) throws {
    try withTemporaryFolder { scratch in
      let folder = fixtures.appending(path: name)
      let (model, source) = try Self.opened(folder.path)
      let layout = try #require(model.configuration.folderLayout)
      let copy = scratch.appending(path: "copy")
      try Self.write(try model.exportedFolder(as: layout, from: source), to: copy)
      #expect(try Self.entries(copy) == Self.entries(folder))
      let again = try Self.opened(copy.path).model
      #expect(again.configuration == model.configuration)
      for entry in source.entries {
        guard let own = source.parameterName(ofStored: entry.name, in: model) else { continue }
        #expect(again.parameter(named: own) == model.parameter(named: own), "\(own)")
      }
      try FileManager.default.copyItem(
        at: folder.appending(path: "expected.safetensors"),
        to: copy.appending(path: "expected.safetensors"))
      for comparison in try ReferenceCase(folder: copy.path, checkpoint: "model.safetensors")
        .compare()
      {
        #expect(comparison.error < 1e-5, "\(comparison.name), item \(comparison.item)")
      }
    }
  }

  @Test(
    "transformers' model becomes perceiver-io's and comes back, and no output changes",
    arguments: [
      ("image_fourier", [224, 224, 3]), ("masked_lm", [9]), ("masked_lm_full", [16]),
      ("optical_flow", [2, 6, 10, 3]), ("sequence_classification", [7]),
    ])
  func exchanges(_ name: String, _ shape: [Int]) throws {
    try withTemporaryFolder { scratch in
      let folder = fixtures.appending(path: "huggingface/" + name)
      let (model, _) = try Self.opened(folder.path)
      let there = scratch.appending(path: "there")
      try Self.write(try model.exportedFolder(as: "perceiver-io"), to: there)
      let (other, _) = try Self.opened(there.path)
      #expect(other.configuration.folderLayout == "perceiver-io")
      let input =
        model.configuration.readsTokens
        ? Tensor(shape: shape, values: (0..<shape[0]).map { Float(6 + $0 * 37 % 200) })
        : Tensor(
          shape: shape, values: (0..<shape.reduce(1, *)).map { Float(sin(Double($0) * 0.37)) })
      let (mine, theirs) = (try model(input), try other(input))
      // perceiver-io's language model answers for the text alone.
      let same = mine.shape == theirs.shape ? mine : mine.rows(0..<theirs.shape[0])
      #expect(relativeError(theirs.values, same.values) < 1e-6)
      let back = scratch.appending(path: "back")
      try Self.write(try other.exportedFolder(as: "huggingface"), to: back)
      #expect(try Self.entries(back) == Self.entries(folder))
      #expect(try Self.opened(back.path).model(input) == mine)
    }
  }

  @Test(
    "Positions that perceiver-io saves are those that it computes",
    arguments: ["flow", "image_unshared"])
  func positions(_ name: String) throws {
    let folder = fixtures.appending(path: "krasserm/" + name)
    let (model, source) = try Self.opened(folder.path)
    let key = "backend_model.0.input_adapter.position_encoding.position_encoding"
    let table = try model.exportedFolder(as: "perceiver-io", from: source).tensors[key]
    let theirs = try TensorFile(path: folder.appending(path: "model.safetensors").path)
      .tensor(named: key)
    #expect(table?.shape == theirs.shape)
    #expect(relativeError(try #require(table).values, theirs.values) < 1e-6)
  }

  @Test("An attention temperature goes into the queries, and what the file said besides is kept")
  func temperature() throws {
    try withTemporaryFolder { scratch in
      let (model, source) = try Self.opened(
        fixtures.appending(path: "huggingface/image_fourier").path)
      let wide = try #require(
        model.configuration.catalog.first { $0.name == "attention_temperature" })
      var configuration = model.configuration
      try wide.set(.real(2), in: &configuration)
      let spread = try model.reconfigured(configuration)
      let copy = scratch.appending(path: "copy")
      try Self.write(try spread.exportedFolder(as: "huggingface", from: source), to: copy)
      let photo = Tensor(shape: [5, 6, 3], values: (0..<90).map { Float(sin(Double($0))) })
      let expected = try spread(photo)
      #expect(try model(photo) != expected)
      #expect(relativeError(try Self.opened(copy.path).model(photo).values, expected.values) < 1e-6)
      let json = try JSONValue(parsing: Data(contentsOf: copy.appending(path: "config.json")))
      #expect(json["initializer_range"] == .real(0.02))
      #expect(json["transformers_version"] == nil)
    }
  }

  @Test(
    "What a package has no class for is refused with the reason",
    arguments: [
      ("huggingface/image_learned", "perceiver-io", "image classifier with learnt positions"),
      ("huggingface/image_conv_even", "perceiver-io", "image classifier with a convolution"),
      ("huggingface/bare", "perceiver-io", "HuggingFace Perceiver"),
      ("krasserm/image_unshared", "huggingface", "num_cross_attention_layers 2, where it is 1"),
      ("krasserm/mlm", "huggingface", "decoder 2 heads of 8 and 10 channels"),
      ("krasserm/mlm_untied", "huggingface", "num_output_queries [14, 12], where it is [14, 10]"),
      ("krasserm/flow", "huggingface", "num_frequency_bands 4, where it is 64"),
      ("perceiver-pytorch/v0.11.0/model.safetensors", "huggingface", "found a Perceiver"),
    ])
  func refuses(_ name: String, _ layout: String, _ message: String) throws {
    let (model, source) = try Self.opened(fixtures.appending(path: name).path)
    let error = #expect(throws: ConfigurationError.self) {
      try model.exportedFolder(as: layout, from: source)
    }
    #expect(error?.description.hasPrefix("layout \(layout): expected a model ") ?? false)
    #expect(error?.description.contains(message) ?? false, "\(error?.description ?? "")")
  }
}
