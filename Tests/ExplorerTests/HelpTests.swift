// The help: words by name, from the tables; it wraps, scrolls and is searched.

import Explorer
import Perceiver
import Pictures
import Screens
import Testing

@Suite struct HelpTests {
  private func page(_ word: String, width: Int = 80) -> String {
    var scenario = Scenario(width: width)
    scenario.command("help \(word)")
    return scenario.text
  }

  @Test(
    ":help WORD explains a term, a key, a command, a hyperparameter, a method, a stage",
    arguments: [
      ("FLOP", "a GFLOP is a billion of them"),
      ("top readers", "The latents with the largest weights"),
      ("linear", "linear attention"), ("linear", "linear: twice the number"),
      ("entropy", "How evenly a map is spread"), ("latents", "the model's own vectors"),
      ("h", "everywhere: next head"), ("Ctrl-R", "everywhere: do again what was undone (redo)"),
      ("scale", "Typed: :scale linear | log | percentile"), (":undo", "Key: u"),
      ("depth", "A change to 4 draws "),
      ("max_freq", "It may be"), ("num-latents", "num_latents, a hyperparameter"),
      ("relevance", "attention times its gradient"), ("toggles", "toggles, a method of why"),
      ("latent 2.1", "A stage in which the latents read each other."),
      ("latent 2.1", "This one has 4 heads."), ("latent 2.1", ":stage latent 2.1 goes to it."),
      ("cross-1", "A stage in which the latents read the input"),
      ("Δp", "change of the answer's probability without"), ("δP", "In the table of heads"),
      ("KL", "The Kullback-Leibler divergence"), ("Entropy", "How evenly a map is spread"),
      ("Importance", "how fast the answer's logit changes"), ("Cross-1", "cross 1, stage 1 of 6"),
      ("Max_Freq", "It may be"), ("UNDO", "Key: u"), ("Toggles", "toggles, a method of why"),
    ])
  func topics(word: String, words: String) {
    #expect(page(word).contains(words), "\(page(word))")
    #expect(page(word).contains("help on \(word)"))
  }

  @Test("every command, hyperparameter, word and method has help that is not empty")
  func complete() {
    let scenario = Scenario()
    let names =
      CommandTable.all.map { "\($0.id)" } + GlossaryEntry.all.map(\.word)
      + HyperparameterCatalog.all.map(\.name) + ExplanationMethod.all.map(\.name)
    for name in names {
      #expect(TopicText(name, scenario.state, width: 76).lines.count >= 2, "\(name)")
    }
    for entry in GlossaryEntry.all {
      #expect(entry.meaning.hasSuffix("."), "\(entry.word)")
    }
    #expect(GlossaryEntry.all.map(\.word) == GlossaryEntry.all.map(\.word).sorted())
    #expect(Set(GlossaryEntry.all.map(\.word)).count == GlossaryEntry.all.count)
  }

