// The line of keys: what a beginner needs is seen where it has the room, in fewer words if need be.

import Explorer
import Perceiver
import Screens
import Testing

@Suite struct FooterTests {
  @Test("on the tour too, 80 columns have what a beginner needs")
  func tour() throws {
    let weights = LoadedWeights(model: try Perceiver(Scenario.small, seed: 1), name: "small")
    var scenario = Scenario(width: 80, height: 24, weights: weights)
    scenario.command("tour")
    scenario.press("]")
    for words in ["Esc leave ", "y why", "i inspect", "t train", "e export", ": cmd"] {
      #expect(scenario.status.contains(words), "\(words): \(scenario.status)")
    }
    // A click on the shortened word presses its key.
    let at = try scenario.place(of: ": cmd")
    scenario.send(.input(.mouse(MouseEvent(.press(.left), at: Point(x: at.x + 3, y: at.y)))))
    #expect(scenario.state.mode != .normal)
  }

  @Test("with more columns the words are whole")
  func roomy() throws {
    let weights = LoadedWeights(model: try Perceiver(Scenario.small, seed: 1), name: "small")
    var scenario = Scenario(width: 120, height: 30, weights: weights)
    scenario.command("tour")
    scenario.press("]")
    #expect(scenario.status.contains("Esc leave tour") && scenario.status.contains(": command"))
  }

  @Test("at the last stage the key that goes back stays where it was")
  func lastStage() {
    var scenario = Scenario(width: 120, height: 30)
    #expect(scenario.status.contains("←→ stage"))
    scenario.press("End")
    #expect(scenario.status.contains("←→ stage"), "\(scenario.status)")
    scenario.press("→")
    #expect(scenario.said == "this is the last stage")
  }

  @Test(
    "stages of the shown block are called by their names, or kinds, where all blocks fit",
    arguments: [
      (80, 6, "○ latent 1.1 ─ ○ 2"), (64, 7, "○ latent ─ ○ 2"), (60, 7, "○ ─ ○ 2"),
    ])
  func stages(width: Int, depth: Int, name: String) {
    var configuration = Scenario.small
    configuration.depth = depth
    let scenario = Scenario(width: width, height: 24, configuration: configuration)
    let line = scenario.lines.first { $0.contains("[●") } ?? ""
    #expect(line.contains("[● cross 1] ─ " + name) && line.contains("○ \(depth)"), "\(line)")
  }
}
