// What the readout says: numbers of what is seen, and a cursor only where there can be one.

import Explorer
import Perceiver
import Screens
import Testing

@Suite struct ReadoutTests {
  @Test("while the reconstruction shows, the readout is of it, and offers no cursor")
  func reconstruction() {
    var scenario = Scenario(width: 120, height: 40, configuration: Scenario.io)
    #expect(scenario.text.contains("i: cursor on the picture"))
    scenario.press("R")
    #expect(scenario.text.contains("reconstruction after this stage"), "\(scenario.text)")
    for words in ["made 12 × 8 pixels", "max ", "mean "] {
      #expect(scenario.text.contains("│" + words), "\(words): \(scenario.text)")
    }
    for words in ["i: cursor", "entropy", "half the weight", "readout [i]"] {
      #expect(!scenario.text.contains(words), "\(words): \(scenario.text)")
    }
    scenario.press("R")
    #expect(scenario.text.contains("entropy"))
  }

  @Test("a grid has no cursor, and none is offered")
  func grid() {
    var scenario = Scenario(width: 120, height: 40)
    #expect(scenario.text.contains("i: cursor on the picture"))
    scenario.press("g")
    #expect(!scenario.text.contains("i: cursor"), "\(scenario.text)")
    #expect(scenario.text.contains("entropy"))
  }
}
