// Editing hyperparameters: a draft with its cost, applied or dropped, and impossible values.

import Explorer
import Perceiver
import Pictures
import Testing

@Suite struct HyperparameterTests {
  @Test("a step changes the draft and shows the cost before and after")
  func draft() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press(">")
    #expect(scenario.state.choices.draft.perceiverPytorch?.depth == 4)
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.depth == 3)
    #expect(scenario.text.contains("→"))
    #expect(scenario.text.contains("changes: a applies"))
    scenario.press("a")
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.depth == 4)
    #expect(scenario.state.stageIDs.count == 8)
  }

  @Test("a typed value is taken, a wrong one is said and the line stays open")
  func typing() {
    var scenario = Scenario()
    scenario.press("Tab", "Enter", "Ctrl-U", "'nine'", "Enter")
    #expect(scenario.status.contains("error: depth: expected a whole number"))
    #expect(scenario.state.choices.draft.perceiverPytorch?.depth == 3)
    scenario.press("Ctrl-U", "5", "Enter")
    #expect(scenario.state.choices.draft.perceiverPytorch?.depth == 5)
    #expect(scenario.state.mode == .normal)
  }

  @Test("x drops the changes")
  func dropping() {
    var scenario = Scenario()
    scenario.press(">", ">", "x")
    #expect(!scenario.state.choices.hasDraftChanges)
  }

  @Test("what the input decides cannot be edited")
  func fixed() {
    var scenario = Scenario()
    scenario.command("set input_channels 4")
    #expect(scenario.status.contains("input_channels is what the input has"))
    #expect(scenario.state.choices.draft.inputChannels == 3)
  }

  @Test("a model that cannot be leaves the last good one")
  func impossible() {
    var scenario = Scenario()
    scenario.command("inverted_cross_attn yes,no")
    #expect(scenario.status.contains("error:"))
    #expect(
      scenario.state.run?.model.configuration == scenario.state.choices.settings.configuration)
    #expect(scenario.state.stage != nil)
  }

  @Test(
    "weights may name the model in a file of several, before or behind the file",
    arguments: [
      "weights small.safetensors prefix=teacher.", "weights prefix=teacher. small.safetensors",
      "weights state-dict=ema small.safetensors prefix=teacher.",
    ])
  func choosesModule(_ command: String) {
    var scenario = Scenario()
    scenario.command(command)
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.depth == 1)
  }

  @Test("loaded weights refuse another shape, and the last good state stays")
  func weights() {
    var scenario = Scenario()
    scenario.command("weights small.safetensors")
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.depth == 2)
    #expect(scenario.lines[0].contains("small.safetensors"))
    #expect(!scenario.lines[0].contains("untrained"))
    scenario.command("num_latents 16")
    #expect(scenario.text.contains("error: num_latents is set by the loaded weights: "))
    #expect(scenario.state.run?.model.configuration.numLatents == 8)
    #expect(scenario.state.choices.settings.configuration.numLatents == 8)
    #expect(scenario.state.stage != nil)
  }

  @Test("steps end where the weights would no longer fit, with the reason")
  func endOfWeights() throws {
    var configuration = Scenario.small
    configuration.weightTieLayers = true
    let weights = LoadedWeights(model: try Perceiver(configuration, seed: 3), name: "tied")
    var scenario = Scenario(weights: weights)
    scenario.press("<", "<")
    #expect(
      scenario.said == "depth is 2, its least with tied: 1 needs other parameters than it has")
    #expect(scenario.state.choices.draft.perceiverPytorch?.depth == 2)
    scenario.press("a")
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.depth == 2)
    // An untrained model may have one layer.
    scenario = Scenario(configuration: configuration)
    scenario.press("<", "<")
    #expect(scenario.state.choices.draft.perceiverPytorch?.depth == 1)
  }

  @Test("weights for another number of channels are refused, and the model can still be changed")
  func otherChannels() {
    var scenario = Scenario(width: 120)
    let before = scenario.state.choices
    scenario.command("weights grey.safetensors")
    #expect(
      scenario.status.contains(
        "error: grey.safetensors: reads 2 axes of 1 channel, found ramp.ppm of 2 axes of 3 channels"
      ),
      "\(scenario.status)")
    #expect(scenario.state.choices == before)
    scenario.command("depth 2")
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.depth == 2)
    scenario.press("u")
    #expect(scenario.state.choices == before)
  }

  @Test("a missing file is one line in the status bar, and nothing changes")
  func missing() {
    var scenario = Scenario()
    let before = scenario.state.choices
    for command in ["weights none.safetensors", "open none.ppm", "mask none.png"] {
      scenario.command(command)
      #expect(scenario.status.contains("error: none."))
      #expect(scenario.status.contains("no such file"))
      #expect(scenario.state.choices == before)
    }
    scenario.press("s")
    #expect(!scenario.status.contains("error"))
  }

  @Test("at 80 × 24 a change that waits says how many weights it draws anew")
  func redrawing() throws {
    var scenario = Scenario(width: 80, height: 24)
    scenario.press("Tab")
    while scenario.state.focus != .hyperparameters { scenario.press("Tab") }
    scenario.press("j", "j", "j", ">")
    let choices = scenario.state.choices
    let (kept, all) = try choices.draft.parameters(keptFrom: choices.settings.configuration)
    try #require(0 < kept && kept < all)
    let words =
      "draws \(Figures.count(Double(all - kept))) of \(Figures.count(Double(all))) anew"
    #expect(scenario.text.contains(words), "\(words): \(scenario.text)")
    scenario.press("a")
    #expect(!scenario.text.contains("draws "))
  }

  @Test(
    "what the chosen hyperparameter is, may be, costs and draws anew is on the screen together",
    arguments: [(120, 40, 41), (100, 30, 41), (80, 24, 31)])
  func allSaid(_ width: Int, _ height: Int, _ column: Int) {
    var scenario = Scenario(width: width, height: height, hints: .on)
    for _ in 0..<3 where scenario.state.focus != .hyperparameters { scenario.press("Tab") }
    var names: Set<String> = []
    repeat {
      let chosen = scenario.state.choices.draft.catalog[scenario.state.hyperparameterIndex]
      names.insert(chosen.name)
      let lines = scenario.lines
      let pane = lines.map { $0.suffix(column).dropFirst().dropLast() }
      let said = Self.joined(lines[1...3].map { $0[...] }) + " " + Self.joined(pane)
      let help = chosen.help.dropFirst()
      for words in [help, "memory", "arithmetic", "parameters"] {
        #expect(said.contains(words), "\(chosen.name): \(words)\n\(scenario.text)")
      }
      #expect(
        said.contains("; \(chosen.domain)") || said.contains("; \(chosen.domain.brief)."),
        "\(chosen.name)\n\(scenario.text)")
      #expect(
        said.contains(#/[Aa] change |: (all )?[0-9.]+[kM]? drawn anew|it matters in training/#),
        "\(chosen.name)\n\(scenario.text)")
      scenario.press("j")
    } while !names.contains(
      scenario.state.choices.draft.catalog[scenario.state.hyperparameterIndex].name)
    #expect(names.count > 10)
  }

  /// Lines as one text, with one space between words.
  private static func joined(_ lines: [Substring]) -> String {
    lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
  }
}
