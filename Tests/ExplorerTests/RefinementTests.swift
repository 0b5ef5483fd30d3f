// A mean over half pictures that goes on while one looks, and what is measured of it.

import Explorer
import Perceiver
import Pictures
import Screens
import Testing

@Suite struct RefinementTests {
  private func asked() -> Scenario {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "y")
    return scenario
  }

  private func samples(_ scenario: Scenario) -> Int? {
    scenario.state.shownWhy?.request.settings.samples
  }

  @Test("the mean goes on over more half pictures, and the legend says how many so far")
  func goesOn() throws {
    var scenario = asked()
    #expect(scenario.text.contains("16 half pictures so far"))
    let run = try #require(scenario.state.run)
    for count in [24, 36, 54] {
      scenario.letTimersGoOff()
      #expect(samples(scenario) == count)
      #expect(scenario.text.contains("linear · \(count) half pictures so far"), "\(scenario.text)")
      #expect(scenario.lines[1].contains("\(count) half pictures"))
      // What the gain is of is said, since it is measured once.
      #expect(scenario.text.contains("measured at 16 half pictures"))
      // Gone on with it is the same mean as taken at once.
      let expected = try Sampled(.relevance, of: .answer, samples: count).map(run)
      #expect(scenario.state.shownWhy?.map.values == expected.values)
    }
    #expect(!scenario.state.isBusy)
  }

  @Test("a key stops it, and then the map as it is is measured; the key lets it go on")
  func stops() throws {
    var scenario = asked()
    scenario.letTimersGoOff()
    scenario.press("A")
    #expect(scenario.said.contains("the mean stays one over 24 half pictures; A goes on"))
    scenario.letTimersGoOff()
    scenario.letTimersGoOff()
    #expect(samples(scenario) == 24)
    #expect(!scenario.text.contains("so far") && !scenario.text.contains("measured at"))
    let shown = try #require(scenario.state.shownWhy)
    let run = try #require(scenario.state.run)
    let gain = try Faithfulness(
      of: run, order: PixelOrder.of(shown.map.values), target: .answer, points: 16
    ).gain
    #expect(scenario.text.contains("gain \(Figures.number(gain, digits: 2)), random "))
    scenario.press("A")
    scenario.letTimersGoOff()
    #expect(samples(scenario) == 36)
  }

  @Test("once stopped it stays so: with another class or method, after undo, until the key goes on")
  func staysStopped() {
    var scenario = asked()
    func wait(_ scenario: inout Scenario) { for _ in 0..<3 { scenario.letTimersGoOff() } }
    scenario.letTimersGoOff()
    scenario.press("A")
    #expect(scenario.text.contains("24 half pictures, stopped"), "\(scenario.text)")
    scenario.command("why-class 3")
    wait(&scenario)
    #expect(samples(scenario) == 16)
    #expect(scenario.text.contains("linear · 16 half pictures, stopped"), "\(scenario.text)")
    scenario.press("u")
    wait(&scenario)
    #expect(samples(scenario) == 24)
    // A map with a sign says so in its title.
    scenario.command("why toggles")
    wait(&scenario)
    #expect(samples(scenario) == 16)
    #expect(scenario.lines[1].contains("16 half pictures, stopped"), "\(scenario.lines[1])")
    // So does another model.
    scenario.command("depth 2")
    scenario.press("End")
    wait(&scenario)
    #expect(samples(scenario) == 16 && scenario.lines[1].contains("stopped"))
    scenario.press("A")
    scenario.letTimersGoOff()
    #expect(samples(scenario) == 24)
    #expect(!scenario.lines[1].contains("stopped"), "\(scenario.lines[1])")
  }

  @Test("at 80 columns the legend says that it is stopped, and at how many")
  func stoppedNarrow() {
    var scenario = Scenario()
    scenario.press("End", "y", "A")
    #expect(scenario.text.contains("linear · stopped at 16"), "\(scenario.text)")
  }

  @Test("Ctrl-C stops it too, for good and without beginning anything")
  func cancelled() {
    var scenario = asked()
    scenario.letTimersGoOff()
    scenario.isHolding = true
    scenario.letTimersGoOff()
    #expect(scenario.state.isBusy)
    scenario.press("Ctrl-C")
    #expect(scenario.said.hasPrefix("cancelled"))
    #expect(!scenario.state.isBusy)
    let held = scenario.held.count
    scenario.letTimersGoOff()
    #expect(scenario.held.count == held)
    #expect(samples(scenario) == 24)
    #expect(!scenario.text.contains("so far"))
  }

  @Test("another question begins anew, and one comes back to what was refined")
  func otherQuestion() {
    var scenario = asked()
    scenario.letTimersGoOff()
    scenario.command("why-class 3")
    #expect(samples(scenario) == 16)
    scenario.letTimersGoOff()
    #expect(samples(scenario) == 24)
    scenario.press("Esc")
    scenario.letTimersGoOff()
    scenario.letTimersGoOff()
    #expect(!scenario.state.isBusy && scenario.state.choices.view.replacement == nil)
  }

  @Test("a map that is no mean has nothing that goes on")
  func noMean() {
    var scenario = asked()
    scenario.command("why rollout-half")
    #expect(!scenario.text.contains("so far"))
    scenario.press("A")
    #expect(scenario.said.contains("no mean over half pictures"))
  }

  @Test(
    "beside a map stands its content share: how far it is from the same map of a grey picture",
    arguments: ["relevance-paper", "rollout-residual", "presence"])
  func content(method: String) throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End")
    scenario.command("why \(method)")
    let shown = try #require(scenario.state.shownWhy)
    let run = try #require(scenario.state.run)
    let grey = try run.onGrey().completed()
    let other = try #require(ExplanationMethod.named(method)).question(
      run.fixed(shown.request.target)
    ).map(grey)
    let distance = shown.map.values.mapDistance(other.values)
    #expect(distance > 0)
    #expect(
      scenario.text.contains("content share \(Figures.number(distance, digits: 2))"),
      "\(scenario.text)")
    #expect(scenario.text.contains(", 1/8 hidden") && scenario.text.contains("gain "))
  }

  @Test("the content share is there without classes, and at 80 × 24")
  func contentElsewhere() {
    var configuration = Scenario.small
    configuration.finalClassifierHead = false
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.press("End", "y")
    #expect(scenario.text.contains("content share "), "\(scenario.text)")
    #expect(!scenario.text.contains("content share …"))
    #expect(!scenario.text.contains("gain "))
    for hints in [ExplorerPreferences.Hints.on, .off] {
      var narrow = Scenario(hints: hints)
      narrow.press("End", "y")
      for words in ["gain ", "1/8 hidden", "random 1/8", "content share ", "16 half pictures"] {
        #expect(narrow.text.contains(words), "\(words): \(narrow.text)")
      }
    }
  }

  @Test("what is measured comes later, and no key waits for it")
  func background() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End")
    scenario.isHolding = true
    scenario.press("y")
    while !scenario.text.contains("content share"), !scenario.held.isEmpty {
      scenario.releaseFirst()
    }
    #expect(scenario.text.contains("content share …"), "\(scenario.text)")
    scenario.press("Esc")
    #expect(scenario.state.choices.view.replacement == nil && !scenario.state.isBusy)
  }

  @Test("rollouts follow the shown stage, or one latent after it")
  func rollouts() throws {
    var scenario = Scenario(width: 140, height: 40)
    scenario.command("why rollout-half")
    let run = try #require(scenario.state.run)
    func expect(_ rollout: Rollout, _ words: String) throws {
      let shown = try #require(scenario.state.shownWhy)
      #expect(try shown.map.values == rollout.map(run).values)
      #expect(scenario.lines[1].contains(words), "\(scenario.lines[1])")
    }
    try expect(Rollout(.half, after: 0), "after cross 1")
    scenario.press("→", "→")
    try expect(Rollout(.half, after: 2), "after cross 2")
    scenario.command("why-latent 3")
    try expect(Rollout(.half, latent: 2, after: 2), "after cross 2 · latent 3")
    scenario.press("]")
    try expect(Rollout(.half, latent: 3, after: 2), "latent 4")
    scenario.press("End")
    try expect(Rollout(.half, latent: 3), "rollout-half")
    #expect(!scenario.lines[1].contains("after "))
    scenario.command("why-latent all")
    try expect(Rollout(.half), "rollout-half")
    scenario.command("why-latent 9")
    #expect(scenario.said.contains("why-latent: expected a latent from 1 to 8, found 9"))
  }

  @Test("from another map, one latent is followed by a rollout")
  func followed() {
    var scenario = Scenario(width: 140, height: 40)
    scenario.press("End", "]")
    scenario.command("why-latent")
    #expect(scenario.lines[1].contains("rollout-residual"), "\(scenario.lines[1])")
    #expect(scenario.lines[1].contains("latent 2"))
    #expect(scenario.text.contains("what latent 2 holds"))
  }

  @Test("zero is the middle of the scale of signed numbers, in colours and in characters")
  func middle() {
    let shading = MapShading(
      .aroundZero, of: [-1, 0, 3], MapAppearance(transfer: .linear, colours: .viridis))
    #expect(shading.transfer.shade(of: 0) == 0.5)
    #expect(shading.colour(of: 0) == shading.colour(at: 0.5))
    #expect(shading.transfer.shade(of: 3) == 1)
    #expect(shading.ends?.least == -3 && shading.ends?.largest == 3)
  }
}
