// Choosing a map and how it is shown: latents, heads, means and maxima, scales, colours, views.

import Foundation
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreChooseTests {
  @Test("latents are chosen by ones, by tens and by number, and stop at the ends")
  func latents() throws {
    let session = try Explore.open()
    func latent(_ number: Int, after keys: String...) throws -> ExploreScreen {
      for key in keys { try session.press(key) }
      return try session.waitUntilParts("latent \(number) is shown after \(keys)") {
        $0.mapTitle.contains("latent \(number) of 32") && $0.isSettled
      }
    }
    let first = try session.parts().readout
    #expect(try latent(2, after: "]").readout != first)
    #expect(try latent(12, after: "}").rows.contains { $0.contains(" [12] ") })
    _ = try latent(11, after: "[")
    #expect(try latent(1, after: "{").readout == first)
    _ = try latent(1, after: "[", "{")
    _ = try latent(31, after: "}", "}", "}")
    _ = try latent(32, after: "]", "]")
    try session.press("J")
    try session.waitForFooter("latent: ")
    #expect(try session.waitForFooter("1 to 32").footer.hasPrefix("latent: "))
    try session.type("17")
    _ = try latent(17, after: "Enter")
    try session.press("J")
    try session.type("33")
    try session.press("Enter")
    try session.waitForFooter("error: latent: expected a latent from 1 to 32, found 33")
    _ = try latent(17)
    try session.press("J", "Escape")
    #expect(try session.waitForFooter("? help").mapTitle.contains("latent 17 of 32"))
    try session.command("latent 5")
    _ = try latent(5)
    // Undo reaches selections too: going through latents is one step.
    _ = try latent(1, after: "u")
  }

  @Test("heads go round, and their mean is another map")
  func heads() throws {
    let session = try Explore.open()
    try session.press("h")
    try session.waitForFooter("cross 1 has one head")
    try session.press("Right")
    try session.waitForStage(2)
    try session.press("v")
    let one = try session.waitUntilParts("one map is shown") {
      $0.mapTitle.contains("head 1 of 8 · latent 1 of 32") && $0.isSettled
    }
    try session.press("h")
    let second = try session.waitUntilParts("head 2 is shown") {
      $0.mapTitle.contains("head 2 of 8") && $0.isSettled
    }
    #expect(second.readout != one.readout)
    try session.press("H")
    let mean = try session.waitUntilParts("the mean of heads is shown") {
      $0.mapTitle.contains("mean of 8 heads") && $0.isSettled
    }
    #expect(mean.readout != second.readout && mean.readout.contains("sum 1"))
    for _ in 0..<7 { try session.press("h") }
    let back = try session.waitUntilParts("the heads have gone round") {
      $0.mapTitle.contains("head 1 of 8") && $0.isSettled
    }
    #expect(back.readout == one.readout)
  }

  @Test("one latent, mean and maximum over latents, probabilities and scores")
  func meansAndMaxima() throws {
    let session = try Explore.open()
    let titles = ["mean of 32 latents", "maximum of 32 latents", "latent 1 of 32"]
    for title in titles {
      try session.press("m")
      try session.waitUntilParts(title) { $0.mapTitle.contains(title) && $0.isSettled }
    }
    #expect(try session.parts().readout.contains("sum 1"))
    try session.press("p")
    let scores = try session.waitUntilParts("scores are shown") {
      $0.legend.contains("linear · scores") && $0.mapTitle.contains("scores") && $0.isSettled
    }
    // Scores are no distribution and have no entropy.
    #expect(!scores.readout.contains("entropy"))
    try session.press("p")
    try session.waitUntilParts("probabilities are shown") {
      $0.legend.contains("probabilities") && $0.readout.contains("entropy")
    }
  }

  @Test("the legend says the scale and the colour map, and the picture changes with them")
  func scales() throws {
    let session = try Explore.open()
    var last = try session.screen(.colours)
    func picture(_ legend: String, _ title: String) throws {
      let now = try session.waitUntil("the legend says \(legend)", .text) {
        let screen = ExploreScreen($0)
        return screen.legend.contains(legend) && screen.mapTitle.contains(title)
      }
      #expect(!now.isEmpty)
      let coloured = try session.screen(.colours)
      #expect(coloured != last, "\(legend) is drawn as before")
      last = coloured
    }
    try session.press("s")
    try picture("log · probabilities · viridis", "log")
    try session.press("s")
    try picture("percentile · probabilities · viridis", "percentile")
    try session.press("s")
    try picture("linear · probabilities · viridis", "linear")
    for colours in ["inferno", "cividis", "grey", "viridis"] {
      try session.press("c")
      try picture("linear · probabilities · \(colours)", "linear")
    }
    for overlay in ["overlay full", "map without photo", "overlay off"] {
      try session.press("o")
      try picture("linear · probabilities", overlay)
    }
    try session.press("o")
    try session.waitUntilParts("the overlay is back") { !$0.mapTitle.contains("overlay") }
    try session.command("scale log")
    try picture("log · probabilities · viridis", "log")
    try session.press("u")
    try picture("linear · probabilities · viridis", "linear")
  }

  @Test("zoom shows a part of the picture, fit all of it")
  func zoom() throws {
    let session = try Explore.open()
    try session.press("+")
    try session.waitUntilParts("2 ×") { $0.mapTitle.contains("2×") }
    try session.press("+")
    try session.waitUntilParts("4 ×") { $0.mapTitle.contains("4×") }
    try session.press("-")
    try session.waitUntilParts("2 ×") { $0.mapTitle.contains("2×") }
    try session.press("f")
    try session.waitUntilParts("fit") { !$0.mapTitle.contains("×") }
    try session.press("-")
    try session.waitForFooter("the whole picture is shown")
  }

  @Test("views: one map, grid, side by side; a matrix where latents read latents")
  func views() throws {
    let session = try Explore.open()
    try session.press("v")
    let grid = try session.waitUntilParts("the grid is shown") {
      $0.mapTitle.contains("32 latents") && $0.isSettled
    }
    #expect(grid.footer.contains("grid of latents"))
    // Every latent of the page has a number under its map.
    let numbers = Set(grid.rows.flatMap { $0.split(separator: " ") })
    #expect(numbers.contains("[1]") && (2...8).allSatisfy { numbers.contains("\($0)") })
    try session.press("]")
    try session.waitUntil("latent 2 is framed") { $0.contains(" [2] ") && !$0.contains("[1]") }
    try session.press("v")
    let side = try session.waitForFooter("side by side")
    #expect(side.mapTitle.contains("latent 2 of 32"))
    try session.press("v")
    try session.waitForFooter("one map")
    try session.press("g")
    try session.waitForFooter("grid of latents")
    // Sooner than that it would be gg, which goes to the first latent.
    Thread.sleep(forTimeInterval: 0.5)
    try session.press("g")
    try session.waitForFooter("one map")

    try session.press("Right")
    let matrix = try session.waitForStage(2)
    #expect(matrix.mapTitle.contains("latents × latents"))
    #expect(matrix.rows.contains { $0.contains("each row: what one latent reads of all latents") })
    try session.press("v")
    let curve = try session.waitForFooter("one map")
    #expect(curve.mapTitle.contains("latent 2 of 32"))
    try session.press("v")
    try session.waitForFooter("latent matrix")
    try session.command("view side")
    try session.waitForFooter("error: view side: latent 1.1 has")
    // Each kind of stage keeps its view.
    try session.press("Left")
    try session.waitUntilParts("one map is shown") {
      $0.title.contains("1 of 4") && $0.mapTitle.contains("latent 2 of 32")
    }
  }
}
