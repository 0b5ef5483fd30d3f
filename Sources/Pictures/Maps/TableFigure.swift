// A table as a figure for a paper or a slide: a line for each row, and a bar beside each measure.

import Screens

/// A table with bars.
package struct TableFigure: Sendable {
  /// What stands above everything.
  package let title: String
  /// The rows; columns that have measures get bars.
  package let table: ReportTable
  /// The ends of the bars of a column, by its name; those of its own numbers and zero if it has none.
  package let scales: [String: ClosedRange<Double>]
  /// What stands below everything, a paragraph each.
  package let notes: [String]

  /// A figure of a table.
  ///
  /// - Parameter most: How many of its rows there is room for; what is left out is said below them.
  package init(
    title: String, _ table: ReportTable, scales: [String: ClosedRange<Double>] = [:],
    most: Int = .max, notes: [String] = []
  ) {
    (self.title, self.scales) = (title, scales)
    guard table.rows.count > most else {
      (self.table, self.notes) = (table, notes)
      return
    }
    self.table = ReportTable(table.columns, Array(table.rows.prefix(most)))
    self.notes =
      ["The first \(Figures.grouped(most)) of \(Figures.grouped(table.rows.count)) rows."] + notes
  }
}

extension TableFigure: Figure {
  private static let barColour = RGB(red: 0.33, green: 0.52, blue: 0.74)
  private static let lineColour = RGB(red: 0.7, green: 0.7, blue: 0.7)

  /// A column as it is drawn.
  private struct Column {
    let name: String
    let cells: [String]
    /// The numbers, where it has measures.
    let numbers: [Double?]
    /// The ends of its bars; nil for a column without.
    let scale: ClosedRange<Double>?
    var x = 0
    var width = 0
  }

  package func laidOut(width: Int) -> FigureSheet {
    var sheet = FigureSheet(width: width)
    let (margin, right) = (sheet.margin, sheet.width - sheet.margin)
    var y = margin
    sheet.writeLine(title, x: margin, y: &y, upTo: right)
    y += margin / 2
    let columns = placed(columns, on: sheet)
    for column in columns {
      sheet.write(column.name, x: column.x, y: y, upTo: column.x + column.width)
    }
    y += sheet.lineHeight
    sheet.bars.append(
      .init(
        x: margin, y: y - sheet.textScale, width: right - margin, height: sheet.textScale,
        colour: Self.lineColour))
    y += sheet.textScale
    for row in table.rows.indices {
      for column in columns { Self.draw(column, row, y: y, on: &sheet) }
      y += sheet.lineHeight
    }
    sheet.writeParagraphs(notes, y: &y)
    sheet.height = y + margin
    return sheet
  }

  private var columns: [Column] {
    table.columns.indices.map { index in
      let cells = table.rows.map { $0[index] }
      let numbers = cells.map { if case .number(let number) = $0 { number } else { Double?.none } }
      let measures = numbers.compactMap(\.self)
      var scale: ClosedRange<Double>?
      if !measures.isEmpty {
        let own = min(0, measures.min() ?? 0)...max(0, measures.max() ?? 0)
        let given = scales[table.columns[index]] ?? own
        scale =
          min(own.lowerBound, given.lowerBound)...max(own.upperBound, given.upperBound)
      }
      return Column(
        name: table.columns[index], cells: cells.map(Self.words), numbers: numbers, scale: scale)
    }
  }

  private static func words(_ cell: ReportTable.Cell) -> String {
    switch cell {
    case .text(let text): text.visible
    case .number(let number): Figures.number(number)
    case .count(let count): "\(count)"
    case .truth(let value): value ? "yes" : "no"
    case .nothing: ""
    }
  }

  /// Columns side by side: as wide as their words, and those with bars as wide as is left.
  private func placed(_ columns: [Column], on sheet: FigureSheet) -> [Column] {
    let gap = 2 * sheet.letterWidth
    func words(_ column: Column) -> Int {
      ([column.name] + column.cells).map { sheet.width(of: $0) }.max() ?? 0
    }
    let needed = columns.reduce(-gap) { $0 + words($1) + gap }
    let left = max(0, sheet.width - 2 * sheet.margin - needed)
    let bars = columns.count { $0.scale != nil }
    var x = sheet.margin
    return columns.map { column in
      var column = column
      column.x = x
      column.width = words(column) + (column.scale == nil || bars == 0 ? 0 : left / bars)
      x += column.width + gap
      return column
    }
  }

  /// Draws a cell: its words, to the right where they are a number behind a bar.
  private static func draw(_ column: Column, _ row: Int, y: Int, on sheet: inout FigureSheet) {
    let right = column.x + column.width
    let words = column.cells[row]
    guard let scale = column.scale, let number = column.numbers[row] else {
      return sheet.write(words, x: column.x, y: y, upTo: right)
    }
    sheet.write(words, x: right - sheet.width(of: words), y: y, upTo: right)
    let widest = column.cells.map { sheet.width(of: $0) }.max() ?? 0
    let length = column.width - widest - sheet.letterWidth
    let span = scale.upperBound - scale.lowerBound
    guard length > 0, span > 0 else { return }
    func place(_ value: Double) -> Int {
      Int((Double(length) * (value - scale.lowerBound) / span).rounded())
    }
    let (zero, end) = (place(0), place(number))
    let start = column.x + min(zero, end)
    sheet.bars.append(
      .init(
        x: start, y: y, width: max(1, abs(end - zero)), height: sheet.letterHeight,
        colour: barColour))
    if scale.lowerBound < 0, scale.upperBound > 0 {
      sheet.bars.append(
        .init(
          x: column.x + zero, y: y - sheet.textScale, width: max(1, sheet.textScale / 2),
          height: sheet.lineHeight, colour: lineColour))
    }
  }
}
