// Cases of explanations: a model, an input and the numbers that the definitions give in double with
// perceiver-pytorch 0.11.0. Fixtures/explore/README.md names every tensor.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

/// A folder of Fixtures/explore.
struct ExploreCase: Sendable, CustomTestStringConvertible {
  let folder: URL

  var testDescription: String { folder.lastPathComponent }

  static let all: [ExploreCase] = {
    let root = fixtures.appending(path: "explore")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.filter { !$0.hasSuffix(".md") }.sorted().map {
      ExploreCase(folder: root.appending(path: $0))
    }
  }()

  /// A case opened: what was asked, and what was expected.
  struct Opened {
    let model: Perceiver
    let asked: JSONValue
    let expected: TensorFile
    let input: Tensor
    private let errors: [String: Double]

    init(_ folder: URL) throws {
      let config = try WholeFile.read(folder.appending(path: "config.json").path)
      asked = try JSONValue(parsing: WholeFile.read(folder.appending(path: "case.json").path))
      let weights = asked["weights"]?.string ?? ""
      let path =
        weights.contains("/")
        ? repository.appending(path: weights).path : folder.appending(path: weights).path
      let checkpoint = try Checkpoint(path: path)
      model = try checkpoint.model(
        checkpoint.describe(given: GivenHyperparameters(json: config)).configuration)
      expected = try TensorFile(path: folder.appending(path: "expected.safetensors").path)
      input = try expected.numbers(named: "input")
      errors = Dictionary(
        uniqueKeysWithValues: (asked["float32_error"]?.members ?? []).compactMap { member in
          member.value.number.map { (member.name, $0) }
        })
    }

    func integer(_ name: String) -> Int { asked[name]?.integer ?? -1 }
    func theirs(_ name: String) throws -> Tensor { try expected.numbers(named: name) }
    func has(_ name: String) -> Bool { expected.entry(named: name) != nil }

    var target: ExplanationTarget { .init(.number(integer("class"))) }
    var contrast: ExplanationTarget {
      .init(.number(integer("class")), against: .number(integer("against")))
    }

    /// The whole run of the case's input.
    func run() throws -> PerceiverRun { try model.begin(input).completed() }

    /// The relative error that a tensor may have: ten times PyTorch's in float32, and no less than
    /// Fixtures/explore/README.md says.
    func allowed(_ name: String, least: Double = 1e-6) -> Double {
      max(10 * (errors[name] ?? 0), least)
    }

    /// Expects a tensor within ten times the float32 error that PyTorch has there.
    func expect(
      _ ours: Tensor, _ name: String, least: Double = 1e-6,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      try expect(ours, theirs(name), of: name, least: least, sourceLocation: sourceLocation)
    }

    /// Expects what was made of an expected tensor, within ten times the error of that tensor.
    func expect(
      _ ours: Tensor, _ theirs: Tensor, of name: String, least: Double = 1e-6,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let error = relativeError(ours.reshaped(theirs.shape), theirs)
      let allowed = allowed(name, least: least)
      #expect(
        error <= allowed, "\(name): \(error), allowed \(allowed)", sourceLocation: sourceLocation)
    }

    /// Expects rank correlations of a tensor's rows with its first, each to 1e-6 and what it moves by
    /// where two values of a row, nearer to each other than the row may be wrong by, change places:
    /// at most 12 / n² of n values for each such pair of neighbours.
    func expectRanks(
      _ ours: [Double], _ name: String, ofRowsOf rows: String,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let (expected, maps) = (try theirs(name).values, try theirs(rows))
      try #require(ours.count == expected.count, sourceLocation: sourceLocation)
      for (index, (mine, other)) in zip(ours, expected).enumerated() {
        let values = maps.row(index).values.map { Double($0) }.sorted()
        let count = Double(values.count)
        let wrong = allowed(rows) * (values.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
        let pairs = zip(values, values.dropFirst()).count { $1 - $0 <= 2 * wrong }
        let allowed = 1e-6 + Double(pairs) * 12 / (count * count)
        #expect(
          abs(mine - Double(other)) <= allowed,
          "\(name) \(index): \(mine), expected \(other) to \(allowed)",
          sourceLocation: sourceLocation)
      }
    }

    func expect(
      _ ours: Double, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      try expect(Tensor(shape: [1], values: [Float(ours)]), name, sourceLocation: sourceLocation)
    }
  }

  func opened() throws -> Opened { try Opened(folder) }
}

/// The repository's root.
private let repository = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

extension JSONValue {
  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}
