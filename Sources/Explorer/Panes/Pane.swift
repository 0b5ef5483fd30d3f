// What panes have in common, and the two lists of them: a new pane is one file and one line here.

import Screens

/// A part of the screen.
package protocol Pane: SendableMetatype {
  /// Draws it in an area of any size; `cache` only saves time.
  static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache)
}

/// A part of the right column.
package protocol ColumnPane: Pane {
  /// Its entry in the glossary.
  static var topic: String { get }
  /// Rows that it needs at least, and may grow to.
  static var rows: ClosedRange<Int> { get }
  /// Whether it is there, where there is room.
  static func isWanted(with content: ScreenLayout.Content) -> Bool
  /// When it goes, where rows are too few.
  static func yields(to content: ScreenLayout.Content) -> Yielding
  /// Its title, as full as so many columns have room for.
  static func title(_ state: ExplorerState, width: Int) -> String
  /// The command whose key leads to it, or to what it is of; nil where none does.
  static func command(_ state: ExplorerState) -> Command.ID?
  /// Whether a click anywhere in it presses that key, and not one on its title alone.
  static var isPressedAnywhere: Bool { get }
  /// The words that now stand before its numbers.
  static func words(_ state: ExplorerState) -> [ScreenWord]
}

/// When a part of the column gives way to the others.
package enum Yielding: Int, Sendable, Comparable {
  /// Before all others.
  case first
  /// After those.
  case second
  /// Never.
  case never

  package static func < (left: Yielding, right: Yielding) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension ColumnPane {
  package static func isWanted(with content: ScreenLayout.Content) -> Bool { true }
  package static func yields(to content: ScreenLayout.Content) -> Yielding { .never }
  package static func command(_ state: ExplorerState) -> Command.ID? { nil }
  package static var isPressedAnywhere: Bool { true }
  package static func words(_ state: ExplorerState) -> [ScreenWord] { [] }
}

/// What the large pane may show.
package protocol MainPane: Pane {
  /// Its entry in the glossary.
  static var topic: String { get }
  /// Whether it is what is shown, unless one before it in the list is.
  static func isShown(_ state: ExplorerState) -> Bool
  /// The words over its columns; none where it is no table.
  static func columns(_ state: ExplorerState) -> [ColumnWord]
}

extension MainPane {
  package static func columns(_ state: ExplorerState) -> [ColumnWord] { [] }
}

/// The panes of the screen.
package enum Panes {
  /// The right column, from top to bottom.
  package static let column: [any ColumnPane.Type] = [
    TrainingPane.self, HyperparametersPane.self, WhyFiguresPane.self, ReadoutPane.self,
    ClassesPane.self, LegendPane.self,
  ]

  /// The large pane: the first of these that is shown.
  package static let main: [any MainPane.Type] = [
    ComparisonPane.self, PatchPane.self, HeadTilesPane.self, HeadsPane.self, NumberTablePane.self,
    PixelReadersPane.self, ChannelsPane.self, ThroughDecoderPane.self, WholePhotoPane.self,
    WhyPane.self, TextPane.self,
    ReconstructionPane.self, FigurePane.self, SharesPane.self, GridPane.self, MatrixPane.self,
    SideBySidePane.self, CurvePane.self, MapPane.self,
  ]

  /// What the large pane shows; what it would show without one pane, where that is given.
  static func main(
    of state: ExplorerState, butFor other: (any MainPane.Type)? = nil
  ) -> any MainPane.Type {
    main.first { $0.isShown(state) && $0 != other } ?? MapPane.self
  }
}

extension Range<Int> {
  /// The lines of a list that are shown: as many as there is room for, around the chosen one.
  static func lines(of count: Int, rows: Int, around chosen: Int) -> Range<Int> {
    let rows = Swift.min(Swift.max(0, rows), count)
    let first = Swift.min(Swift.max(0, chosen - rows / 2), count - rows)
    return first..<first + rows
  }
}
