// Keys while the model computes: they are answered at once, and Ctrl-C stops the computation.

import Foundation
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreBusyTests {
  @Test("keys act while later stages are computed; Ctrl-C ends that and keeps what is there")
  func laterStages() throws {
    let folder = try TemporaryFolder()
    let photo = try folder.write("large.ppm", TestInputs.ppm(width: 700, height: 700))
    let session = try Explore.start(photo, ["--max-side", "none", "--depth", "40"])
    try session.waitUntilParts("the first stage is shown", within: .seconds(60)) {
      $0.title.contains(", 1 of 80") && $0.isSettled
    }
    try session.press("End")
    try session.waitUntilParts("it computes") { $0.title.contains("computing ") }
    for (key, what) in [("s", "log"), ("s", "percentile")] {
      try session.press(key)
      let seen = try session.waitUntilParts("the scale changes while it computes") {
        $0.legend.contains("\(what) · ")
      }
      #expect(seen.title.contains("computing ") && seen.timeline.contains("◐"))
    }
    try session.press("]")
    let other = try session.waitUntilParts("latent 2 is asked for") { screen in
      screen.rows.contains { $0.contains(" [2] ") }
    }
    #expect(other.title.contains("computing "))
    try session.press("?")
    try session.waitFor("Esc closes")
    try session.press("?")
    try session.press("C-c")
    let cancelled = try session.waitForFooter("cancelled; Ctrl-C again quits")
    #expect(!cancelled.title.contains("80 of 80"))
    let stopped = try session.waitUntilParts("it computes no longer") { $0.isSettled }
    #expect(stopped.timeline.contains("○"))
    try session.press("Left")
    try session.press("q")
    #expect(try session.waitForExit() == 0)
  }

  @Test("the first stage of a very large photo can be waited for, cancelled, and quit from")
  func firstStage() throws {
    let folder = try TemporaryFolder()
    // Stripes, which stay to be seen where the photo is scaled down.
    let stripes = (0..<2000).flatMap { row in
      [UInt8](repeating: row / 50 % 2 == 0 ? 40 : 220, count: 3 * 2000)
    }
    let photo = try folder.write("huge.ppm", Array("P6\n2000 2000\n255\n".utf8) + stripes)
    let session = try Explore.start(photo, ["--max-side", "none"])
    try session.waitUntilParts("it computes the first stage", within: .seconds(60)) {
      $0.title.contains("computing cross 1")
    }
    // The photo is there at once.
    #expect(try session.parts().pictureRows.count > 20)
    try session.press(">")
    let changed = try session.waitUntilParts("a change while it computes") {
      $0.hyperparameter("depth") == "7*"
    }
    #expect(changed.title.contains("computing cross 1"))
    try session.press("C-c")
    try session.waitForFooter("cancelled; Ctrl-C again quits")
    let cancelled = try session.waitUntilParts("it computes no longer") {
      !$0.title.contains("computing")
    }
    #expect(cancelled.timeline.contains("○ cross 1"))
    // It can be begun anew.
    try session.press("Home")
    try session.waitUntilParts("it computes again") { $0.title.contains("computing cross 1") }
    try session.press("q")
    #expect(try session.waitForExit() == 0)
  }
}
