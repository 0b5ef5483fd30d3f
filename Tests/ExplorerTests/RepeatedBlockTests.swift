// A transformers model whose blocks are repeated, on a line of 80 columns.

import Explorer
import Foundation
import Inputs
import Perceiver
import Screens
import Tensors
import TestSupport
import Testing

@Suite("Repeated blocks of a transformers model stand on 80 columns")
struct RepeatedBlockTests {
  /// The fixture's model with eight blocks of two layers: 18 stages with both cross-attentions.
  private static func scenario(width: Int = 80) throws -> Scenario {
    try withTemporaryFolder { folder in
      let source = URL(fileURLWithPath: LoadedWeights.fixtureFolder("image_fourier"))
      let config = try String(contentsOf: source.appending(path: "config.json"), encoding: .utf8)
      try Data(config.replacing("\"num_blocks\": 2,", with: "\"num_blocks\": 8,").utf8)
        .write(to: folder.appending(path: "config.json"))
      try FileManager.default.copyItem(
        at: source.appending(path: "model.safetensors"),
        to: folder.appending(path: "model.safetensors"))
      let checkpoint = try Checkpoint(path: folder.path)
      let given = try #require(try GivenHyperparameters.of(checkpoint))
      let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
      return Scenario(
        width: width, height: 24, input: Scenario.picture(width: 16, height: 12),
        weights: LoadedWeights(model: model, name: "eight"))
    }
  }

  private static func timeline(_ scenario: Scenario) -> String {
    scenario.lines[22].trimmingCharacters(in: .whitespaces)
  }

  @Test("the title says which block of how many, and the line opens that block alone")
  func text() throws {
    var scenario = try Self.scenario()
    #expect(scenario.lines[0].contains("cross 1, 1 of 18 · block 1 of 8"), "\(scenario.lines[0])")
    #expect(
      Self.timeline(scenario)
        == "[● cross 1] ─ ○ ─ ○ ─ ○ 2 ─ ○ 3 ─ ○ 4 ─ ○ 5 ─ ○ 6 ─ ○ 7 ─ ○ 8 ─ ○ decoder")
    scenario.press(")", ")", "→")
    #expect(
      scenario.lines[0].contains("latent 3.2, 7 of 18 · block 3 of 8"), "\(scenario.lines[0])")
    #expect(
      Self.timeline(scenario)
        == "● 1 ─ ● 2 ─ ● ─ [● latent 3.2] ─ ○ 4 ─ ○ 5 ─ ○ 6 ─ ○ 7 ─ ○ 8 ─ ○ decoder")
    // Each of a block's layers stands once in every block.
    #expect(scenario.text.contains("weights shared by 8 stages"))
    scenario.press("End")
    #expect(scenario.lines[0].contains("decoder, 18 of 18"), "\(scenario.lines[0])")
    #expect(!scenario.lines[0].contains("block "), "\(scenario.lines[0])")
    #expect(
      Self.timeline(scenario)
        == "● 1 ─ ● 2 ─ ● 3 ─ ● 4 ─ ● 5 ─ ● 6 ─ ● 7 ─ ● 8 ─ [● decoder]")
  }

  @Test("keys, counts and clicks go by block")
  func jumps() throws {
    var scenario = try Self.scenario()
    for (keys, position) in [
      ([")"], 3), (["3", ")"], 9), (["→", "("], 9), (["("], 7), (["2", "("], 3),
      (["End", "("], 15), ([")"], 17),
    ] as [([String], Int)] {
      for key in keys { scenario.press(key) }
      #expect(scenario.state.position == position, "\(keys)")
    }
    scenario.press(")")
    #expect(scenario.said.contains("this is the last block"), "\(scenario.said)")
    let line = scenario.lines[22]
    let column = try #require(line.range(of: "● 5")).lowerBound
    let x = line.distance(from: line.startIndex, to: column)
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: Point(x: x, y: 22)))))
    #expect(scenario.state.position == 9)
    scenario.press("Home", "(")
    #expect(scenario.said.contains("this is the first block"), "\(scenario.said)")
  }

  @Test("narrower lines show the blocks around the shown one, and where there are more")
  func narrow() throws {
    var scenario = try Self.scenario(width: 60)
    scenario.press("4", ")")
    let line = scenario.lines[22]
    #expect(line.contains("[● latent 5.1]") && line.contains("○ 6"), "\(line)")
    #expect(scenario.lines.allSatisfy { $0.count <= 60 })
  }
}