  @Test("every word that a title or a readout takes from a table has an entry in the glossary")
  func words() {
    var words = ScreenWord.allCases.map(\.rawValue) + HeadColumn.allCases.map(\.rawValue)
    words += Panes.column.map { $0.topic } + Panes.main.map { $0.topic } + [LatentsPane.topic]
    words += StageID.Kind.allCases.flatMap { [$0.rawValue, $0.word] }
    words += Transfer.allCases.map { $0.rawValue } + AttentionValue.allCases.map(\.rawValue)
    words += [
      "parameters", "FLOP", "memory", "half the weight", "max", "min", "mean", "sum", "legend",
      "readout", "top readers", "mean squared error", "epoch", "gradient", "learning rate",
      "chance",
      "gain", "content share", "KL",
    ]
    for word in words { #expect(!GlossaryEntry.named(word).isEmpty, "\(word)") }
  }

  @Test("the line that leads to a stage stands once")
  func stageLine() {
    for word in ["latent 2.1", "Latent-2.1"] {
      #expect(page(word).ranges(of: ":stage latent 2.1").count == 1, "\(page(word))")
    }
  }

  @Test("the glossary says of a column of the table of heads what the table itself says")
  func columns() {
    for column in [HeadColumn.importance, .effect, .marks, .content] {
      let scenario = Scenario()
      let entry = TopicText(column.rawValue, scenario.state, width: 200).lines
        .map { $0.map(\.text).joined() }.joined(separator: "\n")
      var table = Scenario(width: 200, height: 60)
      if column == .marks { table.command("hide 0,0,2x2") }
      table.press("L")
      for _ in HeadColumn.allCases where !table.said.isEmpty && !entry.contains(table.said) {
        table.press("s")
      }
      #expect(entry.contains("In the table of heads: \(table.said)."), "\(entry)")
    }
  }

  /// All that is said of a word, in lines that are not wrapped.
  private func entry(_ word: String) -> String {
    TopicText(word, Scenario().state, width: 2000).lines.map { $0.map(\.text).joined() }
      .joined(separator: "\n")
  }

  @Test("every word over a column of any table has an entry that says what it means there")
  func columnWords() {
    for table in ColumnedTable.all {
      #expect(!table.columns.isEmpty, "\(table.name)")
      for column in table.columns {
        let meaning = column.meaning.dropFirst()
        for name in column.names {
          #expect(entry(name).contains(meaning), "\(name): \(entry(name))")
        }
      }
    }
    let names = ColumnedTable.all.map(\.name)
    #expect(NumberTable.allCases.allSatisfy { names.contains($0.title) })
  }

  @Test(
    "a word over a column and before the readout's numbers has an entry, as has a word of a title",
    arguments: [
      "Δlogit", "Δlog p", "Δy", "so far", "cosine", "attn.", "feed-f.", "CKA", "CKA end",
      "rank cor.",
      "top 1/10", "SSIM", "times uniform", "entr.", "Δy off", "keys", "rgb", "ms", "hatched",
      "half pictures", "half texts",
    ])
  func wordsOfTables(word: String) {
    #expect(page(word).contains("help on \(word)"), "\(page(word))")
    #expect(!entry(word).contains("no such name"))
  }

  @Test("a word that means several things has them all, each with where it stands")
  func meanings() {
    let rank = entry("rank")
    #expect(rank.contains("Where a number stands among all numbers of the map"), "\(rank)")
    let column = "Effective rank: how many directions the latents use. In the table: "
    #expect(rank.contains(column + "latents after each stage."), "\(rank)")
    let entropy = entry("entropy")
    #expect(
      entropy.contains("mean over latents. In the tables: heads in numbers; table of heads."),
      "\(entropy)")
    #expect(entropy.contains("mean over heads. In the table: latents in numbers."), "\(entropy)")
  }

