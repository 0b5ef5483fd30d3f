// The trained models of Samples, on their pictures and on the data they were measured by.

import Foundation
import TestSupport
import Testing

@Suite("the trained samples")
struct SampleModelTests {
  private static let samples = Program.repository.appendingPathComponent("Samples")
  private static let model = samples.appendingPathComponent("fashion.safetensors").path
  /// Where Debian's package `dataset-fashion-mnist` puts the test pictures.
  private static let data = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"

  @Test(
    "it knows the pictures beside it",
    arguments: [("trouser", 1), ("dress", 3), ("sandal", 5), ("bag", 8), ("boot", 9)])
  func pictures(_ name: String, _ label: Int) throws {
    let folder = try TemporaryFolder()
    let picture = Self.samples.appendingPathComponent("fashion-\(name).png").path
    let result = try Program.run(
      ["trace", picture, "-o", "out", "--weights", Self.model, "--no-attention"], in: folder.url)
    #expect(result.status == 0, "\(result.standardError)")
    let logits = try TestInputs.readNPY(folder.path("out/logits.npy"))
    #expect(logits.shape == [10])
    #expect(logits.values.indices.max { logits[$0] < logits[$1] } == label)
  }

  @Test("it knows what its classes are called")
  func classNames() throws {
    let info = try Program.run(["info", Self.model])
    #expect(info.status == 0 && info.text.contains("classes         T-shirt, Trouser, Pullover, "))
  }

  private static let plantedModels = ["planted", "planted-b", "planted-c"]

  @Test("the models are smaller than 1.5 MB", arguments: ["fashion"] + plantedModels)
  func size(_ name: String) throws {
    let path = Self.samples.appendingPathComponent(name + ".safetensors").path
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect((try #require(attributes[.size] as? Int)) < 1_500_000)
  }

  @Test(
    "the others know the planted pictures, those beside them among them", arguments: plantedModels)
  func planted(_ name: String) throws {
    struct Report: Decodable {
      let accuracy: Double
    }
    let model = Self.samples.appendingPathComponent(name + ".safetensors").path
    let result = try Program.run(
      ["evaluate", "planted", "--weights", model, "--limit", "200", "--json"])
    #expect(result.status == 0, "\(result.standardError)")
    let report = try JSONDecoder().decode(Report.self, from: Data(result.standardOutput))
    #expect(report.accuracy >= 0.97)
    for (label, name) in ["plus", "ring", "cross", "bars"].enumerated() {
      let folder = try TemporaryFolder()
      let picture = Self.samples.appendingPathComponent("planted-\(name).png").path
      let traced = try Program.run(
        ["trace", picture, "-o", "out", "--weights", model, "--no-attention"], in: folder.url)
      #expect(traced.status == 0, "\(traced.standardError)")
      let logits = try TestInputs.readNPY(folder.path("out/logits.npy"))
      #expect(logits.values.indices.max { logits[$0] < logits[$1] } == label, "\(name)")
    }
  }

  @Test("both tables beside them have a row for each method and control, and no other")
  func tables() throws {
    let folder = try TemporaryFolder()
    let model = Self.samples.appendingPathComponent("planted.safetensors").path
    let result = try Program.run(
      [
        "explain", "--planted", "--weights", model, "--count", "1", "--samples", "1",
        "--nodes", "1", "-o", "out",
      ], in: folder.url)
    #expect(result.status == 0, "\(result.standardError)")
    // Behind the model's line, what is shown, and the columns' names.
    let measured = result.text.split(separator: "\n").dropFirst(3).compactMap {
      $0.contains("is not defined") ? nil : $0.split(separator: " ").first.map(String.init)
    }
    let readme = try String(
      contentsOf: Self.samples.appendingPathComponent("README.md"), encoding: .utf8)
    let lines = readme.split(separator: "\n", omittingEmptySubsequences: false)
    for heading in ["| method | gain: a |", "| method | on the object: a |"] {
      let start = try #require(lines.firstIndex { $0.hasPrefix(heading) }, "\(heading)")
      let rows = lines[(start + 2)...].prefix { $0.hasPrefix("| `") }
      #expect(rows.map { String($0.split(separator: "`")[1]) } == measured, "\(heading)")
    }
  }

  @Test(
    "it tells at least nine of ten test pictures of Fashion-MNIST apart, and looks at the object",
    .enabled(if: FileManager.default.fileExists(atPath: data)))
  func accuracy() throws {
    struct Report: Decodable {
      struct Attention: Decodable {
        let heads: [Double]
        let area: Double
      }
      let examples: Int
      let accuracy: Double
      let attention: Attention
    }
    let result = try Program.run(
      ["evaluate", Self.data, "--weights", Self.model, "--attention", "1000", "--json"])
    #expect(result.status == 0, "\(result.standardError)")
    let report = try JSONDecoder().decode(Report.self, from: Data(result.standardOutput))
    #expect(report.examples == 10_000)
    #expect(report.accuracy >= 0.9)
    // Half of the heads look at the object, the others at the ground around it.
    #expect(report.attention.heads.count { $0 > 1.2 * report.attention.area } == 4)
  }
}
