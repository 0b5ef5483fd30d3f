// perceiver-io's classes against what the package computes of the same files.
// Fixtures/krasserm/README.md says how the values were made.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Folders of perceiver-io give what perceiver-io gives")
struct KrassermTests {
  private static func folder(_ name: String) -> URL { fixtures.appending(path: "krasserm/\(name)") }

  @Test(
    "Logits and every attention match, shared layers or not",
    arguments: [
      ("image_shared", 6), ("image_unshared", 9), ("mlm", 4), ("mlm_untied", 4), ("text", 6),
      ("flow", 4),
    ])
  func matches(_ name: String, _ stages: Int) throws {
    let reference = try ReferenceCase(
      folder: Self.folder(name).path, checkpoint: "model.safetensors")
    let comparisons = try reference.compare()
    #expect(
      Set(comparisons.map(\.name)) == Set((0..<stages).map { "attention.\($0)" } + ["logits"]))
    for comparison in comparisons {
      #expect(comparison.error < 1e-5, "\(comparison.name), item \(comparison.item)")
    }
  }

  @Test("Weights that all cross-attentions share count once")
  func sharedLayers() throws {
    func parameters(_ name: String) throws -> Set<String> {
      let checkpoint = try Checkpoint(path: Self.folder(name).path)
      let given = try #require(try GivenHyperparameters.of(checkpoint))
      let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
      #expect(checkpoint.package == "perceiver-io")
      return Set(
        ["0.cross_attn_1", "0.cross_attn_n"].filter {
          model.parameter(named: $0 + ".0.module.attention.q_proj.weight") != nil
        })
    }
    #expect(try parameters("image_shared") == ["0.cross_attn_1"])
    #expect(try parameters("image_unshared") == ["0.cross_attn_1", "0.cross_attn_n"])
  }

  @Test(
    "A language model answers for the bytes of the text and no more",
    arguments: ["mlm", "mlm_untied"])
  func cutLogits(_ name: String) throws {
    let checkpoint = try Checkpoint(path: Self.folder(name).path)
    let given = try #require(try GivenHyperparameters.of(checkpoint))
    let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
    for length in [1, 5, 14] {
      let ids = Tensor(shape: [length], values: (0..<length).map { Float(6 + $0 * 5 % 34) })
      #expect(try model(ids).shape == [length, 40])
    }
    #expect(throws: ConfigurationError.self) { try model(Tensor(shape: [15])) }
  }

  @Test(
    "A Lightning checkpoint alone is the model of the folder: it says its hyperparameters itself",
    arguments: [("image_unshared", [9, 7, 1]), ("mlm", [6]), ("mlm_untied", [6])])
  func lightning(_ name: String, _ shape: [Int]) throws {
    try withTemporaryFolder { scratch in
      let path = scratch.appending(path: "model.ckpt")
      try FileManager.default.copyItem(
        at: Self.folder(name).appending(path: "lightning.ckpt"), to: path)
      func opened(_ path: String) throws -> (Perceiver, [String]) {
        let checkpoint = try Checkpoint(path: path)
        let given = try #require(try GivenHyperparameters.of(checkpoint))
        let description = try checkpoint.describe(given: given)
        return (try checkpoint.model(description.configuration), description.notes)
      }
      let (model, notes) = try opened(path.path)
      let (folder, _) = try opened(Self.folder(name).path)
      #expect(notes.contains("hyperparameters are read from hyper_parameters in it"))
      #expect(model.configuration == folder.configuration)
      let input = Tensor(
        shape: shape, values: (0..<shape.reduce(1, *)).map { Float(6 + $0 * 7 % 30) })
      #expect(try model(input) == folder(input))
    }
  }

  @Test("A file of a release before 0.7 is called so")
  func oldReleases() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "old.safetensors").path
      try SafetensorsWriter.write(
        [
          "model.0.latent": Tensor(shape: [2, 3]), "model.1.output.weight": Tensor(shape: [2, 3]),
        ],
        to: path)
      #expect(
        throws: CheckpointError(
          "tensor model.0.latent: expected perceiver-io 0.7 to 0.11, found a release before 0.7")
      ) { try Checkpoint(path: path) }
    }
  }

  @Test("A picture of another size than the model's is refused")
  func refusesSizes() throws {
    let checkpoint = try Checkpoint(path: Self.folder("image_unshared").path)
    let given = try #require(try GivenHyperparameters.of(checkpoint))
    let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
    #expect(
      throws: ConfigurationError("input: expected shape [9, 7, 1] (image_shape), found [7, 9, 1]")
    ) {
      try model(Tensor(shape: [7, 9, 1]))
    }
  }
}
