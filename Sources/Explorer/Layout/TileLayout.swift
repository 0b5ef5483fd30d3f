// Where small maps stand: those of latents in the strip and in the grid, and channels of positions.

import Screens

/// A page of small maps, the chosen one among them, each with a line for its name under it.
///
/// Of all numbers of columns, the one is taken that makes the maps largest. Where not all of them fit
/// at a size at which they can be made out, there are pages.
struct TileLayout: Sendable, Hashable {
  /// The latents, or other things, on the page, from 0.
  let latents: Range<Int>
  /// How many there are, on all pages.
  let count: Int
  /// Columns of a tile's map in cells.
  let mapWidth: Int
  /// Rows of a tile's map in cells.
  let mapHeight: Int
  /// Tiles side by side.
  let columns: Int
  /// Tiles one below the other.
  let rows: Int
  /// The line that says how many are on other pages; nil where all are here, or where a title says it.
  let remark: Rect?
  private let area: Rect
  private let labelWidth: Int

  /// How tiles are arranged.
  enum Arrangement: Sendable, Hashable {
    /// As many as fill the area well; a title says which.
    case strip
    /// All, or as many as can be made out; a line says how many more there are.
    case grid
  }

  /// The least that a map is drawn at: cells and rows of a map of two axes, and columns of a line.
  private static let leastCells = 32.0
  /// The same where nothing is left for other pages: a square of four rows may lack a column.
  private static let leastCellsOfAll = 28.0
  private static let leastRows = 4
  private static let leastColumns = 4
  private static let leastLine = 24

  /// Lays out tiles with maps of `grid`'s proportions; nil where not one fits.
  ///
  /// Each tile has its map, a line for its name under it, and a column to its right.
  ///
  /// - Parameter labelWidth: Columns that a name needs.
  init?(
    _ arrangement: Arrangement, area: Rect, grid: KeyGrid, count: Int, chosen: Int,
    labelWidth: Int = 0
  ) {
    guard area.height >= 2, area.width >= 3, count > 0, grid.columns > 0, grid.rows > 0 else {
      return nil
    }
    self.count = count
    self.labelWidth = labelWidth
    let shape = Shape(grid)
    let leastColumn = max(Self.leastColumns, labelWidth) + 1
    if let best = Self.showingAll(count, shape, leastColumn, in: area) {
      (columns, rows, mapWidth, mapHeight) = best
      (latents, remark, self.area) = (0..<count, nil, area)
      return
    }
    let hasRemark = arrangement == .grid && area.height >= 4
    let tiles = area.inset(bottom: hasRemark ? 1 : 0)
    (columns, rows, mapWidth, mapHeight) = Self.page(arrangement, shape, leastColumn, in: tiles)
    let perPage = columns * rows
    let page = min(max(0, chosen), count - 1) / perPage
    latents = page * perPage..<min(count, (page + 1) * perPage)
    remark = hasRemark && latents.count < count ? area.row(area.height - 1) : nil
    self.area = tiles
  }

  /// What is said on the line of the remark: `+80 more`.
  var remarkWords: String { "+\(count - latents.count) more" }

  /// The tile of a latent of the page: its map, above its name's line.
  func map(of latent: Int) -> Rect {
    let slot = slot(of: latent)
    return Rect(
      x: slot.x + max(0, slot.width - mapWidth) / 2,
      y: slot.y + max(0, slot.height - mapHeight - 1) / 2, width: mapWidth, height: mapHeight
    ).intersection(area)
  }

  /// The line for a latent's name.
  func label(of latent: Int) -> Rect {
    let (slot, map) = (slot(of: latent), map(of: latent))
    let width = min(slot.width, max(map.width, labelWidth))
    return Rect(
      x: slot.x + max(0, slot.width - width) / 2, y: map.endY, width: width, height: 1
    ).intersection(area)
  }

  /// The latent whose tile a cell lies in.
  func latent(at point: Point) -> Int? {
    latents.first { latent in
      map(of: latent).contains(point) || label(of: latent).contains(point)
    }
  }

