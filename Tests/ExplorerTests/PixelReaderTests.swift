// Who reads a pixel, and the pixels that a map has most of.

import Explorer
import Perceiver
import Pictures
import Screens
import Testing

@Suite struct PixelReaderTests {
  /// The lines of the list: stage, head, latent, weight.
  private func rows(_ scenario: Scenario) -> [[String]] {
    scenario.lines.compactMap { line in
      let words = line.dropFirst().prefix { $0 != "│" }.split(separator: " ").map(String.init)
      return words.first == "cross" && words.last == "×" ? words : nil
    }
  }

  @Test("I lists every stage's heads and latents by what they give the pixel; Enter opens a map")
  func lists() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "Home", "i", "I")
    let rows = rows(scenario)
    // One head and eight latents at each of three cross-attentions.
    #expect(rows.count == 24)
    let weights = rows.compactMap { Double($0[4]) }
    #expect(weights == weights.sorted(by: >))
    let run = try #require(scenario.state.run)
    let key = scenario.state.probedKey
    let all = run.stages.compactMap { stage -> Float? in
      guard stage.id.kind == .crossAttention, let attention = stage.attention else { return nil }
      return attention.received(byKey: key, as: .probabilities).values.max()
    }
    #expect(rows[0][4] == Figures.number(try #require(all.max())))
    scenario.press("Enter")
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(scenario.state.stage?.id.name == "cross \(rows[0][1])")
    #expect("\(scenario.state.choices.selection.latent + 1)" == rows[0][3])
    #expect(scenario.state.isProbing && scenario.state.probedKey == key)
  }

  @Test("a hidden pixel has no weight in the run with changes, and its weights as it is with !")
  func hidden() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "Home", "i", "I")
    let unchanged = rows(scenario)
    let place = try #require(scenario.lines[1].firstMatch(of: /pixel \((\d+), (\d+)\)/))
    scenario.command("hide \(place.2),\(place.1),1x1")
    #expect(scenario.lines[1].contains("with the changes"), "\(scenario.lines[1])")
    #expect(rows(scenario).count == 24 && rows(scenario).allSatisfy { Double($0[4]) == 0 })
    scenario.press("!")
    #expect(scenario.lines[1].contains("without the changes"), "\(scenario.lines[1])")
    #expect(rows(scenario) == unchanged)
  }

  @Test("with a latent taken away the others keep their numbers, and Enter goes to the same map")
  func without() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "Home", "i", "I")
    let before = rows(scenario).filter { $0[1] == "1" }
    scenario.press("Esc", "Esc")
    scenario.command("off latent 3 removed")
    scenario.press("i", "I")
    let first = rows(scenario).filter { $0[1] == "1" }
    // The first stage reads as before, whoever is there.
    #expect(first == before.filter { $0[3] != "3" } && first.count == 7)
  }

  @Test("the legend says what the list's numbers are, and has no ramp")
  func legend() {
    var scenario = Scenario(width: 120, height: 40)
    #expect(scenario.text.contains(" · viridis"))
    scenario.press("i", "I")
    #expect(scenario.text.contains("├ weight ─"), "\(scenario.text)")
    #expect(scenario.text.contains("share of a latent's attention"))
    #expect(!scenario.text.contains("viridis"))
  }

  @Test("K goes to the pixel that the map has most of, then to the next")
  func peaks() throws {
    var scenario = Scenario(width: 120, height: 40)
    let attention = try #require(scenario.state.stage?.attention)
    let map = try attention.map(head: .one(0), query: .one(0), as: .probabilities).values
    let order = map.indices.sorted { (-map[$0], $0) < (-map[$1], $1) }
    for key in order.prefix(4) {
      scenario.press("K")
      #expect(scenario.state.probedKey == key)
    }
    // A cursor that was moved by hand says nothing of the map, and another map has its own peaks.
    scenario.press("Shift-→", "K")
    #expect(scenario.state.probedKey == order[0])
    scenario.press("K", "]", "K")
    let other = try attention.map(head: .one(0), query: .one(1), as: .probabilities).values
    #expect(other[scenario.state.probedKey] == other.max())
    scenario.press("Esc", "[", "i", "K")
    #expect(scenario.state.probedKey == order[0])
    scenario.press("Esc", "→", "K")
    #expect(scenario.said.contains("only maps over pixels"))
  }

  @Test("it fits small screens and terminals without colours")
  func small() {
    for depth in [ColourDepth.monochrome, .indexed256] {
      var scenario = Scenario(width: 60, height: 18, depth: depth)
      scenario.press("I", "↓")
      #expect(scenario.text.contains("who reads pixel"))
    }
  }
}
