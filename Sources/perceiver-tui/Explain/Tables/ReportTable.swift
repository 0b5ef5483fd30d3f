// Tables as text in columns and as JSON.

import Foundation
import Pictures

extension ReportTable {
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
}

extension ReportTable: Encodable {
  private struct Column: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
  }

  /// A list of objects, one for each row, with the columns' names as keys.
  public func encode(to encoder: any Encoder) throws {
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
