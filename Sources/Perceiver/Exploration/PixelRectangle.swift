// A rectangle of pixels as people write it: `12,8,4x6`.

/// A rectangle of an input's rows and columns.
public struct PixelRectangle: Sendable, Hashable {
  /// The first row, from 0.
  public let row: Int
  /// The first column, from 0.
  public let column: Int
  /// Rows.
  public let height: Int
  /// Columns.
  public let width: Int

  /// A rectangle of at least one pixel; nil if it would have none.
  public init?(row: Int, column: Int, height: Int, width: Int) {
    guard row >= 0, column >= 0, height > 0, width > 0 else { return nil }
    (self.row, self.column, self.height, self.width) = (row, column, height, width)
  }

  /// Reads `row,column,heightxwidth`; nil for anything else.
  public init?(_ text: String) {
    guard let match = text.wholeMatch(of: #/(\d{1,9}),(\d{1,9}),(\d{1,9})[x×](\d{1,9})/#),
      let row = Int(match.1), let column = Int(match.2), let height = Int(match.3),
      let width = Int(match.4)
    else { return nil }
    self.init(row: row, column: column, height: height, width: width)
  }

  /// Whether it lies in a picture of so many rows and columns.
  public func fits(rows: Int, columns: Int) -> Bool {
    row + height <= rows && column + width <= columns
  }

  /// Whether a pixel lies in it.
  public func contains(row: Int, column: Int) -> Bool {
    (self.row..<self.row + height).contains(row)
      && (self.column..<self.column + width).contains(column)
  }
}
