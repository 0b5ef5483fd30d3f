// Where the small maps of many latents stand: in the strip, and in the grid.

import Screens

/// A page of small maps, the chosen latent's among them.
struct TileLayout: Sendable, Hashable {
  /// The latents on the page, from 0.
  let latents: Range<Int>
  /// Columns of a tile's map in cells.
  let mapWidth: Int
  /// Rows of a tile's map in cells.
  let mapHeight: Int
  /// Tiles side by side.
  let columns: Int
  private let area: Rect

  /// How many tiles are wanted.
  enum Arrangement: Sendable, Hashable {
    /// One row of tiles as high as the area.
    case strip
    /// As many tiles as can be told apart.
    case grid
  }

  /// Lays out tiles with maps of `grid`'s proportions; nil where not one fits.
  ///
  /// Each tile has its map, a line for the number under it, and a column to its right.
  init?(
    _ arrangement: Arrangement, area: Rect, grid: KeyGrid, count: Int, chosen: Int
  ) {
    guard area.height >= 2, area.width >= 3, count > 0, grid.columns > 0, grid.rows > 0 else {
      return nil
    }
    let size = Self.mapSize(arrangement, in: area, grid: grid, count: count)
    (mapWidth, mapHeight) = size
    columns = max(1, area.width / (mapWidth + 1))
    let rows = max(1, area.height / (mapHeight + 1))
    let perPage = min(count, columns * rows)
    let page = min(max(0, chosen), count - 1) / perPage
    latents = page * perPage..<min(count, (page + 1) * perPage)
    self.area = area
  }

  /// The tile of a latent of the page: its map, above its number's line.
  func map(of latent: Int) -> Rect {
    let index = latent - latents.lowerBound
    return Rect(
      x: area.x + index % columns * (mapWidth + 1), y: area.y + index / columns * (mapHeight + 1),
      width: mapWidth, height: mapHeight
    ).intersection(area)
  }

  /// The line for a latent's number.
  func label(of latent: Int) -> Rect {
    let map = map(of: latent)
    return Rect(x: map.x, y: map.endY, width: map.width, height: 1).intersection(area)
  }

  /// The latent whose tile a cell lies in.
  func latent(at point: Point) -> Int? {
    latents.first { latent in
      map(of: latent).contains(point) || label(of: latent).contains(point)
    }
  }

  private static func mapSize(
    _ arrangement: Arrangement, in area: Rect, grid: KeyGrid, count: Int
  ) -> (Int, Int) {
    if grid.rows == 1 { return (max(2, min(area.width - 1, 24)), 1) }
    let ratio = Double(grid.columns) / Double(grid.rows)
    func width(_ height: Int) -> Int {
      min(max(4, Int((2 * Double(height) * ratio).rounded())), area.width - 1)
    }
    let highest = max(1, area.height - 1)
    guard arrangement == .grid else { return (width(highest), highest) }
    // The largest size that still shows all, else the least at which a map can be made out.
    for height in stride(from: highest, through: 4, by: -1) {
      let fitting = (area.width / (width(height) + 1)) * (area.height / (height + 1))
      if fitting >= count { return (width(height), height) }
    }
    let height = min(highest, 4)
    return (width(height), height)
  }
}