  @Test("? says of a table's columns what they mean there, and nothing else of their words")
  func columnsHere() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("table summary")
    let text = beginning(scenario)
    #expect(text.contains("over the columns\n"), "\(text)")
    #expect(text.contains("effective rank: how many directions the latents use"), "\(text)")
    #expect(text.contains("  CKA end "), "\(text)")
    #expect(!text.contains("Where a number stands among all numbers of the map"), "\(text)")
    scenario.press("Esc", "L")
    for words in ["  Δp off, effect", "  import., importance", "  head "] {
      #expect(beginning(scenario).contains(words), "\(words): \(beginning(scenario))")
    }
    scenario.press("Esc", "i", "I")
    #expect(beginning(scenario).contains("  times uniform"), "\(beginning(scenario))")
    var probing = Scenario(width: 120, height: 40)
    probing.press("i")
    #expect(beginning(probing).contains("  rgb "), "\(beginning(probing))")
  }

  /// The lines of the help before the keys.
  private func beginning(_ scenario: Scenario) -> String {
    let lines = HelpText(scenario.state, width: 200).lines.map { $0.map(\.text).joined() }
    return lines.prefix { !$0.hasPrefix("move in time") }.joined(separator: "\n")
  }

  @Test(
    "? begins with the pane that is shown or has the focus",
    arguments: [
      ([], "here: map"), (["g"], "here: grid"), (["→"], "here: matrix"),
      (["L"], "here: table of heads"),
      (["i", "I"], "here: list of readers"), (["y"], "here: relevance"), (["Tab"], "here: strip"),
      (["Tab", "Tab"], "here: hyperparameters"), (["P", "]"], "here: pinned view"),
      (["B"], "here: fourier"), (["E"], "here: table of numbers"),
    ])
  func pane(keys: [String], title: String) {
    var scenario = Scenario(width: 120, height: 40)
    for key in keys { scenario.press(key) }
    #expect(beginning(scenario).hasPrefix(title + "\n"), "\(beginning(scenario))")
    scenario.press("?")
    #expect(scenario.lines[2].contains(title), "\(scenario.text)")
  }

  @Test("? explains the shown stage with its shapes, and the numbers that stand beside it")
  func stageAndNumbers() {
    var scenario = Scenario(width: 120, height: 40)
    for words in [
      "cross 1, stage 1 of 6", "A stage in which the latents read the input",
      "Its map lies over the picture. This one has one head.",
      "Here 8 latents of 16 numbers read 96 tokens. Each head compares 8 numbers of a query and a key; "
        + "the weights are 1 × 8 × 96.",
      "  half the weight", "  entropy", "  max", "  min", "  mean", "  sum", "  readout", "  class",
      "  legend", "  chance",
    ] {
      #expect(beginning(scenario).contains(words), "\(words): \(beginning(scenario))")
    }
    #expect(!beginning(scenario).contains("  top readers"))
    scenario.press("i")
    #expect(beginning(scenario).contains("  top readers"))
    scenario.press("Esc", "→")
    let words = "Here 8 latents of 16 numbers read each other. Each head compares 4 numbers"
    #expect(beginning(scenario).contains(words), "\(beginning(scenario))")
  }

  @Test("among heads ? explains the stage of the chosen one")
  func chosenHead() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("L", "j")
    #expect(beginning(scenario).contains("latent 1.1, stage 2 of 6"), "\(beginning(scenario))")
    #expect(!beginning(scenario).contains("cross 1, stage 1"))
  }

  @Test(
    "? lists the keys of all that holds, the narrowest first, and what the mouse does there",
    arguments: [
      (["i"], ["while the cursor is out", "puts the cursor on a pixel"]),
      (["L"], ["in the table of heads", "chooses a head; on the chosen one it goes to its map"]),
      (
        ["L", "v"], ["among the maps of all heads", "in the table of heads", "through the stages"]
      ),
      (["g"], ["in the grid of latents", "chooses a latent; on the chosen one it shows its map"]),
      (["B"], ["while the channels of positions are shown", "chooses a channel"]),
      (["→", "i"], ["while the cursor is out", "puts the cursor on a latent"]),
    ])
  func contexts(keys: [String], words: [String]) throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("hide 0,0,2x2")
    for key in keys { scenario.press(key) }
    let text = beginning(scenario)
    for word in words + ["while pixels are hidden"] {
      #expect(text.contains(word), "\(word): \(text)")
    }
    let marks = try #require(text.firstRange(of: "while pixels are hidden"))
    let first = try #require(text.firstRange(of: words[0]))
    #expect(first.lowerBound < marks.lowerBound)
    let mouse = try #require(text.firstRange(of: "the mouse here"))
    #expect(marks.lowerBound < mouse.lowerBound)
  }

  @Test("a word that is nothing's name leads to what is near, or is refused")
  func near() {
    #expect(page("freq").contains(":help max_freq"))
    var scenario = Scenario()
    scenario.command("help xyzzy")
    #expect(scenario.said == "help: no entry for xyzzy; ? lists everything")
    scenario.press(":", "'help ent'", "Tab")
    #expect(scenario.status.contains("help entropy"))
  }

  @Test("no line of the help is cut off", arguments: [60, 80, 120, 200])
  func wraps(width: Int) {
    let scenario = Scenario(width: width, height: 40)
    let room = min(width - 8, 96)
    for line in HelpText(scenario.state, width: room).lines {
      let text = line.map(\.text).joined()
      #expect(text.displayWidth <= room, "\(text)")
    }
  }

  @Test("g and G, Ctrl-D and Ctrl-U, Space and PageUp scroll, and stop at the ends")
  func scrolling() {
    var scenario = Scenario()
    func first() -> String { scenario.lines[2] }
    scenario.press("?")
    let top = first()
    #expect(scenario.text.contains("1 to 19 of "))
    scenario.press("Ctrl-D")
    #expect(scenario.text.contains("10 to 28 of "))
    scenario.press("Ctrl-U", "Ctrl-U")
    #expect(first() == top)
    scenario.press("Space")
    #expect(scenario.text.contains("20 to 38 of "))
    scenario.press("G")
    let end = scenario.text
    scenario.press("j", "PageDown")
    #expect(scenario.text == end)
    scenario.press("g", "g")
    #expect(first() == top)
  }

  @Test("/ searches the help, n and N go on and back, Esc leaves the search and then the help")
  func search() {
    var scenario = Scenario()
    scenario.press("?", "/", "'colour map'")
    #expect(scenario.text.contains("/colour map"))
    scenario.press("Enter")
    #expect(scenario.lines[2].contains("colour map"), "\(scenario.lines[2])")
    let found = scenario.lines[2]
    scenario.press("n")
    #expect(scenario.lines[2].contains("colour map") && scenario.lines[2] != found)
    scenario.press("N")
    #expect(scenario.lines[2] == found)
    scenario.press("/", "'zzz'", "Enter")
    #expect(scenario.said.contains("zzz: not on this page"))
    scenario.press("/", "Esc")
    #expect(scenario.text.contains("┌ help ─"))
    scenario.press("Esc")
    #expect(!scenario.text.contains("┌ help ─"))
  }

  @Test("the help in the hyperparameters says what the chosen one is, and what a change does")
  func hyperparameter() {
    var scenario = Scenario(width: 100, height: 60)
    scenario.press("Tab", "Tab", "?")
    #expect(scenario.text.contains("depth, a hyperparameter"), "\(scenario.text)")
    for words in ["  parameters", "  arithmetic", "  memory"] {
      #expect(beginning(scenario).contains(words), "\(beginning(scenario))")
    }
    #expect(scenario.text.contains("parameters anew; the others stay as they are."))
  }
}

