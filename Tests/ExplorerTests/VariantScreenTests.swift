// Every class in the explorer: what its stages' maps lie over, what is said of them, what weights
// fix, and maps over text.

import Explorer
import Foundation
import Inputs
import Perceiver
import Screens
import Tensors
import TestSupport
import Testing

@Suite("Every class is explored like the main one")
struct VariantScreenTests {
  private static func scenario(
    _ variant: Variant, width: Int = 120, height: Int = 40,
    depth: ColourDepth = .indexed256, queries: NamedQueries? = nil,
    _ change: (inout PerceiverConfiguration) -> Void = { _ in }
  ) -> Scenario {
    var configuration = Scenario.small
    (configuration.variant, configuration.depth) = (variant, 2)
    configuration.queriesDim = 2 * (2 * 2 + 1)
    (configuration.dim, configuration.maxSeqLen) = (8, 64)
    change(&configuration)
    return Scenario(
      width: width, height: height, depth: depth, configuration: configuration,
      input: variant == .languageModel ? text("A café,\n\tand 猫.\u{1}") : nil, queries: queries)
  }

  private static func text(_ text: String) -> Input {
    let bytes = Array(text.utf8)
    return Input(
      name: "t.txt", tensor: Tensor(shape: [bytes.count], values: bytes.map { Float($0) }),
      content: .text(TokenText(bytes: bytes)))
  }

  @Test(
    "Stages with their maps' titles",
    arguments: [
      (Variant.bottomUp, 1, "linear 1 · head 1 of 4 · feature 1 of 64 · probabilities"),
      (.bottomUp, 2, "reverse 1 · head 1 of 1 · latent 1 of 8 · probabilities"),
      (.bottomUp, 3, "latent 1.1 · head 1 of 4 · latents × latents"),
      (.gated, 1, "latent 1.1 · head 1 of 4 · latents × latents"),
      (.mixedLatents, 1, "mixing 1"),
      (.io, 3, "decoder · head 1 of 1 · latent 1 of 8 · probabilities"),
      (.languageModel, 3, "decoder · head 1 of 1 · latent 1 of 8 · probabilities"),
    ])
  func titles(_ variant: Variant, _ steps: Int, _ title: String) {
    var scenario = Self.scenario(variant)
    for _ in 0..<steps { scenario.press("→") }
    #expect(scenario.state.position == steps)
    #expect(scenario.text.contains(" \(title)"), "\(scenario.text)")
  }

  @Test("A stage without attention says so and asks for nothing")
  func mixing() {
    var scenario = Self.scenario(.mixedLatents, width: 80, height: 24)
    scenario.press("→")
    #expect(scenario.text.contains("mixing 1 is a perceptron: no attention"))
    for key in ["h", "H", "]", "m", "p", "s", "v", "g", "g", "i", "Enter", "e", "Esc"] {
      scenario.press(key)
    }
    #expect(scenario.text.contains("mixing 1"))
  }

  @Test("In reverse and decoder stages the pixel reads latents")
  func readings() throws {
    var scenario = Self.scenario(.bottomUp)
    scenario.press("i")
    #expect(scenario.text.contains("top readers: latents"))
    scenario.press("n", "n")
    #expect(scenario.text.contains("top sources: latents"))
    let attention = try #require(scenario.state.stage?.attention)
    let weights = attention.received(byKey: 4 * 12 + 6, as: .probabilities).row(0).values
    let most = try #require(weights.indices.max { weights[$0] < weights[$1] })
    #expect(scenario.text.contains("top sources: latents \(most + 1)"))
    scenario.press("Enter")
    #expect(scenario.state.choices.selection.latent == most)
  }

  @Test("A linear attention's 64 features are all reached, though there are 8 latents")
  func features() {
    var scenario = Self.scenario(.bottomUp)
    scenario.press("→")
    scenario.command("latent 64")
    #expect(scenario.text.contains("feature 64 of 64"))
    scenario.press("→")
    #expect(scenario.text.contains("latent 8 of 8"))
  }

  @Test("The class is changed like any hyperparameter, and Perceiver IO's queries follow")
  func switching() {
    var scenario = Self.scenario(.perceiver)
    scenario.command("variant io")
    #expect(scenario.state.choices.settings.configuration.perceiverPytorch?.variant == .io)
    #expect(scenario.state.choices.settings.configuration.perceiverPytorch?.queriesDim == 10)
    #expect(scenario.state.stageIDs.map(\.name).last == "decoder")
    scenario.command("num_freq_bands 3")
    #expect(scenario.state.choices.settings.configuration.perceiverPytorch?.queriesDim == 14)
    #expect(scenario.state.stageIDs.map(\.name).last == "decoder")
    scenario.press("End")
    #expect(scenario.text.contains("decoder, 4 of 4"))
    scenario.command("variant bottom-up")
    #expect(scenario.text.contains("reverse 1"))
    scenario.command("variant vit")
    #expect(scenario.status.contains("variant: expected one of perceiver, gated"))
  }

