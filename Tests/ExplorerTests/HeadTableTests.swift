// All heads in a table, and the answer without some.

import Explorer
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import Testing

@Suite struct HeadTableTests {
  /// The lines of the table: stage, head and what stands behind them.
  private func rows(_ scenario: Scenario) -> [[String]] {
    scenario.lines.compactMap { line in
      let words = line.prefix { $0 != "┐" }.dropFirst().prefix { $0 != "│" }
        .split(separator: " ").map(String.init)
      return ["cross", "latent"].contains(words.first) && words.count > 3 ? words : nil
    }
  }

  @Test("the table has every head with the numbers that the library gives")
  func numbers() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("L")
    let run = try #require(scenario.state.run)
    #expect(run.isComplete)
    #expect(!scenario.state.isBusy)
    let rows = rows(scenario)
    // One head of each of three cross-attentions, four of each self-attention.
    #expect(rows.count == 15)
    let entropy = try #require(run.stages[0].attention).entropy().values
    let mean = entropy.reduce(0.0) { $0 + Double($1) } / Double(entropy.count)
    #expect(rows[0].contains(Figures.number(mean, digits: 2)))
    let effects = try WhatIf(run, of: .answer).heads(ofStage: 1)
    for (head, effect) in effects.enumerated() {
      #expect(rows[1 + head].last == Figures.number(effect.probability, digits: 2))
    }
    let gradients = try #require(try HeadGradients(run, of: .answer).ofStage[1])
    #expect(rows[1].contains(Figures.number(abs(Double(gradients.values[0])), digits: 2)))
    let grey = try run.onGrey().completed()
    let shares = try run.contentShare(ofStage: 0, grey: grey).values
    let share = shares.reduce(0.0) { $0 + Double($1) } / Double(shares.count)
    #expect(rows[0].contains(Figures.number(share, digits: 2)))
  }

  @Test("s sorts by each column, largest first, and Enter goes to the head's map")
  func sorting() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("L", "s")
    #expect(scenario.lines[1].contains("by entropy"))
    let entropies = rows(scenario).compactMap { Double($0[3]) }
    #expect(entropies.count == 15)
    #expect(entropies == entropies.sorted(by: >))
    let chosen = rows(scenario)[1]
    scenario.press("↓", "Enter")
    #expect(rows(scenario).isEmpty)
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(scenario.lines[1].contains("\(chosen[0]) \(chosen[1])"), "\(scenario.lines[1])")
    #expect(scenario.lines[1].contains("head \(chosen[2]) of "), "\(scenario.lines[1])")
  }

  @Test("z switches the chosen head off and on, Z a stage; the title lists what is off")
  func switching() throws {
    var scenario = Scenario(width: 160, height: 40)
    scenario.press("→", "h", "z")
    #expect(scenario.lines[0].contains("off: latent 1.1 head 2"))
    let run = try #require(scenario.state.run)
    let expected = try run.changed(by: [.edit(.headOutputs, .zero, head: 1, at: 1)]).completed()
    let scores = try #require(scenario.state.open.changed?.scores.last ?? nil)
    let logits = try #require(expected.output).values
    for entry in scores.top { #expect(entry.logit == logits[entry.index]) }
    #expect(scenario.text.contains("before → after"))
    scenario.press("z")
    #expect(scenario.state.open.changed == nil)
    scenario.press("Z")
    #expect(scenario.lines[0].contains("off: latent 1.1"))
    scenario.press("u")
    #expect(scenario.state.choices.changes.isEmpty)
  }

  @Test("in the table the chosen row is switched, and says so")
  func switchingRow() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("L", "↓", "z")
    #expect(scenario.state.choices.changes.off == [.head(0, stage: 1)])
    #expect(rows(scenario)[1].contains("off"))
    scenario.command("all-on")
    #expect(!rows(scenario).joined().contains("off"))
  }

  @Test("heads and pixels may be off together, and both go where the model has neither")
  func together() throws {
    var scenario = Scenario(width: 160, height: 40)
    scenario.command("stage latent 3.1")
    scenario.press("z")
    scenario.command("hide 0,0,4x12")
    let run = try #require(scenario.state.run)
    let marks = try #require(scenario.state.choices.changes.hidden?.hidden)
    let expected = try run.hiding(marks)
      .changed(by: [.edit(.headOutputs, .zero, head: 0, at: 5)]).completed()
    let scores = try #require(scenario.state.open.changed?.scores.last ?? nil)
    let logits = try #require(expected.output).values
    for entry in scores.top { #expect(entry.logit == logits[entry.index]) }
    scenario.press("L")
    #expect(scenario.text.contains("marks"))
    scenario.press("Esc")
    scenario.command("depth 1")
    #expect(scenario.state.choices.changes.off.isEmpty)
    #expect(scenario.state.choices.changes.hidden != nil)
  }

  @Test("at 80 columns the answer without each head stands in the table, with hidden pixels too")
  func narrow() throws {
    var scenario = Scenario()
    scenario.press("L")
    #expect(scenario.text.contains("Δp off"))
    let run = try #require(scenario.state.run)
    let effects = try WhatIf(run, of: .answer).heads(ofStage: 0)
    let first = try #require(rows(scenario).first)
    #expect(first.last == Figures.number(effects[0].probability, digits: 2))
    #expect(first.count == 7, "stage and head, and four numbers: \(first)")
    scenario.command("hide 0,0,2x2")
    #expect(scenario.text.contains("Δp off"))
    scenario.press("z")
    #expect(scenario.text.contains("Δp off"))
  }

  @Test("v shows all heads as maps, a row for each stage, and Enter opens the chosen one")
  func maps() throws {
    var scenario = Scenario(width: 120, height: 40, depth: .direct)
    scenario.press("L", "v")
    #expect(scenario.lines[1].contains("stages × heads"), "\(scenario.lines[1])")
    #expect(!scenario.state.isBusy)
    let names = try #require(scenario.state.run).stageIDs.map(\.name)
    for name in names { #expect(scenario.lines.contains { $0.contains("│\(name)") }, "\(name)") }
    #expect(scenario.text.firstMatch(of: #/│\+\d+ more/#) == nil)
    #expect(scenario.text.contains("[1]"))
    scenario.press("↓", "→", "→")
    #expect(scenario.text.contains("[3]"))
    scenario.press("z")
    #expect(scenario.text.contains("[3 off]"))
    scenario.press("z", "Enter")
    #expect(scenario.lines[1].contains("latent 1.1 · head 3 of 4"), "\(scenario.lines[1])")
    // The table is as it was left, and its numbers are one key away.
    scenario.press("L")
    #expect(scenario.lines[1].contains("stages × heads"))
    scenario.press("v")
    #expect(rows(scenario).count == 15)
  }

  @Test("maps of heads have a scale each or one for all of a kind, and follow scores and colours")
  func scales() {
    var scenario = Scenario(width: 120, height: 40, depth: .direct)
    scenario.press("L", "v")
    let own = scenario.screen
    #expect(scenario.text.contains("each on a scale of its own"))
    scenario.press("S")
    #expect(scenario.said == "all maps of a kind have one scale")
    #expect(scenario.text.contains("one scale for all of a kind"))
    let shared = scenario.screen
    #expect(shared != own)
    var cache = RenderCache()
    #expect(scenario.state.screen(cache: &cache) == shared)
    let count = cache.madeCount
    #expect(scenario.state.screen(cache: &cache) == shared)
    #expect(cache.madeCount == count)
    scenario.press("p")
    #expect(scenario.lines[1].contains("scores"))
    #expect(!scenario.state.isBusy)
  }

  @Test("the scale of the maps of heads is theirs alone: other views keep the one they had")
  func ownScale() {
    var scenario = Scenario(width: 120, height: 40, depth: .direct)
    scenario.press("L", "v", "S")
    #expect(scenario.text.contains("one scale for all of a kind"))
    #expect(scenario.state.choices.view.scaleScope == .map)
    scenario.press("Esc", "P")
    #expect(scenario.text.contains("per map"))
    scenario.press("P", "L")
    #expect(scenario.text.contains("one scale for all of a kind"))
    scenario.command("scale locked")
    #expect(scenario.text.contains("on the locked scale"))
    scenario.press("S", "Esc")
    #expect(scenario.state.choices.view.scaleScope == .locked)
  }

  @Test("where not all maps of heads fit, the chosen one does, and the last line counts the others")
  func more() throws {
    var configuration = Scenario.small
    configuration.depth = 8
    var scenario = Scenario(width: 80, height: 24, configuration: configuration)
    scenario.press("L", "v")
    #expect(scenario.text.firstMatch(of: #/│\+\d+ more/#) != nil)
    #expect(scenario.text.contains("cross 1"))
    for _ in 0..<20 { scenario.press("↓") }
    #expect(scenario.text.contains("latent 8.1"))
    #expect(scenario.text.contains("[1]"))
    scenario.press("Enter")
    #expect(scenario.lines[1].contains("latent 8.1"))
  }

  @Test("maps of heads that scroll keep their own colours", arguments: [[], ["S"]])
  func scrolled(keys: [String]) {
    var configuration = Scenario.small
    configuration.latentHeads = 16
    var scenario = Scenario(width: 80, height: 24, depth: .direct, configuration: configuration)
    scenario.press("L", "v", "↓")
    for key in keys { scenario.press(key) }
    var cache = RenderCache()
    _ = scenario.state.screen(cache: &cache)
    for _ in 1..<16 {
      scenario.press("→")
      #expect(scenario.state.screen(cache: &cache) == scenario.screen)
    }
    #expect(scenario.text.contains("[16]"))
  }

  @Test("maps over one axis become narrow, so that all heads of a stage are seen")
  func bands() {
    var configuration = Scenario.small
    configuration.latentHeads = 8
    let tensor = Tensor(shape: [30, 2], values: (0..<60).map { Float($0 % 7) })
    var scenario = Scenario(
      width: 120, height: 40, configuration: configuration,
      input: Input(array: tensor, name: "sound.npy"))
    scenario.press("L", "v", "↓")
    #expect(scenario.text.firstMatch(of: #/│\+\d+ more/#) == nil, "\(scenario.text)")
    for _ in 1..<8 { scenario.press("→") }
    #expect(scenario.text.contains("[8]"), "\(scenario.text)")
  }

  @Test("maps of heads are not sorted, and the footer says what their keys do")
  func keys() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("L")
    #expect(scenario.said.hasPrefix("s sorts, "))
    func footer() -> [String] {
      FooterKeys.entries(scenario.state).map { "\($0.keys) \($0.words)" }
    }
    #expect(footer().contains("s sort") && footer().contains("v numbers or maps"))
    scenario.press("v")
    #expect(footer().contains("←→↑↓ move") && footer().contains("v numbers or maps"))
    #expect(!footer().contains("s sort"))
    scenario.press("s")
    #expect(scenario.said.hasPrefix("maps stand by stage and head; v shows numbers"))
    #expect(!scenario.text.contains("[s]"))
    scenario.press("v")
    #expect(scenario.lines[1].contains("by stage"))
  }

  @Test("it fits small screens and terminals without colours")
  func small() {
    for depth in [ColourDepth.monochrome, .indexed256] {
      var scenario = Scenario(width: 60, height: 18, depth: depth)
      scenario.press("L", "s", "s", "s", "s", "s", "s", "↓")
      #expect(scenario.text.contains("entropy"))
      scenario.press("v", "↓", "→")
      #expect(scenario.text.contains("maps of heads"))
    }
  }
}
