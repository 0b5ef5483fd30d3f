// Tables, heads and the patch strip of models without classes: they are about one number of the output.

import Explorer
import Perceiver
import Tensors
import Testing

@Suite("Tables of outputs")
struct OutputTableTests {
  /// A language model of which the byte `a` at the third token is explained, and that number's place.
  private func explaining(
    other: String? = nil
  ) throws -> (scenario: Scenario, target: ExplanationTarget) {
    var scenario = try WhyGroundTests.text("masked_lm", other: other)
    scenario.command("why-class 2:a")
    guard case .number(let number) = scenario.state.choices.view.why.choice else {
      throw NoNumber()
    }
    return (scenario, ExplanationTarget(.number(number)))
  }

  private struct NoNumber: Error {}

  @Test(
    "what an output loses without each part is what the library's sweep says",
    arguments: [
      (NumberTable.stages, Sweep.Parts.stages), (.heads, .heads), (.latents, .latents),
    ])
  func effects(table: NumberTable, parts: Sweep.Parts) throws {
    var (scenario, target) = try explaining()
    scenario.command("table \(table.rawValue)")
    #expect(scenario.lines[1].contains("\(table.title) · a at token 2"), "\(scenario.lines[1])")
    let run = try #require(scenario.state.run)
    let expected = try Sweep(over: parts).rows(WhatIf(run, of: target))
    let found = scenario.state.numberRows
    #expect(found.count == expected.count && !found.isEmpty)
    for (row, other) in zip(found, expected) {
      let effect = other.effect
      #expect(row.numbers == [effect.logit, effect.before, effect.after], "\(row.name)")
      #expect(!effect.isOfClasses && effect.logit.isFinite)
    }
    #expect(found.contains { $0.numbers[0] != 0 })
    #expect(scenario.text.contains("Δy") && scenario.text.contains("y after"), "\(scenario.text)")
    #expect(!scenario.text.contains("Δp"))
  }

  @Test("the table of heads has the output's change and the gradient by each head's gate")
  func heads() throws {
    var (scenario, target) = try explaining()
    scenario.press("L")
    #expect(scenario.text.contains("Δy off") && !scenario.text.contains("Δp off"))
    let run = try #require(scenario.state.run)
    let whatIf = try WhatIf(run, of: target)
    let slopes = try HeadGradients(run, of: target).ofStage
    let stages = run.stageIDs.filter { $0.heads > 0 }
    scenario.command("export heads.csv")
    let table = try WrittenTable(scenario.files["heads.csv"])
    let effects = try stages.flatMap { try whatIf.heads(ofStage: $0.index).map(\.logit) }
    #expect(table.numbers("Δy off") == effects && Set(effects).count > 2)
    let sizes = stages.flatMap { slopes[$0.index]?.values.map { Double(abs($0)) } ?? [] }
    #expect(table.numbers("import.") == sizes && Set(sizes).count > 2)
    #expect(!scenario.state.isBusy)
  }

  @Test("summaries tell how much the output hangs on each head and latent, once one is chosen")
  func summaries() throws {
    var scenario = try WhyGroundTests.text("masked_lm")
    for name in ["head-summary", "latent-summary"] {
      scenario.command("table \(name)")
      #expect(scenario.state.numberRows.allSatisfy { $0.numbers[4] == nil }, "\(name)")
    }
    scenario.command("why-class 2:a")
    for name in ["head-summary", "latent-summary"] {
      scenario.command("table \(name)")
      #expect(scenario.state.numberRows.contains { ($0.numbers[4] ?? 0) > 0 }, "\(name)")
    }
  }

  @Test("the strip tells how far another text's latents bring the output")
  func patches() throws {
    var (scenario, target) = try explaining(other: "A dog barks.")
    scenario.command("hints on")
    let run = try #require(scenario.state.run)
    scenario.command("patch other.txt")
    #expect(scenario.text.contains("0 as here, 1 as there"), "\(scenario.text)")
    let other = try #require(scenario.state.patchSource)
    let patching = try Patching(from: run.beginning(on: other.tensor), into: run, by: target)
    // What the decoder gives is no latent that could be put in.
    let carried = try run.stageIDs.dropLast().map {
      try patching.recovery(patching.latents(after: $0.index))
    }
    scenario.command("export strip.csv")
    let table = try WrittenTable(scenario.files["strip.csv"])
    #expect(table.numbers("carried by latents") == carried + [nil])
    #expect(abs(carried[carried.count - 1] - 1) < 1e-5 && !scenario.state.isBusy)
    #expect(scenario.text.contains("of the other text's answer"), "\(scenario.text)")
  }

  @Test(
    "the token under the cursor stays the explained one when a table takes the cursor's place",
    arguments: ["E", "L", "':table heads'", "':patch other.txt'"])
  func cursor(key: String) throws {
    var scenario = try WhyGroundTests.text("masked_lm", other: "A dog barks.")
    scenario.press("i", "→", "→")
    for key in key == "E" || key == "L" ? [key] : [key, "Enter"] { scenario.press(key) }
    #expect(scenario.state.choices.view.replacement != nil, "\(scenario.said)")
    #expect(!scenario.text.contains("no output is chosen"), "\(scenario.text)")
    #expect(scenario.state.choices.selection.tokens == [2])
    #expect(!scenario.state.isBusy)
    scenario.command("table heads")
    let run = try #require(scenario.state.run)
    let row = try #require(run.outputRow(2)).values
    let largest = try #require(row.indices.max { row[$0] < row[$1] })
    let target = ExplanationTarget(.number(2 * row.count + largest))
    let expected = try Sweep(over: .heads).rows(WhatIf(run, of: target)).map(\.effect.logit)
    #expect(scenario.state.numberRows.map { $0.numbers[0] } == expected)
    // A link says which token it was.
    let link = ViewLink(scenario.state)
    #expect(link.parts.map(\.line).contains("select 2"))
  }

  @Test("a number that the output does not have is refused, at once or when the output is there")
  func outside() throws {
    for line in ["why-class 99:a", "why-class 999999", "why-class -1"] {
      var scenario = try WhyGroundTests.text("masked_lm")
      scenario.command(line)
      scenario.press("End")
      #expect(scenario.state.choices.view.why.choice == .answer, "\(line)")
      scenario.command(line)
      #expect(scenario.said.contains("from 0 to "), "\(scenario.said)")
      #expect(scenario.state.choices.view.why.choice == .answer, "\(line)")
    }
    // The answer to why needs all stages: then it is known.
    var scenario = try WhyGroundTests.text("masked_lm")
    scenario.command("why-class 99:a")
    #expect(
      scenario.said.contains("from 0 to ") && scenario.said.contains("it is not asked for"),
      "\(scenario.said)")
  }

  @Test("without a chosen output each says how one is chosen")
  func nothingChosen() throws {
    var scenario = try WhyGroundTests.text("masked_lm")
    for line in ["table stages", "table heads", "table latents", "patch other.txt"] {
      scenario.command(line)
      #expect(scenario.said.contains("no output is chosen"), "\(line): \(scenario.said)")
    }
    scenario.press("L")
    #expect(!scenario.text.contains("Δy off") && !scenario.text.contains("import."))
  }
}
