// A pinned view beside the present one, and their difference.

import Explorer
import Perceiver
import Screens
import Tensors
import Testing

@Suite struct PinTests {
  @Test("P keeps the view on the left while the present one goes on, and puts it away again")
  func pins() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("P")
    #expect(scenario.text.contains("pinned cross 1"))
    #expect(scenario.text.contains("present cross 1"))
    scenario.press("n", "]")
    #expect(scenario.text.contains("pinned cross 1"))
    #expect(scenario.text.contains("present latent 1.1"))
    scenario.press("P")
    #expect(scenario.state.pinned == nil)
    #expect(!scenario.text.contains("pinned cross 1"))
  }

  @Test("Esc leaves the difference, then the pinned view")
  func left() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("P", "]", "D", "Esc")
    #expect(scenario.text.contains("pinned cross 1"))
    scenario.press("Esc")
    #expect(scenario.state.pinned == nil)
    #expect(scenario.said == "the pinned view is put away")
    scenario.press("Esc")
    #expect(scenario.said.contains("nothing is open here"))
  }

  @Test("a view and itself are said to be equal; another latent's map is not")
  func difference() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("P", "D")
    #expect(scenario.text.contains("both maps are equal"))
    scenario.press("]")
    #expect(scenario.text.contains("correlation"))
    #expect(scenario.text.contains("present − pinned"))
    scenario.press("D")
    #expect(!scenario.text.contains("correlation"))
  }

  @Test("another model is compared with the pinned one")
  func otherModel() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("P")
    scenario.command("seed 5")
    scenario.press("D")
    #expect(scenario.text.contains("correlation"))
    scenario.press("u")
    #expect(scenario.text.contains("both maps are equal"))
  }

  @Test("two checkpoints are compared: the difference is that of their models' maps")
  func otherCheckpoint() throws {
    let input = Scenario.picture()
    var configuration = Scenario.small
    (configuration.inputChannels, configuration.inputAxes) = (input.channels, 2)
    configuration.depth = 2
    let (first, second) = (
      try Perceiver(configuration, seed: 4), try Perceiver(configuration, seed: 9)
    )
    func map(_ model: Perceiver) throws -> Tensor {
      let run = try model.begin(input.tensor).completed()
      return try #require(run.stages[0].attention).map(
        head: .one(0), query: .one(2), as: .probabilities)
    }
    let maps = (first: try map(first), second: try map(second))
    var scenario = Scenario(
      width: 160, height: 40, input: input,
      weights: LoadedWeights(model: first, name: "first.safetensors"))
    scenario.press("]", "]", "P")
    // Its weights are those of the second model.
    scenario.command("weights small.safetensors")
    #expect(scenario.lines[0].contains("small.safetensors"), "\(scenario.lines[0])")
    #expect(scenario.state.pinnedState?.shownMap?.map.values.values == maps.first.values)
    #expect(scenario.state.shownMap?.map.values.values == maps.second.values)
    scenario.press("D")
    #expect(scenario.lines[1].contains("present − pinned"), "\(scenario.lines[1])")
    scenario.command("export difference.npy")
    let written = try NumPyFile.tensor(try #require(scenario.files["difference.npy"]))
    #expect(
      written.values == zip(maps.second.values, maps.first.values).map { $0.0 - $0.1 })
    #expect(written.values.contains { $0 != 0 })
  }

  @Test("the difference names what both views are of once, and each where they differ")
  func differenceTitle() {
    var scenario = Scenario(width: 200, height: 60)
    scenario.press("P", "]", "]", "D")
    #expect(
      scenario.lines[1].contains(
        "present − pinned · cross 1 · head 1 of 1 · latent 3 of 8 − latent 1 of 8 · probabilities"),
      "\(scenario.lines[1])")
    // A narrow title is brief, and names both all the same.
    var narrow = Scenario(width: 120, height: 40)
    narrow.press("P", "]", "]", "D")
    #expect(narrow.lines[1].contains("latent 3"), "\(narrow.lines[1])")
    #expect(narrow.lines[1].contains("− latent 1"), "\(narrow.lines[1])")
    scenario.press("[", "[")
    #expect(!scenario.lines[1].contains("− latent"), "\(scenario.lines[1])")
  }

  @Test(
    "views of other pictures, weights or hyperparameters are named by them, as a difference too",
    arguments: [
      ("open other.ppm", "ramp.ppm", "other.ppm"), ("seed 5", "seed 0", "seed 5"),
      ("weights small.safetensors", "seed 0", "small.safetensors"),
      ("max_freq 12", "max_freq 10.0", "max_freq 12.0"),
    ])
  func otherGrounds(change: String, pinned: String, present: String) {
    for (width, height) in [(80, 24), (200, 60)] {
      var scenario = Scenario(
        width: width, height: height,
        files: MemoryFiles(inputs: ["other.ppm": Scenario.picture(name: "other.ppm")]))
      scenario.press("P")
      #expect(scenario.text.contains("pinned cross 1"))
      scenario.command(change)
      // What has not the room is cut at its end.
      #expect(scenario.text.contains("pinned \(pinned.prefix(9))"), "\(scenario.text)")
      #expect(scenario.text.contains("present \(present.prefix(9))"), "\(scenario.text)")
      scenario.press("D")
      #expect(
        scenario.lines[1].contains("present − pinned · \(present) − \(pinned.prefix(3))"),
        "\(scenario.lines[1])")
    }
  }

  @Test("means over other numbers of half pictures are both named")
  func otherExtents() {
    var scenario = Scenario(width: 200, height: 60)
    scenario.press("End", "y")
    scenario.letTimersGoOff()
    scenario.letTimersGoOff()
    scenario.press("P")
    scenario.command("seed 5")
    scenario.press("D")
    #expect(
      scenario.lines[1].contains("16 half pictures − 36 half pictures"), "\(scenario.lines[1])")
  }

  @Test("two pictures are compared, one model on both")
  func otherPicture() throws {
    let files = MemoryFiles(inputs: ["other.ppm": Scenario.picture(name: "other.ppm")])
    var scenario = Scenario(width: 140, height: 40, files: files)
    scenario.press("P")
    scenario.command("open other.ppm")
    #expect(scenario.state.pinned?.choices.input.name == "ramp.ppm")
    #expect(scenario.state.choices.input.name == "other.ppm")
    scenario.press("D")
    // It has the same pixels.
    #expect(scenario.text.contains("both maps are equal"))
  }

  @Test(
    "two settings of a hyperparameter are compared: the pinned one keeps its own",
    arguments: ["attn_dropout 0.2", "depth 2", "max_freq 3"])
  func otherHyperparameter(line: String) throws {
    var scenario = Scenario(width: 140, height: 40)
    let before = scenario.state.choices.settings.configuration
    let map = try #require(scenario.state.shownMap?.map.values)
    scenario.press("P")
    scenario.command(line)
    let pinned = try #require(scenario.state.pinned)
    #expect(pinned.choices.settings.configuration == before)
    #expect(scenario.state.choices.settings.configuration != before)
    #expect(scenario.state.pinnedState?.shownMap?.map.values == map)
    let name = line.prefix { $0 != " " }
    #expect(scenario.text.contains("pinned \(name)") && scenario.text.contains("present \(name)"))
    scenario.press("D")
    // What changes how positions are told changes the map.
    let isOther = line.hasPrefix("max_freq")
    #expect(scenario.text.contains("there is no difference") == !isOther, "\(scenario.text)")
    #expect(scenario.text.contains("both maps are equal") == !isOther)
    if isOther { #expect(scenario.text.contains("correlation")) }
  }

  @Test("two moments of a training are compared: the pinned one stays while steps are taken")
  func trainingMoments() throws {
    var scenario = Scenario(width: 140, height: 40, configuration: Scenario.io)
    scenario.press("t")
    scenario.train(4)
    scenario.press("Home", "R")
    scenario.train(1)
    let early = try #require(scenario.state.shownMap?.map.values)
    let step = try #require(scenario.state.training?.step)
    scenario.press("P")
    scenario.train(60, times: 3)
    scenario.press("t")
    scenario.train(1)
    let late = try #require(scenario.state.shownMap?.map.values)
    #expect(late != early)
    #expect(scenario.state.pinnedState?.shownMap?.map.values == early)
    #expect(scenario.state.pinned?.run?.model.origin == .trained(steps: step))
    #expect(scenario.state.training?.step ?? 0 > step)
    scenario.press("D")
    #expect(scenario.text.contains("correlation"), "\(scenario.text)")
  }

  @Test("a snapshot that is gone back to is compared with the pinned later one")
  func snapshot() throws {
    var scenario = Scenario(width: 140, height: 40, configuration: Scenario.io)
    scenario.press("t")
    scenario.train(70, times: 2)
    scenario.press("t")
    scenario.train(1)
    scenario.press("Home", "R", "P")
    let late = try #require(scenario.state.shownMap?.map.values)
    scenario.press("U")
    #expect(scenario.state.shownMap?.map.values != late)
    #expect(scenario.state.pinnedState?.shownMap?.map.values == late)
  }

  @Test("maps of other sizes have no difference, and both numbers of them are said")
  func otherSize() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("P", "n", "D")
    #expect(scenario.text.contains("no difference: the pinned map is"))
  }

  @Test("a grid of latents asks for its small maps at the size of its half")
  func grid() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("g", "P")
    let spinners = scenario.state.terminal.symbols.spinner
    #expect(!scenario.lines[3...20].joined().contains { spinners.contains($0) })
  }

  @Test("a pinned grid beside a single map has its small maps too, and no difference")
  func gridBesideMap() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("g", "P", "g")
    let spinners = scenario.state.terminal.symbols.spinner
    #expect(!scenario.lines[3...20].joined().contains { spinners.contains($0) })
    #expect(!scenario.state.isBusy)
    scenario.press("D")
    #expect(scenario.text.contains("no difference: the pinned view is no one map"))
  }

  @Test("scores are not taken from probabilities")
  func otherNumbers() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("P", "p", "D")
    #expect(scenario.text.contains("no difference: other numbers are pinned"))
  }

  @Test("without a pinned view, D says which key pins one")
  func nothing() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("D")
    #expect(scenario.status.contains("no view is pinned; P pins this one"))
  }

  @Test("it fits small screens and terminals without colours")
  func small() {
    for depth in [ColourDepth.monochrome, .indexed256] {
      var scenario = Scenario(width: 60, height: 18, depth: depth)
      scenario.press("P", "]", "D", "D", "v", "y")
      #expect(scenario.text.contains("pinned"))
    }
  }

  @Test("where two titles are too long, what they share goes and what tells them apart stays")
  func titles() {
    var scenario = Scenario(width: 80, height: 24)
    scenario.press("P", "]")
    #expect(scenario.text.contains(#/pinned [^│]*latent 1\b/#), "\(scenario.text)")
    #expect(scenario.text.contains(#/present [^│]*latent 2\b/#), "\(scenario.text)")
  }
}