@Suite struct SearchTests {
  @Test("what / finds is a list; Tab and arrows choose, round the ends, and Enter goes there")
  func choosing() {
    var scenario = Scenario()
    scenario.press("/", "'freq'")
    #expect(scenario.text.contains(" found ─"), "\(scenario.text)")
    func chosen() -> String { scenario.lines.first { $0.contains("│▸ ") } ?? "" }
    let first = chosen()
    #expect(first.contains("freq"), "\(first)")
    scenario.press("Tab")
    let second = chosen()
    #expect(second != first && second.contains("freq"), "\(second)")
    scenario.press("Up")
    #expect(chosen() == first)
    scenario.press("Down")
    #expect(chosen() == second)
    scenario.press("Enter")
    #expect(scenario.state.focus == .hyperparameters)
    scenario.press("/", "'through-dec'", "Enter")
    #expect(scenario.status.contains(":through-decoder"))
    scenario.press("Esc", "/", "'freq'", "Esc")
    #expect(scenario.state.mode == .normal)
  }

  @Test("another text begins with what it finds first")
  func typingOn() {
    var scenario = Scenario()
    scenario.press("/", "'la'", "Tab", "Tab", "'tent_d'", "Enter")
    #expect(scenario.state.focus == .hyperparameters)
    #expect(scenario.text.contains("▸latent_dim"))
  }
}

@Suite struct PastedPathTests {
  @Test(
    "a pasted path is opened, however the terminal quotes it",
    arguments: [
      "other.ppm", "/a b/other.ppm", "'/a b/other.ppm' ", "/a\\ b/other.ppm",
      "file:///a%20b/other.ppm\n",
    ])
  func opened(text: String) {
    let other = Scenario.picture(width: 6, height: 6, name: "other.ppm")
    var scenario = Scenario(
      files: MemoryFiles(inputs: ["other.ppm": other, "/a b/other.ppm": other]))
    scenario.send(.input(.paste(text)))
    #expect(scenario.lines[0].contains("other.ppm 6×6×3"), "\(scenario.said)")
  }

  @Test("weights are loaded, and other text is none")
  func others() {
    var scenario = Scenario()
    scenario.send(.input(.paste("small.safetensors")))
    #expect(scenario.lines[0].contains("small.safetensors"))
    for text in ["hello", "a b.png", "x.png\ny.png", ""] {
      scenario.send(.input(.paste(text)))
      #expect(scenario.said.contains("pasted text goes into lines"), "\(text)")
    }
  }

  @Test("help on a key says what it does in more than its command's name")
  func redo() {
    let lines = TopicText("Ctrl-R", Scenario().state, width: 80).lines
    let text = lines.map { $0.map(\.text).joined() }.joined(separator: "\n")
    #expect(text.contains("everywhere: do again what was undone (redo)"), "\(text)")
  }
}
