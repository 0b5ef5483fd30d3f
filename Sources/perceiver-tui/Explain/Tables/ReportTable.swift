// Rows under named columns, as text in columns, as CSV and as JSON.

import Foundation
import Pictures

/// A small table.
struct ReportTable: Sendable, Equatable {
  /// What stands in a row below a column.
  enum Cell: Sendable, Equatable {
    case text(String)
    /// A measure; one that is not finite is nothing.
    case number(Double)
    case count(Int)
    case truth(Bool)
    case nothing

    init(_ value: Double?) {
      self = value.map { $0.isFinite ? .number($0) : .nothing } ?? .nothing
    }

    init(_ value: Int?) { self = value.map { .count($0) } ?? .nothing }

    init(_ value: String?) { self = value.map { .text($0) } ?? .nothing }

    init(_ value: Bool?) { self = value.map { .truth($0) } ?? .nothing }
  }

  /// Names, each once.
  let columns: [String]
  /// As many cells each as there are columns.
  var rows: [[Cell]] = []

  init(_ columns: [String], _ rows: [[Cell]] = []) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "a row with other columns")
    (self.columns, self.rows) = (columns, rows)
  }

  /// For people: numbers with about three digits.
  var lines: [String] {
    AlignedTable.lines(
      [columns]
        + rows.map { row in
          row.map { cell in
            switch cell {
            case .text(let text): text
            case .number(let number): Figures.number(number)
            case .count(let count): "\(count)"
            case .truth(let value): value ? "yes" : "no"
            case .nothing: "-"
            }
          }
        })
  }

  /// A line of names, and one for each row; numbers with all their digits, nothing is empty.
  var csv: String {
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

  /// As CSV has it: in quotes where a comma, a quote or a new line is in it.
  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}

extension ReportTable: Encodable {
  private struct Column: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
  }

  /// A list of objects, one for each row, with the columns' names as keys.
  func encode(to encoder: any Encoder) throws {
    var list = encoder.unkeyedContainer()
    for row in rows {
      var object = list.nestedContainer(keyedBy: Column.self)
      for (column, cell) in zip(columns, row) {
        let key = Column(stringValue: column)
        switch cell {
        case .text(let text): try object.encode(text, forKey: key)
        case .number(let number): try object.encode(number, forKey: key)
        case .count(let count): try object.encode(count, forKey: key)
        case .truth(let value): try object.encode(value, forKey: key)
        case .nothing: try object.encodeNil(forKey: key)
        }
      }
    }
  }
}
