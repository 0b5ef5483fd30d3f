// A model folder on the screen before all its weights are read: the input and the first stage's map.

import Explorer
import Foundation
import Inputs
import Perceiver
import Screens
import Tensors
import TestSupport
import Testing

@Suite("The first stage is on the screen before weights of later stages are read")
struct UnreadWeightsTests {
  enum Model: String, CaseIterable {
    case picture = "image_fourier"
    case text = "masked_lm"

    func input(_ model: Perceiver) throws -> Input {
      switch self {
      case .picture: return Scenario.picture(width: 16, height: 12)
      case .text:
        let form = try #require(model.configuration.textForm)
        let tokens = ByteTokenizer(form).tokens(of: Array("The [MASK] sat.".utf8), longest: 32)
          .tokens
        return Input(
          name: "t.txt",
          tensor: Tensor(shape: [tokens.numbers.count], values: tokens.numbers.map { Float($0) }),
          content: .text(tokens.text))
      }
    }
  }

  private static let names = [
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
  ]

  /// The fixture in two files: in the second the self-attentions, which follow the first stage, behind
  /// a tensor of nobody's that is longer than what is read with the header.
  private static func write(_ model: Model, to folder: URL) throws {
    let source = URL(fileURLWithPath: LoadedWeights.fixtureFolder(model.rawValue))
    try FileManager.default.copyItem(
      at: source.appending(path: "config.json"), to: folder.appending(path: "config.json"))
    let file = try TensorFile(path: source.appending(path: "model.safetensors").path)
    var parts: [[String: Tensor]] = [[:], ["a": Tensor(shape: [500_000], repeating: 1)]]
    var index: [JSONValue.Member] = []
    for entry in file.entries {
      let part = entry.name.contains(".self_attends.") ? 1 : 0
      parts[part][entry.name] = try file.tensor(named: entry.name)
      index.append(.init(name: entry.name, value: .string(names[part])))
    }
    for (name, tensors) in zip(names, parts) {
      try SafetensorsWriter.write(tensors, to: folder.appending(path: name).path)
    }
    let json = JSONValue.object([.init(name: "weight_map", value: .object(index))])
    try Data(json.text.utf8).write(to: folder.appending(path: "model.safetensors.index.json"))
    // The times of a file that was written just now cannot tell this moment from the next.
    Thread.sleep(forTimeInterval: 0.05)
  }

  /// Writes NaN over the end of a file.
  private static func spoil(_ file: URL) throws {
    let handle = try FileHandle(forUpdating: file)
    let end = try handle.seekToEnd()
    try handle.seek(toOffset: end - 4000)
    try handle.write(contentsOf: [UInt8](repeating: 0xFF, count: 4000))
    try handle.close()
  }

  @Test("later weights that change behind its back leave it as it is", arguments: Model.allCases)
  func firstStage(_ name: Model) throws {
    let whole = try LoadedWeights.fixture(name.rawValue)
    let input = try name.input(whole.model)
    let expected = Scenario(width: 120, height: 40, input: input, weights: whole)
    try withTemporaryFolder { folder in
      try Self.write(name, to: folder)
      let checkpoint = try Checkpoint(path: folder.path)
      let given = try #require(try GivenHyperparameters.of(checkpoint))
      let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
      // Whatever is read of it from now on is refused.
      try Self.spoil(folder.appending(path: Self.names[1]))
      var scenario = Scenario(
        width: 120, height: 40, input: input,
        weights: LoadedWeights(model: model, name: name.rawValue))
      #expect(scenario.state.message?.kind != .error, "\(scenario.said)")
      #expect(scenario.state.run?.stages.count == 1)
      #expect(scenario.text == expected.text)
      #expect(scenario.lines[1].contains("cross 1"), "\(scenario.lines[1])")
      scenario.press("→")
      #expect(scenario.state.message?.kind == .error, "\(scenario.said)")
      #expect(scenario.said.contains(Self.names[1]), "\(scenario.said)")
      // It did not take the map with it.
      scenario.press("←", "Esc")
      #expect(scenario.text.contains("cross 1"), "\(scenario.text)")
    }
  }

  @Test("before there is a model, the picture is on the screen, and what is being done is said")
  func picture() throws {
    var scenario = Scenario(
      width: 80, height: 24, depth: .direct, input: Scenario.picture(width: 16, height: 12),
      weights: try LoadedWeights.fixture("image_fourier"), isStarted: .notYet)
    scenario.isHolding = true
    scenario.send(.start)
    #expect(scenario.state.run == nil && scenario.text.contains("building model"))
    #expect(Set(scenario.screen.cells.compactMap(\.style.background)).count > 20)
    scenario.release()
    #expect(scenario.state.run?.stages.count == 1 && !scenario.text.contains("building model"))
  }
}
