// Frames larger than a model of optical flow reads: tiles, and the field that is blended of them.

import Foundation
import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Optical flow of larger frames")
struct OpticalFlowTests {
  private static let folder = fixtures.appending(path: "huggingface")

  private static func model() throws -> Perceiver {
    let checkpoint = try Checkpoint(path: folder.appending(path: "optical_flow").path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    return try checkpoint.model(try checkpoint.describe(given: given).configuration)
  }

  @Test("Tiles are blended as DeepMind's notebook does with transformers' model")
  func blends() throws {
    let model = try Self.model()
    let file = try TensorFile(
      path: Self.folder.appending(path: "optical_flow_tiles/tiles.safetensors").path)
    let (frames, expected) = (try file.tensor(named: "frames"), try file.tensor(named: "flow"))
    var told: [Int] = []
    let flow = try model.opticalFlow(of: frames) { done, tiles in
      told.append(done)
      #expect(tiles == 12)
    }
    #expect(told == Array(0..<12))
    #expect(flow.shape == [11, 23, 2])
    #expect(relativeError(flow.values, expected.values) < 1e-5)
  }

  @Test("Tiles cover every pixel, stay in the frame, and share 20 pixels where they are large")
  func tiles() throws {
    let tiles = try #require(FlowTiles(frame: [436, 1024], tile: [368, 496]))
    #expect(tiles.starts == [[0, 0], [0, 476], [0, 528], [68, 0], [68, 476], [68, 528]])
    #expect(FlowTiles(frame: [368, 496], tile: [368, 496])?.starts == [[0, 0]])
    #expect(FlowTiles(frame: [367, 600], tile: [368, 496]) == nil)
  }

  @Test("A frame of one tile has the model's own flow, in pixels")
  func oneTile() throws {
    let model = try Self.model()
    var generator = TorchGenerator(seed: 8)
    let frames = generator.uniform(shape: [2, 6, 10, 3], low: -1, high: 1)
    let flow = try model.opticalFlow(of: frames)
    let own = try model(frames)
    #expect(zip(flow.values, own.values).allSatisfy { abs($0 - 20 * $1) <= 1e-6 * abs($0) })
    #expect(throws: ConfigurationError.self) {
      try model.opticalFlow(of: Tensor(shape: [2, 5, 10, 3]))
    }
    let other = try Perceiver(.init(depth: 1, numLatents: 4), seed: 0)
    #expect(throws: ConfigurationError.self) { try other.opticalFlow(of: frames) }
  }

  @Test("A decoder in parts and one whose values are asked for give the same outputs and maps")
  func parts() throws {
    let model = try Self.model()
    var generator = TorchGenerator(seed: 9)
    let frames = generator.uniform(shape: [2, 6, 10, 3], low: -1, high: 1)
    var run = try model.begin(frames)
    while try run.next() != nil {}
    // An edit that changes nothing: the stage is then computed with all rows together.
    let last = run.stageIDs.count - 1
    var whole = try model.begin(
      frames, interventions: [.edit(.attentionOutput, .scale(1), at: last)], reusing: run)
    #expect(whole.stages.count == last)
    while try whole.next() != nil {}
    let (mine, theirs) = (try #require(run.output), try #require(whole.output))
    #expect(relativeError(mine.values, theirs.values) < 1e-5)
    let maps = try [run, whole].map {
      try #require($0.stages[last].attention).matrix(as: .probabilities)
    }
    #expect(maps[0].shape == [1, 60, 6])
    #expect(relativeError(maps[0].values, maps[1].values) < 1e-5)
  }
}
