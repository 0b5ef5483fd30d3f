// The line of progress at every width.

import Screens
import Testing
import perceiver_tui

@Suite("The line of progress")
struct ProgressLineTests {
  private let text = "epoch 1/10 step 5/9380 loss 0.4 acc 85.1 % 2.9k/s 0:12 left"

  @Test("it is never wider than the terminal, and has a bar where there is room")
  func widths() {
    for width in 0...150 {
      let line = ProgressLine.line(done: 0.5, text, width: width)
      #expect(line.displayWidth <= width)
      #expect(line.hasPrefix("[") == (width >= text.count + 9))
      #expect(line.hasSuffix(text) == (width >= text.count))
    }
  }

  @Test(
    "the bar is as long as what is done",
    arguments: [(-1.0, 0), (0.0, 0), (0.5, 15), (0.999, 29), (1.0, 30), (2.0, 30)])
  func bar(_ done: Double, _ filled: Int) {
    let line = ProgressLine.line(done: done, "x", width: 80)
    #expect(
      line == "[" + String(repeating: "#", count: filled)
        + String(repeating: "-", count: 30 - filled) + "] x")
  }
}
