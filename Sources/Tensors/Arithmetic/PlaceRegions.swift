// How places are cut into pieces of work: by their shape alone, never by the number of threads.

/// A rectangle of places: a range of the last axis by a range of rows.
struct PlaceRegion: Sendable {
  let columns: Range<Int>
  let rows: Range<Int>
}

/// Places cut into rectangles that cover them.
struct PlaceRegions: Sendable {
  let count: Int
  private let width: Int
  private let rowCount: Int
  private let columns: Int
  private let rows: Int
  /// Rectangles beside each other, and one below another.
  let across: Int
  var down: Int { count / max(1, across) }

  /// Rectangles of at most so many columns; of rows as few as give about `pieces` rectangles.
  init(_ places: SeparablePlaces, columns limit: Int, pieces: Int = 16) {
    width = places.width
    rowCount = places.rowCount
    let most = max(1, (width + limit - 1) / max(1, limit))
    columns = (width + most - 1) / most
    across = (width + columns - 1) / columns
    let spans = min(max(1, rowCount / 8), max(1, (pieces + across - 1) / across))
    rows = (rowCount + spans - 1) / spans
    count = across * ((rowCount + rows - 1) / rows)
  }

  subscript(index: Int) -> PlaceRegion {
    let (span, block) = index.quotientAndRemainder(dividingBy: across)
    return PlaceRegion(
      columns: block * columns..<min(width, (block + 1) * columns),
      rows: span * rows..<min(rowCount, (span + 1) * rows))
  }
}

/// How an average over places is cut: into tiles of queries, and regions.
struct PlaceCut: Sendable {
  /// Queries that read a row together, while it is in the cache nearest the processor.
  let tile: Int
  let tiles: Int
  let regions: PlaceRegions

  /// Pieces of work that keep a few threads busy to the end.
  private static let pieces = 8

  init(_ places: SeparablePlaces, heads: Int, queries: Int) {
    let most = places.width <= 512 ? 32 : 16
    tile = min(most, max(1, heads * queries / Self.pieces))
    tiles = (queries + tile - 1) / tile
    // Tables are made once for each tile and range of columns, so rows are cut only if they must.
    let others = heads * tiles
    regions = PlaceRegions(
      places, columns: 2048, pieces: (Self.pieces + others - 1) / max(1, others))
  }

  /// Columns of a region whose scores of all queries stay in the cache.
  static func columns(_ places: SeparablePlaces, queries: Int) -> Int {
    max(16, min(512, 65536 / max(1, queries)))
  }
}
