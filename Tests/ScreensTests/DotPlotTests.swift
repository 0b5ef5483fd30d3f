// Dots in characters: the right one of braille's patterns, and never outside the area.

import Screens
import Testing

@Suite struct DotPlotTests {
  private func drawn(
    _ width: Int, _ height: Int, _ symbols: Symbols = .unicode, _ body: (inout DotPlot) -> Void
  ) -> [String] {
    var screen = Screen(width: width + 2, height: height + 2)
    var plot = DotPlot(
      in: Rect(x: 1, y: 1, width: width, height: height), symbols: symbols)
    body(&plot)
    plot.draw(on: &screen)
    return screen.plainText.split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
  }

  @Test(
    "each dot of a cell has its bit",
    arguments: [
      (0, 0, "⠁"), (0, 1, "⠂"), (0, 2, "⠄"), (1, 0, "⠈"), (1, 1, "⠐"), (1, 2, "⠠"), (0, 3, "⡀"),
      (1, 3, "⢀"),
    ])
  func dots(column: Int, row: Int, glyph: String) {
    #expect(drawn(1, 1) { $0.mark(column: column, row: row) }[1] == " \(glyph)")
  }

  @Test("dots of a cell join, and one outside the plot changes nothing")
  func joining() {
    let lines = drawn(2, 1) { plot in
      for column in -1...4 { for row in -1...4 { plot.mark(column: column, row: row) } }
    }
    #expect(lines == ["", " ⣿⣿", "", ""])
  }

  @Test("a line goes from height to height, and is broken where a height is NaN")
  func line() {
    let steep = drawn(1, 2) { $0.line([0, 1]) }
    #expect(steep[1] == " ⢸" && steep[2] == " ⡸")
    let broken = drawn(2, 1) { $0.line([0, .nan, .infinity, 0]) }
    #expect(broken[1] == " ⡀⢀")
  }

  @Test("in ASCII a cell has three heights")
  func ascii() {
    let lines = drawn(5, 1, .ascii) { $0.line([0, 0, 0.5, 1, 1]) }
    #expect(lines[1] == " ..-''")
  }

  @Test("the later layer gives a cell its style")
  func layers() {
    var screen = Screen(width: 1, height: 1)
    var plot = DotPlot(in: screen.bounds, symbols: .unicode)
    plot.mark(column: 0, row: 0, style: .dim)
    plot.mark(column: 1, row: 3, style: .bold)
    plot.draw(on: &screen)
    #expect(screen[0, 0].character == "⢁" && screen[0, 0].style == .bold)
  }

  @Test("an area without cells has no dots")
  func empty() {
    for (width, height) in [(0, 0), (0, 3), (3, 0)] {
      let lines = drawn(width, height) { $0.line([0, 1, 0]) }
      #expect(lines.joined().isEmpty)
    }
  }
}