  /// The room of a tile: what is left over is divided among all.
  private func slot(of latent: Int) -> Rect {
    let (row, column) = (latent - latents.lowerBound).quotientAndRemainder(dividingBy: columns)
    // Behind the last there is no gap.
    let width = area.width + 1
    let (left, right) = (width * column / columns, width * (column + 1) / columns)
    let (top, bottom) = (area.height * row / rows, area.height * (row + 1) / rows)
    return Rect(
      x: area.x + left, y: area.y + top, width: right - left - 1, height: bottom - top)
  }

  private typealias Form = (columns: Int, rows: Int, width: Int, height: Int)

  /// The columns and rows at which all maps are there and as large as can be.
  private static func showingAll(
    _ count: Int, _ shape: Shape, _ leastColumn: Int, in area: Rect
  ) -> Form? {
    var best: Form?
    for columns in 1...min(count, max(1, (area.width + 1) / leastColumn)) {
      let rows = (count + columns - 1) / columns
      guard rows * 2 <= area.height else { continue }
      let size = shape.fitted(room(in: area, columns: columns, rows: rows))
      guard shape.canBeMadeOut(size, in: area, leastCells: leastCellsOfAll) else { continue }
      if best.map({ size.width * size.height > $0.width * $0.height }) ?? true {
        best = (columns, rows, size.width, size.height)
      }
    }
    return best
  }

  /// The columns and rows of a page where not all maps have room: in a grid the most at which they can
  /// be made out, in a strip the most at which they fill nearly as much as they can.
  private static func page(
    _ arrangement: Arrangement, _ shape: Shape, _ leastColumn: Int, in area: Rect
  ) -> Form {
    var forms: [Form] = []
    for columns in 1...max(1, (area.width + 1) / leastColumn) {
      for rows in 1...max(1, area.height / (shape.isLine ? 2 : 3)) {
        let size = shape.fitted(room(in: area, columns: columns, rows: rows))
        guard
          columns * rows == 1 || shape.canBeMadeOut(size, in: area, leastCells: leastCells)
        else { continue }
        forms.append((columns, rows, size.width, size.height))
      }
    }
    func filled(_ form: Form) -> Int { form.columns * form.rows * form.width * form.height }
    let most = forms.map(filled).max() ?? 0
    let share = arrangement == .strip ? wellFilled : 0
    let wanted = forms.filter { Double(filled($0)) >= share * Double(most) }
    return wanted.max {
      ($0.columns * $0.rows, filled($0)) < ($1.columns * $1.rows, filled($1))
    } ?? (1, 1, max(1, area.width), max(1, area.height - 1))
  }

  /// The share of the most that maps can fill which is enough to show more of them instead.
  private static let wellFilled = 0.58

  /// What each of some tiles has for its map.
  private static func room(
    in area: Rect, columns: Int, rows: Int
  ) -> (width: Int, height: Int) {
    (max(1, (area.width + 1) / columns - 1), max(1, area.height / rows - 1))
  }

  /// The proportions of a map.
  private struct Shape {
    /// A map of one axis is one row, as wide as there is room.
    let isLine: Bool
    /// Columns for a row, both in cells.
    let ratio: Double

    init(_ grid: KeyGrid) {
      isLine = grid.rows == 1
      ratio = 2 * Double(grid.columns) / Double(grid.rows)
    }

    /// The largest map in some room.
    func fitted(_ room: (width: Int, height: Int)) -> (width: Int, height: Int) {
      guard !isLine else { return (room.width, 1) }
      let width = Int((Double(room.height) * ratio).rounded())
      if width <= room.width { return (max(1, width), room.height) }
      let height = Int((Double(room.width) / ratio).rounded())
      return (room.width, min(room.height, max(1, height)))
    }

    /// Whether a map of a size can be made out, as far as the area allows that at all.
    func canBeMadeOut(
      _ size: (width: Int, height: Int), in area: Rect, leastCells: Double
    ) -> Bool {
      if isLine { return size.width >= min(TileLayout.leastLine, area.width) }
      let whole = fitted((area.width, max(1, area.height - 1)))
      let least = min(leastCells, Double(whole.width * whole.height))
      return size.height >= min(TileLayout.leastRows, whole.height)
        && Double(size.width * size.height) >= least
    }
  }
}
