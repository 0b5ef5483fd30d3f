// Whole screens as people see them, stored as text; PERCEIVER_TUI_RECORD=1 stores them anew.
// Maps' own cells are left out: they depend on the last bits of float arithmetic.

import Explorer
import Screens
import TestSupport
import Testing

@Suite struct GoldenScreenTests {
  /// The screen without half blocks, whose cells depend on whether two colours are equal.
  private func expect(_ scenario: Scenario, _ name: String) {
    let lines = scenario.text.split(separator: "\n", omittingEmptySubsequences: false)
    let text = lines.enumerated().map { index, line in
      var line = line.replacing("▀", with: " ")
        // How fast steps are differs from run to run.
        .replacing(/steps\/s [0-9.e]+ */) { String(repeating: "~", count: $0.0.count) }
      // So does how wide a stage's time is, and the gap before the stage with it.
      if index == 0 {
        line = line.replacing(#/ {2,}(cross|latent|decoder)/#) { "   " + $0.output.1 }
      }
      while line.last == " " { line.removeLast() }
      return String(line)
    }
    expectText(text.joined(separator: "\n"), equals: name)
  }

  @Test("the first screen", arguments: [(60, 18), (80, 24), (120, 40), (200, 60)])
  func first(width: Int, height: Int) {
    expect(Scenario(width: width, height: height, hints: .on), "first-\(width)x\(height)")
  }

  @Test("stepping to the second cross-attention, with log scale and the mean over latents")
  func stepping() {
    var scenario = Scenario()
    scenario.press("→", "→", "s", "m")
    expect(scenario, "second-cross")
  }

  @Test("a photo in glyphs, where there are neither colours nor UTF-8")
  func plain() {
    var scenario = Scenario(depth: .monochrome, symbols: .ascii)
    scenario.command("overlay off")
    expect(scenario, "plain-photo")
  }

  @Test("the cursor on a pixel")
  func cursor() {
    var scenario = Scenario()
    scenario.press("i")
    expect(scenario, "cursor")
  }

  @Test("a changed hyperparameter that is not applied yet")
  func draft() {
    var scenario = Scenario()
    scenario.press("Tab", ">", ">")
    expect(scenario, "draft")
  }

  @Test("the latent matrix of a self-attention stage")
  func matrix() {
    var scenario = Scenario(width: 100, height: 30)
    scenario.press("→", "h")
    expect(scenario, "matrix")
  }

  @Test(
    "a picture that is learnt, and the model's reconstruction",
    arguments: [(60, 18), (80, 24), (120, 40)])
  func training(width: Int, height: Int) {
    var scenario = Scenario(width: width, height: height, configuration: Scenario.io)
    scenario.press("t")
    scenario.train(16, times: 2)
    scenario.press("t")
    scenario.train(1)
    expect(scenario, "training-\(width)x\(height)")
  }

  @Test("the help, the export dialog and the command line")
  func overlays() {
    var scenario = Scenario()
    scenario.press("?")
    expect(scenario, "help")
    scenario.press("Esc", "e")
    expect(scenario, "export")
    scenario.press("Esc", ":", "'scale '", "Tab")
    expect(scenario, "command-line")
  }
}
