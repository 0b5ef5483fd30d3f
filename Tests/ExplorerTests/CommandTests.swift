// The command line: what each command does, what is wrong with others, completion.

import Explorer
import Perceiver
import Pictures
import Testing

@Suite struct CommandTests {
  @Test(
    "commands change what they name",
    arguments: [
      ("latent 5", "latent 5 of 8"), ("reduction mean", "mean of 8 latents"),
      ("aggregate max", "maximum of 8 latents"), ("value scores", "scores"),
      ("scale log", "log"), ("scale perc", "percentile"), ("stage 3", "cross 2"),
      ("stage cross 3", "cross 3"), ("stage latent 1.1", "latent 1.1"),
      ("stage latent-1.1", "latent 1.1"),
      ("overlay alone", "map without photo"), ("view grid", "8 latents"),
    ])
  func effect(command: String, title: String) {
    var scenario = Scenario(width: 170, height: 40)
    scenario.command(command)
    #expect(scenario.lines[1].contains(title), "\(scenario.lines[1])")
    #expect(!scenario.status.contains("error"))
  }

  @Test("a hyperparameter and its value build the model at once")
  func hyperparameters() {
    var scenario = Scenario()
    scenario.command("depth 2")
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.depth == 2)
    scenario.command("num-latents 4")
    #expect(scenario.state.run?.model.configuration.numLatents == 4)
    scenario.command("set depth 4 latent_heads 2")
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.depth == 2)
    scenario.command("apply")
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.depth == 4)
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.latentHeads == 2)
  }

  @Test("a seed draws other weights, and the title says which")
  func seed() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("seed 42")
    #expect(scenario.lines[0].contains("untrained, seed 42"))
    scenario.press("r")
    #expect(scenario.lines[0].contains("untrained, seed 43"))
  }

  @Test("a mask hides tokens, and the title says so")
  func mask() {
    var scenario = Scenario(width: 160, height: 40)
    scenario.command("mask half.png")
    #expect(scenario.lines[0].contains("mask half.png"))
    scenario.command("value scores")
    #expect(scenario.text.contains("48 of 96 values are masked"))
    scenario.command("mask none")
    #expect(scenario.state.choices.settings.mask == nil)
  }

  @Test("taking away a mask that is not there changes nothing and says so")
  func noMask() {
    var scenario = Scenario()
    scenario.command("mask none")
    #expect(scenario.status.contains("there is no mask"))
    #expect(!scenario.state.history.canUndo)
    scenario.command("mask half.png")
    scenario.command("mask none")
    #expect(scenario.state.history.canUndo)
    scenario.press("u")
    #expect(scenario.state.choices.settings.mask?.name == "half.png")
  }

  @Test("another picture is opened, with the channels that it has")
  func open() {
    let other = Scenario.picture(width: 6, height: 6, name: "other.ppm")
    var scenario = Scenario(files: MemoryFiles(inputs: ["a b/other.ppm": other]))
    scenario.command("open a b/other.ppm")
    #expect(scenario.lines[0].contains("other.ppm 6×6×3"))
    #expect(scenario.state.stage?.attention?.mapShape == [6, 6])
    scenario.press("u")
    #expect(scenario.lines[0].contains("ramp.ppm"))
  }

  @Test(
    "wrong commands say what was expected and change nothing",
    arguments: [
      ("latent 9", "expected a latent from 1 to 8, found 9"),
      ("latent", "found nothing"), ("latent x", "found x"),
      ("head 2", "expected a head from 1 to 1"), ("scale loud", "linear, log, percentile"),
      ("stage 0", "expected 1 to 6"), ("stage cross 9", "found cross 9"),
      ("view matrix", "cross 1 has one, grid, side"), ("seed -1", "found -1"),
      ("depth 0", "expected a whole number from 1"), ("depth x", "found x"),
      ("set depth", "depth without a value"), ("set nothing 1", "nothing is no hyperparameter"),
      ("fly", "fly is no command"), ("depht 4", "hyperparameter; did you mean depth?"),
      ("colou-map grey", "did you mean colour-map?"), ("export map.gif", ".png"),
      ("weights", "a file name"),
      ("quit now", "found now"), ("frame 2", "from 1 to 1"), ("apply", "no changes"),
      ("train steps=0", "train: steps: expected a number from 1 to 1000000, found 0"),
      ("train bars steps=", "found nothing"),
    ])
  func wrong(command: String, words: String) {
    var scenario = Scenario(width: 160, height: 40)
    let before = scenario.state.choices
    scenario.command(command)
    #expect(scenario.status.contains("error: "), "\(scenario.status)")
    #expect(scenario.status.contains(words), "\(scenario.status)")
    #expect(scenario.state.choices == before)
    #expect(scenario.own.isEmpty)
  }

  @Test(
    "the colour map has the spellings of the command line",
    arguments: ["colour", "color", "colour-map", "color-map"])
  func spellings(name: String) {
    var scenario = Scenario()
    scenario.command("\(name) grey")
    #expect(scenario.state.choices.view.colours == .grey)
  }

  @Test(
    "Tab completes names, choices and values",
    arguments: [
      ("lat", "latent "), ("sca", "scale "), ("scale l", "scale linear"),
      ("set de", "set depth"), ("set depth ", "set depth 3"), ("depth ", "depth 3"),
      ("stage cross 2", "stage cross 2"), ("colour ci", "colour cividis"),
    ])
  func completion(typed: String, completed: String) {
    let scenario = Scenario()
    #expect(CommandTable.completions(of: typed, in: scenario.state).contains(completed))
  }

  @Test("Tab goes round, and Up brings former lines back")
  func lineKeys() {
    var scenario = Scenario()
    scenario.command("latent 3")
    scenario.press(":", "'scale '", "Tab", "Tab", "Enter")
    #expect(scenario.state.choices.view.transfer == .log)
    scenario.press(":", "Up", "Up", "Enter")
    #expect(scenario.state.choices.selection.latent == 2)
  }

  @Test("/ finds a hyperparameter by part of its name")
  func search() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("/", "'num freq'")
    #expect(scenario.status.contains("num_freq_bands"))
    scenario.press("Enter", ">")
    #expect(scenario.state.choices.draft.perceiverPytorch?.numFreqBands == 3)
  }

  @Test("no line of text crashes the program or quits it by mistake")
  func anything() {
    var generator = SplitMix(state: 3)
    let words =
      CommandTable.all.map { "\($0.id)" }
      .filter { !["quit", "cancel", "suspend", "redraw"].contains($0) }
      + ["depth", "-1", "99999999999999999999", "", "  ", "é", "mean", "=", "1e9", "nan", "日本"]
    var scenario = Scenario()
    for _ in 0..<200 {
      let line = (0..<3).map { _ in words[Int(generator.next() % UInt64(words.count))] }
        .joined(separator: " ")
      _ = CommandTable.completions(of: line, in: scenario.state)
      scenario.isHolding = true
      scenario.command(line)
      #expect(scenario.own.isEmpty)
    }
  }
}
