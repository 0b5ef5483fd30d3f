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

  /// Reads `row,column,heightxwidth`; nil for anything else, and for a rectangle without pixels.
  public init?(_ text: String) {
    guard let numbers = Self.numbers(text) else { return nil }
    self.init(row: numbers[0], column: numbers[1], height: numbers[2], width: numbers[3])
  }

  /// Whether a text is a rectangle's, even of one without pixels.
  public static func isWritten(as text: String) -> Bool { numbers(text) != nil }

  private static func numbers(_ text: String) -> [Int]? {
    guard let match = text.wholeMatch(of: #/(\d{1,9}),(\d{1,9}),(\d{1,9})[x×](\d{1,9})/#) else {
      return nil
    }
    return [match.1, match.2, match.3, match.4].compactMap { Int($0) }
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
