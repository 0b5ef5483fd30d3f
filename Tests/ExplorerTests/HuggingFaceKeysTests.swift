// Explanations of transformers' models on the screen: each key works, or one sentence says why not.

import Explorer
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import Testing

@Suite("Explanations of transformers' models on the screen")
struct HuggingFaceKeysTests {
  /// A model of the fixtures with an input that it reads.
  enum Family: String, CaseIterable {
    case fourier = "image_fourier"
    case learned = "image_learned"
    case convolution = "image_conv"
    case language = "masked_lm"
    case flow = "optical_flow"
    case multimodal

    /// Whether its answer is one of some classes; of a film it is a label.
    var isClassifier: Bool { [.fourier, .learned, .convolution, .multimodal].contains(self) }
  }

  private static func scenario(
    _ family: Family, width: Int = 120, height: Int = 40
  ) throws -> Scenario {
    let weights = try LoadedWeights.fixture(family.rawValue)
    let sizes: [Family: (Int, Int)] = [
      .fourier: (16, 12), .learned: (16, 16), .convolution: (24, 19),
    ]
    var generator = TorchGenerator(seed: 5)
    func film(_ width: Int, _ height: Int) -> (Tensor, [PixelImage]) {
      let tensor = generator.uniform(shape: [2, height, width, 3], low: 0, high: 1)
      return (
        tensor,
        (0..<2).map {
          PixelImage(width: width, height: height, channels: 3, samples: tensor.row($0).values)
        }
      )
    }
    let input: Input
    switch family {
    case .fourier, .learned, .convolution:
      let size = sizes[family] ?? (16, 12)
      input = Scenario.picture(width: size.0, height: size.1)
    case .language:
      let form = try #require(weights.model.configuration.textForm)
      let tokens = ByteTokenizer(form).tokens(of: Array("The [MASK] sat.".utf8), longest: 32).tokens
      input = Input(
        name: "t.txt",
        tensor: Tensor(shape: [tokens.numbers.count], values: tokens.numbers.map { Float($0) }),
        content: .text(tokens.text))
    case .flow:
      let (tensor, frames) = film(10, 6)
      input = Input(name: "film", tensor: tensor, content: .frames(frames))
    case .multimodal:
      let (tensor, frames) = film(12, 8)
      input = Input(
        name: "film", tensor: tensor,
        content: .film(frames, sound: generator.uniform(shape: [128], low: -1, high: 1)))
    }
    return Scenario(width: width, height: height, input: input, weights: weights)
  }

  @Test("y asks why of every input, over what it reads", arguments: Family.allCases)
  func why(_ family: Family) throws {
    var scenario = try Self.scenario(family)
    scenario.press("y")
    // Where outputs have no one answer and none is masked, the readings are shown.
    #expect(
      scenario.text.contains(family == .flow ? "rollout-residual" : "rests on"),
      "\(scenario.text)")
    #expect(!scenario.state.isBusy)
    for (name, ending) in [("why.npy", "npy"), ("why.png", "png"), ("why.csv", "csv")] {
      scenario.command("export \(name)")
      #expect(scenario.files[name] != nil, "\(ending): \(scenario.said)")
    }
    scenario.command("why-figure figure.svg")
    let svg = String(decoding: scenario.files["figure.svg"] ?? [], as: UTF8.self)
    #expect(svg.contains("Explained: class") == family.isClassifier)
    // All other methods, and a class against another.
    for _ in 0..<20 where scenario.state.choices.view.replacement == .why {
      scenario.press("y")
      #expect(!scenario.text.contains("asking why"))
      #expect(scenario.state.message?.kind != .error, "\(scenario.said)")
    }
  }

  @Test(
    "X hides pixels of pictures and bytes of texts, and says of other inputs why not",
    arguments: Family.allCases)
  func hides(_ family: Family) throws {
    var scenario = try Self.scenario(family)
    scenario.press("X")
    switch family {
    case .fourier, .learned, .convolution, .flow, .language:
      scenario.press("X", "→", "↓", "Enter")
      #expect(scenario.state.choices.changes.hidden != nil, "\(scenario.said)")
      #expect(scenario.state.message?.kind != .error, "\(scenario.said)")
      #expect(!scenario.state.isBusy)
    case .multimodal: #expect(scenario.said.contains("several kinds of tokens"))
    }
  }

  @Test(
    "E shows every table that there is, or says why one has no numbers", arguments: Family.allCases)
  func tables(_ family: Family) throws {
    var scenario = try Self.scenario(family)
    var seen = 0
    repeat {
      scenario.press("E")
      guard scenario.state.choices.view.replacement != nil else { break }
      seen += 1
      #expect(!scenario.state.isBusy)
      let isThere = !scenario.state.numberRows.isEmpty
      #expect(isThere || scenario.state.message?.kind == .error, "\(scenario.lines[1])")
    } while seen < 20
    #expect(seen >= (family.isClassifier ? 4 : 2), "\(seen)")
  }

  @Test("L lists every head with its numbers", arguments: Family.allCases)
  func heads(_ family: Family) throws {
    var scenario = try Self.scenario(family)
    scenario.press("L")
    #expect(scenario.text.contains("entropy"))
    #expect(scenario.state.message?.kind != .error, "\(scenario.said)")
    #expect(!scenario.state.isBusy)
    #expect(scenario.text.contains("Δp off") == family.isClassifier)
    scenario.press("s", "s", "z", "Enter")
    #expect(scenario.state.message?.kind != .error, "\(scenario.said)")
  }

  @Test("P pins a view, D shows the difference, S shares a scale", arguments: Family.allCases)
  func pins(_ family: Family) throws {
    var scenario = try Self.scenario(family)
    scenario.press("P", "]")
    #expect(scenario.text.contains("pinned") && scenario.text.contains("present"))
    scenario.press("S", "S", "S", "D")
    #expect(scenario.state.message?.kind != .error, "\(scenario.said)")
    #expect(scenario.lines[1].contains("present − pinned"), "\(scenario.lines[1])")
    scenario.press("=")
    #expect(scenario.state.message?.kind != .error, "\(scenario.said)")
    if family == .language { #expect(scenario.said.contains("this input has one axis")) }
  }

  @Test("C says why there is nothing to put in, or in which model", arguments: Family.allCases)
  func patches(_ family: Family) throws {
    var scenario = try Self.scenario(family)
    scenario.press("C")
    // Of a text its masked token is explained.
    let isExplained = family.isClassifier || family == .language
    let kind: [Family: String] = [.language: "text", .multimodal: "input"]
    let second = "there is no second \(kind[family] ?? "picture")"
    #expect(
      scenario.said.contains(isExplained ? second : "no output is chosen"), "\(scenario.said)")
  }
}
