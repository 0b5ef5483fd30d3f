// Tables that are seen, as CSV and as figures with bars: names as on screen, numbers with all digits.

import Explorer
import Inputs
import Perceiver
import Pictures
import Tensors
import Testing

@Suite("Exported tables")
struct TableExportTests {
  private func svg(_ path: String, _ scenario: Scenario) throws -> String {
    String(decoding: try #require(scenario.files[path], "\(scenario.said)"), as: UTF8.self)
  }

  @Test("the table of heads has every head with the library's numbers, in the order of the screen")
  func heads() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("L", "e", "Enter")
    let table = try WrittenTable(scenario.files["ramp-heads.csv"])
    #expect(scenario.said == "wrote ramp-heads.csv")
    #expect(table.columns == ["stage", "head", "entropy", "content", "import.", "Δp off"])
    // The screen has the same headings.
    #expect(scenario.lines[2].contains(#/stage +head +entropy +content +import\. +Δp off/#))
    let run = try #require(scenario.state.run)
    let stages = run.stages.filter { $0.attention != nil }
    #expect(
      table["stage"] == stages.flatMap { Array(repeating: $0.id.name, count: $0.id.heads) })
    #expect(table["head"] == stages.flatMap { (1...$0.id.heads).map(String.init) })
    let entropies = try stages.flatMap { stage -> [Double] in
      let entropy = try #require(stage.attention).entropy()
      return (0..<stage.id.heads).map { head in
        entropy.row(head).values.reduce(0.0) { $0 + Double($1) } / Double(entropy.shape[1])
      }
    }
    #expect(table.numbers("entropy") == entropies)
    let effects = try stages.flatMap {
      try WhatIf(run, of: .answer).heads(ofStage: $0.id.index).map(\.probability)
    }
    #expect(table.numbers("Δp off") == effects)
    // Where a stage reads latents there is no share of content.
    for (stage, content) in zip(table["stage"], table["content"]) {
      #expect(content.isEmpty == stage.hasPrefix("latent"))
    }
    // Sorted on the screen, sorted in the file.
    scenario.press("s")
    scenario.command("export sorted.csv")
    let sorted = try WrittenTable(scenario.files["sorted.csv"]).numbers("entropy").compactMap(
      \.self)
    #expect(sorted == entropies.sorted(by: >))
  }

  @Test("what is off, and the share on hidden pixels, have columns of their own")
  func headsOff() throws {
    var scenario = Scenario(width: 160, height: 40)
    scenario.command("hide 0,0,2x2")
    scenario.press("→", "h", "z", "L")
    scenario.command("export heads.csv")
    let table = try WrittenTable(scenario.files["heads.csv"])
    #expect(table.columns.prefix(3) == ["stage", "head", "off"])
    let off = zip(table["stage"], zip(table["head"], table["off"])).filter { $0.1.1 == "1" }
    #expect(off.map(\.0) == ["latent 1.1"] && off.map(\.1.0) == ["2"])
  }

  @Test("the table of heads as a figure has a bar beside each number, and says what columns mean")
  func headFigure() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("L")
    scenario.command("export heads.svg")
    let svg = try svg("heads.svg", scenario)
    for words in [
      ">ramp.ppm: the table of heads</text>", ">Δp off</text>", ">latent 2.1</text>",
      "Δp off: change of the answer", "untrained, seed 0",
    ] {
      #expect(svg.contains(words), "\(words)")
    }
    // A bar for each of fifteen heads in four columns, but for the content of twelve that read latents;
    // and the line of zero where a column has numbers on both sides.
    #expect(svg.ranges(of: "fill=\"#5485bd\"").count == 4 * 15 - 12)
    scenario.command("view-figure heads.png width=900")
    #expect(try PixelImage(reading: try #require(scenario.files["heads.png"])).width == 900)
    scenario.press("e", "←")
    #expect(scenario.text.contains("a figure: the table with bars"))
    scenario.press("Enter")
    #expect(
      try PixelImage(reading: try #require(scenario.files["ramp-heads-figure.png"])).width == 1200)
  }

  @Test("a table that is not all there is written with gaps, and the message counts them")
  func partial() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End")
    scenario.isHolding = true
    scenario.press("L")
    scenario.releaseFirst()
    let before = scenario.state.isBusy
    #expect(before)
    scenario.command("export heads.csv")
    scenario.release()
    #expect(scenario.said.contains("wrote heads.csv; but "), "\(scenario.said)")
    #expect(scenario.said.hasSuffix(" numbers are not computed yet"))
    let table = try WrittenTable(scenario.files["heads.csv"])
    #expect(table["entropy"].contains("") || table["Δp off"].contains(""))
  }

  @Test("each table about the whole run is written with the lines and columns that it has")
  func numberTables() throws {
    var scenario = Scenario(width: 120, height: 40)
    for table in NumberTable.allCases {
      scenario.command("table \(table.rawValue)")
      #expect(scenario.state.choices.view.replacement == .table(table), "\(scenario.said)")
      scenario.command("export \(table.rawValue).csv")
      let written = try WrittenTable(scenario.files["\(table.rawValue).csv"])
      let rows = scenario.state.numberRows
      #expect(written.columns.first == "part" && written["part"] == rows.map(\.name))
      for (line, row) in zip(written.rows, rows) {
        let numbers = row.numbers.map { number in number.flatMap { $0.isFinite ? $0 : nil } }
        #expect(line.dropFirst().map { Double($0) } == numbers, "\(table.rawValue)")
      }
      scenario.command("view-figure \(table.rawValue).svg")
      #expect(scenario.files["\(table.rawValue).svg"] != nil, "\(scenario.said)")
    }
  }

  @Test("how alike stages are is a matrix of numbers, and a figure of their colours from 0 to 1")
  func alignment() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("table alignment")
    // Sorting turns lines of the table about, and no figure.
    scenario.press("s", "s")
    scenario.command("export cka.csv")
    let table = try WrittenTable(scenario.files["cka.csv"])
    let run = try #require(scenario.state.run)
    let names = ["start"] + run.stageIDs.map(\.name)
    #expect(table.columns == ["part"] + names)
    let expected = try RunSummary(run, of: nil).alignment
    for row in table.rows {
      let stage = try #require(names.firstIndex(of: row[0]))
      #expect(row.dropFirst().map { Double($0) } == expected[stage].map { Optional($0) })
    }
    scenario.command("view-figure cka.svg")
    let svg = try svg("cka.svg", scenario)
    #expect(svg.contains(">0</text>") && svg.contains(">1</text>"))
    #expect(svg.contains("columns from the left: start, cross 1, latent 1.1"))
    #expect(svg.contains("<image"))
  }

  @Test("a table as an array has the numbers of its CSV, rows by columns, in the same order")
  func arrays() throws {
    let other = try PatchTests().other()
    var scenario = Scenario(
      width: 120, height: 40, files: MemoryFiles(inputs: ["other.ppm": other]))
    for (index, view) in ["heads", "table summary", "table latent-parts", "patch other.ppm"]
      .enumerated()
    {
      scenario.command(view)
      scenario.command("export \(index).csv")
      scenario.command("export \(index).npy")
      #expect(scenario.said.hasPrefix("wrote \(index).npy"), "\(view): \(scenario.said)")
      let table = try WrittenTable(scenario.files["\(index).csv"])
      let array = try NumPyFile.tensor(try #require(scenario.files["\(index).npy"]))
      // Names of stages and parts are words.
      let names = table.columns.filter { ["stage", "part"].contains($0) }
      #expect(array.shape == [table.rows.count, table.columns.count - names.count], "\(view)")
      for (row, line) in table.rows.enumerated() {
        let numbers = line.dropFirst(names.count).map { Double($0).map { Float($0) } }
        let written = array.row(row).values.map { $0.isNaN ? nil : $0 }
        #expect(written == numbers, "\(view), \(row)")
      }
    }
    scenario.press("e", "Tab", "→")
    #expect(scenario.text.contains("the columns of numbers, rows by columns; .csv has names too"))
  }

  @Test("the patch strip has the library's recoveries, and its figure bars from 0 to 1")
  func patch() throws {
    let other = try PatchTests().other()
    var scenario = Scenario(
      width: 120, height: 40, files: MemoryFiles(inputs: ["other.ppm": other]))
    scenario.command("patch other.ppm")
    scenario.press("e", "Enter")
    let table = try WrittenTable(scenario.files["ramp-patch-other.csv"])
    #expect(table.columns == ["stage", "carried by latents", "read here alone"])
    let run = try #require(scenario.state.run)
    let patching = try Patching(from: run.beginning(on: other.tensor), into: run)
    for (id, row) in zip(run.stageIDs, table.rows) {
      #expect(row[0] == id.name)
      #expect(
        Double(row[1]) == (try patching.recovery(patching.latents(after: id.index))), "\(id.name)")
      let reading =
        id.kind == .crossAttention ? try patching.recovery(patching.input(at: id.index)) : nil
      #expect(Double(row[2]) == reading, "\(id.name)")
    }
    #expect(table.rows.count == run.stageIDs.count)
    scenario.command("export strip.svg width=800")
    let svg = try svg("strip.svg", scenario)
    #expect(svg.contains("width=\"800\""))
    #expect(svg.contains("Latents carry more than half of the answer from"))
    #expect(svg.contains(">1 is \(patching.target.name), the answer to other.ppm.</text>"))
    // A bar for each stage, and one for each cross-attention.
    let crosses = run.stageIDs.count { $0.kind == .crossAttention }
    #expect(svg.ranges(of: "fill=\"#5485bd\"").count == run.stageIDs.count + crosses)
  }

  @Test("who reads a pixel is written with every weight that is listed, largest first")
  func readers() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "Home", "i", "I", "e", "Enter")
    let key = scenario.state.probedKey
    let path = "ramp-readers-of-\(key % 12)-\(key / 12).csv"
    let table = try WrittenTable(scenario.files[path])
    #expect(table.columns == ["stage", "head", "latent", "weight", "times uniform"])
    let weights = table.floats("weight")
    #expect(weights == weights.sorted(by: >))
    let run = try #require(scenario.state.run)
    let all = run.stages.filter { $0.id.kind == .crossAttention }.flatMap { stage in
      stage.attention?.received(byKey: key, as: .probabilities).values ?? []
    }
    #expect(weights == all.sorted(by: >))
    #expect(table.numbers("times uniform") == weights.map { Double($0) / (1 / 96.0) })
    scenario.command("view-figure readers.svg")
    #expect(scenario.said == "wrote readers.svg")
    let figure = try svg("readers.svg", scenario)
    #expect(figure.contains(": the list of readers</text>"))
    // The first rows, each with a bar for its weight and one beside uniform.
    let rows = min(40, weights.count)
    #expect(figure.ranges(of: "fill=\"#5485bd\"").count == 2 * rows)
    if weights.count > rows {
      #expect(figure.contains("The first \(rows) of \(Figures.grouped(weights.count)) rows."))
    }
  }

  @Test("all classes are written with logit and probability, likeliest first, at the shown stage")
  func classes() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "e", "←", "←", "Enter")
    let stage = try #require(scenario.state.stage).id.name.replacing(" ", with: "-")
    let table = try WrittenTable(scenario.files["ramp-\(stage)-classes.csv"])
    #expect(table.columns == ["class", "logit", "probability"])
    let run = try #require(scenario.state.run)
    let logits = try #require(run.output).values
    let order = logits.indices.sorted { logits[$0] > logits[$1] }
    #expect(table["class"] == order.map(String.init))
    #expect(table.floats("logit") == order.map { logits[$0] })
    let probabilities = try run.probabilities()
    for (row, index) in order.enumerated() {
      let written = try #require(table.numbers("probability")[row])
      #expect(abs(written - Double(probabilities[index])) < 1e-6)
    }
  }

  @Test("classes after a change are written beside those before it")
  func changedClasses() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End")
    scenario.command("hide 0,0,4x4")
    #expect(scenario.text.contains("before → after"))
    scenario.press("e", "←", "←", "Enter")
    let path = try #require(scenario.files.paths.first { $0.hasSuffix("-classes.csv") })
    let table = try WrittenTable(scenario.files[path])
    #expect(table.columns == ["class", "before", "after", "logit before", "logit after"])
    let scores = try #require(scenario.state.open.changed?.scores.last ?? nil)
    for entry in scores.top {
      let row = try #require(table["class"].firstIndex(of: "\(entry.index)"))
      #expect(table.floats("logit after")[row] == entry.logit)
      #expect(table.numbers("after")[row] == entry.answer)
    }
    #expect(table["before"] != table["after"])
    // The same as a figure, with what is changed.
    scenario.press("e", "←", "←", "Tab", "←", "Enter")
    let drawn = try #require(scenario.files.paths.first { $0.hasSuffix("-classes.svg") })
    let figure = try svg(drawn, scenario)
    #expect(figure.contains(">before</text>") && figure.contains(">after</text>"))
    #expect(figure.contains(": classes after ") && figure.contains(">After: "))
  }

  @Test("predicted bytes are written with position, rank, token, text and probability")
  func predictions() throws {
    var scenario = try DecoderScreenTests.language()
    scenario.press("End", "e")
    // It is the last: a model of transformers has no layout that it could be written in.
    scenario.press("←", "Enter")
    let path = try #require(scenario.files.paths.first { $0.hasSuffix("-predictions.csv") })
    let table = try WrittenTable(scenario.files[path])
    #expect(table.columns == ["position", "rank", "token", "text", "probability"])
    #expect(table["rank"].prefix(5) == ["1", "2", "3", "4", "5"])
    let shares = table.numbers("probability").prefix(5).compactMap(\.self)
    #expect(shares.count == 5 && shares == shares.sorted(by: >))
    // The screen names the same tokens.
    #expect(scenario.text.contains(table["text"][0]))
  }

  @Test("with a latent off, the bytes that are predicted then stand beside those before")
  func changedPredictions() throws {
    var scenario = try DecoderScreenTests.language()
    scenario.command("switch-latent remove")
    scenario.press("End", "e", "←", "Enter")
    let path = try #require(scenario.files.paths.first { $0.hasSuffix("-predictions.csv") })
    let table = try WrittenTable(scenario.files[path])
    #expect(
      table.columns == [
        "position", "rank", "token", "text", "before", "token after", "text after", "after",
      ])
    let run = try #require(scenario.state.run)
    let without = try run.changed(
      by: [.removeLatents([0], after: Intervention.beforeStages)]
    ).completed()
    let position = try #require(Int(table["position"][0]))
    for (run, column) in [(run, "token"), (without, "token after")] {
      let best = try run.predictions(at: [position], after: run.stageIDs.count - 1)[0].best
      #expect(table[column].prefix(best.count) == ArraySlice(best.map { "\($0.token)" }))
    }
    #expect(table.numbers("after") != table.numbers("before"))
  }

  @Test("a map over a text is a table of its tokens, with the text that the pieces make")
  func text() throws {
    var scenario = try WhyGroundTests.text("sequence_classification")
    scenario.command("export map.csv")
    let table = try WrittenTable(scenario.files["map.csv"])
    #expect(table.columns == ["token", "id", "text", "probabilities"])
    let input = scenario.state.choices.input
    #expect(table.floats("id") == input.tensor.values)
    #expect(table["token"] == input.tensor.values.indices.map { "\($0)" })
    #expect(table["text"].joined().contains("The cat sat."))
    let attention = try #require(scenario.state.stage?.attention)
    let map = try attention.map(head: .one(0), query: .one(0), as: .probabilities)
    #expect(table.floats("probabilities") == map.values)
  }

  @Test("a map over a sound is a table of its samples, with the time of each")
  func sound() throws {
    var scenario = WhyGroundTests.sound()
    scenario.command("export map.csv")
    let table = try WrittenTable(scenario.files["map.csv"])
    #expect(table.columns == ["sample", "seconds", "probabilities"])
    #expect(table.rows.count == 40)
    let seconds = table.numbers("seconds").compactMap(\.self)
    #expect(seconds.count == 40 && abs(seconds[39] - 39.0 / 8000) < 1e-12)
    let attention = try #require(scenario.state.stage?.attention)
    let map = try attention.map(head: .one(0), query: .one(0), as: .probabilities)
    #expect(table.floats("probabilities") == map.values)
    scenario.command("why rollout-half")
    scenario.command("export why.csv")
    #expect(try WrittenTable(scenario.files["why.csv"]).columns[2] == "rollout-half")
  }

  @Test("shares by kind of token are a table, a row for each latent")
  func shares() throws {
    var scenario = try WhyGroundTests.both()
    scenario.command("view shares")
    #expect(scenario.state.mapView == .shares)
    scenario.press("e", "Enter")
    let path = try #require(scenario.files.paths.first { $0.hasSuffix("-shares.csv") })
    let table = try WrittenTable(scenario.files[path])
    #expect(table.columns.first == "latent" && table.columns.count == 4)
    #expect(table.rows.count == scenario.state.choices.settings.configuration.numLatents)
    for row in table.rows {
      let sum = row.dropFirst().compactMap { Double($0) }.reduce(0, +)
      #expect(abs(sum - 1) < 1e-4)
    }
  }
}
