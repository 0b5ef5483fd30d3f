// Masks of arrays of tokens that are longer than the model reads: each part has its part of the mask.

import Explorer
import Foundation
import Inputs
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A mask for a whole array of tokens goes with its parts")
struct LongMaskTests {
  /// Sixty tokens, of which the fixture's model reads 24 at a time: 0 to 23, 24 to 47, 36 to 59.
  private static let keeps = (0..<60).map { $0 % 5 != 2 }
  private static let parts = [0..<24, 24..<48, 36..<60]

  /// Lends a program on an array, with masks of all its tokens and of one part.
  private static func withScenario(
    _ body: (inout Scenario, _ whole: String, _ part: String) throws -> Void
  ) throws {
    let weights = try LoadedWeights.fixture("sequence_classification")
    let demand = try #require(TextDemand(weights.model.configuration))
    try #require(demand.longest == 24)
    try withTemporaryFolder { folder in
      func write(_ name: String, _ values: [Float]) throws -> String {
        let path = folder.appending(path: name).path
        try Data(NumPyFile.bytes(Tensor(shape: [values.count], values: values)))
          .write(to: URL(fileURLWithPath: path))
        return path
      }
      let array = try write("ids.npy", (0..<60).map { Float($0 * 37 % 256 + 6) })
      let whole = try write("whole.npy", keeps.map { $0 ? 1 : 0 })
      let part = try write("part.npy", keeps[24..<48].map { $0 ? 1 : 0 })
      let reader = InputReader()
      let inputs = try (0..<3).map {
        try reader.readTokens(.file(array), for: demand, window: $0)
      }
      // The next part is what opening gives, whichever was asked for.
      var scenario = Scenario(
        input: inputs[1], weights: weights, files: MemoryFiles(inputs: [array: inputs[2]]))
      try body(&scenario, whole, part)
    }
  }

  private static func mask(_ scenario: Scenario) -> [Bool]? {
    scenario.state.choices.settings.mask?.mask.keeps
  }

  @Test(":mask FILE takes the part of a whole mask that is looked at, and w the next")
  func whole() throws {
    try Self.withScenario { scenario, whole, _ in
      scenario.command("mask \(whole)")
      #expect(Self.mask(scenario) == Array(Self.keeps[Self.parts[1]]))
      let kept = Self.keeps[Self.parts[1]].count { $0 }
      #expect(scenario.said.contains("mask whole.npy: \(kept) of 24 tokens are read"))
      // The run reads what the mask keeps.
      let run = try #require(scenario.state.run)
      let direct = try run.model.begin(
        scenario.state.choices.input.tensor,
        mask: TokenMask(shape: [24], keeps: Array(Self.keeps[Self.parts[1]])))
      var (one, other) = (direct, run)
      while try one.next() != nil {}
      while try other.next() != nil {}
      #expect(one.output == other.output)
      scenario.press("w")
      #expect(scenario.state.choices.input.window?.index == 2)
      #expect(Self.mask(scenario) == Array(Self.keeps[Self.parts[2]]))
      #expect(!scenario.said.contains("does not fit"), "\(scenario.said)")
      scenario.press("u")
      #expect(scenario.state.choices.input.window?.index == 1)
      #expect(Self.mask(scenario) == Array(Self.keeps[Self.parts[1]]))
      scenario.command("mask none")
      #expect(Self.mask(scenario) == nil)
    }
  }

  @Test("A mask of one part is taken as it is, and others are refused with the sizes that fit")
  func part() throws {
    try Self.withScenario { scenario, _, part in
      scenario.command("mask \(part)")
      #expect(Self.mask(scenario) == Array(Self.keeps[Self.parts[1]]))
      scenario.command("mask none")
      let short = part.replacing("part.npy", with: "short.npy")
      try Data(NumPyFile.bytes(Tensor(shape: [7], repeating: 1)))
        .write(to: URL(fileURLWithPath: short))
      scenario.command("mask \(short)")
      #expect(Self.mask(scenario) == nil)
      #expect(
        scenario.said.contains(
          "expected a mask of the input's size 24, or of all its 60 tokens, found 7"),
        "\(scenario.said)")
    }
  }
}
