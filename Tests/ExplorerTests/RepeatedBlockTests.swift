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
  /// The fixture's model with so many blocks of so many layers, each layer with the first one's
  /// weights: eight of two are 18 stages with both cross-attentions.
  private static func scenario(
    width: Int = 80, blocks: Int = 8, layers: Int = 2
  ) throws -> Scenario {
    try withTemporaryFolder { folder in
      let source = URL(fileURLWithPath: LoadedWeights.fixtureFolder("image_fourier"))
      let config = try String(contentsOf: source.appending(path: "config.json"), encoding: .utf8)
      try Data(
        config.replacing("\"num_blocks\": 2,", with: "\"num_blocks\": \(blocks),")
          .replacing(
            "\"num_self_attends_per_block\": 2,",
            with: "\"num_self_attends_per_block\": \(layers),"
          ).utf8
      ).write(to: folder.appending(path: "config.json"))
      let file = try TensorFile(path: source.appending(path: "model.safetensors").path)
      var tensors: [String: Tensor] = [:]
      for entry in file.entries where !entry.name.contains(".self_attends.1.") {
        for layer in 0..<layers {
          let name = entry.name.replacing(".self_attends.0.", with: ".self_attends.\(layer).")
          tensors[name] = try file.tensor(named: entry.name)
        }
      }
      try SafetensorsWriter.write(
        tensors, to: folder.appending(path: "model.safetensors").path)
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

  @Test(
    "fifty stages and more are read at 80 columns: the line says block and stage, keys go by block",
    arguments: [
      ([], "cross 1, 1 of 50 · block 1 of 8", "[● cross 1] ─ ○ ─ ○ ─ ○ ─ ○ ─ ○ ─ ○ ─ ○ 2 ─ ○ 3"),
      (
        [")"], "latent 2.1, 8 of 50 · block 2 of 8",
        "● 1 ─ [● latent 2.1] ─ ○ ─ ○ ─ ○ ─ ○ ─ ○ ─ ○ 3 ─ ○ 4"
      ),
      (
        ["3", ")", "→", "→"], "latent 4.3, 22 of 50 · block 4 of 8",
        "● 1 ─ ● 2 ─ ● 3 ─ ● ─ ● ─ [● latent 4.3] ─ ○ ─ ○ ─ ○ ─ ○ 5 ─ ○ 6"
      ),
      (["3", ")", "→", "→", "("], "latent 4.1, 20 of 50 · block 4 of 8", "[● latent 4.1]"),
      (["2", "0", "→"], "latent 4.2, 21 of 50 · block 4 of 8", "● 3 ─ ● ─ [● latent 4.2] ─ ○"),
      (
        ["End", "("], "latent 8.1, 44 of 50 · block 8 of 8",
        "[● latent 8.1] ─ ● ─ ● ─ ● ─ ● ─ ● ─ ● decoder"
      ),
      (
        ["8", ")"], "decoder, 50 of 50",
        "● 1 ─ ● 2 ─ ● 3 ─ ● 4 ─ ● 5 ─ ● 6 ─ ● 7 ─ ● 8 ─ [● decoder]"
      ),
    ] as [([String], String, String)])
  func fifty(keys: [String], title: String, line: String) throws {
    var scenario = try Self.scenario(blocks: 8, layers: 6)
    #expect(scenario.state.stageIDs.count == 50)
    for key in keys { scenario.press(key) }
    #expect(scenario.lines[0].contains(title), "\(scenario.lines[0])")
    #expect(Self.timeline(scenario).contains(line), "\(Self.timeline(scenario))")
    #expect(scenario.lines.allSatisfy { $0.count <= 80 })
  }

  @Test(
    "of one long block the stages around the shown one stand on the line, at the decoder too",
    arguments: [
      ([], "cross 1, 1 of 28", "[● cross 1] ─ ○ ─ ○"),
      (
        ["1", "3", "→"], "latent 1.13, 14 of 28",
        "◂ ● ─ ● ─ ● ─ ● ─ ● ─ ● ─ ● ─ [● latent 1.13] ─ ○"
      ),
      (["1", "3", "→", "("], "cross 1, 1 of 28", "[● cross 1] ─ ● ─ ●"),
      ([")"], "decoder, 28 of 28", "◂ ● ─ ● ─ ● ─ ● ─ ● ─ ● ─ ● ─ ● ─ ● ─ ● ─ ● ─ ●"),
      (["End", "("], "cross 1, 1 of 28", "[● cross 1] ─ ● ─ ●"),
    ] as [([String], String, String)])
  func oneBlock(keys: [String], title: String, line: String) throws {
    var scenario = try Self.scenario(blocks: 1, layers: 26)
    for key in keys { scenario.press(key) }
    #expect(scenario.lines[0].contains(title), "\(scenario.lines[0])")
    #expect(!scenario.lines[0].contains("block "), "\(scenario.lines[0])")
    #expect(Self.timeline(scenario).contains(line), "\(Self.timeline(scenario))")
    scenario.press("End")
    #expect(Self.timeline(scenario).hasSuffix("● ─ [● decoder]"), "\(Self.timeline(scenario))")
    scenario.press(")")
    #expect(scenario.said.contains("this is the last block"), "\(scenario.said)")
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
