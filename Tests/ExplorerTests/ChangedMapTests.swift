// Maps of the run with what is hidden or off: those of the library's runs, beside those without.

import Explorer
import Foundation
import Perceiver
import Screens
import Tensors
import Testing

@Suite struct ChangedMapTests {
  /// The map that is shown, once it is the one that is asked for.
  private func shown(_ scenario: Scenario) throws -> Tensor {
    let shown = try #require(scenario.state.shownMap)
    #expect(shown.isWanted)
    return shown.map.values
  }

  /// The run of a scenario with what it hides.
  private func hiding(_ scenario: Scenario) throws -> PerceiverRun {
    let run = try #require(scenario.state.run)
    return try run.hiding(try #require(scenario.state.choices.changes.hidden?.hidden)).completed()
  }

  /// The map of a latent's first head.
  private func map(
    _ run: PerceiverRun, at stage: Int, latent: Int = 0, head: Int = 0
  ) throws -> Tensor {
    try #require(run.stages[stage].attention).map(head: head, query: latent, as: .probabilities)
  }

  @Test("hiding pixels shows what attention then does, ! shows what it did, and u goes back")
  func hidden() throws {
    var scenario = Scenario(width: 120, height: 40)
    let before = try shown(scenario)
    scenario.command("hide 2,3,4x5")
    let run = try hiding(scenario)
    let expected = try map(run, at: 0)
    #expect(try shown(scenario) == expected)
    #expect(expected.values[3 * 12 + 4] == 0 && expected != before)
    #expect(scenario.lines[1].contains("with the changes"), "\(scenario.lines[1])")
    #expect(scenario.text.contains("legend, with the changes"))
    scenario.press("!")
    #expect(try shown(scenario) == before)
    #expect(scenario.said == "maps without the changes")
    #expect(scenario.text.contains("legend, without the changes"))
    // Later stages see what the first one read.
    scenario.press("!", "→", "v")
    #expect(try shown(scenario) == map(run, at: 1))
    scenario.press("→", "v", "v")
    #expect(try shown(scenario) == map(run, at: 2))
    scenario.command("hide clear")
    #expect(try shown(scenario) == map(try #require(scenario.state.run), at: 2))
    #expect(!scenario.text.contains("the changes"))
    scenario.press("u")
    #expect(try shown(scenario) == map(run, at: 2))
    #expect(!scenario.state.isBusy)
  }

  @Test("what is not changed before a stage is not computed again, nor its map another")
  func prefix() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "z", "Home")
    let run = try #require(scenario.state.run)
    let off = try run.changed(by: [.edit(.headOutputs, .zero, head: 0, at: 5)])
    #expect(off.stages.count == 5)
    #expect(try shown(scenario) == map(run, at: 0))
    #expect(scenario.lines[1].contains("with the changes"))
  }

  @Test("! says what it is for where nothing is changed, and a new change is seen at once")
  func nothing() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("!")
    #expect(
      scenario.said.contains("nothing is hidden or off: X hides pixels, z switches a head off"))
    scenario.command("hide 0,0,2x2")
    scenario.command("toggle-changes without")
    #expect(scenario.lines[1].contains("without the changes"))
    scenario.command("hide clear")
    scenario.command("hide 0,0,2x2")
    #expect(scenario.lines[1].contains("with the changes"))
    scenario.press("!", "u")
    #expect(
      scenario.said.contains("maps without the changes → with the changes"), "\(scenario.said)")
  }

  @Test("until the run with changes is there the map is that without, and says so")
  func waiting() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "Home")
    let before = try shown(scenario)
    scenario.isHolding = true
    scenario.command("hide 2,3,4x5")
    #expect(try shown(scenario) == before)
    #expect(scenario.lines[1].contains("without the changes"), "\(scenario.lines[1])")
    scenario.press("]")
    #expect(scenario.lines[1].contains("latent 2"))
    scenario.release()
    let expected = try map(hiding(scenario), at: 0, latent: 1)
    #expect(try shown(scenario) == expected)
    #expect(scenario.lines[1].contains("with the changes"))
  }

  @Test("answers about former changes are dropped")
  func late() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "Home")
    scenario.isHolding = true
    scenario.command("hide 0,0,2x2")
    // The run with the changes is begun, and its first stages are computed.
    for _ in 0..<3 { scenario.releaseFirst() }
    scenario.command("hide 4,4,3x3")
    scenario.release()
    #expect(try shown(scenario) == map(hiding(scenario), at: 0))
    #expect(!scenario.state.isBusy)
  }

  @Test("a latent that is taken away reads nothing and is not read; others keep their numbers")
  func latent() throws {
    var scenario = Scenario(width: 160, height: 40)
    scenario.press("]", "]", "l")
    let whole = try #require(scenario.state.run)
    let run = try whole.changed(by: [.removeLatents([2], after: Intervention.beforeStages)])
      .completed()
    #expect(try shown(scenario).values == [Float](repeating: 0, count: 96))
    scenario.press("]")
    #expect(scenario.lines[1].contains("latent 4"))
    #expect(try shown(scenario) == map(run, at: 0, latent: 3 - 1))
    // Among latents its row and its column are empty.
    scenario.press("→")
    scenario.command("export matrix.npy")
    let matrix = try NumPyFile.tensor(#require(scenario.files["matrix.npy"]))
    #expect(matrix.shape == [8, 8])
    let theirs = try (0..<7).map { try map(run, at: 1, latent: $0).values }
    for row in 0..<8 {
      for column in 0..<8 {
        let (own, other) = (row - (row > 2 ? 1 : 0), column - (column > 2 ? 1 : 0))
        let expected = row == 2 || column == 2 ? 0 : theirs[own][other]
        #expect(matrix[row, column] == expected, "\(row) \(column)")
      }
    }
    scenario.press("Home", "i", "Esc", "g")
    #expect(!scenario.state.isBusy)
  }

  @Test("where everything is hidden nothing is read")
  func everything() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("hide 0,0,8x12")
    #expect(try shown(scenario).values.allSatisfy { $0 == 0 })
    scenario.press("!")
    #expect(try shown(scenario).values.contains { $0 > 0 })
  }

  @Test("why explains what is answered with the changes, by methods that can")
  func why() throws {
    var scenario = Scenario(width: 140, height: 40)
    scenario.press("y")
    scenario.command("why presence")
    let before = try #require(scenario.state.shownWhy).map.values
    scenario.command("hide 2,3,4x5")
    let run = try hiding(scenario)
    let found = try #require(scenario.state.shownWhy)
    #expect(found.map.values == (try Presence(of: found.request.target).map(run)).values)
    #expect(found.map.values != before)
    let answer = try run.resolve(.answer).index
    #expect(
      scenario.lines[1].contains("presence · class \(answer) against"), "\(scenario.lines[1])")
    #expect(scenario.lines[1].contains("with the changes"))
    scenario.press("!")
    #expect(try #require(scenario.state.shownWhy).map.values == before)
    #expect(scenario.lines[1].contains("without the changes"))
    // Half pictures refine what is left of the picture.
    scenario.press("!")
    scenario.command("why relevance")
    let refined = try #require(scenario.state.shownWhy)
    #expect(refined.request.settings.samples ?? 0 >= 16)
    let half = try Sampled(
      .relevance, of: .answer, samples: try #require(refined.request.settings.samples)
    ).map(run)
    #expect(refined.map.values == half.values)
    #expect(!scenario.state.isBusy)
  }

  @Test("every method answers with something hidden and off, or leaves its place to one that does")
  func methods() {
    for keys in [["z"], ["→", "Z"], ["l"], ["→", "z", "l"]] {
      var scenario = Scenario(width: 140, height: 40)
      for key in keys { scenario.press(key) }
      scenario.command("hide 1,1,3x4")
      var seen: Set<String> = []
      repeat {
        scenario.press("y")
        guard scenario.state.choices.view.replacement == .why,
          let shown = scenario.state.shownWhy
        else { break }
        seen.insert(shown.request.method)
        #expect(shown.map.values.isFinite, "\(shown.request.method)")
        #expect(scenario.text.contains("legend, with the changes"), "\(scenario.text)")
        #expect(!scenario.state.isBusy)
      } while seen.count < 40
      #expect(seen.count > 10, "\(keys): \(scenario.said)")
      #expect(scenario.state.choices.view.replacement == nil, "\(keys): \(scenario.said)")
      // What follows attention alone would tell of what no head reads.
      #expect(keys == ["l"] || !seen.contains { $0.hasPrefix("rollout") }, "\(keys)")
    }
  }

  @Test("the pinned view of before less that with changes is what hiding does to attention")
  func difference() throws {
    var scenario = Scenario(width: 140, height: 40)
    let before = try shown(scenario)
    scenario.press("P")
    scenario.command("hide 2,3,4x5")
    scenario.press("D")
    #expect(scenario.text.contains("correlation"))
    scenario.command("export difference.npy")
    var expected = try map(hiding(scenario), at: 0)
    expected.add(before, times: -1)
    #expect(try NumPyFile.tensor(#require(scenario.files["difference.npy"])) == expected)
    // A view that is pinned with its changes keeps them.
    scenario.press("P", "P")
    scenario.command("hide clear")
    #expect(try #require(scenario.state.pinnedState?.shownMap).map.values != before)
    #expect(try shown(scenario) == before)
  }

  @Test("files of maps with the changes are called so, and a figure says what was changed")
  func files() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("hide 2,3,4x5")
    let run = try hiding(scenario)
    scenario.command("export map.npy")
    #expect(try NumPyFile.tensor(#require(scenario.files["map.npy"])) == map(run, at: 0))
    scenario.press("e", "Enter")
    #expect(scenario.files["ramp-cross-1-head-1-latent-1-changed-overlay.png"] != nil)
    scenario.command("view-figure f.svg")
    let svg = String(decoding: try #require(scenario.files["f.svg"]), as: UTF8.self)
    #expect(svg.contains("With changes: "), "\(svg.suffix(900))")
    scenario.press("L", "v")
    #expect(scenario.lines[1].contains("with the changes"), "\(scenario.lines[1])")
    scenario.press("Esc", "E")
    #expect(!scenario.lines[1].contains("the changes"))
  }

  @Test("sentences under the title say which run is seen")
  func hints() {
    var scenario = Scenario(width: 160, height: 40, hints: .on)
    func sentences() -> String { HintText(scenario.state).meaning[0] }
    scenario.press("z")
    #expect(sentences().contains("Seen without what is off; ! shows it with all on."))
    scenario.press("!")
    #expect(sentences().contains("Seen without the changes; ! shows it with them."))
    scenario.press("!", "E")
    #expect(sentences().contains("The classes show what the changes do; this is without them."))
    scenario.press("Esc")
    scenario.command("hide 0,0,2x2")
    #expect(sentences().contains("Seen without what is hidden or off; ! shows it with all."))
  }
}
