// Rows under named columns: the one table that the program's exports, its figures and `explain` write.

import Tensors

/// A small table.
public struct ReportTable: Sendable, Equatable {
  /// What stands in a row below a column.
  package enum Cell: Sendable, Equatable {
    case text(String)
    /// A measure; one that is not finite is nothing.
    case number(Double)
    case count(Int)
    case truth(Bool)
    case nothing

    package init(_ value: Double?) {
      self = value.map { $0.isFinite ? .number($0) : .nothing } ?? .nothing
    }

    package init(_ value: Int?) { self = value.map { .count($0) } ?? .nothing }

    package init(_ value: String?) { self = value.map { .text($0) } ?? .nothing }

    package init(_ value: Bool?) { self = value.map { .truth($0) } ?? .nothing }

    /// A number of single precision in the fewest digits that read back the same. One that is not finite
    /// stands there by its name, as in arrays written as CSV.
    package init(single value: Float) {
      self = value.isFinite ? Double("\(value)").map { .number($0) } ?? .nothing : .text("\(value)")
    }
  }

  /// Names, each once.
  package let columns: [String]
  /// As many cells each as there are columns.
  package var rows: [[Cell]] = []

  /// A table.
  ///
  /// - Precondition: each row has as many cells as there are columns.
  package init(_ columns: [String], _ rows: [[Cell]] = []) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "a row with other columns")
    (self.columns, self.rows) = (columns, rows)
  }

  /// A line of names, and one for each row; numbers with all their digits, nothing is empty.
  package var csv: String {
    let lines =
      [columns.map(Self.quoted)]
      + rows.map { row in
        row.map { cell in
          switch cell {
          case .text(let text): Self.quoted(text)
          case .number(let number): "\(number)"
          case .count(let count): "\(count)"
          case .truth(let value): value ? "1" : "0"
          case .nothing: ""
          }
        }
      }
    return lines.map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// The columns that hold no words, and their numbers, `[rows, columns]`: NaN where nothing is.
  package var numbers: (columns: [String], values: Tensor) {
    let kept = columns.indices.filter { column in rows.allSatisfy { $0[column].float != nil } }
    return (
      kept.map { columns[$0] },
      Tensor(
        shape: [rows.count, kept.count],
        values: rows.flatMap { row in kept.map { row[$0].float ?? .nan } })
    )
  }

  /// As CSV has it: in quotes where a comma, a quote or a new line is in it.
  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}

extension ReportTable.Cell {
  /// It as a number of single precision; nil of a word.
  fileprivate var float: Float? {
    switch self {
    // Numbers that are not finite stand there by their names.
    case .text(let text): Float(text).flatMap { $0.isFinite ? nil : $0 }
    case .number(let number): Float(number)
    case .count(let count): Float(count)
    case .truth(let value): value ? 1 : 0
    case .nothing: .nan
    }
  }
}
