// Exports: what is written, names proposed, files not replaced without asking.

import Explorer
import Inputs
import Perceiver
import Pictures
import Synchronization
import Tensors
import Testing

@Suite struct ExportTests {
  /// The stages that runs of a model compute, in order.
  private final class Log: Sendable {
    let stages = Mutex<[Int]>([])
  }

  @Test("no export computes a stage: what is written is of those that are there")
  func computesNoStages() throws {
    let log = Log()
    var configuration = Scenario.small
    configuration.crossHeads = 2
    var model = try Perceiver(configuration, seed: 3)
    model.observer = { id in log.stages.withLock { $0.append(id.index) } }
    var scenario = Scenario(
      width: 120, height: 40, weights: LoadedWeights(model: model, name: "watched"))
    /// Writes one after another of all that the dialog offers.
    func exportAll() {
      for steps in 0..<9 {
        scenario.press("e")
        for _ in 0..<steps { scenario.press("→") }
        scenario.press("Enter", "Esc", "Esc")
      }
    }
    #expect(log.stages.withLock { $0 } == [0])
    exportAll()
    #expect(log.stages.withLock { $0 } == [0])
    let kinds = Set(scenario.files.paths.map { $0.split(separator: ".").last ?? "" })
    #expect(kinds.isSuperset(of: ["png", "npy", "txt"]), "\(scenario.files.paths)")
    #expect(scenario.files.paths.contains { $0.contains("figure3") })
    scenario.press("→")
    #expect(log.stages.withLock { $0 } == [0, 1])
    exportAll()
    #expect(log.stages.withLock { $0 } == [0, 1])
    #expect(scenario.files.paths.contains { $0.contains("latent-1.1") })
  }

  @Test("the dialog writes the overlay under the proposed name")
  func overlay() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("e", "Enter")
    let path = "ramp-cross-1-head-1-latent-1-overlay.png"
    #expect(scenario.status.contains("wrote \(path)"))
    let picture = try PixelImage(reading: try #require(scenario.files[path]))
    #expect(picture.width == 12 && picture.height == 8)
  }

  @Test(
    "the dialog offers what there is: no reconstruction of a classifier, no map without attention")
  func subjects() {
    var scenario = Scenario()
    scenario.press("e")
    for _ in 0..<8 {
      #expect(!scenario.text.contains("given back") && !scenario.text.contains("reconstruction"))
      scenario.press("→")
    }
    var configuration = Scenario.small
    configuration.variant = .mixedLatents
    configuration.depth = 2
    var mixed = Scenario(configuration: configuration)
    mixed.press("End", "e")
    #expect(mixed.state.stage?.attention == nil)
    for _ in 0..<8 {
      #expect(!mixed.text.contains("this map") && !mixed.text.contains("maps of this stage"))
      mixed.press("→")
    }
    mixed.press("Esc")
    mixed.command("export map.png")
    #expect(mixed.status.contains("error: export:"))
  }

  @Test("a map is written as text too: ink for values, half blocks in colours")
  func text() throws {
    var scenario = Scenario()
    scenario.command("export map.ansi")
    let text = String(decoding: try #require(scenario.files["map.ansi"]), as: UTF8.self)
    #expect(text.hasPrefix("ramp.ppm: cross 1"))
    #expect(text.contains("\u{1b}["))
    scenario.press("e", "←", "Tab", "←", "←", "Enter")
    let plain = try #require(scenario.files["ramp-cross-1-head-1-latent-1.txt"])
    #expect(String(decoding: plain, as: UTF8.self).contains("scale linear: ' ' is "))
  }

  @Test("Figure 3 is one key away, and is written as a picture and as SVG")
  func figure() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("→", "F")
    #expect(scenario.state.stageID?.kind == .crossAttention)
    #expect(scenario.state.choices.selection.value == .scores)
    #expect(scenario.lines[1].contains("8 latents · scores"))
    scenario.press("n", "n")
    #expect(scenario.state.stageID?.name == "cross 2")
    scenario.command("figure3 figure.svg")
    let svg = String(decoding: try #require(scenario.files["figure.svg"]), as: UTF8.self)
    // Two cross-attentions of eight latents, the photo twice, the scale.
    #expect(svg.ranges(of: "<image ").count == 2 * (8 + 1) + 1)
    #expect(svg.contains("cross 2: scores before the softmax, head 1 of 1, 8 of 8 latents"))
    scenario.press("e", "Enter")
    let png = try #require(scenario.files["ramp-figure3.png"])
    #expect(try PixelImage(reading: png).width == 1200)
    scenario.command("figure3 figure.npy")
    #expect(scenario.status.contains("expected a name that ends in .png, .ppm, .svg"))
    scenario.press("F")
    #expect(scenario.lines[1].contains("latent 1 of 8"))
    #expect(scenario.state.choices.selection.value == .probabilities)
    let sound = Tensor(shape: [40, 2], values: (0..<80).map { Float($0 % 7) })
    var other = Scenario(input: Input(array: sound, name: "sound.npy"))
    other.press("F")
    #expect(other.status.contains("the figure is of pictures"))
  }

  @Test("letters go into the file's name where that is chosen, and nowhere else")
  func letters() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("e")
    let before = scenario.state.mode
    scenario.press("x", "?", "Tab", "q")
    #expect(scenario.said == "Tab goes to the file, to type its name")
    scenario.press("Shift-Tab")
    #expect(scenario.state.mode == before)
    scenario.press("Tab", "Tab", "x", "?")
    #expect(scenario.text.contains("overlay.pngx?"))
  }

