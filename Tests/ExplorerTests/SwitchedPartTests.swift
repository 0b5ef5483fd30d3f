// Latents, updates and heads switched off, averaged or flattened, and pixels hidden from some stages:
// the classes are those of the library's runs.

import Explorer
import Perceiver
import Screens
import Testing

@Suite struct SwitchedPartTests {
  /// Whether the classes after the change are those of a run of the open one with interventions.
  private func expect(_ scenario: Scenario, _ interventions: [Intervention]) throws {
    let run = try #require(scenario.state.run)
    let changed = try run.changed(by: interventions).completed()
    let logits = try #require(changed.output).values
    let scores = try #require(scenario.state.open.changed?.scores.last ?? nil)
    #expect(!scores.top.isEmpty)
    for entry in scores.top { #expect(entry.logit == logits[entry.index]) }
    #expect(logits != run.output?.values)
  }

  @Test("l takes the chosen latent away and brings it back; the title lists it")
  func latent() throws {
    var scenario = Scenario(width: 160, height: 40)
    scenario.press("]", "]", "l")
    #expect(scenario.lines[0].contains("off: latent 3 removed"), "\(scenario.lines[0])")
    try expect(scenario, [.removeLatents([2], after: Intervention.beforeStages)])
    scenario.press("l")
    #expect(scenario.state.choices.changes.isEmpty)
  }

  @Test(
    "a latent may be zeroed or averaged instead",
    arguments: [
      ("zero", Intervention.Edit.zero, "zeroed"), ("average", .mean, "averaged"),
    ])
  func latentEdits(word: String, edit: Intervention.Edit, named: String) throws {
    var scenario = Scenario(width: 160, height: 40)
    scenario.press("]")
    scenario.command("switch-latent \(word)")
    #expect(scenario.lines[0].contains("off: latent 2 \(named)"), "\(scenario.lines[0])")
    try expect(scenario, [.edit(.latents, edit, row: 1, at: Intervention.beforeStages)])
    // The key brings back what is off in any way.
    scenario.press("l")
    #expect(scenario.state.choices.changes.isEmpty)
  }

  @Test("several latents go together with one that is zeroed, and with a head")
  func several() throws {
    var scenario = Scenario(width: 200, height: 40)
    scenario.press("l", "]", "]", "l", "]")
    scenario.command("switch-latent zero")
    scenario.press("→", "z")
    #expect(
      scenario.lines[0].contains(
        "off: latent 1 removed, latent 3 removed, latent 4 zeroed, latent 1.1 head 1"),
      "\(scenario.lines[0])")
    try expect(
      scenario,
      [
        .edit(.latents, .zero, row: 3, at: Intervention.beforeStages),
        .removeLatents([0, 2], after: Intervention.beforeStages),
        .edit(.headOutputs, .zero, head: 0, at: 1),
      ])
  }

  @Test("without any latent there is no run, and the program goes on")
  func allLatents() {
    var scenario = Scenario(width: 160, height: 40)
    for _ in 0..<7 { scenario.press("l", "]") }
    scenario.press("l")
    #expect(scenario.said.contains("not all"), "\(scenario.said)")
    scenario.command("all-on")
    #expect(scenario.state.choices.changes.isEmpty)
    #expect(scenario.state.open.changed == nil)
  }

  @Test(
    "a head may give its average, or read all alike",
    arguments: [
      ("average", StagePoint.headOutputs, Intervention.Edit.mean, "averaged"),
      ("flat", .scores, .zero, "flat"),
    ])
  func heads(word: String, point: StagePoint, edit: Intervention.Edit, named: String) throws {
    var scenario = Scenario(width: 160, height: 40)
    scenario.press("→", "h")
    scenario.command("switch-head \(word)")
    #expect(scenario.lines[0].contains("off: latent 1.1 head 2 \(named)"), "\(scenario.lines[0])")
    try expect(scenario, [.edit(point, edit, head: 1, at: 1)])
    // A head is off in one way at a time.
    scenario.command("switch-head zero")
    #expect(scenario.state.choices.changes.off == [.head(1, stage: 1)])
    scenario.press("z")
    #expect(scenario.state.choices.changes.isEmpty)
  }

  @Test(
    "a stage's attention or feed-forward is left out alone",
    arguments: [("attention", Intervention.Update.attention), ("feed-forward", .feedForward)])
  func updates(word: String, update: Intervention.Update) throws {
    var scenario = Scenario(width: 160, height: 40)
    scenario.press("→", "→")
    scenario.command("switch-stage \(word)")
    #expect(scenario.lines[0].contains("off: cross 2 \(word)"), "\(scenario.lines[0])")
    try expect(scenario, [.skip(update, at: 2)])
    scenario.command("switch-stage \(word)")
    #expect(scenario.state.choices.changes.isEmpty)
  }

  @Test("what is no way to be off is told, and nothing changes")
  func refused() {
    var scenario = Scenario(width: 160, height: 40)
    for (line, words) in [
      ("switch-head half", "expected one of zero, average, flat, found half"),
      ("switch-latent flat", "expected one of zero, remove, average, found flat"),
      ("switch-stage heads", "expected one of attention, feed-forward, found heads"),
    ] {
      scenario.command(line)
      #expect(scenario.said.contains(words), "\(scenario.said)")
      #expect(scenario.state.choices.changes.isEmpty)
    }
    scenario.press("m", "l")
    #expect(scenario.said == "all latents are shown together; m chooses one")
  }

  @Test("pixels are hidden from the named cross-attentions alone, and from all again")
  func stages() throws {
    var scenario = Scenario(width: 160, height: 40)
    scenario.command("hide-at cross 2")
    #expect(scenario.said.contains("nothing is hidden"))
    scenario.command("hide 2,3,4x5")
    scenario.command("hide-at cross 2, 5")
    #expect(scenario.said.contains("cross 2, cross 3 do not read the hidden pixels"))
    #expect(scenario.lines[0].contains("hidden at cross 2, cross 3"), "\(scenario.lines[0])")
    let hidden = try #require(scenario.state.choices.changes.hidden?.hidden)
    let keeps = hidden.map { !$0 }
    try expect(
      scenario, [.maskKeys(keeping: keeps, at: 2), .maskKeys(keeping: keeps, at: 4)])
    scenario.command("hide-at latent 1.1")
    #expect(scenario.said.contains("expected all or cross-attentions such as cross 1"))
    scenario.press("u")
    #expect(scenario.state.choices.changes.hidingStages.isEmpty)
    scenario.press("Ctrl-R")
    scenario.command("hide-at all")
    #expect(!scenario.lines[0].contains("hidden at"))
    // Without hidden pixels no stage is named any more.
    scenario.command("hide-at cross 1")
    scenario.command("hide clear")
    #expect(scenario.state.choices.changes.isEmpty)
    #expect(scenario.state.choices.changes.hidingStages.isEmpty)
  }

  @Test("a stage that may read no pixel at all takes nothing from the picture")
  func everything() throws {
    var scenario = Scenario(width: 160, height: 40)
    scenario.command("hide 0,0,8x12")
    scenario.command("hide-at cross 3")
    try expect(scenario, [.edit(.headOutputs, .zero, at: 4)])
  }
}
