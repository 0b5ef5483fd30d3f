// Tables of numbers about the whole run, held against what the library gives.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import Testing

@Suite struct NumberTableTests {
  private func rows(_ scenario: Scenario) -> [NumberTable.Row] { scenario.state.numberRows }

  private func shown(_ name: String, width: Int = 160) -> Scenario {
    var scenario = Scenario(width: width, height: 60)
    scenario.command("table \(name)")
    return scenario
  }

  @Test("E goes through all tables that the model has, each once, and then back to the map")
  func cycle() {
    var scenario = Scenario(width: 120, height: 40)
    var seen: [NumberTable] = []
    repeat {
      scenario.press("E")
      guard case .table(let table)? = scenario.state.choices.view.replacement else { break }
      seen.append(table)
      #expect(scenario.lines[1].contains(table.title), "\(scenario.lines[1])")
      #expect(!rows(scenario).isEmpty, "\(table)")
      #expect(!scenario.state.isBusy)
    } while seen.count < 20
    #expect(seen == NumberTable.allCases)
    #expect(scenario.state.choices.view.replacement == nil)
  }

  @Test(
    "what the answer loses without each part is what the library's sweep says",
    arguments: [
      (NumberTable.stages, Sweep.Parts.stages), (.heads, .heads), (.latents, .latents),
    ])
  func effects(table: NumberTable, parts: Sweep.Parts) throws {
    let scenario = shown(table.rawValue)
    let run = try #require(scenario.state.run)
    let expected = try Sweep(over: parts).rows(WhatIf(run, of: .answer))
    let found = rows(scenario)
    #expect(found.count == expected.count)
    for (row, other) in zip(found, expected) {
      #expect(row.numbers == other.effect.numbers, "\(row.name)")
      #expect(row.stage == other.stage?.index && row.head == other.head)
      #expect(row.latent == other.latent)
    }
    let largest = Figures.number(found[0].numbers[0] ?? .nan, digits: 3)
    #expect(scenario.text.contains(largest), "\(scenario.text)")
  }

  @Test("what each part adds is the logit in the end, answer against second class")
  func parts() throws {
    let scenario = shown("parts")
    let run = try #require(scenario.state.run)
    let target = ExplanationTarget(.answer, against: .second)
    let expected = try DirectLogits(run, of: target)
    let found = rows(scenario)
    let sum = try #require(found.last?.numbers[1])
    #expect(abs(sum - expected.sum) <= 1e-12 * max(1, abs(expected.sum)))
    let resolved = try run.resolve(target)
    #expect(abs(sum - resolved.value(try #require(run.output))) < 1e-5)
    #expect(found.map(\.name).prefix(2) == ["constant", "initial latents"])
    // A head's part is the sum over latents of what it adds through each.
    let head = try #require(found.first { $0.name == "latent 1.1 head 2" })
    let numbers = try #require(expected.stages[1].heads).row(1).values
    #expect(head.numbers[0] == numbers.reduce(0.0) { $0 + Double($1) })
    #expect(found.contains { $0.name == "cross 1 feed-forward" })
  }

