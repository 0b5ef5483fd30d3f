// How much of the large pane is pictures: at every size and for every shape of picture, most of it.

import Explorer
import Inputs
import Perceiver
import Screens
import Testing

@Suite struct FilledPaneTests {
  /// A picture by its proportions.
  enum Shape: String, CaseIterable, Sendable {
    case square, wide, tall

    /// Pixels, few enough for tests.
    var size: (width: Int, height: Int) {
      switch self {
      case .square: (24, 24)
      case .wide: (48, 16)
      case .tall: (16, 48)
      }
    }
  }

  /// What is shown.
  enum View: String, CaseIterable, Sendable {
    case single = "view one"
    case beside = "view side"
    case latents = "view grid"
    case figure = "figure3"
  }

  /// A size of the terminal, and the least share of the large pane that has to be filled: by view, the
  /// least over all shapes.
  struct Bound: Sendable, CustomTestStringConvertible {
    let width: Int
    let height: Int
    let shares: [View: Double]

    var testDescription: String { "\(width)×\(height)" }
  }

  private static let bounds: [Bound] = [
    .init(
      width: 200, height: 60,
      shares: [.single: 0.6, .beside: 0.72, .latents: 0.52, .figure: 0.4]),
    .init(
      width: 160, height: 50,
      shares: [.single: 0.65, .beside: 0.75, .latents: 0.5, .figure: 0.4]),
    .init(
      width: 120, height: 40,
      shares: [.single: 0.62, .beside: 0.65, .latents: 0.52, .figure: 0.4]),
    .init(
      width: 100, height: 30,
      shares: [.single: 0.6, .beside: 0.72, .latents: 0.52, .figure: 0.4]),
    .init(
      width: 80, height: 24,
      shares: [.single: 0.6, .beside: 0.62, .latents: 0.55, .figure: 0.4]),
  ]

  private static let configuration = PerceiverConfiguration(
    numFreqBands: 2, depth: 1, numLatents: 64, latentDim: 8, crossHeads: 1, latentHeads: 2,
    crossDimHead: 8, latentDimHead: 4, numClasses: 4)

  /// The share of cells inside the frame of the large pane that something is drawn in.
  private func share(_ shape: Shape, _ view: View, _ bound: Bound) throws -> Double {
    let input = Scenario.picture(width: shape.size.width, height: shape.size.height)
    var scenario = Scenario(
      width: bound.width, height: bound.height, depth: .direct,
      configuration: Self.configuration, input: input, hints: .on)
    scenario.command(view.rawValue)
    let layout = try #require(
      ScreenLayout(width: bound.width, height: bound.height, hints: .whereThereIsRoom))
    let pane = layout.left.inset(by: 1)
    let screen = scenario.screen
    var filled = 0
    for y in pane.y..<pane.endY {
      for x in pane.x..<pane.endX where screen[x, y].style.background != nil { filled += 1 }
    }
    return Double(filled) / Double(pane.width * pane.height)
  }

  @Test(
    "most of the large pane is pictures, for any shape of picture and size of the terminal",
    arguments: bounds, Shape.allCases)
  func filled(bound: Bound, shape: Shape) throws {
    for (view, least) in bound.shares {
      let share = try share(shape, view, bound)
      #expect(share >= least, "\(view.rawValue), \(shape.rawValue): \(share) of the pane")
    }
  }

  @Test("a grid that has no room for all says how many more there are")
  func more() {
    var configuration = Self.configuration
    configuration.numLatents = 255
    var scenario = Scenario(
      configuration: configuration, input: Scenario.picture(width: 24, height: 24))
    scenario.press("g")
    let shown = scenario.text.firstMatch(of: /\+(\d+) more *│/)
    #expect(shown.flatMap { Int($0.1) } ?? 0 > 0)
    var roomy = Scenario(width: 200, height: 60, input: Scenario.picture(width: 24, height: 24))
    roomy.press("g")
    #expect(roomy.text.firstMatch(of: /\+\d+ more *│/) == nil)
  }

  @Test("16 square maps fit in the grid of a screen of 80 columns")
  func sixteen() {
    var configuration = Self.configuration
    configuration.numLatents = 16
    for hints in [ExplorerPreferences.Hints.on, .off] {
      var scenario = Scenario(
        configuration: configuration, input: Scenario.picture(width: 24, height: 24), hints: hints)
      scenario.press("g")
      #expect(scenario.text.firstMatch(of: /\+\d+ more *│/) == nil, "\(scenario.text)")
      #expect(scenario.text.contains(" 16 "), "\(scenario.text)")
    }
  }

  @Test(
    "wide pictures stand one above the other, tall ones beside each other",
    arguments: [(Shape.wide, true), (.tall, false)])
  func arrangement(shape: Shape, isAbove: Bool) throws {
    let (width, height) = shape.size
    let pictures = PictureShape(columns: width, rows: height, count: 2)
    for (columns, rows) in [(200, 60), (160, 50), (120, 40), (100, 30)] {
      let layout = try #require(
        ScreenLayout(width: columns, height: rows, strip: .none, pictures: pictures))
      let halves = pictures.halves(of: layout.map)
      #expect((halves.first.y < halves.second.y) == isAbove, "\(columns)×\(rows)")
      #expect(halves.first.intersection(halves.second).isEmpty)
    }
  }
}
