// The paper's Figure 3 of models from folders: tokens of a convolution, learnt positions, and two
// cross-attentions.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import Testing

@Suite("Figure 3 of models from folders")
struct CrossAttentionFigureTests {
  struct Case: Sendable, CustomTestStringConvertible {
    /// The folder among the library's fixtures.
    let folder: String
    /// Height, width and channels of the picture.
    let picture: [Int]
    /// Rows and columns of tokens.
    let tokens: [Int]
    let captions: [String]
    var testDescription: String { folder }

    static let all = [
      // A convolution by steps of two, then the largest of threes by steps of two.
      Case(
        folder: "huggingface/image_conv", picture: [19, 24, 3], tokens: [4, 5],
        captions: ["cross 1: scores before the softmax, mean of 2 heads, 5 of 5 latents"]),
      Case(
        folder: "huggingface/image_conv", picture: [224, 224, 3], tokens: [55, 55],
        captions: ["cross 1: scores before the softmax, mean of 2 heads, 5 of 5 latents"]),
      Case(
        folder: "huggingface/image_learned", picture: [16, 16, 3], tokens: [16, 16],
        captions: ["cross 1: scores before the softmax, mean of 4 heads, 5 of 5 latents"]),
      Case(
        folder: "krasserm/image_unshared", picture: [9, 7, 1], tokens: [9, 7],
        captions: [
          "cross 1: scores before the softmax, head 1 of 1, 6 of 6 latents",
          "cross 2: scores before the softmax, head 1 of 1, 6 of 6 latents",
        ]),
    ]

    func weights() throws -> LoadedWeights {
      let fixtures = URL(fileURLWithPath: LoadedWeights.fixtureFolder("image_conv"))
        .deletingLastPathComponent().deletingLastPathComponent()
      let checkpoint = try Checkpoint(path: fixtures.appending(path: folder).path)
      let given = try #require(try GivenHyperparameters.of(checkpoint))
      return LoadedWeights(
        model: try checkpoint.model(try checkpoint.describe(given: given).configuration),
        name: folder)
    }

    var input: Input {
      let samples = (0..<picture.reduce(1, *)).map { Float($0 * 7919 % 1009) / 1009 }
      let image = PixelImage(
        width: picture[1], height: picture[0], channels: picture[2], samples: samples)
      return Input(
        name: "dots.ppm", tensor: Tensor(shape: picture, values: samples),
        content: .picture(image))
    }
  }

  @Test(
    "each panel has a cross-attention's scores, a tile for each latent, in the shape of the tokens",
    arguments: Case.all)
  func panels(_ test: Case) throws {
    var scenario = Scenario(
      width: 120, height: 40, input: test.input, weights: try test.weights())
    scenario.press("End", "Home", "F")
    #expect(scenario.state.message?.kind != .error, "\(scenario.said)")
    scenario.command("head mean")
    scenario.command("figure3 figure.svg")
    let svg = String(decoding: try #require(scenario.files["figure.svg"]), as: UTF8.self)
    #expect(svg.contains("What latents look at in dots.ppm"))
    let run = try #require(scenario.state.run)
    let stages = CrossAttentionFigure.stages(of: run)
    #expect(stages.count == test.captions.count)
    let ground = try #require(
      CrossAttentionFigure.Ground(
        scenario.state.choices.input, frame: 0, of: scenario.state.choices.settings.configuration))
    let figure = try CrossAttentionFigure.make(
      of: run, stages: CrossAttentionFigure.usual(among: stages), heads: .mean, name: "dots.ppm",
      over: ground, appearance: MapAppearance(transfer: .linear, colours: .viridis),
      cancellation: Cancellation())
    #expect(figure.panels.map(\.caption) == test.captions)
    for (panel, stage) in zip(figure.panels, stages) {
      let attention = try #require(run.stages[stage].attention)
      #expect(panel.tiles.count == attention.mapCount)
      for (latent, tile) in panel.tiles.enumerated() {
        let scores = try attention.map(head: .mean, query: .one(latent), as: .scores)
        #expect(tile.map.shape == test.tokens)
        #expect(tile.map.values == scores.values, "\(stage), latent \(latent + 1)")
      }
    }
  }
}
