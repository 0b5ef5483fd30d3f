// Each pane at 0 × 0, at 1 × 1, one cell short of what it needs, and at every size between.

import Explorer
import Inputs
import Perceiver
import Screens
import Tensors
import Testing

@Suite struct PaneTests {
  private struct Drawn: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let draw: @Sendable (ExplorerState, Rect, inout Screen) -> Void

    init(_ name: String, _ draw: @escaping @Sendable (ExplorerState, Rect, inout Screen) -> Void) {
      testDescription = name
      self.draw = draw
    }

    init(_ pane: any Pane.Type) {
      self.init("\(pane)") {
        var cache = RenderCache()
        pane.draw($0, in: $1, on: &$2, cache: &cache)
      }
    }
  }

  private static let panes: [Drawn] =
    Panes.main.map { Drawn($0) } + Panes.column.map { Drawn($0) } + [
      Drawn(LatentsPane.self),
      Drawn("title") { TitlePane.draw($0, in: $1, on: &$2) },
      Drawn("timeline") { TimelinePane.draw($0, in: $1, on: &$2) },
      Drawn("footer") { FooterPane.draw($0, in: $1, on: &$2) },
      Drawn("hints") { HintPane.draw($0, in: $1, on: &$2) },
      Drawn("help") { PagePane.draw($0, reader(.help, scroll: 3), in: $1, on: &$2) },
      Drawn("topic") { PagePane.draw($0, reader(.topic("head")), in: $1, on: &$2) },
      Drawn("notes") { PagePane.draw($0, reader(.notes, scroll: 1), in: $1, on: &$2) },
      Drawn("configuration") { PagePane.draw($0, reader(.configuration), in: $1, on: &$2) },
      Drawn("searched help") {
        PagePane.draw($0, reader(.help, search: "latent"), in: $1, on: &$2)
      },
      Drawn("export") {
        ExportPane.draw(
          $0, ExportDialog(.map, of: [.map], path: "a.png"), in: $1, on: &$2)
      },
      Drawn("too small") { TooSmallPane.draw($0, in: $1, on: &$2) },
    ]

  private static func reader(_ page: Page, scroll: Int = 0, search: String? = nil) -> PageReader {
    var reader = PageReader(page)
    reader.scroll = scroll
    reader.search = search.map { LineEditor($0) }
    return reader
  }

  private static func states() -> [ExplorerState] {
    var latents = Scenario(depth: .monochrome, symbols: .ascii)
    latents.press("→", "i")
    var grid = Scenario(width: 120, height: 40)
    grid.press("g")
    var probing = Scenario()
    probing.press("i", ">", ":", "'dep'")
    var training = Scenario(width: 200, height: 40, configuration: Scenario.io)
    training.press("t")
    training.train(20)
    let sound = Tensor(shape: [40, 2], values: (0..<80).map { Float($0 % 7) })
    return [
      Scenario(isStarted: .notYet).state, Scenario(width: 120, height: 40).state, latents.state,
      grid.state, probing.state,
      training.state,
      Scenario(input: Input(array: sound, name: "sound.npy")).state,
    ]
  }

  @Test("classes that have no line are counted, where the last line has room for it")
  func moreClasses() throws {
    func counted(_ scenario: Scenario) -> [Substring] {
      scenario.text.matches(of: #/\+[0-9]+ more/#).map(\.output)
    }
    var scenario = Scenario(width: 120, height: 40, hints: .on)
    #expect(counted(scenario) == ["+2 more"])
    scenario.press("z")
    #expect(counted(scenario) == ["+2 more"])
    // All ten have lines.
    #expect(counted(Scenario(width: 200, height: 60)).isEmpty)
  }

  @Test("a pane draws inside its area at any size", arguments: panes)
  private func inside(pane: Drawn) {
    let sizes = [
      (0, 0), (1, 1), (0, 5), (5, 0), (2, 1), (1, 2), (2, 2), (3, 3), (4, 1), (7, 2), (10, 3),
      (19, 4), (20, 4), (21, 5), (39, 11), (40, 12), (59, 17), (60, 18),
    ]
    for state in Self.states() {
      for (width, height) in sizes {
        let untouched = Cell("~")
        var screen = Screen(width: 70, height: 24)
        screen.fill(screen.bounds, with: "~")
        let area = Rect(x: 4, y: 3, width: width, height: height)
        pane.draw(state, area, &screen)
        for y in 0..<24 {
          for x in 0..<70 where !area.contains(Point(x: x, y: y)) {
            guard screen[x, y] == untouched else {
              Issue.record("\(width)×\(height): drew outside at \(x), \(y)")
              return
            }
          }
        }
      }
    }
  }

  @Test("the whole screen is drawn at every size, in every depth and both sets of symbols")
  func everySize() {
    var scenario = Scenario()
    scenario.press("→", "i")
    for depth in ColourDepth.allCases {
      for symbols in [Symbols.unicode, .ascii] {
        for (width, height) in [(60, 18), (61, 19), (80, 24), (99, 29), (120, 40), (300, 100)] {
          scenario.send(
            .terminal(
              TerminalFacts(width: width, height: height, depth: depth, symbols: symbols)))
          for key in ["b", "g", "v", "n"] {
            scenario.press(key)
            let screen = scenario.screen
            #expect(screen.width == width && screen.height == height)
            if symbols.isASCII {
              #expect(screen.plainText.utf8.allSatisfy { $0 < 0x80 })
            }
          }
        }
      }
    }
  }

  @Test("a frame drawn with a used cache is the same as with an empty one")
  func cache() {
    var scenario = Scenario(width: 120, height: 40)
    var cache = RenderCache()
    for key in ["]", "s", "o", "c", "n", "b", "+", "i", "→", "↓", "m", "g", "v", "-", "p", "r"] {
      scenario.press(key)
      #expect(scenario.state.screen(cache: &cache) == scenario.screen, "after \(key)")
    }
  }
}
