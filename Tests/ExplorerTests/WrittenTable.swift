// A CSV file as it was written, read back.

import Testing

/// Rows under named columns.
struct WrittenTable {
  let columns: [String]
  let rows: [[String]]

  /// Reads a file of commas, quotes and lines.
  init(_ bytes: [UInt8]?) throws {
    var lines: [[String]] = [[""]]
    var (isQuoted, hasClosed) = (false, false)
    for character in String(decoding: try #require(bytes), as: UTF8.self) {
      let row = lines.count - 1
      let cell = lines[row].count - 1
      switch character {
      // Two quotes in quotes are one: the second opens again what the first closed.
      case "\"":
        if hasClosed { lines[row][cell].append("\"") }
        isQuoted.toggle()
        hasClosed = !isQuoted
        continue
      case "," where !isQuoted: lines[row].append("")
      case "\n" where !isQuoted: lines.append([""])
      default: lines[row][cell].append(character)
      }
      hasClosed = false
    }
    #expect(lines.removeLast() == [""], "the last line ends")
    columns = lines.removeFirst()
    rows = lines
    #expect(rows.allSatisfy { $0.count == columns.count })
    #expect(Set(columns).count == columns.count)
  }

  /// The cells of a column.
  subscript(column: String) -> [String] {
    guard let index = columns.firstIndex(of: column) else { return [] }
    return rows.map { $0[index] }
  }

  /// The numbers of a column; nil where a cell has none.
  func numbers(_ column: String) -> [Double?] { self[column].map { Double($0) } }

  /// The same in single precision.
  func floats(_ column: String) -> [Float] { self[column].compactMap { Float($0) } }
}
