// Screens as text, and what changed between two.

import Screens
import TestSupport
import Testing

@Suite struct TextTests {
  @Test("boxes, titles, rules and bars look as stored", arguments: ["unicode", "ascii"])
  func frames(name: String) {
    let symbols: Symbols = name == "ascii" ? .ascii : .unicode
    var screen = Screen(width: 44, height: 12)
    let (left, right) = screen.bounds.split(.horizontally, at: 24)
    let inside = screen.drawBox(
      left, title: "cross 2 · head 1 of 1 · latent 17", titleStyle: .bold, symbols: symbols)
    screen.drawBox(right, title: "classes", symbols: symbols)
    screen.drawRule(across: right, row: 5, title: "legend", symbols: symbols)
    for (row, fraction) in [0, 0.01, 0.3, 0.5, 0.99, 1, 7, .nan].enumerated() {
      screen.drawBar(fraction, in: inside.row(row), symbols: symbols)
    }
    screen.drawColumns(
      (0...17).map { Double($0) / 17 }, in: right.inset(left: 1, top: 6, right: 1, bottom: 1),
      symbols: symbols)
    screen.drawLine(in: inside.row(9), style: .dim, symbols: symbols)
    expectScreen(screen, equals: "frames-\(name)", comparing: .charactersAndStyles)
  }

  @Test("plain text has no spaces at the ends of its lines, and one line per row")
  func plain() {
    var screen = Screen(width: 6, height: 3)
    screen.write("a b", x: 1, y: 1, style: .reverse)
    #expect(screen.plainText == "\n a b\n\n")
    #expect(Screen(width: 0, height: 0).plainText == "")
  }

  @Test("colour sequences change only what changes and end with each line")
  func ansi() {
    var screen = Screen(width: 5, height: 2)
    let orange = Style(foreground: Colour(255, 135, 0), attributes: .bold)
    screen.write("ab", x: 0, y: 0, style: orange)
    screen.write("c", x: 2, y: 0, style: orange.on(.black))
    screen.write(" ", x: 3, y: 0, style: Style(background: .black))
    screen.write("x", x: 0, y: 1)
    #expect(
      screen.ansiText(depth: .direct)
        == "\u{1B}[1;38;2;255;135;0mab\u{1B}[48;2;0;0;0mc\u{1B}[0;48;2;0;0;0m \u{1B}[0m\nx\n")
    #expect(
      screen.ansiText(depth: .indexed256)
        == "\u{1B}[1;38;5;208mab\u{1B}[48;5;16mc\u{1B}[0;48;5;16m \u{1B}[0m\nx\n")
    #expect(
      screen.ansiText(depth: .indexed8)
        == "\u{1B}[1;33mab\u{1B}[40mc\u{1B}[0;40m \u{1B}[0m\nx\n")
    #expect(screen.ansiText(depth: .monochrome) == "\u{1B}[1mabc\u{1B}[0m\nx\n")
  }

  @Test("applying the difference to the old screen gives the new one")
  func difference() {
    let texts = ["", "hello", "日本語 text", "he日lo", "x日本", "日x本", " 日本"]
    for before in texts {
      for after in texts {
        var old = Screen(width: 9, height: 2)
        old.write(before, x: 1, y: 1)
        var new = Screen(width: 9, height: 2)
        new.write(after, x: 1, y: 1)
        let difference = ScreenDifference(from: old, to: new)
        #expect(difference.isEmpty == (old == new))
        var cells = old.cells
        for run in difference.runs {
          #expect(new[run.columns.lowerBound, run.y].span != .trailing)
          #expect(new[run.columns.upperBound - 1, run.y].span != .leading)
          for x in run.columns { cells[run.y * 9 + x] = new[x, run.y] }
        }
        #expect(cells == new.cells)
      }
    }
  }

  @Test("only the cells that changed are in the difference, and all when the size differs")
  func runs() {
    let old = Screen(width: 80, height: 24)
    var new = old
    new.put("x", x: 3, y: 2)
    new.put("y", x: 5, y: 2)
    new.restyle(Rect(x: 70, y: 9, width: 50, height: 1)) { $0.attributes = .reverse }
    let difference = ScreenDifference(from: old, to: new)
    #expect(difference.runs.map(\.columns) == [3..<4, 5..<6, 70..<80])
    #expect(difference.cellCount == 12)
    #expect(ScreenDifference(from: Screen(width: 79, height: 24), to: new).cellCount == 80 * 24)
    #expect(ScreenDifference(from: nil, to: new).cellCount == 80 * 24)
  }
}
