// What titles say of the numbers shown: whole words in every width, and before there is a map.

import Explorer
import Perceiver
import Screens
import Testing

@Suite struct TitleTests {
  /// The title of the large pane.
  private func title(_ scenario: Scenario) -> String {
    String(scenario.lines[1].prefix { $0 != "┐" })
  }

  private static let wide = PerceiverConfiguration(
    numFreqBands: 2, depth: 12, numLatents: 256, latentDim: 16, crossHeads: 2, latentHeads: 4,
    crossDimHead: 8, latentDimHead: 4, numClasses: 10)

  @Test(
    "at 80 × 24 nothing of the title is cut off",
    arguments: [[], ["m"], ["m", "m"], ["H"], ["p", "s", "s"], ["o"], ["o", "+"], ["g"], ["→"]])
  func narrow(keys: [String]) {
    var scenario = Scenario(configuration: Self.wide)
    scenario.command("latent 256")
    for key in keys { scenario.press(key) }
    let text = title(scenario)
    #expect(!text.contains("…"), "\(text)")
    #expect(text.contains("cross 1 ·") || text.contains("latent 1.1 ·"))
  }

  @Test("where there is room, the title counts and names the scale")
  func roomy() {
    let text = title(Scenario(width: 120, height: 40, configuration: Self.wide))
    #expect(text.contains("head 1 of 2 · latent 1 of 256 · probabilities · linear"))
  }

  enum Wait: CaseIterable { case model, firstStage }

  @Test(
    "keys that choose a map are answered while there is none", arguments: Wait.allCases)
  func answers(wait: Wait) {
    var scenario = Scenario(width: 120, height: 40, isStarted: .notYet)
    scenario.isHolding = true
    scenario.send(.start)
    if wait == .firstStage { scenario.releaseOnce() }
    #expect((scenario.state.run != nil) == (wait == .firstStage))
    #expect(scenario.state.stage == nil)
    let answers = [
      ("]", "latent 2 of 8"), ("m", "mean of 8 latents"), ("p", "scores"), ("s", "log"),
      ("o", "overlay full"),
    ]
    for (key, words) in answers {
      #expect(!title(scenario).contains(words))
      scenario.press(key)
      #expect(title(scenario).contains(words), "\(key): \(title(scenario))")
    }
    #expect(scenario.text.contains("log · scores · viridis"))
    scenario.press("c")
    #expect(scenario.text.contains("log · scores · inferno"))
  }

  @Test("the legend says where its ends are those of averages")
  func averages() {
    let small = Scenario(width: 120, height: 40)
    #expect(small.text.contains("├ legend [s] ─"))
    var large = Scenario(
      width: 120, height: 40, input: Scenario.picture(width: 300, height: 200))
    #expect(large.text.contains("├ legend, averaged [s] ─"))
    large.press("+", "+", "+")
    #expect(large.text.contains("├ legend [s] ─"))
    large.press("f", "g")
    #expect(large.text.contains("├ legend, averaged [s] ─"))
    // Enlarged, though not to twice its size: each of the screen's pixels shows one of the map's.
    let enlarged = Scenario(width: 80, height: 24, input: Scenario.picture(width: 28, height: 28))
    #expect(enlarged.text.contains("├ legend [s] ─"), "\(enlarged.text)")
  }

