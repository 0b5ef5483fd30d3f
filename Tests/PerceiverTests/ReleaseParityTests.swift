// Every checkpoint of the main class against what its release of perceiver-pytorch computed.
// Fixtures/perceiver-pytorch/README.md says how the values were made.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Checkpoints of releases 0.8 to 0.11 give what PyTorch gives")
struct ReleaseParityTests {
  /// A checkpoint file beside the values that PyTorch computed from it.
  struct Case: Sendable, CustomTestStringConvertible {
    let folder: URL
    let file: String

    var testDescription: String { "\(folder.lastPathComponent)/\(file)" }

    static let all: [Case] = {
      let root = fixtures.appending(path: "perceiver-pytorch")
      let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
      return names.filter { $0.hasPrefix("v") }.sorted().flatMap { name in
        let folder = root.appending(path: name)
        return ["model.safetensors", "model_dedup.safetensors"]
          .filter { FileManager.default.fileExists(atPath: folder.appending(path: $0).path) }
          .map { Case(folder: folder, file: $0) }
      }
    }()

    func model() throws -> Perceiver {
      let config = try Data(contentsOf: folder.appending(path: "config.json"))
      let checkpoint = try Checkpoint(path: folder.appending(path: file).path)
      let description = try checkpoint.describe(given: .init(json: [UInt8](config)))
      return try checkpoint.model(description.configuration)
    }

    func expected() throws -> SafetensorsFile {
      try SafetensorsFile(path: folder.appending(path: "expected.safetensors").path)
    }
  }

  @Test("All cases are there")
  func count() {
    #expect(Case.all.count == 28)
  }

  @Test("Outputs, embeddings and every attention matrix match", arguments: Case.all)
  func matches(_ test: Case) throws {
    let model = try test.model()
    let expected = try test.expected()
    let inputs = try expected.tensor(named: "input")
    var checked = 0
    for item in 0..<inputs.shape[0] {
      let input = inputs.row(item)
      var run = try model.begin(input, mask: try mask(expected, item: item))
      while let stage = try run.next() {
        let name = "attention.\(stage.place.index)"
        let heads = stage.attention.heads
        let theirs = try expected.tensor(named: name).rows(item * heads..<(item + 1) * heads)
        let ours = try stage.attention.matrix(as: .probabilities)
        #expect(relativeError(ours, theirs) < 1e-5, "\(name), item \(item)")
        checked += 1
      }
      let output = try #require(run.output)
      let theirs = try expected.tensor(named: "output").row(item)
      #expect(relativeError(output, theirs) < 1e-5, "output, item \(item)")
      let last = try #require(run.stages.last)
      if expected.entry(named: "embeddings") != nil {
        let embeddings = try expected.tensor(named: "embeddings").row(item)
        #expect(relativeError(last.latents, embeddings) < 1e-5, "embeddings, item \(item)")
      }
    }
    let matrices = expected.entries.filter { $0.name.hasPrefix("attention.") }.count
    #expect(checked == matrices * inputs.shape[0])
  }

  private func mask(_ file: SafetensorsFile, item: Int) throws -> TokenMask? {
    guard let entry = file.entry(named: "mask") else { return nil }
    let shape = Array(entry.shape.dropFirst())
    let size = shape.reduce(1, *)
    let keeps = try file.truths(named: "mask")
    return TokenMask(shape: shape, keeps: Array(keeps[item * size..<(item + 1) * size]))
  }
}

let fixtures = Bundle.module.bundleURL.appending(path: "Fixtures")