  @Test("A bottom-up Perceiver that the original cannot run is said to be corrected")
  func correction() {
    var scenario = Self.scenario(.bottomUp)
    #expect(scenario.status.contains("hyperparameters were corrected; :notes says how"))
    scenario.press("':notes'", "Enter")
    #expect(scenario.text.contains("cannot run a bottom-up Perceiver with"), "\(scenario.text)")
    let plain = Self.scenario(.bottomUp) { $0.fourierEncodeData = false }
    #expect(!plain.status.contains("corrected"))
  }

  @Test("Only hyperparameters that the class has are listed")
  func listed() {
    var scenario = Self.scenario(.languageModel)
    scenario.press("Tab", "Tab")
    #expect(!scenario.text.contains("num_freq_bands"))
    var seen: Set<String> = []
    for _ in 0..<40 {
      seen.formUnion(HyperparameterCatalog.all.map(\.name).filter(scenario.text.contains))
      scenario.press("j")
    }
    #expect(seen.isSuperset(of: ["num_tokens", "max_seq_len", "dim", "decoder_ff", "variant"]))
    #expect(seen.isDisjoint(with: ["num_classes", "queries_dim", "freq_base", "input_axis"]))
  }

  @Test("A model of another family has that family's hyperparameters, in list, search and commands")
  func listedOfTransformers() throws {
    let weights = try LoadedWeights.fixture("image_conv")
    var scenario = Scenario(
      width: 120, height: 40, input: Scenario.picture(width: 24, height: 19), weights: weights)
    for hyperparameter in weights.model.configuration.hyperparameters {
      #expect(scenario.text.contains(hyperparameter.name), "\(hyperparameter.name)")
    }
    #expect(!scenario.text.contains("latent_dim"))
    scenario.command("d_latents")
    #expect(scenario.status.contains("d_latents is 16"), "\(scenario.status)")
    scenario.command("num_self_attention_heads 3")
    #expect(
      scenario.status.contains(
        "num_self_attention_heads: expected a number that divides 16 channels, found 3"),
      "\(scenario.status)")
    scenario.command("d_latents 8")
    #expect(
      scenario.status.contains("d_latents is set by the loaded weights"), "\(scenario.status)")
    scenario.command("latent_dim 8")
    #expect(scenario.status.contains("is no command and no hyperparameter"), "\(scenario.status)")
    scenario.press("'/d_lat'", "Enter")
    let chosen = weights.model.configuration.catalog[scenario.state.hyperparameterIndex]
    #expect(chosen.name == "d_latents")
  }

  @Test(
    "Classes answer as the model's folder says: shares of one, each by itself, or numbers",
    arguments: [
      (ProblemType.classes, [0.73105858, 0.26894142]), (.labels, [0.88079708, 0.73105858]),
      (.values, [2, 1]),
    ])
  func problems(_ problem: ProblemType, _ answers: [Double]) {
    let scores = ClassScores(logits: Tensor(shape: [2], values: [1, 2]), problem: problem)
    #expect(scores.top.map(\.index) == [1, 0])
    #expect(zip(scores.top, answers).allSatisfy { abs($0.answer - $1) < 1e-7 })
  }

  // MARK: - Weights

  @Test("What the weights fix is marked with its reason, and what they do not can be turned")
  func fixed() {
    var scenario = Self.scenario(.perceiver)
    scenario.command("weights small.safetensors")
    scenario.press("Tab", "Tab")
    let lines = scenario.text.split(separator: "\n")
    #expect(lines.contains { $0.contains(#/num_latents +8 =/#) })
    scenario.press("j")
    #expect(scenario.text.contains("= set by the loaded weights: they have"))
    scenario.press(">")
    #expect(scenario.status.contains("num_latents is set by the loaded weights"))
    #expect(!scenario.state.choices.hasDraftChanges)
    scenario.press("j", "j", "j")
    #expect(scenario.text.contains(#/▸max_freq +◂ 10.0 ▸/#))
    scenario.command("max_freq 12")
    #expect(scenario.state.choices.settings.configuration.perceiverPytorch?.maxFreq == 12)
    #expect(scenario.text.contains("(trained 10.0)"))
    scenario.command("attention_temperature 2")
    #expect(scenario.text.contains("weights small.safetensors"))
    scenario.command("notes")
    #expect(scenario.text.contains("nothing was assumed"))
  }

  @Test("A tied model runs more often than it was trained, an untied one does not")
  func depth() throws {
    for isTied in [true, false] {
      var configuration = Scenario.small
      configuration.weightTieLayers = isTied
      let weights = LoadedWeights(model: try Perceiver(configuration, seed: 1), name: "w")
      let depth = try #require(HyperparameterCatalog["depth"])
      #expect((weights.reasonFixed(depth) == nil) == isTied)
      for name in ["max_freq", "attention_temperature", "inverted_cross_attn", "attn_dropout"] {
        let entry = try #require(HyperparameterCatalog[name])
        #expect(weights.reasonFixed(entry) == nil, "\(name)")
      }
      for name in ["latent_dim", "num_classes", "cross_heads", "variant"] {
        let entry = try #require(HyperparameterCatalog[name])
        #expect(weights.reasonFixed(entry) != nil, "\(name)")
      }
    }
  }

  @Test("A change that the weights refuse is said by name, and later ones are not kept from it")
  func refusedChanges() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("weights small.safetensors")
    let before = scenario.state.choices.draft
    scenario.command("num_latents 9")
    #expect(scenario.status.contains("num_latents is set by the loaded weights: "))
    #expect(scenario.state.choices.draft == before)
    scenario.command("depth 9")
    #expect(scenario.status.contains("depth"))
    #expect(scenario.state.choices.draft == before)
    scenario.command("max_freq 20")
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.maxFreq == 20)
    #expect(scenario.state.choices.settings.configuration.perceiverPytorch?.maxFreq == 20)
  }

  @Test("A class that cannot read what is open is refused with what to do")
  func otherInputs() {
    var scenario = Self.scenario(.languageModel)
    scenario.command("variant perceiver")
    #expect(scenario.status.contains("t.txt is text"))
    scenario.command("max_freq 20")
    #expect(scenario.state.choices.draft.perceiverPytorch?.variant == .languageModel)
    scenario = Self.scenario(.perceiver)
    scenario.command("variant lm")
    #expect(scenario.status.contains("reads text: start the program on a text file"))
  }

  @Test("The mean of what tokens give all latents is constant, in words", arguments: [2, 3])
  func constantMeans(_ depth: Int) {
    var scenario = Self.scenario(.bottomUp) { $0.depth = depth }
    scenario.press("→", "→", "m")
    #expect(scenario.state.stageID?.kind == .reverseCrossAttention)
    #expect(scenario.text.contains("constant: every value is 0.125"), "\(scenario.text)")
  }

  @Test("Outputs without positions are called outputs, and a stage without attention has no map")
  func labels() {
    var scenario = Self.scenario(.mixedLatents)
    scenario.press("→")
    #expect(scenario.text.contains("no attention, no map"))
    #expect(!scenario.text.contains("legend, averaged"))
    let queries = NamedQueries(
      tensor: Tensor(shape: [5, 10], values: (0..<50).map { Float($0 % 7) }), name: "q.npy")
    scenario = Self.scenario(.io, queries: queries)
    scenario.press("End")
    #expect(scenario.text.contains("latents × outputs"), "\(scenario.text)")
    #expect(scenario.text.contains("rows: latents, columns: outputs"))
  }

  @Test("A mask that does not fit another input is said to be dropped, and undo brings it back")
  func droppedMask() {
    let other = Scenario.picture(width: 10, height: 6, name: "other.ppm")
    var scenario = Scenario(
      width: 120, height: 40, files: MemoryFiles(inputs: ["other.ppm": other]))
    scenario.command("mask half.png")
    #expect(scenario.state.choices.settings.mask != nil)
    scenario.command("open other.ppm")
    #expect(scenario.status.contains("the mask half.png does not fit it"), "\(scenario.status)")
    scenario.press("u")
    #expect(scenario.state.choices.settings.mask != nil)
  }

  // MARK: - Text

  @Test("A map over text shows the text, and the cursor goes over its characters")
  func overText() throws {
    var scenario = Self.scenario(.languageModel)
    let rows = scenario.text.split(separator: "\n")
    #expect(rows[0].contains("t.txt 19 tokens"))
    #expect(rows[2].contains("│A café, "))
    #expect(rows[3].contains("│  and 猫.?"))
    scenario.press("i", "→", "→", "→", "→", "→")
    #expect(scenario.text.contains("token 5  id 195  é"))
    scenario.press("→")
    #expect(scenario.text.contains("token 7  id 44  ,"))
    scenario.press("↓")
    #expect(scenario.state.choices.input.isText)
    #expect(scenario.text.contains("token 14"))
    for _ in 0..<30 { scenario.press("→") }
    #expect(scenario.text.contains("token 18  id 1  ?"))
  }

  @Test("A character is as bright as the mean of its bytes")
  func brightness() throws {
    let scenario = Self.scenario(.languageModel, depth: .direct)
    let attention = try #require(scenario.state.stage?.attention)
    let map = attention.map(head: 0, query: 0, as: .probabilities).values
    let largest = try #require(map.indices.max { map[$0] < map[$1] })
    let text = try #require(scenario.state.choices.input.text)
    let piece = try #require(text.pieces.first { $0.tokens.contains(largest) })
    var cache = RenderCache()
    let screen = scenario.state.screen(cache: &cache)
    let lines = [
      text.pieces.filter { $0.tokens.lowerBound < 9 },
      text.pieces.filter { $0.tokens.lowerBound >= 9 },
    ]
    let row = lines.firstIndex { $0.contains(piece) } ?? 0
    let column = lines[row].prefix { $0 != piece }.reduce(0) { $0 + $1.shown.displayWidth }
    let style = screen[1 + column, 2 + row].style
    if piece.tokens.count == 1 { #expect(style.background == Colour(253, 231, 37)) }
    #expect(style.background != nil)
  }

  @Test(
    "Bytes as characters",
    arguments: [
      ([0x41], ["A"]), ([0xC3, 0xA9], ["é"]), ([0xC3], ["?"]), ([0xC3, 0x41], ["?", "A"]),
      ([0xE7, 0x8C, 0xAB], ["猫"]), ([0xE7, 0x8C], ["?", "?"]), ([0xFF, 0x00], ["?", "?"]),
      ([0x09], ["  "]), ([0x1B, 0x5B], ["?", "["]), ([0xED, 0xA0, 0x80], ["?", "?", "?"]),
      ([0xCC, 0x81], ["?"]), ([], []),
    ] as [([UInt8], [String])])
  func pieces(_ bytes: [UInt8], _ shown: [String]) {
    let text = TokenText(bytes: bytes)
    #expect(text.pieces.map(\.shown) == shown)
    #expect(text.pieces.flatMap { Array($0.tokens) } == Array(bytes.indices))
  }

  @Test("Tokens that are numbers are shown as numbers")
  func numbers() {
    #expect(TokenText(numbers: [3, 17]).pieces.map(\.shown) == ["3 ", "17 "])
  }

  @Test("a stage without attention says so, waits for nothing, and offers no keys for maps")
  func withoutAttention() {
    var configuration = Scenario.small
    configuration.variant = .mixedLatents
    configuration.depth = 2
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.press("End")
    #expect(scenario.state.stage?.attention == nil)
    #expect(!scenario.state.isBusy)
    #expect(scenario.text.contains("no attention, no maps"))
    let spinners = scenario.state.terminal.symbols.spinner
    let others = scenario.lines.dropFirst().filter { !$0.contains("not yet") }
    #expect(!others.contains { $0.contains(where: spinners.contains) })
    let listed = Set(FooterKeys.entries(scenario.state).map(\.command))
    #expect(
      listed.isDisjoint(with: [
        "next-latent", "cycle-reduction", "next-head", "toggle-value", "cycle-view", "toggle-grid",
        "cycle-overlay",
      ]))
    scenario.press("]")
    #expect(scenario.status.contains("has no maps: it mixes latents without attention"))
  }

  @Test("with the cursor out, a stage without attention offers no latent and no peak, and says why")
  func cursorWithoutAttention() {
    var configuration = Scenario.small
    configuration.variant = .mixedLatents
    configuration.depth = 2
    var scenario = Scenario(
      width: 120, height: 40, configuration: configuration, hints: .on)
    scenario.press("End", "i")
    #expect(scenario.state.isProbing)
    let listed = Set(FooterKeys.entries(scenario.state).map(\.command))
    #expect(listed.contains("leave-probe") && !listed.contains("follow-probe"))
    #expect(scenario.text.contains("arrows move the cursor"))
    #expect(!scenario.text.contains("top latent") && !scenario.text.contains("reads it most"))
    for key in ["Enter", "K"] {
      scenario.press(key)
      #expect(scenario.said.contains("has no maps: it mixes latents without attention"), "\(key)")
    }
  }
}
