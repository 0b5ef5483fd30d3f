// Where the maps of all heads stand: a row for each stage, a column for each head.

import Perceiver
import Screens

/// The heads' maps that an area shows, the chosen head's among them.
struct HeadTileLayout: Sendable, Hashable {
  /// The stages that are seen, from the top.
  let stages: [StageID]
  /// The heads that are seen of each, as far as it has them.
  let heads: Range<Int>
  /// Columns of a map over the input in cells.
  let mapWidth: Int
  /// Rows of a map in cells.
  let mapHeight: Int
  /// Columns of the stages' names, before the maps.
  let nameWidth: Int
  /// How many heads are not seen.
  let hiddenCount: Int
  private let area: Rect

  /// Rows of a map at which something can still be made out, and those that are enough.
  private static let heights = (least: 3, most: 16)
  /// Columns of a map at which something can still be made out.
  private static let leastWidth = 4

  /// Lays out maps of `grid`'s proportions; nil where not one fits.
  ///
  /// Each has a line for its number under it, and a column to its right.
  init?(area: Rect, stages all: [StageID], grid: KeyGrid, chosen: HeadTable.Row) {
    let longest = all.map(\.name.displayWidth).max() ?? 0
    nameWidth = min(longest + 1, area.width / 3)
    let room = area.width - nameWidth
    let most = all.map(\.heads).max() ?? 0
    guard most > 0, area.height >= 3, room >= 5, grid.columns > 0, grid.rows > 0 else { return nil }
    let ratio = Double(grid.columns) / Double(grid.rows)
    func width(_ height: Int) -> Int {
      // What has one axis is drawn as a band, which has no proportions to keep: where room is short,
      // it becomes narrow, so that a stage's heads stand beside each other.
      let wanted =
        grid.rows == 1
        ? min(4 * height, room / most - 1) : Int((2 * Double(height) * ratio).rounded())
      return min(max(Self.leastWidth, wanted), room - 1)
    }
    func showsAll(_ height: Int) -> Bool {
      all.count * (height + 1) <= area.height && most * (width(height) + 1) <= room
    }
    let highest = min(area.height - 2, Self.heights.most)
    let fitting = stride(from: highest, through: min(2, highest), by: -1).first(where: showsAll)
    mapHeight = fitting ?? min(highest, Self.heights.least)
    mapWidth = width(mapHeight)
    self.area = area
    guard fitting == nil else {
      (stages, heads, hiddenCount) = (all, 0..<most, 0)
      return
    }
    // The last line says how many are not seen.
    let rows = Range.lines(
      of: all.count, rows: max(1, (area.height - 1) / (mapHeight + 1)),
      around: all.firstIndex { $0.index == chosen.stage } ?? 0)
    let seen = Range.lines(
      of: most, rows: max(1, room / (mapWidth + 1)), around: chosen.head)
    (stages, heads) = (Array(all[rows]), seen)
    let seenCount = stages.reduce(0) { $0 + seen.clamped(to: 0..<$1.heads).count }
    hiddenCount = all.reduce(0) { $0 + $1.heads } - seenCount
  }

  /// The heads that are seen, stage by stage.
  var rows: [HeadTable.Row] {
    stages.flatMap { id in
      heads.clamped(to: 0..<id.heads).map { HeadTable.Row(stage: id.index, head: $0) }
    }
  }

  /// The cells of a map of a stage: those of latents by latents are square.
  func size(of id: StageID) -> (width: Int, height: Int) {
    (id.kind.mapGround == .tokens ? mapWidth : min(mapWidth, 2 * mapHeight), mapHeight)
  }

  /// Where a head's map stands, above its number's line; nil where it is not seen.
  func map(of row: HeadTable.Row) -> Rect? {
    guard heads.contains(row.head), let line = stages.firstIndex(where: { $0.index == row.stage })
    else { return nil }
    let size = size(of: stages[line])
    return Rect(
      x: area.x + nameWidth + (row.head - heads.lowerBound) * (mapWidth + 1),
      y: area.y + line * (mapHeight + 1), width: size.width, height: size.height
    ).intersection(area)
  }

  /// The line for a head's number.
  func label(of row: HeadTable.Row) -> Rect? {
    map(of: row).map {
      Rect(x: $0.x, y: $0.endY, width: $0.width, height: 1).intersection(area)
    }
  }

  /// The line for a stage's name.
  func name(of line: Int) -> Rect {
    Rect(x: area.x, y: area.y + line * (mapHeight + 1), width: max(0, nameWidth - 1), height: 1)
      .intersection(area)
  }

  /// The head whose map a cell lies in.
  func row(at point: Point) -> HeadTable.Row? {
    rows.first { map(of: $0)?.contains(point) == true || label(of: $0)?.contains(point) == true }
  }
}