  @Test(
    "leaving Figure 3, which is of scores, shows what was shown before",
    arguments: [
      (["F", "Esc"], .probabilities), (["F", "F"], .probabilities), (["F", "v"], .probabilities),
      (["p", "F", "Esc"], .scores), (["F", "p", "p", "Esc"], .probabilities),
      (["F", "Esc", "u", "Esc"], .probabilities), (["F", "Esc", "p", "F", "F"], .scores),
    ] as [([String], AttentionValue)])
  func figureLeft(keys: [String], value: AttentionValue) {
    var scenario = Scenario(width: 120, height: 40)
    for key in keys { scenario.press(key) }
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(scenario.state.choices.selection.value == value)
  }

  @Test("a map as .npy holds the numbers that are shown")
  func array() throws {
    var scenario = Scenario()
    scenario.command("latent 3")
    scenario.command("export map.npy")
    let written = try NumPyFile.tensor(try #require(scenario.files["map.npy"]))
    let stage = try #require(scenario.state.stage)
    #expect(try written == stage.attended().map(head: 0, query: 2, as: .probabilities))
  }

  @Test("a map as CSV has a line for each row")
  func table() throws {
    var scenario = Scenario()
    scenario.command("export map.csv")
    let text = String(decoding: try #require(scenario.files["map.csv"]), as: UTF8.self)
    let rows = text.split(separator: "\n")
    #expect(rows.count == 8)
    #expect(rows.allSatisfy { $0.split(separator: ",").count == 12 })
  }

  @Test("all maps of a stage, and of the run")
  func everything() throws {
    var scenario = Scenario()
    scenario.press("→", "e", "→", "→", "Enter")
    let path = "ramp-latent-1.1-maps.npy"
    let matrix = try NumPyFile.tensor(try #require(scenario.files[path]))
    #expect(matrix.shape == [4, 8, 8])
    scenario.press("e", "→", "→", "→", "Enter")
    #expect(scenario.status.contains("wrote 2 files to ramp-maps"))
    let first = try NumPyFile.tensor(try #require(scenario.files["ramp-maps/00-cross-1.npy"]))
    #expect(first.shape == [1, 8, 8, 12] || first.shape == [1, 8, 96])
  }

  @Test("a sheet of all maps has one scale, so that maps can be compared")
  func sheet() throws {
    var scenario = Scenario()
    scenario.press("e", "→", "→", "Tab", "→", "→", "Enter")
    let sheet = try PixelImage(reading: try #require(scenario.files["ramp-cross-1-maps.png"]))
    let stage = try #require(scenario.state.stage)
    let maps = try stage.attended().maps(head: .one(0), queries: 0..<8, as: .probabilities)
    let transfer = FittedTransfer(.linear, to: maps)
    #expect(sheet.width == 3 * 12 + 2 * 2 && sheet.height == 3 * 8 + 2 * 2)
    for latent in 0..<8 {
      let (row, column) = latent.quotientAndRemainder(dividingBy: 3)
      let shade = try #require(transfer.shade(of: maps.row(latent).values[0]))
      let expected = ColourMap.viridis.colour(shade).bytes
      #expect(sheet[x: column * 14, y: row * 10].bytes == expected, "latent \(latent)")
    }
  }

  @Test("the screen's text is what is on the screen")
  func screenText() throws {
    var scenario = Scenario()
    let shown = scenario.screen.plainText
    scenario.command("export screen.txt")
    #expect(scenario.files["screen.txt"].map { String(decoding: $0, as: UTF8.self) } == shown)
  }

  @Test(
    "a table is no map: no other map is written under its name, and the formats it has are named",
    arguments: [
      (
        ["L"], ["map.ansi"],
        "the table of heads is written as .csv, .npy, .png, .ppm, .svg, .txt; Esc shows the map"
      ),
      (
        ["L", "v"], ["map.ansi"],
        "the maps of heads are written as .csv, .npy, .png, .ppm, .svg, .txt; Esc shows the map"
      ),
      (
        ["I"], ["map.ansi"],
        "the list of readers is written as .csv, .npy, .png, .ppm, .svg, .txt; Esc shows the map"
      ),
      (
        ["P", "n", "D"], ["map.npy", "map.csv", "map.png", "map.svg"],
        "no difference: the pinned map is 8 × 12 over the input, this one 8 × 8 over latents"
      ),
    ])
  func noMap(keys: [String], names: [String], sentence: String) {
    var scenario = Scenario(width: 120, height: 40)
    for key in keys { scenario.press(key) }
    for name in names {
      scenario.command("export \(name)")
      #expect(scenario.said == "\(name): \(sentence)")
    }
    #expect(scenario.files.paths.isEmpty)
    scenario.command("export screen.txt")
    #expect(scenario.files.paths == ["screen.txt"])
  }

  @Test("a file that is there is replaced only after asking")
  func replacing() throws {
    let files = MemoryFiles(contents: ["map.npy": [1, 2, 3]])
    var scenario = Scenario(files: files)
    scenario.command("export map.npy")
    #expect(scenario.text.contains("is there already. Replace it? y / n"))
    #expect(!scenario.text.contains("writing"))
    scenario.press("n")
    #expect(scenario.status.contains("nothing was written"))
    #expect(files["map.npy"] == [1, 2, 3])
    scenario.press("Enter")
    #expect(scenario.text.contains("Replace it?"))
    scenario.press("y")
    #expect(files["map.npy"] != [1, 2, 3])
    #expect(scenario.status.contains("wrote map.npy"))
  }

  @Test("the question whether a file is replaced is left by Esc, and with it the export")
  func leavingReplacing() throws {
    let files = MemoryFiles(contents: ["map.npy": [1, 2, 3]])
    var scenario = Scenario(files: files)
    scenario.command("export map.npy")
    scenario.press("Esc")
    #expect(scenario.state.mode == .normal && scenario.said == "nothing was written")
    #expect(files["map.npy"] == [1, 2, 3])
  }

  @Test(
    "no file is written in the place of a folder",
    arguments: ["export maps.npy", "save maps.npy"])
  func folder(_ command: String) throws {
    let files = MemoryFiles(contents: ["maps.npy/one": [1, 2, 3]])
    var scenario = Scenario(files: files)
    scenario.command(command)
    #expect(scenario.said.contains("expected the name of a file, found a folder"))
    #expect(files.paths == ["maps.npy/one"])
  }

  @Test("nothing is written where there is nothing, and the status says so")
  func nothing() {
    var scenario = Scenario(isStarted: .notYet)
    scenario.isHolding = true
    scenario.command("export map.npy")
    #expect(scenario.status.contains("error: export: "))
    #expect(scenario.files.paths.isEmpty)
    scenario.press("e", "Down", "Down", "Ctrl-U", "Enter")
    #expect(scenario.status.contains("expected a file name"))
  }

  @Test("while y shows, the map that is seen is written: array, table, picture, over the photo")
  func why() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("y")
    let run = try #require(scenario.state.run)
    var settings = ExplanationSettings()
    settings.samples = 16
    let map = try #require(ExplanationMethod.named("relevance-sampled"))
      .question(.answer, settings).map(run)
    scenario.command("export why.npy")
    #expect(try NumPyFile.tensor(try #require(scenario.files["why.npy"])) == map.values)
    scenario.command("export why.csv")
    let table = String(decoding: try #require(scenario.files["why.csv"]), as: UTF8.self)
    #expect(table == map.values.commaSeparatedValues())
    scenario.command("export why.txt")
    scenario.command("export why.ansi")
    let text = String(decoding: try #require(scenario.files["why.ansi"]), as: UTF8.self)
    #expect(text.contains("why · relevance") && text.contains(map.sentence))
    // The dialog proposes the map over the photo, under its method's name and its class's.
    let answer = try run.resolve(.answer).index
    scenario.press("e", "Enter")
    let path = "ramp-relevance-sampled-class-\(answer)-overlay.png"
    #expect(scenario.status.contains("wrote \(path)"))
    let over = try PixelImage(reading: try #require(scenario.files[path]))
    #expect(over.width == 12 && over.height == 8)
    scenario.press("e", "←", "Enter")
    let alone = try PixelImage(
      reading: try #require(scenario.files["ramp-relevance-sampled-class-\(answer).png"]))
    let shading = MapShading(
      .leastToLargest, of: map.values.values,
      MapAppearance(transfer: .linear, colours: .viridis))
    let first = try #require(shading.colour(of: map.values.values[0]))
    #expect(alone[x: 0, y: 0].bytes == first.bytes)
    #expect(over[x: 0, y: 0].bytes != first.bytes)
  }

  @Test("while y shows, a figure has photo, map, numbers, sentence, method, class and gain")
  func whyFigure() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("y")
    let run = try #require(scenario.state.run)
    let answer = try run.resolve(.answer)
    scenario.command("export figure.svg")
    let svg = String(decoding: try #require(scenario.files["figure.svg"]), as: UTF8.self)
    #expect(svg.ranges(of: "<image ").count == 3)
    #expect(svg.contains("width=\"1200\""))
    #expect(svg.contains("ramp.ppm: relevance-sampled, \(answer.title)"))
    for words in [
      "rests on", "Method: relevance-sampled, 16 half pictures. Explained: \(answer.title).",
      "Gain (insertion less deletion, by hiding): ", "; of a random order: ", "scale: linear",
      "untrained, seed 0.",
    ] {
      #expect(svg.contains(words), "\(words)")
    }
    // Another size, by the command and in the dialog.
    scenario.command("why-figure small.svg width=400")
    let small = String(decoding: try #require(scenario.files["small.svg"]), as: UTF8.self)
    #expect(small.contains("width=\"400\""))
    scenario.press("e", "→", "Tab", "Tab", "→", "Tab")
    #expect(scenario.text.contains("a figure: photo, map, scale, caption"))
    #expect(scenario.text.contains("1600 pixels"))
    scenario.press("Enter")
    let path = "ramp-relevance-sampled-class-\(answer.index)-figure.png"
    #expect(try PixelImage(reading: try #require(scenario.files[path])).width == 1600)
    // A width that is none is told, and the dialog stays.
    scenario.press("e", "→", "Tab", "Tab", "Backspace", "Backspace", "Enter")
    #expect(scenario.said.contains("expected a width from 200 to 8192 pixels, found 12"))
    scenario.press("'00'", "Enter")
    #expect(scenario.text.contains("Replace it?"))
    scenario.press("n", "Esc")
    scenario.command("why-figure figure.npy")
    #expect(scenario.said.contains("expected a name that ends in .png, .ppm, .svg"))
    scenario.command("why-figure figure.png width=9")
    #expect(scenario.said.contains("expected a width from 200 to 8192 pixels, found 9"))
    scenario.command("export map.npy width=400")
    #expect(scenario.said.contains("only figures have one"))
    scenario.press("Esc")
    // The command of this name writes what is seen, whatever that is.
    scenario.command("why-figure figure.png")
    #expect(scenario.said == "wrote figure.png")
  }

  @Test("a signed map's figure is coloured around zero, and says which class is warm")
  func signedFigure() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "y", "y")
    scenario.command("why-figure signed.svg")
    let svg = String(decoding: try #require(scenario.files["signed.svg"]), as: UTF8.self)
    let run = try #require(scenario.state.run)
    let target = try run.resolve(.init(.answer, against: .second))
    #expect(svg.contains("Explained: \(target.title)"))
    #expect(svg.contains(">0</text>"))
    // Over an attention map the figure of before is written.
    scenario.press("Esc")
    scenario.command("export figure3.svg")
    let other = String(decoding: try #require(scenario.files["figure3.svg"]), as: UTF8.self)
    #expect(other.contains("scores before the softmax"))
  }
}