  @Test(
    "the title of the classes says what the mark on their bars is, with its number whole",
    arguments: [60, 80, 100, 120], [10, 1000])
  func chance(width: Int, classes: Int) throws {
    var configuration = Scenario.small
    configuration.numClasses = classes
    var scenario = Scenario(width: width, height: 24, configuration: configuration)
    let chance = classes == 10 ? ", chance 0.1" : ", chance 0.001"
    func title() throws -> String {
      let line = try #require(scenario.lines.first { $0.contains(", chance ") })
      return String(line.drop { $0 != "├" })
    }
    #expect(try title().contains(chance + " "), "\(scenario.text)")
    // That they are no answer yet is said at any width, and words are left out whole.
    #expect(
      try (title().contains("so far") || title().contains("this stage")) && !title().contains("…"))
    let before = try title()
    if width >= 80 { #expect(before.contains(" [Y] "), "\(before)") }
    if width >= 120 { #expect(before.contains("classes")) }
    scenario.press("End")
    #expect(try title().contains(chance + " "), "\(scenario.text)")
    #expect(try title().contains("output"))
    if width >= 120 { #expect(try title().contains("classes: the output")) }
    let shown = try title()
    if width >= 80 { #expect(shown.contains(" [Y] "), "\(shown)") }
  }

  @Test("which of several inputs it is, is said only of one of them")
  func listed() {
    let names = ["a.ppm", "b.ppm", "c.ppm"]
    let files = MemoryFiles(
      inputs: Dictionary(uniqueKeysWithValues: names.map { ($0, Scenario.picture(name: $0)) }))
    var scenario = Scenario(
      width: 120, input: Scenario.picture(name: "a.ppm"), files: files,
      inputs: InputSequence(["a.ppm", "b.ppm"]))
    #expect(scenario.lines[0].contains("1 of 2 inputs"))
    scenario.command("open c.ppm")
    #expect(scenario.lines[0].contains("c.ppm") && !scenario.lines[0].contains("inputs"))
    scenario.press("Ctrl-N")
    #expect(scenario.lines[0].contains("b.ppm") && scenario.lines[0].contains("2 of 2 inputs"))
  }

  @Test("titles say which key leads to their panes, from where the focus is")
  func keys() {
    var scenario = Scenario(width: 120, height: 40)
    func has(_ titles: String...) {
      for title in titles { #expect(scenario.text.contains(title), "\(title): \(scenario.text)") }
    }
    has(" of 8 [Tab] ─", "┌ hyperparameters [Shift-Tab] ─", "├ readout [i] ─")
    has("classes at this stage, chance 0.1 [Y] ", "├ legend [s] ─", "┌ ▸ cross 1")
    scenario.press("Tab")
    has("├ ▸ latents 1 to ", "┌ hyperparameters [Tab] ─", "linear [Shift-Tab] ─")
    scenario.press("i")
    has("├ readout ─")
  }

  @Test("a key of one's own stands in the title, and none where there is none")
  func ownKeys() throws {
    let preferences = try ExplorerPreferences(
      json: Array(#"{"keys": {"next-pane": "%", "cycle-transfer": []}}"#.utf8))
    let scenario = Scenario(width: 80, height: 24, preferences: preferences)
    #expect(scenario.text.contains("┌ hyperparameters [%] ─"), "\(scenario.text)")
    #expect(scenario.text.contains("├ legend ─"), "\(scenario.text)")
  }

  @Test("the title names the class of model, and two blanks part its halves", arguments: 60...160)
  func halves(width: Int) {
    let scenario = Scenario(width: width, height: 24)
    let line = scenario.lines[0]
    #expect(line.contains("  cross 1, 1 of 6"), "\(line)")
    if width >= 80 { #expect(line.contains("Perceiver · untrained, seed 0"), "\(line)") }
  }

  @Test(
    "the model's class stays after training, and where files have long names, before the stage's time",
    arguments: [80, 120])
  func classOfModel(width: Int) {
    var scenario = Scenario(
      width: width, height: 30, configuration: Scenario.io,
      input: Scenario.picture(width: 300, height: 150, name: "photo-boot.png"))
    #expect(scenario.lines[0].contains(" · Perceiver IO · "), "\(scenario.lines[0])")
    scenario.press("t")
    scenario.train(2)
    #expect(scenario.lines[0].contains(" · Perceiver IO · "), "\(scenario.lines[0])")
    scenario.press("T")
    #expect(scenario.lines[0].contains(" · Perceiver IO · trained here"), "\(scenario.lines[0])")
  }
}
