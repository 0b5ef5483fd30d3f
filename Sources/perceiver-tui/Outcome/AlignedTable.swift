// Cells in columns, for people.

import Screens

/// A table as lines of text.
enum AlignedTable {
  /// Columns as wide as their widest cell, numbers to the right of words.
  ///
  /// - Parameter rows: The first has the columns' names; all have as many cells.
  static func lines(_ rows: [[String]]) -> [String] {
    let columns = rows.first?.indices ?? 0..<0
    let widths = columns.map { column in rows.map { $0[column].displayWidth }.max() ?? 0 }
    let areNumbers = columns.map { column in
      rows.dropFirst().allSatisfy { Double($0[column]) != nil || $0[column] == "-" }
    }
    return rows.map { row in
      columns.map { column in
        row[column].padded(
          toWidth: widths[column], areNumbers[column] && column > 0 ? .trailing : .leading)
      }.joined(separator: "  ").trimmingSuffix(" ")
    }
  }
}
