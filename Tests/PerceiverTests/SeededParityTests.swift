// Untrained models against torch's. Tests/Parity/make_seeded_values.py made the values, with the
// versions that cases.json names.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A seed makes the model that torch.manual_seed makes")
struct SeededParityTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let seed: UInt64
    let configuration: PerceiverConfiguration
    let parameters: Int

    var testDescription: String { name }

    static let all: [Case] = {
      let url = fixtures.appending(path: "seeded/cases.json")
      guard let data = try? Data(contentsOf: url), let json = try? JSONValue(parsing: data),
        case .array(let cases)? = json["cases"]
      else { return [] }
      return cases.compactMap(Case.init(json:))
    }()

    init?(json: JSONValue) {
      guard case .string(let name)? = json["name"], case .integer(let seed)? = json["seed"],
        case .integer(let parameters)? = json["parameters"], let arguments = json["args"],
        let given = try? GivenHyperparameters(json: arguments.text),
        let description = try? ModelDescription(given: given, inputChannels: 3, inputAxes: 2)
      else { return nil }
      self.name = name
      self.seed = UInt64(seed)
      self.parameters = parameters
      configuration = description.configuration.arguments
    }

    func expected() throws -> SafetensorsFile {
      try SafetensorsFile(path: fixtures.appending(path: "seeded/\(name).safetensors").path)
    }

    /// The case's input, or the sample photo scaled to [-1, 1].
    func input(_ file: SafetensorsFile) throws -> Tensor {
      if file.entry(named: "input") != nil { return try file.tensor(named: "input") }
      let photo = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Samples/cat.ppm")
      let bytes = try Data(contentsOf: photo).suffix(224 * 224 * 3)
      return Tensor(shape: [224, 224, 3], values: bytes.map { Float($0) / 255 * 2 - 1 })
    }
  }

  @Test("All cases are there, the README's own model among them")
  func count() {
    #expect(Case.all.count == 27)
    #expect(Case.all.contains { $0.configuration == PerceiverConfiguration() })
  }

  @Test("Parameters are torch's", arguments: Case.all)
  func parameters(_ test: Case) throws {
    let model = try Perceiver(test.configuration, seed: test.seed)
    #expect(model.parameterCount == test.parameters)
    let cost = try test.configuration.cost(inputAxes: [1])
    #expect(cost.parameters == test.parameters)
    let expected = try test.expected()
    for entry in expected.entries where entry.name.hasPrefix("head.") {
      let name = String(entry.name.dropFirst("head.".count))
      let ours = try #require(model.parameter(named: name), "\(name)")
      let theirs = try expected.tensor(named: entry.name)
      // Uniform numbers are the same bits. Normal ones pass through logarithms and cosines of
      // torch's own, 4.0e-7 from the C library's over the worst 32 here.
      let error = relativeError(ours.reshaped([ours.count]).rows(0..<theirs.count), theirs)
      #expect(error < (name == "latents" ? 5e-7 : 1e-9), "\(name)")
      let sum = ours.values.reduce(0.0) { $0 + Double($1) }
      let theirSum = Double(try expected.tensor(named: "sum.\(name)").values[0])
      // Torch's sum is itself float32: compare within its rounding over so many elements.
      let scale = ours.values.reduce(0.0) { $0 + Double(abs($1)) }
      #expect(abs(sum - theirSum) <= 1e-6 * scale + 1e-7, "sum of \(name)")
    }
  }

  @Test("Logits and latents are torch's to 5e-6", arguments: Case.all)
  func outputs(_ test: Case) throws {
    let model = try Perceiver(test.configuration, seed: test.seed)
    let expected = try test.expected()
    let input = try test.input(expected)
    let mask = try expected.entry(named: "mask").map {
      TokenMask(shape: $0.shape, keeps: try expected.truths(named: "mask"))
    }
    var run = try model.begin(input, mask: mask)
    while try run.next() != nil {}
    let output = try #require(run.output)
    #expect(relativeError(output, try expected.tensor(named: "output")) < 5e-6)
    if test.name.hasSuffix("large") {
      let axes = Array(input.shape.dropLast())
      #expect(test.configuration.crossAttentionMethod(inputAxes: axes) == .separable)
    }
    if expected.entry(named: "embeddings") != nil {
      let latents = try #require(run.stages.last).latents
      #expect(relativeError(latents, try expected.tensor(named: "embeddings")) < 5e-6)
    }
  }

  /// Logits of each release's own package, in its own virtual environment: `torch.manual_seed(0)`,
  /// `Perceiver(num_freq_bands=3, max_freq=10., depth=3, num_latents=4, latent_dim=8,
  /// latent_heads=2, latent_dim_head=4, weight_tie_layers=True, self_per_cross_attn=2,
  /// num_classes=5).eval()(((torch.arange(60) / 60) - 0.5).reshape(1, 5, 4, 3))`.
  @Test(
    "A release draws parameters in the order in which it makes its modules",
    arguments: [
      ("0.2.1", [0.094022945, 0.021005139, -0.53121674, -0.87062359, -0.13310105] as [Float]),
      ("0.5.0", [0.094022945, 0.021005139, -0.53121674, -0.87062359, -0.13310105]),
      ("0.8.8", [-0.36473501, -0.041322771, -1.1034886, 1.0706273, -0.71216315]),
      ("0.10.1", [-0.36473501, -0.041322771, -1.1034886, 1.0706273, -0.71216315]),
    ])
  func releases(_ name: String, _ theirs: [Float]) throws {
    var configuration = PerceiverConfiguration(
      numFreqBands: 3, maxFreq: 10, depth: 3, numLatents: 4, latentDim: 8, latentHeads: 2,
      latentDimHead: 4, numClasses: 5)
    configuration.release = try #require(Release(name))
    (configuration.weightTieLayers, configuration.selfPerCrossAttn) = (true, 2)
    let input = Tensor(shape: [5, 4, 3], values: (0..<60).map { Float($0) / 60 - 0.5 })
    let logits = try Perceiver(configuration, seed: 0)(input)
    #expect(relativeError(logits, Tensor(shape: [5], values: theirs)) < 2e-6)
  }
}

extension JSONValue {
  /// The value written out again, for what reads bytes.
  fileprivate var text: [UInt8] { Array(written.utf8) }

  private var written: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .array(let elements): "[" + elements.map(\.written).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { "\"\($0.name)\":" + $0.value.written }.joined(separator: ",") + "}"
    }
  }
}
