// The proportions of what a pane shows, and the arrangement that makes it largest.

import Screens

/// One picture, or two of one size, beside each other or one above the other.
public struct PictureShape: Sendable, Hashable {
  /// Pixels of a picture across.
  public let columns: Int
  /// Pixels of a picture down.
  public let rows: Int
  /// How many pictures: 1 or 2.
  public let count: Int
  /// Cells beside and above a picture that words take.
  public let margin: Margin

  /// Cells at the left and at the top of each picture.
  public struct Margin: Sendable, Hashable {
    let left: Int
    let top: Int

    /// Cells at the left and at the top of each picture.
    public init(left: Int = 0, top: Int = 0) { (self.left, self.top) = (left, top) }
  }

  /// Pictures of so many square pixels.
  ///
  /// - Precondition: both sides and the count are at least 1.
  public init(columns: Int, rows: Int, count: Int = 1, margin: Margin = .init()) {
    precondition(columns > 0 && rows > 0 && (1...2).contains(count))
    (self.columns, self.rows, self.count, self.margin) = (columns, rows, count, margin)
  }

  /// What pictures take of an area.
  struct Fit: Sendable, Hashable {
    /// Columns from the first picture to the last, the gap between them with them.
    let width: Int
    /// Rows from the first picture to the last.
    let height: Int
    /// Cells of all pictures.
    let filled: Int
  }

  /// The largest that the pictures can be in an area.
  func fit(in area: Rect) -> Fit {
    guard count > 1 else { return one(in: area) }
    let parts = halves(of: area)
    let picture = one(in: parts.first)
    let isBeside = parts.first.y == parts.second.y
    return Fit(
      width: isBeside ? 2 * picture.width + 1 : picture.width,
      height: isBeside ? picture.height : 2 * picture.height + 1, filled: 2 * picture.filled)
  }

  /// Two parts of an area, beside each other or one above the other, whichever makes pictures larger; a
  /// column or row is left free between them.
  package func halves(of area: Rect) -> (first: Rect, second: Rect) {
    func parts(_ direction: Rect.SplitDirection) -> (first: Rect, second: Rect) {
      let parts = area.split(direction, into: [.share(1), .fixed(1), .share(1)])
      return (parts[0], parts[2])
    }
    let (beside, above) = (parts(.horizontally), parts(.vertically))
    func filled(_ parts: (first: Rect, second: Rect)) -> Int {
      one(in: parts.first).filled + one(in: parts.second).filled
    }
    return filled(above) > filled(beside) ? above : beside
  }

  private func one(in area: Rect) -> Fit {
    let room = area.inset(left: margin.left, top: margin.top)
    guard !room.isEmpty else { return Fit(width: 0, height: 0, filled: 0) }
    let scale = min(
      Double(room.width) / Double(columns), Double(2 * room.height) / Double(rows))
    let width = min(room.width, max(1, Int((Double(columns) * scale).rounded())))
    let height = min(room.height, max(1, Int((Double(rows) * scale / 2).rounded())))
    return Fit(
      width: width + margin.left, height: height + margin.top, filled: width * height)
  }
}
