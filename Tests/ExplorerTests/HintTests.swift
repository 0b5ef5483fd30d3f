// The sentences under the title, as text: what is shown, and what to press next.

import Explorer
import Inputs
import Perceiver
import Screens
import Tensors
import Testing

@Suite struct HintTests {
  private func meaning(_ scenario: Scenario) -> String {
    HintText(scenario.state).meaning.first ?? ""
  }

  private func next(_ scenario: Scenario) -> String {
    HintText(scenario.state).next.first ?? ""
  }

  @Test("the first sentence names latent, pixels and brightness, and says that weights are random")
  func first() {
    let scenario = Scenario(input: Scenario.picture(width: 224, height: 224))
    #expect(
      meaning(scenario)
        == "Latent 1 of 8 reads 50,176 pixels: bright = read more. Weights are random: the pattern "
        + "comes from the position encoding, not from learning.")
    #expect(
      next(scenario)
        == "Next: → the next stage, ] the next latent, y why it answered so, i a cursor, "
        + ":tour a tour.")
  }

  @Test("a sentence of which no wording fits ends in a mark", arguments: [60, 66, 72, 80])
  func cut(_ width: Int) throws {
    var scenario = Scenario(
      width: width, height: 24, configuration: Scenario.io, hints: .on)
    scenario.press("R")
    let sentence = try #require(
      scenario.lines.first { $0.contains("decoder makes") || $0.contains("What the decoder") })
    let words = sentence.trimmingPrefix { $0 == " " }.reversed().drop { $0 == " " }
    #expect(words.first == "." || words.first == "…", "\(sentence)")
  }

  @Test("at 80 × 24 what brightness means goes before what random weights mean")
  func narrow() {
    var configuration = Scenario.small
    configuration.numLatents = 512
    let scenario = Scenario(
      configuration: configuration, input: Scenario.picture(width: 224, height: 224), hints: .on)
    #expect(
      scenario.lines[1].hasPrefix(
        " Latent 1 of 512 reads 50,176 pixels: bright = read more. Weights are random."),
      "\(scenario.lines[1])")
  }

  @Test("trained weights are not called random")
  func trained() {
    var scenario = Scenario()
    scenario.command("weights small.safetensors")
    #expect(meaning(scenario) == "Latent 1 of 8 reads 96 pixels: bright = read more.")
  }

  @Test(
    "each key that changes what is shown changes the sentence",
    arguments: [
      (["]"], "Latent 2 of 8 reads 96 pixels: bright = read more."),
      (["m"], "All 8 latents together read 96 pixels: bright = read more on average."),
      (["m", "m"], "Bright where at least one of 8 latents reads much of 96 pixels."),
      (["p"], "Latent 1 of 8 reads 96 pixels: bright = a higher score, before the softmax."),
      (["g"], "A small map for each of 8 latents: bright = read more."),
      (
        ["→"],
        "Each row is a latent that reads, each column a latent that is read: bright = read more."
      ),
      (["→", "v"], "Latent 1 of 8 reads the latents: bright = read more."),
      (["o", "o", "o"], "The photo alone: the map over it is switched off."),
      (["y"], "Class 9 rests on the bright pixels."),
      (
        ["L"],
        "One line for each head: low entropy = it reads few tokens, high importance = the answer "
          + "needs it."
      ),
      (["i", "I"], "Who reads the pixel at the cursor, at every computed stage: the largest"),
      (["F"], "The photo beside the scores of many latents, as in Figure 3 of the paper."),
      (
        ["P", "]", "D"], "Warm where this view has more than the pinned one, cold where it has less"
      ),
    ] as [([String], String)])
  func shown(keys: [String], sentence: String) {
    var scenario = Scenario()
    for key in keys { scenario.press(key) }
    if keys == ["y"] {
      // Which class is the answer is the model's affair.
      #expect(meaning(scenario).contains(#/^Class \d rests on the bright pixels\./#))
      return
    }
    #expect(meaning(scenario).hasPrefix(sentence), "\(meaning(scenario))")
  }

  @Test("of every map that explains, the hint says how the map's own sentence begins")
  func explanations() throws {
    var scenario = Scenario(width: 140, height: 40)
    scenario.command("weights small.safetensors")
    scenario.press("End")
    let run = try #require(scenario.state.run)
    let methods = ExplanationMethod.all.filter { $0.problem(run) == nil }
    #expect(methods.count > 15)
    for method in methods {
      scenario.command("why \(method.name)")
      let map = try #require(scenario.state.shownWhy?.map, "\(method.name)")
      let words = meaning(scenario)
      #expect(words.last == "." && words.count > 20, "\(method.name): \(words)")
      #expect(map.sentence.hasPrefix(words.dropLast()), "\(method.name): \(words) \(map.sentence)")
      // Of attention alone no class is asked, and none is named.
      #expect(
        scenario.lines[1].contains("class ") == method.asksForTarget,
        "\(method.name): \(scenario.lines[1])")
    }
  }

  @Test("pixels that are hidden are said to be")
  func hidden() {
    var scenario = Scenario()
    scenario.press("i", "X", "→", "↓", "Enter", "Esc")
    #expect(
      meaning(scenario).contains(
        "Seen with the hatched pixels hidden; ! shows it with none hidden."))
  }

  @Test("without classes nothing is promised of them where something is hidden")
  func hiddenWithoutClasses() {
    var configuration = Scenario.small
    configuration.finalClassifierHead = false
    var scenario = Scenario(width: 200, height: 60, configuration: configuration)
    scenario.command("hide 0,0,4x4")
    #expect(scenario.said.hasPrefix("16 of 96 pixels hidden"))
    #expect(!meaning(scenario).contains("The classes show"), "\(meaning(scenario))")
    #expect(
      meaning(scenario).contains(
        "Seen with the hatched pixels hidden; ! shows it with none hidden."),
      "\(meaning(scenario))")
    scenario.press("z")
    #expect(scenario.said == "cross 1 head 1 is off")
  }

  @Test("what comes next is that of where one is")
  func nextKeys() {
    var scenario = Scenario()
    scenario.press("i")
    #expect(next(scenario).hasPrefix("Next: arrows move the cursor, Enter goes to the latent"))
    scenario.press("Esc", "Tab")
    #expect(next(scenario) == "Next: j and k choose, < and > change, Tab leaves.")
    scenario.press("Tab", "y")
    #expect(next(scenario).hasPrefix("Next: y asks by the next method, Esc goes back to attention"))
    scenario.press("Esc", "End")
    #expect(next(scenario).hasPrefix("Next: y why it answered so, "))
  }

  @Test(
    "how one leaves is said at every width, and the other keys in fewer words before they are left out",
    arguments: [
      (["i"], 80, " Next: arrows move, Enter to its top latent, X hides, Esc leaves."),
      (["i"], 60, " Next: arrows move, Enter to its top latent, Esc leaves."),
      (["i", "X"], 80, " Next: arrows grow the rectangle, Enter hides it, Esc leaves."),
      (["y"], 80, " Next: y the next method, Esc leaves, Y another class, A stops averaging."),
      (["g"], 80, " Next: arrows choose, Enter shows it large, n the next stage, Esc leaves."),
      (["L"], 80, " Next: Enter shows this head's map, s sorts, Esc leaves."),
      (["Tab"], 80, " Next: j and k choose, < and > change, Tab leaves."),
    ] as [([String], Int, String)])
  func leaving(keys: [String], width: Int, line: String) {
    var scenario = Scenario(width: width, height: 24, hints: .on)
    for key in keys { scenario.press(key) }
    #expect(scenario.lines[2] == line, "\(scenario.lines[2])")
  }

  @Test("a training says what is learnt, and how to pause it")
  func training() {
    var scenario = Scenario(configuration: Scenario.io)
    scenario.press("t")
    scenario.train(4)
    #expect(
      meaning(scenario)
        == "What the model makes of positions alone after 4 steps: it learns to reconstruct the "
        + "picture."
    )
    #expect(next(scenario).hasPrefix("Next: watch, or t pauses"))
    scenario.press("t")
    scenario.train(1)
    #expect(next(scenario).hasPrefix("Next: t goes on"))
  }

  @Test("before there is a map, the sentence says what is on its way")
  func waiting() {
    var scenario = Scenario(isStarted: .notYet)
    scenario.isHolding = true
    scenario.send(.start)
    #expect(
      meaning(scenario) == "The model is being built. The photo is what it will read.")
    scenario.releaseOnce()
    #expect(meaning(scenario) == "cross 1 is being computed. Until then you see the photo.")
  }

  @Test(
    "the lines have room for a wording at every size, and give way where rows are few",
    arguments: [(60, 18, 0), (80, 21, 0), (60, 24, 2), (80, 24, 2), (120, 40, 3), (200, 60, 2)])
  func sizes(width: Int, height: Int, rows: Int) throws {
    for key in ["", "]", "m", "g", "→", "y", "L", "F", "i", "Tab"] {
      var scenario = Scenario(width: width, height: height, hints: .on)
      if !key.isEmpty { scenario.press(key) }
      let lines = scenario.lines
      #expect(lines[rows + 1].hasPrefix("┌"), "\(key)")
      guard rows > 0 else { continue }
      // The meaning is whole: it ends in a full stop, and so does what comes next.
      let meaning = lines[1..<rows].last { !$0.isEmpty } ?? ""
      #expect(meaning.last == ".", "\(key): \(meaning)")
      #expect(lines[rows].hasPrefix(" Next: ") && lines[rows].last == ".", "\(lines[rows])")
    }
  }

  @Test(":hints off takes them away, and the configuration file keeps that")
  func switchedOff() throws {
    var scenario = Scenario(hints: .on)
    #expect(scenario.text.contains("Next: "))
    scenario.command("hints off")
    #expect(!scenario.text.contains("Next: "))
    #expect(scenario.said == "hints off: kept in config.json")
    let kept = try #require(scenario.files["config.json"])
    #expect(try ExplorerPreferences(json: kept).hints == .off)
    scenario.command("hints on")
    #expect(scenario.text.contains("Next: "))
    scenario.command("hints perhaps")
    #expect(scenario.said.contains("expected one of on, off, found perhaps"))
  }

  @Test("keeping an entry leaves the others of the file as they are")
  func keeping() throws {
    let file = try JSONValue(
      parsing: Array(#"{"keys": {"undo": ["z"]}, "symbols": "ascii"}"#.utf8))
    let changed = KeptPreference(["hints"], .string("off")).applied(to: file)
    #expect(
      changed.text
        == #"{"keys":{"undo":["z"]},"symbols":"ascii","hints":"off"}"#)
    let nested = KeptPreference(["keys", "redo"], .array([.string("Z")])).applied(to: changed)
    #expect(nested["keys"]?["redo"] == .array([.string("Z")]))
    #expect(nested["keys"]?["undo"] == .array([.string("z")]))
    #expect(KeptPreference(["symbols"], nil).applied(to: nested)["symbols"] == nil)
    #expect(try JSONValue(parsing: Array(nested.text.utf8)) == nested)
  }

  /// The keys that a sentence begins its parts with.
  private func keys(of sentence: String) -> [Key] {
    sentence.dropFirst("Next: ".count).split(separator: ", ").flatMap { part -> [Key] in
      let words = part.split(separator: " ").map(String.init)
      let isPair = words.count > 2 && words[1] == "and"
      return [words.first, isPair ? words[2] : nil].compactMap { $0 }.compactMap { Key($0) }
    }
  }

  @Test(
    "no hint offers a key whose command has a reason against it",
    arguments: [
      [], ["End"], ["→"], ["m"], ["g"], ["g", "End"], ["F"], ["i"], ["i", "End"], ["i", "X"], ["y"],
      ["y", "i"], ["R"], ["End", "R"], ["d"], ["L"], ["L", "v"], ["E"], ["I"], ["B"],
      ["B", "Enter"],
      ["Tab"], ["Tab", "Tab"], ["Tab", "Tab", "j"], ["Tab", "Tab", ">"], ["t"], ["t", "t"],
    ])
  func offered(pressed: [String]) throws {
    let weights = LoadedWeights(model: try Perceiver(Scenario.small, seed: 1), name: "small")
    for scenario in [
      Scenario(width: 120, height: 40, hints: .on),
      Scenario(width: 120, height: 40, configuration: Scenario.io, hints: .on),
      Scenario(width: 120, height: 40, weights: weights, hints: .on),
    ] {
      var scenario = scenario
      for key in pressed { scenario.press(key) }
      let state = scenario.state
      for sentence in HintText(state).next {
        #expect(sentence.hasPrefix("Next: ") && sentence != "Next: .", "\(sentence)")
        for key in keys(of: sentence) {
          let command = state.preferences.keys.command(for: key, in: state.keyContexts)
          let reason = command?.reason(state)
          #expect(reason == nil, "\(sentence): \(reason ?? "")")
        }
      }
    }
  }

  @Test("the last stage has no next one, and fixed values no keys that change them")
  func nothingToDo() throws {
    var scenario = Scenario(configuration: Scenario.io)
    scenario.press("End", "R")
    #expect(next(scenario) == "Next: R goes back to attention.")
    let weights = LoadedWeights(model: try Perceiver(Scenario.small, seed: 1), name: "small")
    var loaded = Scenario(weights: weights)
    loaded.press("Tab", "j")
    #expect(next(loaded) == "Next: j and k choose, Tab leaves.")
    loaded.command("set max_freq 12")
    #expect(next(loaded) == "Next: j and k choose, < and > change, a applies, Tab leaves.")
  }

  @Test("a trained model's sentence has one line, and the map the other")
  func oneLine() throws {
    let weights = LoadedWeights(model: try Perceiver(Scenario.small, seed: 1), name: "small")
    let lines = Scenario(width: 120, height: 40, weights: weights, hints: .on).lines
    #expect(lines[2].hasPrefix(" Next: ") && lines[3].hasPrefix("┌"), "\(lines[1...3])")
  }
}
