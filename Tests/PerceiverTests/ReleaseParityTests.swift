// Every checkpoint of every class against what its release of perceiver-pytorch computed.
// Fixtures/perceiver-pytorch/README.md says how the values were made.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Checkpoints of releases 0.1.15 to 0.11 give what PyTorch gives")
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
        return ["model.safetensors", "model_dedup.safetensors", "model.pt", "model_wrapped.pth"]
          .filter { FileManager.default.fileExists(atPath: folder.appending(path: $0).path) }
          .map { Case(folder: folder, file: $0) }
      }
    }()
  }

  @Test("All cases are there")
  func count() {
    #expect(Case.all.count == 78)
    #expect(Set(Case.all.map(\.folder)).count == 64)
  }

  @Test(
    "Outputs, embeddings, and every attention, residual and linear attention match",
    arguments: Case.all)
  func matches(_ test: Case) throws {
    let reference = try ReferenceCase(folder: test.folder.path, checkpoint: test.file)
    let comparisons = try reference.compare()
    // Two items, each at least one attention and the output.
    #expect(comparisons.count >= 4)
    #expect(comparisons.contains { $0.name == "output" })
    for comparison in comparisons {
      #expect(comparison.error < 1e-5, "\(comparison.name), item \(comparison.item)")
    }
  }

  @Test("A difference is found: other weights, other numbers")
  func differs() throws {
    let case1 = try #require(Case.all.first { $0.testDescription == "v0.11.0/model.safetensors" })
    let other = try #require(Case.all.first { $0.testDescription.hasPrefix("v0.8.8_linear/") })
    try withTemporaryFolder { folder in
      for (name, source) in [
        ("config.json", case1), ("expected.safetensors", case1), ("model.safetensors", other),
      ] {
        try FileManager.default.copyItem(
          at: source.folder.appending(path: name), to: folder.appending(path: name))
      }
      // 0.8.8's names are those of 0.8.0 to 0.10.1, which 0.11.0 contradicts.
      #expect(throws: CheckpointError.self) {
        try ReferenceCase(folder: folder.path, checkpoint: "model.safetensors")
      }
      let config = folder.appending(path: "config.json")
      let text = try String(contentsOf: config, encoding: .utf8)
      try text.replacing("\"version\": \"0.11.0\"", with: "\"version\": \"0.8.8\"")
        .replacing("\"depth\": 3", with: "\"depth\": 2").write(
          to: config, atomically: true, encoding: .utf8)
      let reference = try ReferenceCase(folder: folder.path, checkpoint: "model.safetensors")
      let worst = (try? reference.compare())?.map(\.error).max() ?? .infinity
      #expect(worst > 0.01)
    }
  }
}

let fixtures = Bundle.module.bundleURL.appending(path: "Fixtures")
