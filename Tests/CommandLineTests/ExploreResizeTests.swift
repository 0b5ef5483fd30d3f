// Windows that change their size at any time, down to one cell and up to many.

import Foundation
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreResizeTests {
  private static let sizes = [
    (1, 1), (300, 100), (59, 17), (2, 50), (60, 18), (61, 19), (80, 24), (200, 1), (1, 100),
    (100, 30), (299, 99), (71, 18), (72, 60), (160, 40), (240, 20), (40, 12), (120, 40),
  ]

  @Test("a storm of sizes while stages are computed leaves the right screen")
  func storm() throws {
    let session = try Explore.open(Explore.cat, ["--num-latents", "128", "--depth", "8"])
    let quiet = try session.parts()
    // The first map is there before the whole model is.
    repeat {
      try session.press("End")
      try session.waitUntilParts("End is taken") {
        !$0.title.contains(", 1 of 16") || $0.footer.contains("still being built")
      }
    } while try session.parts().footer.contains("still being built")
    for (width, height) in Self.sizes + Self.sizes.shuffled() {
      try session.resize(width: width, height: height)
    }
    try session.resize(width: 120, height: 40)
    try session.waitForStage(16)
    try session.press("Home")
    let after = try session.waitUntilParts("the first stage again") {
      $0.title.contains(", 1 of 16") && $0.isSettled && $0.footer.contains("? help")
    }
    // All stages are computed now; apart from the marks that say so, all is as it was.
    let timeline = quiet.rows.count - 2
    #expect(after.looks.prefix(timeline) == quiet.looks.prefix(timeline))
    try session.press("q")
    #expect(try session.waitForExit() == 0)
  }

  @Test(
    "every size is drawn whole: frames closed, nothing beyond the edges",
    arguments: [
      "one", "grid", "side",
    ])
  func everySize(view: String) throws {
    let session = try Explore.open()
    try session.command("view \(view)")
    try session.waitForFooter(
      view == "one" ? "one map" : view == "grid" ? "grid of" : "side by side")
    try session.press("C-l")
    for (width, height) in Self.sizes where width >= 60 && height >= 18 {
      try session.resize(width: width, height: height)
      try session.waitUntilParts("\(width) × \(height) is drawn") { screen in
        screen.rows.count == height && screen.isSettled
          && screen.upperEdge.hasPrefix("┌") && screen.upperEdge.count == width
          && screen.upperEdge.hasSuffix("┐") && screen.rows[height - 3].count == width
          && screen.rows[height - 3].hasPrefix("└") && screen.rows[height - 3].hasSuffix("┘")
          && screen.insideFrames.allSatisfy {
            "│├".contains($0.first ?? " ") && "│┤".contains($0.last ?? " ")
          }
      }
    }
  }

  @Test("dialogs and lines that are open stay open and right", arguments: ["e", "?", ":"])
  func openDialog(key: String) throws {
    let marks = ["e": "Esc leaves", "?": "Esc closes", ":": "\n:"]
    let mark = try #require(marks[key])
    let session = try Explore.open()
    try session.press(key)
    try session.waitFor(mark)
    for (width, height) in [(60, 18), (1, 1), (300, 100), (59, 17), (80, 24)] {
      try session.resize(width: width, height: height)
    }
    try session.waitUntil("\(key) is open in 80 × 24") {
      $0.contains(mark) && ExploreScreen($0).rows.count == 24
        && ExploreScreen($0).title.contains("cat.ppm")
    }
    try session.press("Escape")
    try session.waitForFooter("? help")
  }
}