  @Test("what each part adds to is named: one class less another, or one class's logit")
  func named() throws {
    for (name, part) in [("parts", "part"), ("latent-parts", "latent")] {
      var scenario = Scenario(width: 160, height: 60, hints: .on)
      scenario.press("End")
      let top = try #require(scenario.state.shownScores?.top)
      scenario.command("table \(name)")
      let difference = "class \(top[0].index) less class \(top[1].index)"
      let meaning = HintText(scenario.state).meaning
      #expect(meaning[0].hasPrefix("What each \(part) adds to \(difference)"), "\(meaning[0])")
      #expect(meaning[0].contains("the difference of both logits"))
      // The legend beside the table has it too.
      let column = scenario.lines.compactMap { $0.split(separator: "│").last }.joined(
        separator: " ")
      let words = column.split(separator: " ").joined(separator: " ")
      #expect(words.contains("what the \(part) adds to \(difference)"), "\(scenario.text)")
      scenario.command("against nothing")
      scenario.command("table \(name)")
      #expect(
        HintText(scenario.state).meaning[0].hasPrefix(
          "What each \(part) adds to class \(top[0].index)'s logit"))
    }
  }

  @Test("at 80 columns the sentence about each table is whole", arguments: NumberTable.allCases)
  func wholeSentence(table: NumberTable) throws {
    let weights = LoadedWeights(model: try Perceiver(Scenario.small, seed: 1), name: "small")
    var scenario = Scenario(weights: weights, hints: .on)
    scenario.command("table \(table.rawValue)")
    #expect(scenario.state.choices.view.replacement == .table(table))
    let meaning = scenario.lines[1]
    #expect(meaning.last == ".", "\(meaning)")
  }

  @Test("parts that speak for the class and against it have two colours, and a sign without them")
  func colours() throws {
    var scenario = Scenario(width: 160, height: 60, depth: .direct)
    scenario.command("table parts")
    // The chosen line has the colour of what is chosen.
    scenario.press("G")
    var grounds: [Bool: Set<Colour>] = [:]
    let largest = rows(scenario).compactMap { $0.numbers[0].map(abs) }.max() ?? 0
    for row in rows(scenario).dropLast() {
      guard let number = row.numbers[0], abs(number) > largest / 20 else { continue }
      let place = try scenario.place(of: row.name + " ")
      let end = 12 + (rows(scenario).map(\.name.count).max() ?? 0)
      let cells = (place.x..<place.x + end).compactMap {
        scenario.screen[$0, place.y].style.background
      }
      grounds[number > 0, default: []].formUnion(cells)
    }
    let (warm, cold) = (try #require(grounds[true]), try #require(grounds[false]))
    #expect(!warm.isEmpty && !cold.isEmpty && warm.isDisjoint(with: cold))
    var plain = Scenario(width: 160, height: 60, depth: .monochrome)
    plain.command("table parts")
    #expect(plain.text.contains(" -"))
  }

  @Test(
    "summaries of stages and heads are the library's, with CKA to the stage before and the last")
  func summaries() throws {
    let scenario = shown("summary")
    let run = try #require(scenario.state.run)
    let expected = try RunSummary(run, of: .answer)
    let found = rows(scenario)
    #expect(found.count == run.stageIDs.count + 1)
    for (index, stage) in expected.stages.enumerated() {
      let numbers = found[index].numbers
      #expect(numbers[0] == stage.effectiveRank && numbers[1] == stage.meanCosine)
      #expect(numbers[2] == stage.attentionUpdate && numbers[3] == stage.feedForwardUpdate)
      #expect(numbers[4] == stage.contentShare)
      #expect(numbers[5] == (index > 0 ? expected.alignment[index - 1][index] : nil))
      #expect(numbers[6] == expected.alignment[index].last)
    }
    let heads = rows(shown("head-summary"))
    #expect(heads.count == expected.heads.count)
    for (row, head) in zip(heads, expected.heads) {
      #expect(row.numbers[0] == head.entropy && row.numbers[1] == head.effectiveKeys)
      #expect(row.numbers[2] == head.spread && row.numbers[3] == head.contentShare)
      #expect(row.numbers[4] == head.importance)
    }
  }

  @Test("how alike any two stages are is the library's CKA, a matrix of colours with its scale")
  func alignment() throws {
    var scenario = Scenario(width: 160, height: 40, depth: .direct)
    scenario.command("table alignment")
    let run = try #require(scenario.state.run)
    let expected = try RunSummary(run, of: nil).alignment
    let found = rows(scenario)
    #expect(found.map(\.numbers) == expected.map { $0.map { Optional($0) } })
    #expect(found.map(\.name) == ["start"] + run.stageIDs.map(\.name))
    #expect(scenario.text.contains("1 = the same"))
    // Numbers of the last line stand on the colours of their places in the scale.
    let (line, last) = (try scenario.place(of: "6 latent 3.1"), try #require(expected.last))
    let cells = (0..<7).map { column in
      scenario.screen[line.x + 13 + 6 * column + 5, line.y].style.background
    }
    #expect(Set(cells.map { $0 }).count > 1)
    #expect(cells[6] != cells[last.firstIndex(of: last.min() ?? 0) ?? 0])
    let words = last.map { String(format: "%.2f", $0) }
    #expect(scenario.lines[line.y].contains(words.joined(separator: "  ")))
    // A narrow screen shows the columns about the chosen line.
    var narrow = Scenario(width: 60, height: 18)
    narrow.command("table alignment")
    narrow.press("G")
    #expect(narrow.text.contains(words[6]) && narrow.text.contains("6 latent 3.1"))
    // Enter goes to the line's stage; before all there is none.
    scenario.press("↓", "Enter")
    #expect(scenario.state.position == 0 && scenario.state.choices.view.replacement == nil)
    scenario.command("table alignment")
    scenario.press("g", "g", "Enter")
    #expect(scenario.said == "start is of no stage and of no latent")
  }

  @Test("each latent at each reading has the library's summary, and Enter goes to its map there")
  func summaryOfLatents() throws {
    var scenario = shown("latent-summary")
    let run = try #require(scenario.state.run)
    let expected = try RunSummary(run, of: .answer).latents
    let found = rows(scenario)
    #expect(found.map(\.name).prefix(2) == ["cross 1 latent 1", "cross 1 latent 2"])
    #expect(found.count == 3 * 8 && expected.count == 3 * 8)
    for (row, latent) in zip(found, expected) {
      #expect(row.stage == latent.stage.index && row.latent == latent.latent)
      #expect(
        row.numbers == [
          latent.entropy, latent.effectiveKeys, latent.spread, latent.contentShare,
          latent.importance,
        ])
    }
    let last = try #require(found.last)
    scenario.press("G", "Enter")
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(scenario.state.position == last.stage && scenario.state.choices.selection.latent == 7)
  }

  @Test("what each latent adds is the library's, and with the constant it is the logit")
  func partsOfLatents() throws {
    let scenario = shown("latent-parts")
    let run = try #require(scenario.state.run)
    let target = ExplanationTarget(.answer, against: .second)
    let expected = try DirectLogits(run, of: target)
    let alone = try run.logitsOfEachLatent()
    let found = rows(scenario)
    #expect(found.map(\.latent) == (0..<8).map { $0 })
    for (index, row) in found.enumerated() {
      #expect(row.numbers[0] == Double(expected.latents.values[index]))
      #expect(row.numbers[1] == expected.target.value(alone.row(index)))
    }
    let sum = found.reduce(expected.constant) { $0 + ($1.numbers[0] ?? .nan) }
    #expect(abs(sum - expected.value) < 1e-4 * max(1, abs(expected.value)))
  }

  @Test("the answer without each latent at the end is the library's, and l takes one away")
  func latentsAtEnd() throws {
    var scenario = shown("latents-at-end")
    let run = try #require(scenario.state.run)
    let expected = try WhatIf(run, of: .answer).latentsAtEnd()
    #expect(rows(scenario).map(\.numbers) == expected.map(\.numbers))
    scenario.press("↓", "↓", "l")
    #expect(scenario.state.choices.changes.off == [.latent(2, .remove)])
  }

  @Test(
    "the map as weights become random is compared with the trained model's, by the method of why")
  func randomised() throws {
    var scenario = Scenario(width: 160, height: 60)
    scenario.command("why attention-last")
    scenario.command("table random")
    #expect(
      scenario.lines[1].contains("the map as weights become random · attention-last"),
      "\(scenario.lines[1])")
    let run = try #require(scenario.state.run)
    let expected = try RandomisedMaps(of: run.model, seed: 0).rows(run, of: .answer) { _ in
      MeanAttention(of: .last)
    }
    let found = rows(scenario)
    #expect(found.map(\.name) == expected.map(\.name))
    for (row, other) in zip(found, expected) where other.cosine.isFinite {
      #expect(row.numbers[0] == other.spearman && row.numbers[1] == other.cosine)
      #expect(row.numbers[2] == other.topTenthOverlap)
    }
    #expect(abs((found[0].numbers[0] ?? .nan) - 1) < 1e-12)
  }

  @Test("readings of a rollout add up to its map, each under its stage")
  func readings() throws {
    var scenario = Scenario(width: 160, height: 60)
    scenario.command("why rollout-half")
    scenario.command("table readings")
    let run = try #require(scenario.state.run)
    let map = try Rollout(.half).map(run)
    let found = rows(scenario)
    #expect(found.map(\.name) == ["cross 1", "cross 2", "cross 3", "initial latents"])
    let sum = found.dropLast().reduce(0.0) { $0 + ($1.numbers[0] ?? .nan) }
    #expect(abs(sum - map.sum) < 1e-6)
    // Of a rollout map and what is left are one.
    let left = try #require(map.remainders.first).value
    #expect(left > 0 && found[3].numbers[0] == left)
    #expect(abs((found[3].numbers[1] ?? .nan) - left / (sum + left)) < 1e-12)
    scenario.press("G", "Enter")
    #expect(scenario.said == "initial latents is of no stage and of no latent")
    let shares = found.reduce(0.0) { $0 + ($1.numbers[1] ?? .nan) }
    #expect(abs(shares - 1) < 1e-12)
  }

  @Test("readings of a language model fall back to a rollout where no output is chosen")
  func readingsWithoutAnswer() throws {
    var scenario = try WhyGroundTests.text("masked_lm")
    for line in ["why attention-all", "why rollout-residual"] {
      scenario.command(line)
      scenario.command("table readings")
      #expect(scenario.state.message?.kind != .error, "\(scenario.said)")
      #expect(!rows(scenario).isEmpty)
      #expect(
        scenario.lines[1].contains("what each reading brings · rollout-residual"),
        "\(scenario.lines[1])")
    }
    // Of a chosen output it is the relevance to that.
    scenario.command("why-class 2:a")
    scenario.command("why attention-all")
    scenario.command("table readings")
    #expect(
      scenario.lines[1].contains("relevance for a at token 2"), "\(scenario.lines[1])")
    #expect(!rows(scenario).isEmpty)
  }

  @Test("s sorts by each column, largest first, and Enter goes to the head, stage or latent")
  func sorting() throws {
    var scenario = shown("heads")
    scenario.press("s", "s", "s")
    #expect(scenario.lines[1].contains("by Δp"), "\(scenario.lines[1])")
    let sizes = rows(scenario).map { abs($0.numbers[2] ?? .nan) }
    #expect(sizes == sizes.sorted(by: >))
    let second = rows(scenario)[1]
    scenario.press("↓", "Enter")
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(scenario.state.position == second.stage)
    #expect(scenario.lines[1].contains("head \((second.head ?? 0) + 1) of "))
    scenario.command("table latents")
    scenario.press("G", "Enter")
    #expect(scenario.state.choices.selection.latent == 7)
  }

  @Test("the chosen line's part is switched off by its key")
  func switching() {
    var scenario = shown("heads")
    scenario.press("↓", "↓", "z")
    #expect(scenario.state.choices.changes.off == [.head(1, stage: 1)])
    scenario.command("all-on")
    scenario.command("table latents")
    scenario.press("↓", "l")
    #expect(scenario.state.choices.changes.off == [.latent(1, .remove)])
  }

  @Test("lines come piece by piece with progress, and Ctrl-C stops them until the next key")
  func progress() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End")
    scenario.isHolding = true
    scenario.command("table stages")
    #expect(scenario.lines[1].contains("0 of 6"), "\(scenario.lines[1])")
    scenario.releaseFirst()
    #expect(rows(scenario).count == 3)
    #expect(scenario.lines[1].contains("1 of 6"), "\(scenario.lines[1])")
    scenario.press("Ctrl-C")
    #expect(!scenario.state.isBusy)
    #expect(rows(scenario).count == 3)
    scenario.press("↓")
    scenario.release()
    #expect(rows(scenario).count > 6 && !scenario.state.isBusy)
  }

  @Test("what a model has not is told in a sentence")
  func refused() {
    var configuration = Scenario.small
    configuration.finalClassifierHead = false
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.command("table heads")
    #expect(scenario.said.contains("table heads: the model scores no classes"), "\(scenario.said)")
    scenario.command("table colours")
    #expect(scenario.said.contains("expected one of stages, heads, latents, latents-at-end"))
    for name in ["latents-at-end", "latent-parts"] {
      scenario.command("table \(name)")
      #expect(scenario.said.contains("table \(name): "), "\(scenario.said)")
    }
    scenario.command("table summary")
    #expect(rows(scenario).count == 7)
    scenario.command("table latent-summary")
    #expect(rows(scenario).count == 24 && rows(scenario).allSatisfy { $0.numbers[4] == nil })
  }

  @Test("a click chooses a line, the next one goes to its map, and the wheel moves")
  func mouse() throws {
    var scenario = shown("stages", width: 120)
    let row = try scenario.place(of: "latent 2.1 both")
    let click = MouseEvent(.press(.left), at: row)
    scenario.send(.input(.mouse(click)))
    #expect(scenario.state.chosenNumberRow?.name == "latent 2.1 both")
    scenario.send(.input(.mouse(click)))
    #expect(scenario.state.stageID?.name == "latent 2.1")
    #expect(scenario.state.choices.view.replacement == nil)
  }

  @Test(
    "where not all columns fit it is said how many more there are, and arrows go to them",
    arguments: [60, 80, 120, 160])
  func columns(width: Int) throws {
    let titles = ["rank", "cosine", "attn.", "feed-f.", "content", "CKA", "CKA end"]
    var scenario = Scenario(width: width, height: 24)
    scenario.command("table summary")
    let stage = scenario.state.position
    /// The columns that stand in the heading, each right-aligned in ten cells.
    func shown() throws -> [String] {
      let heading = try #require(
        scenario.lines.first { line in titles.contains { line.contains($0) } })
      return heading.prefix { $0 != "┐" }.split(separator: "│")[0]
        .split(separator: #/  +|→|←| [+]?\d /#).map { $0.trimmingCharacters(in: .whitespaces) }
        .filter(titles.contains)
    }
    func heading() -> String {
      // The pane's title names the sorted column too.
      scenario.lines.first { line in
        titles.contains { line.contains($0) } && !line.contains("latents after each stage")
      } ?? ""
    }
    let atFirst = try shown()
    #expect(atFirst == Array(titles.prefix(atFirst.count)))
    guard atFirst.count < titles.count else {
      #expect(width == 160 && !heading().contains("→"))
      scenario.press("→")
      #expect(scenario.said == "all columns are shown; n goes to the next stage")
      return
    }
    #expect(heading().contains("+\(titles.count - atFirst.count) →"), "\(heading())")
    #expect(!heading().contains("←"))
    var seen = Set(atFirst)
    for _ in atFirst.count..<titles.count {
      scenario.press("→")
      seen.formUnion(try shown())
    }
    #expect(seen == Set(titles))
    #expect(try shown() == Array(titles.suffix(atFirst.count)))
    #expect(heading().contains("← \(titles.count - atFirst.count)"), "\(heading())")
    scenario.press("→")
    #expect(scenario.said == "these are the last columns")
    #expect(scenario.state.position == stage)
    // The legend explains the first column that is seen.
    scenario.press("9", "←")
    #expect(try shown() == atFirst)
    scenario.press("←")
    #expect(scenario.said == "these are the first columns")
    // The column that lines are sorted by is always among them.
    scenario.press("s", "s", "s", "s", "s", "s", "s")
    #expect(heading().contains("↓CKA end"), "\(heading())")
  }

  @Test("of any width and number of columns each can be gone to, and those left out are counted")
  func forms() {
    for count in 1...6 {
      for width in 1...100 {
        for sorting in [nil] + (0..<count).map(Optional.some) {
          var seen: Set<Int> = []
          for first in 0..<count {
            let form = NumberTableForm(
              columnCount: count, longestName: 14, sorting: sorting, first: first, width: width)
            #expect(form.columns == form.columns.sorted())
            #expect(Set(form.columns).count == form.columns.count && !form.columns.isEmpty)
            #expect(form.columns.count + form.hidden.before + form.hidden.behind == count)
            if let sorting { #expect(form.columns.contains(sorting)) }
            seen.formUnion(form.columns)
          }
          // With room for one column alone, that is the sorted one.
          if sorting == nil || width >= 34 { #expect(seen.count == count, "\(count), \(width)") }
        }
      }
    }
  }

  @Test("it fits small screens and terminals without colours")
  func small() {
    for depth in [ColourDepth.monochrome, .indexed256] {
      var scenario = Scenario(width: 60, height: 18, depth: depth)
      for table in NumberTable.allCases {
        scenario.command("table \(table.rawValue)")
        scenario.press("s", "↓", "G")
        let title = scenario.lines[1]
        #expect(title.contains(table.title.prefix(20)), "\(title)")
      }
    }
  }
}
