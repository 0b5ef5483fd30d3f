// Where everything stands: at every size nothing overlaps and nothing leaves the screen.

import Explorer
import Screens
import Testing

@Suite struct LayoutTests {
  private func inner(_ layout: ScreenLayout) -> [(String, Rect)] {
    [("map", layout.map), ("title", layout.title), ("timeline", layout.timeline)]
      + [("footer", layout.footer)] + (layout.latents.map { [("latents", $0)] } ?? [])
      + (layout.latentsTitle.map { [("title of latents", $0)] } ?? [])
      + layout.column.map { ("\($0.pane)", $0.area) }
  }

  /// What the large pane may show: nothing of known proportions, and pictures of many.
  private static let shapes: [PictureShape?] =
    [nil]
    + [(1, 1), (3, 1), (1, 3), (100, 1), (1, 100)].flatMap { columns, rows in
      [1, 2].map { PictureShape(columns: columns, rows: rows, count: $0) }
    }

  @Test(
    "areas never overlap, never leave the screen, and none is empty",
    arguments: ScreenLayout.Strip.allCases, shapes)
  func disjoint(strip: ScreenLayout.Strip, pictures: PictureShape?) throws {
    for width in [60, 61, 71, 72, 79, 80, 99, 100, 119, 120, 160, 200, 239, 240, 300, 500] {
      for height in [18, 19, 20, 23, 24, 25, 29, 30, 31, 40, 60, 100, 150] {
        let layout = try #require(
          ScreenLayout(width: width, height: height, strip: strip, pictures: pictures))
        let bounds = Rect(x: 0, y: 0, width: width, height: height)
        let areas = inner(layout)
        for (index, area) in areas.enumerated() {
          #expect(!area.1.isEmpty, "\(area.0) at \(width)×\(height)")
          #expect(area.1.intersection(bounds) == area.1, "\(area.0) at \(width)×\(height)")
          for other in areas[(index + 1)...] {
            #expect(
              area.1.intersection(other.1).isEmpty, "\(area.0), \(other.0) at \(width)×\(height)")
          }
        }
      }
    }
  }

  @Test("the legend and the readout are there at every size")
  func legend() throws {
    for (width, height) in [(60, 18), (80, 24), (120, 40), (200, 60), (300, 100)] {
      let layout = try #require(ScreenLayout(width: width, height: height))
      #expect(layout.area(of: LegendPane.self)?.height == 2)
      #expect((layout.area(of: ReadoutPane.self)?.height ?? 0) >= 4)
      #expect((layout.area(of: HyperparametersPane.self)?.height ?? 0) >= 5)
    }
  }

  @Test("while classes are learnt they are shown, and hyperparameters give way where rows are few")
  func classesWhileTraining() throws {
    for height in [30, 40, 60] {
      let layout = try #require(
        ScreenLayout(width: 100, height: height, content: .init(training: .ofClasses)))
      #expect(layout.area(of: ClassesPane.self) != nil, "\(height)")
      #expect(layout.area(of: TrainingPane.self) != nil, "\(height)")
    }
    let high = ScreenLayout(width: 100, height: 40, content: .init(training: .ofClasses))
    #expect(high?.area(of: HyperparametersPane.self) != nil)
  }

  @Test("80 × 24 has no strip of latents, 120 × 40 has one")
  func strips() {
    #expect(ScreenLayout(width: 80, height: 24)?.latents == nil)
    #expect(ScreenLayout(width: 120, height: 40)?.latents != nil)
    #expect(ScreenLayout(width: 120, height: 40, strip: .none)?.latents == nil)
  }

  @Test(
    "below 60 × 18 there is a message instead", arguments: [(59, 18), (60, 17), (1, 1), (0, 0)])
  func tooSmall(width: Int, height: Int) {
    #expect(ScreenLayout(width: width, height: height) == nil)
    var scenario = Scenario()
    scenario.send(.input(.resize(width: width, height: height)))
    #expect(scenario.screen.width == width && scenario.screen.height == height)
    if width > 20 { #expect(scenario.text.contains("60 × 18")) }
    scenario.press("q")
    #expect(scenario.own == ["quit"])
  }
}
