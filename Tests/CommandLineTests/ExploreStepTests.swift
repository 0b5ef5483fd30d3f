// Moving in time: stages forward and back, first and last, autoplay, and the line of stages.

import Foundation
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreStepTests {
  @Test("the next stage is computed when it is asked for, and going back costs nothing")
  func forwardAndBack() throws {
    let session = try Explore.open()
    let first = try session.waitForStage(1)
    #expect(
      first.timeline.contains("[● cross 1] ─ ○ latent 1.1 ─ ○ cross 2 ─ ○ latent 2.1"))
    try session.press("Right")
    let second = try session.waitForStage(2)
    #expect(second.title.contains("latent 1.1, 2 of 4"))
    #expect(second.mapTitle.contains("latent 1.1 · head 1 of 8"))
    #expect(
      second.timeline.contains("● cross 1 ─ [● latent 1.1] ─ ○ cross 2 ─ ○ latent 2.1"))
    #expect(second.part("classes") != first.part("classes"))
    try session.press("n")
    let third = try session.waitForStage(3)
    #expect(third.mapTitle.contains("cross 2"))
    // The same numbers stand there again: nothing was computed anew.
    try session.press("Left")
    try session.waitForStage(2)
    try session.press("b")
    let back = try session.waitForStage(1)
    #expect(
      back.timeline.contains("[● cross 1] ─ ● latent 1.1 ─ ● cross 2 ─ ○ latent 2.1"))
    #expect(back.title == first.title && back.legend == first.legend)
    #expect(back.readout == first.readout && back.part("classes") == first.part("classes"))
    // There is nothing before the first stage.
    try session.press("Left", "Right")
    try session.waitForStage(2)
  }

  @Test("Home and End go to the first and the last stage; beyond it nothing is")
  func ends() throws {
    let session = try Explore.open()
    try session.press("End")
    let last = try session.waitForStage(4)
    #expect(
      last.timeline.contains("● cross 1 ─ ● latent 1.1 ─ ● cross 2 ─ [● latent 2.1]"))
    #expect(last.rows.contains { $0.contains("├ classes: the output") })
    try session.press("Right")
    #expect(try session.waitForFooter("this is the last stage").title.contains("4 of 4"))
    try session.press("Home")
    let first = try session.waitForStage(1)
    #expect(first.rows.contains { $0.contains("├ classes so far, chance 0.001") })
    try session.command("stage cross 2")
    try session.waitForStage(3)
    try session.command("stage 2")
    try session.waitForStage(2)
  }

  @Test("autoplay goes through all stages and ends at the last; a second press stops it")
  func autoplay() throws {
    let session = try Explore.open()
    try session.press("Space")
    try session.waitForStage(2)
    try session.waitForStage(3)
    try session.waitForStage(4)
    // More stages than are shown before a busy machine takes the second press.
    let longer = try Explore.open(
      Explore.cat, ["--depth", "12", "--num-latents", "8", "--latent-dim", "16"])
    try longer.press("Space")
    try longer.waitForStage(2)
    try longer.press("Space")
    let title = try longer.waitForFooter("stopped").title
    let stage = try #require(title.firstMatch(of: #/, (\d+) of 24/#).flatMap { Int($0.1) })
    #expect(stage < 24)
    // Longer than autoplay shows a stage: were it still on, the next would have come.
    #expect(throws: TmuxSession.Failure.self) {
      try longer.waitFor(", \(stage + 1) of 24", within: .seconds(1.2))
    }
  }

  @Test("the classes of the last stage are those that a trace writes")
  func classes() throws {
    let folder = try TemporaryFolder()
    let trace = try Program.run(
      ["trace", Explore.cat, "--output", folder.path("out"), "--no-attention"] + Explore.small)
    #expect(trace.status == 0)
    let logits = try TestInputs.readNPY(folder.path("out/logits.npy")).values
    let best = logits.indices.sorted { logits[$0] > logits[$1] }
    let session = try Explore.open()
    try session.press("End")
    let rows = try session.waitForStage(4).part("classes")
    let shown = rows.compactMap { row in
      // How many classes have no line stands before the last one's name.
      row.split(separator: " ").filter { !$0.hasPrefix("+") }.compactMap { Int($0) }.first
    }
    #expect(shown.count >= 5)
    #expect(shown == Array(best.prefix(shown.count)))
    let total = logits.reduce(0) { $0 + exp(Double($1)) }
    let probability = exp(Double(logits[best[0]])) / total
    let first = try #require(rows.first?.split(separator: " ").last.flatMap { Double($0) })
    #expect(abs(first - probability) < 0.01 * probability)
  }
}
