// Checkpoints that hold more than a model: what Tests/Parity/make_crowded_checkpoints.py saved with
// PyTorch, and what PyTorch computes with the model in them.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Of a checkpoint with more in it the model is read")
struct CrowdedCheckpointTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let file: String
    let options: [String: String]
    let logits: [Float]?
    let error: String?
    let leftOut: [String]?

    var testDescription: String { "\(file) \(options)" }
  }

  private struct Index: Decodable {
    struct Entry: Decodable {
      let options: [String: String]
      let logits: [Float]?
      let error: String?
      let leftOut: [String]?

      private enum CodingKeys: String, CodingKey {
        case options, logits, error
        case leftOut = "left_out"
      }
    }
    let cases: [String: [Entry]]
  }

  /// PERCEIVER_CROWDED names the folder of a whole round of the script.
  static let wholeRound = ProcessInfo.processInfo.environment["PERCEIVER_CROWDED"]
  static let folder =
    wholeRound.map { URL(filePath: $0) } ?? fixtures.appending(path: "crowded")

  static let all: [Case] = {
    guard let data = try? Data(contentsOf: folder.appending(path: "expected.json")),
      let index = try? JSONDecoder().decode(Index.self, from: data)
    else { return [] }
    return index.cases.sorted { $0.key < $1.key }.flatMap { file, entries in
      entries.map {
        Case(
          file: file, options: $0.options, logits: $0.logits, error: $0.error,
          leftOut: $0.leftOut)
      }
    }
  }()

  @Test("All cases are there", .enabled(if: wholeRound == nil))
  func count() {
    #expect(Self.all.count == 18)
    #expect(Self.all.count { $0.error != nil } == 5)
  }

  @Test("Logits are PyTorch's; what is ambiguous is refused with the ways", arguments: all)
  func reads(_ test: Case) throws {
    let path = Self.folder.appending(path: "\(test.file).pt").path
    do {
      let checkpoint = try Checkpoint(
        path: path, stateDict: test.options["state-dict"], prefix: test.options["prefix"])
      var given = GivenHyperparameters()
      given.values = [
        "max_freq": .real(4), "latent_heads": .integer(1), "input_channels": .integer(1),
        "input_axis": .integer(1), "inverted_cross_attn": .layers(.none),
      ]
      let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
      let input = try NumPyFile.tensor(
        Array(Data(contentsOf: Self.folder.appending(path: "input.npy"))))
      let expected = try #require(test.logits)
      #expect(relativeError(try model(input).values, expected) < 1e-5)
      if let leftOut = test.leftOut { #expect(checkpoint.leftOut.map(\.name) == leftOut) }
    } catch {
      let expected = try #require(test.error, "\(error)")
      #expect("\(error)".contains(expected), "\(error)")
    }
  }
}
