// Whose numbers a scale is fitted to: each map's, both views', or those that were seen when it was
// locked.

import Explorer
import Perceiver
import Pictures
import Tensors
import Testing

@Suite struct ScaleTests {
  /// The lines of the legend: its ramp with the numbers at its ends, and its words.
  private func legend(
    _ scenario: Scenario, titled title: String = "legend"
  ) throws -> (ramp: String, words: String) {
    let lines = scenario.lines
    let start = try #require(
      lines.lastIndex { $0.contains(" \(title)") && $0.contains("├") }, "\(scenario.text)")
    func line(_ index: Int) -> String { String(lines[index].split(separator: "│").last ?? "") }
    return (line(start + 1), line(start + 2))
  }

  /// The numbers at the ends of the legend's ramp.
  private func ends(_ scenario: Scenario) throws -> [Float] {
    try legend(scenario).ramp.split(separator: " ").compactMap { Float($0) }
  }

  @Test("a locked scale stays from latent to latent and stage to stage, and the legend says so")
  func locks() throws {
    var scenario = Scenario(width: 120, height: 40)
    let first = try ends(scenario)
    scenario.press("]")
    let second = try ends(scenario)
    #expect(first.count == 2 && second != first)
    scenario.press("[", "S")
    #expect(scenario.said == "the scale stays as it is, whichever map is shown")
    #expect(try legend(scenario).words.contains("locked"))
    for key in ["]", "m", "→", "→", "H", "g", "g", "End", "Home"] {
      scenario.press(key)
      #expect(try ends(scenario) == first, "\(key)")
    }
    // Another scale of the same numbers has the same ends.
    scenario.press("s")
    #expect(try ends(scenario).last == first.last)
    scenario.press("s", "s")
    // Scores are other numbers, and are locked at the first that are seen.
    scenario.press("p")
    let scores = try ends(scenario)
    #expect(scores != first)
    scenario.press("]", "]")
    #expect(try ends(scenario) == scores)
    scenario.press("p", "[")
    #expect(try ends(scenario) == first)
    scenario.press("S")
    #expect(try ends(scenario) != first)
    #expect(try !legend(scenario).words.contains("locked"))
  }

  @Test("undo reaches the lock")
  func undoes() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("scale locked")
    #expect(scenario.state.choices.view.scaleScope == .locked)
    scenario.press("u")
    #expect(scenario.state.choices.view.scaleScope == .map)
    scenario.command("scale l")
    #expect(
      scenario.said.contains(
        "expected one of linear, log, percentile, map, shared, locked, found l"))
    scenario.command("scale loc")
    #expect(scenario.state.choices.view.scaleScope == .locked)
    scenario.command("scale p")
    #expect(scenario.state.choices.view.transfer == .percentile)
  }

  @Test("methods whose maps are of one kind keep a locked scale; signed ones have another")
  func methods() throws {
    var scenario = Scenario(width: 140, height: 40)
    scenario.command("why relevance-paper")
    scenario.press("S")
    let positive = try ends(scenario)
    #expect(try legend(scenario).words.contains("locked"))
    scenario.command("why rollout-half")
    #expect(try ends(scenario) == positive)
    scenario.command("why direct-pixels")
    let signed = try ends(scenario)
    #expect(signed[0] == -signed[1] && signed != positive)
    #expect(try legend(scenario).words.contains("locked"))
    scenario.command("why presence")
    #expect(try ends(scenario) == signed)
    scenario.command("why rollout-half")
    #expect(try ends(scenario) == positive)
  }

  @Test("the pinned view and the present one share a scale from the least to the largest of both")
  func shares() throws {
    var scenario = Scenario(width: 140, height: 40)
    let first = try ends(scenario)
    scenario.press("P")
    #expect(try legend(scenario).words.contains("per map"))
    scenario.press("→", "→", "]")
    let second = try ends(scenario)
    #expect(second != first)
    scenario.press("S")
    #expect(scenario.said == "the pinned view and the present one have one scale")
    #expect(try legend(scenario).words.contains("shared"))
    let both = try ends(scenario)
    #expect(both == [min(first[0], second[0]), max(first[1], second[1])])
    // Scores and probabilities have none together.
    scenario.press("p")
    #expect(try legend(scenario).words.contains("per map"))
    scenario.press("p", "S", "D")
    #expect(!scenario.text.contains("per map"))
  }

  @Test("maps through a decoder share and keep a scale as others do, of one output and of a class")
  func throughDecoder() throws {
    let title = "through the decoder"
    func ends(_ scenario: Scenario) throws -> [Float] {
      try legend(scenario, titled: title).ramp.split(separator: " ").compactMap { Float($0) }
    }
    var scenario = Scenario(
      width: 160, height: 40, input: Scenario.picture(width: 16, height: 12),
      weights: try LoadedWeights.fixture("image_fourier"))
    scenario.press("End", "d")
    let outputs = try ends(scenario)
    #expect(outputs.count == 2)
    scenario.press("S")
    #expect(try legend(scenario, titled: title).words.contains("locked"))
    // Of another cross-attention the ends would be others; signed maps have their own.
    scenario.command("through-decoder 0")
    let first = try ends(scenario)
    #expect(first[0] == -first[1] && first != outputs)
    scenario.command("through-decoder 1")
    #expect(try ends(scenario) == first)
    #expect(try legend(scenario, titled: title).words.contains("locked"))
    scenario.command("overlay alone")
    scenario.command("export second.png")
    let locked = scenario.files["second.png"]
    scenario.press("S")
    let second = try ends(scenario)
    #expect(second != first)
    scenario.command("export own.png")
    #expect(locked != nil && scenario.files["own.png"] != locked)
    scenario.press("P")
    scenario.command("through-decoder 0")
    scenario.command("scale shared")
    #expect(try legend(scenario, titled: title).words.contains("shared"))
    let both = try ends(scenario)
    let largest = try #require([first, second].compactMap(\.last).max())
    #expect(abs(both[1] / largest - 1) < 0.2, "\(both), \(largest)")
  }

  @Test("what is exported has the locked scale")
  func exports() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("S", "]")
    scenario.command("overlay alone")
    scenario.command("export map.png")
    let written = try PixelImage(reading: try #require(scenario.files["map.png"]))
    let stage = try #require(scenario.state.stage)
    let locked = try stage.attended().map(head: 0, query: 0, as: .probabilities)
    let shown = try stage.attended().map(head: 0, query: 1, as: .probabilities)
    // At this size a pixel is drawn in many cells, so that the numbers are the map's own.
    let shading = MapShading(
      .leastToLargest, of: locked.values, MapAppearance(transfer: .linear, colours: .viridis))
    for (index, number) in shown.values.enumerated() {
      let colour = try #require(shading.colour(of: number))
      #expect(written[x: index % 12, y: index / 12].bytes == colour.bytes, "\(index)")
    }
  }

  @Test(
    "a frame that changes nothing makes nothing anew, whatever its scale is fitted to",
    arguments: ScaleScope.allCases)
  func still(_ scope: ScaleScope) {
    var scenario = Scenario(width: 140, height: 40)
    scenario.press("P", "→", "→")
    scenario.command("scale \(scope.rawValue)")
    for keys in [[], ["g"], ["g", "→"], ["y"], ["y"], ["Esc", "m"]] {
      for key in keys { scenario.press(key) }
      var cache = RenderCache()
      let first = scenario.state.screen(cache: &cache)
      let count = cache.madeCount
      #expect(count > 0)
      for _ in 0..<3 { #expect(scenario.state.screen(cache: &cache) == first) }
      #expect(cache.madeCount == count, "\(keys)")
    }
  }

  @Test("a frame drawn with a used cache is the same as with an empty one, from scale to scale")
  func cached() {
    var scenario = Scenario(width: 140, height: 40)
    var cache = RenderCache()
    for key in [
      "P", "]", "S", "s", "s", "s", "→", "g", "S", "g", "m", "S", "y", "S", "c", "y", "S", "S",
      "Esc",
      "D", "u", "u",
    ] {
      scenario.press(key)
      #expect(scenario.state.screen(cache: &cache) == scenario.screen, "after \(key)")
    }
  }

  @Test("at 80 columns the legend's words fit")
  func fits() throws {
    var scenario = Scenario()
    scenario.press("S")
    #expect(try legend(scenario).words.contains("locked"))
    scenario.press("p")
    #expect(try legend(scenario).words.contains("locked"))
  }
}
