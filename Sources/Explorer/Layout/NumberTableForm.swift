// Which columns of a table of numbers there is room for; the others are counted, and arrows go to them.

import Pictures
import Screens

/// How a table of numbers stands in a width.
package struct NumberTableForm {
  /// Columns as wide as is good to read.
  private static let numberWidth = 10
  /// Those of a matrix, whose numbers are from 0 to 1 and have two decimals.
  private static let shareWidth = 6
  /// What the name of a line keeps at least.
  private static let leastName = 12
  /// What says in place of the names' heading that there are more columns: `← 2 +3 →`.
  private static let markWidth = 9

  /// How wide the names of lines are.
  package let nameWidth: Int
  /// How wide a column is.
  let columnWidth: Int
  /// Whether the columns are the lines once more, each with each.
  let isMatrix: Bool
  /// The columns that are shown.
  package let columns: [Int]
  /// The first column of those that stand side by side, from 0.
  let first: Int
  /// How many columns are not shown, before those and behind.
  package let hidden: (before: Int, behind: Int)

  /// - Parameters:
  ///   - count: How many columns there are.
  ///   - longest: The width of the longest name and the space behind it.
  ///   - isMatrix: Whether the columns are the lines once more.
  ///   - sorting: The column that lines are sorted by, which is always shown; nil for none.
  ///   - first: The column to begin with, as far as that leaves no room empty.
  package init(
    columnCount count: Int, longestName longest: Int, isMatrix: Bool = false, sorting: Int?,
    first: Int, width: Int
  ) {
    let columnWidth = isMatrix ? Self.shareWidth : Self.numberWidth
    (self.columnWidth, self.isMatrix) = (columnWidth, isMatrix)
    // A name that is cut off would be another's: columns give way to it, but for one.
    var nameWidth = min(longest, max(Self.leastName, width - columnWidth))
    func room(_ nameWidth: Int) -> Int {
      min(count, max(1, (width - nameWidth) / columnWidth))
    }
    if room(nameWidth) < count { nameWidth = max(nameWidth, Self.markWidth) }
    self.nameWidth = nameWidth
    let room = room(nameWidth)
    let begin = min(max(0, first), count - room)
    let window = begin..<begin + room
    columns =
      switch sorting {
      case let sorting? where sorting < begin: [sorting] + window.dropFirst()
      case let sorting? where sorting >= window.upperBound: Array(window.dropLast()) + [sorting]
      default: Array(window)
      }
    self.first = begin
    let missing = Set(0..<count).subtracting(columns)
    hidden = (missing.count { $0 < begin }, missing.count { $0 >= begin })
  }

  /// The width at which all columns are shown.
  fileprivate static func wholeWidth(
    columnCount count: Int, longestName longest: Int, isMatrix: Bool
  ) -> Int {
    max(leastName, longest) + count * (isMatrix ? shareWidth : numberWidth)
  }

  /// A line's name; in a matrix behind its number, which heads its column.
  func name(of row: NumberTable.Row) -> String { Self.name(of: row, inMatrix: isMatrix) }

  fileprivate static func name(of row: NumberTable.Row, inMatrix: Bool) -> String {
    inMatrix ? "\(row.stage.map { $0 + 1 } ?? 0) \(row.name)" : row.name
  }

  /// A number as it is written.
  func words(of number: Double) -> String {
    guard isMatrix, number.isFinite else { return Figures.number(number, digits: 3) }
    let hundredths = Int((100 * number).rounded())
    let rest = "\(hundredths % 100)"
    return "\(hundredths / 100)." + (rest.count < 2 ? "0" : "") + rest
  }

  /// How many columns there are to the left and to the right; empty where all are shown.
  func mark(_ symbols: Symbols) -> String {
    let before = hidden.before > 0 ? "\(symbols.arrowLeft) \(hidden.before)" : ""
    let behind = hidden.behind > 0 ? "+\(hidden.behind) \(symbols.arrowRight)" : ""
    return [before, behind].filter { !$0.isEmpty }.joined(separator: " ")
  }
}

extension ExplorerState {
  /// How the shown table of numbers stands in the large pane; nil where none does.
  var numberTableForm: NumberTableForm? {
    mainArea.flatMap { numberTableForm(width: tableParts(of: $0).table.width) }
  }

  /// How many columns of a screen the shown table takes with all its numbers; nil where none is shown.
  var wholeNumberTableWidth: Int? {
    guard isNumberTableShown else { return nil }
    let (isMatrix, longest) = numberTableNames
    return NumberTableForm.wholeWidth(
      columnCount: numberColumns.count, longestName: longest, isMatrix: isMatrix)
  }

  /// Whether the shown table is a matrix, and the width of its longest name and the space behind it.
  private var numberTableNames: (isMatrix: Bool, longest: Int) {
    let isMatrix = isNumberMatrix
    // The order of lines does not matter here.
    let names = unsortedNumberRows.map { NumberTableForm.name(of: $0, inMatrix: isMatrix) }
    return (isMatrix, (names.map(\.displayWidth).max() ?? 0) + 1)
  }

  /// How the shown table of numbers stands in a width; nil where none is shown.
  func numberTableForm(width: Int) -> NumberTableForm? {
    guard let table = shownNumberTable else { return nil }
    let (isMatrix, longest) = numberTableNames
    return NumberTableForm(
      columnCount: numberColumns.count, longestName: longest, isMatrix: isMatrix,
      sorting: numberSorting, first: numberTable.table == table ? numberTable.firstColumn : 0,
      width: width)
  }

  /// Why no column can be gone to.
  var reasonAgainstColumns: String? {
    guard let form = numberTableForm, form.hidden.before + form.hidden.behind > 0 else {
      return "all columns are shown; \(reachableKeyName("next-stage")) goes to the next stage"
    }
    return nil
  }

  /// Shows columns further to the right, or to the left.
  mutating func scrollColumns(by steps: Int) {
    guard let table = shownNumberTable, let form = numberTableForm else { return }
    if numberTable.table != table { numberTable = NumberTableView(table: table) }
    numberTable.firstColumn = form.first + steps
    // Beyond the ends there is nothing.
    let first = numberTableForm?.first ?? 0
    numberTable.firstColumn = first
    if first == form.first {
      message = .information(
        steps > 0 ? "these are the last columns" : "these are the first columns")
    }
  }
}
