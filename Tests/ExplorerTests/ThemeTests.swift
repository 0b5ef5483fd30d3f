// Colours on dark and light terminals: what can be read, and what a person chose.

import Explorer
import Screens
import Testing

@Suite struct ThemeTests {
  /// How well a style is read upon a terminal of so many colours; nil for the terminal's own.
  private func contrast(
    _ style: Style, on background: TerminalBackground, _ depth: ColourDepth
  ) -> Double? {
    let ground: Colour = background == .light ? .white : .black
    let resolved = depth.resolve(style)
    let text = resolved.foreground.flatMap(depth.colour(at:))
    let behind = resolved.background.flatMap(depth.colour(at:)) ?? ground
    return text?.contrast(with: behind)
  }

  @Test(
    "text is read with a contrast of 4.5, lines are seen with one of 3",
    arguments: TerminalBackground.allCases, [ColourDepth.direct, .indexed256])
  func read(background: TerminalBackground, depth: ColourDepth) {
    let theme = Theme(on: background)
    for entry in Theme.names {
      guard let ratio = contrast(theme[keyPath: entry.path], on: background, depth) else {
        continue
      }
      let least = entry.name == "frame" ? 3.0 : 4.5
      #expect(ratio >= least, "\(entry.name) on \(background): \(ratio)")
    }
  }

  @Test("with eight colours the light theme is read too")
  func eight() {
    let theme = Theme(on: .light)
    for entry in Theme.names where entry.name != "frame" {
      let ratio = contrast(theme[keyPath: entry.path], on: .light, .indexed8)
      if let ratio { #expect(ratio >= 4.5, "\(entry.name): \(ratio)") }
    }
  }

  @Test("a terminal that says it is light gets the light colours at once")
  func answered() {
    var scenario = Scenario()
    #expect(scenario.state.preferences.theme == Theme(on: .dark))
    var facts = scenario.state.terminal
    facts.background = .light
    scenario.send(.terminal(facts))
    #expect(scenario.state.preferences.theme == Theme(on: .light))
    #expect(scenario.screen.plainText.contains("perceiver"))
    scenario.command("config theme dark")
    #expect(scenario.state.preferences.theme == Theme(on: .dark))
    scenario.command("config theme default")
    #expect(scenario.state.preferences.theme == Theme(on: .light))
    scenario.command("config theme")
    #expect(scenario.said == "theme is auto")
  }

  @Test("a person's own colours stand over either theme, and a chosen theme over the terminal")
  func own() throws {
    let json = ##"{"colours": {"label": "#102030"}, "theme": "light"}"##
    var preferences = try ExplorerPreferences(json: Array(json.utf8))
    preferences.adopt(.dark)
    #expect(preferences.theme.label == Style(foreground: Colour(hex: 0x10_2030)))
    #expect(preferences.theme.key == Theme(on: .light).key)
    #expect(throws: PreferencesError.self) {
      try ExplorerPreferences(json: Array(#"{"theme": "blue"}"#.utf8))
    }
  }
}
