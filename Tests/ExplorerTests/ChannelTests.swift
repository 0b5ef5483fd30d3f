// The channels of positions on the screen: a grid, one of them large, and what follows changes.

import Explorer
import Perceiver
import Testing

@Suite struct ChannelTests {
  private func title(_ scenario: Scenario) -> String {
    String(scenario.lines[1].prefix { $0 != "┐" })
  }

  @Test("B shows a map for each channel, with its wave, axis and frequency under it")
  func grid() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("B")
    // Two bands on two axes: 2 × (2 + 2 + 1).
    #expect(title(scenario).contains("10 channels · up to 5 waves"), "\(title(scenario))")
    for name in ["[sin y 1]", "sin y 5", "cos y 1", "pos y", "sin x 5", "cos x 5", "pos x"] {
      #expect(scenario.text.contains(name), "\(name)")
    }
    scenario.press("B")
    #expect(!scenario.text.contains("cos y 1"))
  }

  @Test("arrows go through the grid, Enter opens a channel, Esc goes back one step at a time")
  func open() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("B", "→", "Enter")
    #expect(title(scenario).contains("channel 2 of 10 · sin y 5 · 5 waves down"))
    scenario.press("←", "←")
    #expect(title(scenario).contains("channel 1 of 10"))
    scenario.press("G")
    #expect(title(scenario).contains("channel 10 of 10 · pos x · the position across"))
    scenario.press("Esc")
    #expect(scenario.text.contains("[pos x]"))
    scenario.press("Esc")
    #expect(title(scenario).contains("cross 1"))
    scenario.command("channels 6")
    #expect(title(scenario).contains("channel 6 of 10 · sin x 1"))
    scenario.command("channels 11")
    #expect(scenario.said.contains("1") && scenario.said.contains("10"))
  }

  @Test("channels are computed once: a frame that changes nothing, or another channel, makes none")
  func kept() {
    var scenario = Scenario(width: 120, height: 40, depth: .direct)
    scenario.press("B")
    var cache = RenderCache()
    let first = scenario.state.screen(cache: &cache)
    let count = cache.madeCount
    #expect(count >= 10)
    #expect(scenario.state.screen(cache: &cache) == first)
    scenario.press("→")
    _ = scenario.state.screen(cache: &cache)
    #expect(cache.madeCount == count)
    var none = RenderCache()
    #expect(scenario.state.screen(cache: &cache) == scenario.state.screen(cache: &none))
  }

  @Test("they follow num_freq_bands and max_freq, before a change is applied too")
  func follows() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("B")
    scenario.command("num_freq_bands 3")
    #expect(title(scenario).contains("14 channels"))
    scenario.command("max_freq 20")
    #expect(title(scenario).contains("up to 10 waves"))
    scenario.press("Tab")
    scenario.press("/", "'num_freq_bands'", "Enter", ">")
    #expect(title(scenario).contains("18 channels"), "\(title(scenario))")
    #expect(title(scenario).contains("not applied"))
  }

  @Test("they have one scale, which no key changes")
  func scale() {
    var scenario = Scenario(width: 120, height: 40)
    #expect(scenario.text.contains("[s]"))
    scenario.press("B")
    #expect(!scenario.text.contains("[s]"))
    scenario.press("s")
    #expect(scenario.said.hasPrefix("waves go from -1 to 1"), "\(scenario.said)")
    #expect(scenario.state.choices.view.transfer == .linear)
  }

  @Test("going through channels is no step for undo")
  func undo() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("B", "→", "→", "Enter", "u")
    #expect(!scenario.text.contains("channel 3 of 10"))
    #expect(title(scenario).contains("cross 1"))
  }

  @Test("a model without Fourier positions gives one sentence")
  func without() throws {
    var configuration = Scenario.small
    configuration.fourierEncodeData = false
    var scenario = Scenario(configuration: configuration)
    scenario.press("B")
    #expect(
      scenario.said == "this model is not told where its tokens lie: it has no Fourier channels")
    let shown = title(scenario)
    scenario.command("channels")
    #expect(scenario.said.contains("no Fourier channels"))
    #expect(title(scenario) == shown)
  }

  @Test("every size draws them whole", arguments: [(60, 18), (80, 24), (100, 30), (200, 60)])
  func sizes(width: Int, height: Int) {
    var scenario = Scenario(width: width, height: height, hints: .on)
    scenario.press("B")
    #expect(scenario.text.contains("sin y 1"))
    scenario.press("Enter")
    #expect(scenario.text.contains("sin y 1"))
  }
}
