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
    var name: String
    var cells: [String] { didSet { cellLetters = Self.most(cells) } }
    /// The numbers, where it has measures.
    let numbers: [Double?]
    /// The ends of its bars; nil for a column without.
    let scale: ClosedRange<Double>?
    var x = 0
    var width = 0
    /// The length of its bars, from one end of the scale to the other; 0 where it has none.
    var bar = 0
    /// The most letters of a cell or of its name.
    var letters: Int { max(name.displayWidth, cellLetters) }
    /// The most letters of a cell.
    private(set) var cellLetters: Int

    init(name: String, cells: [String], numbers: [Double?], scale: ClosedRange<Double>?) {
      (self.name, self.cells, self.numbers, self.scale) = (name, cells, numbers, scale)
      cellLetters = Self.most(cells)
    }

    private static func most(_ cells: [String]) -> Int { cells.map(\.displayWidth).max() ?? 0 }
  }

  package func laidOut(width: Int) -> FigureSheet {
    var sheet = FigureSheet(width: width)
    let columns = placed(columns, on: &sheet)
    let (margin, right) = (sheet.margin, sheet.width - sheet.margin)
    var y = margin
    sheet.writeWrapped(title, y: &y)
    y += margin / 2
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

  /// Letters of a bar that is worth its room.
  private static let leastBar = 6
  /// Letters that stay of words which are cut, and of names of numbers.
  private static let (leastWords, leastName) = (16, 6)

  /// Columns side by side, all bars of one length. Where there is little room letters are smaller, then
  /// words are cut, then bars are left out, then names are cut; numbers never are: at last the sheet is
  /// wider.
  private func placed(_ columns: [Column], on sheet: inout FigureSheet) -> [Column] {
    var (columns, bar) = (columns, Self.leastBar)
    while Self.letters(columns, bar: bar) > Self.room(sheet), sheet.shrinkLetters() {}
    if Self.letters(columns, bar: bar) > Self.room(sheet) {
      columns = Self.cut(columns, bar: bar, to: Self.room(sheet))
    }
    if Self.letters(columns, bar: bar) > Self.room(sheet) {
      bar = 0
      columns = Self.cutNames(columns, to: Self.room(sheet))
    }
    let least = Self.letters(columns, bar: bar)
    if least > Self.room(sheet) { sheet.widen(to: 2 * sheet.margin + least * sheet.letterWidth) }
    let hasBars = bar > 0 && columns.contains { $0.scale != nil }
    while hasBars, Self.letters(columns, bar: bar + 1) <= Self.room(sheet) { bar += 1 }
    var x = sheet.margin
    return columns.map { column in
      var column = column
      (column.x, column.bar) = (x, column.scale == nil ? 0 : bar * sheet.letterWidth)
      column.width = Self.letters(column, bar: bar) * sheet.letterWidth
      x += column.width + Self.gap * sheet.letterWidth
      return column
    }
  }

  /// Letters between two columns.
  private static let gap = 2

  /// How many letters stand beside each other on a sheet.
  private static func room(_ sheet: FigureSheet) -> Int {
    (sheet.width - 2 * sheet.margin) / sheet.letterWidth
  }

  /// Letters of a column: its words, and before numbers a bar.
  private static func letters(_ column: Column, bar: Int) -> Int {
    guard column.scale != nil, bar > 0 else { return column.letters }
    return max(column.name.displayWidth, column.cellLetters + 1 + bar)
  }

  /// Letters of all columns with what lies between them.
  private static func letters(_ columns: [Column], bar: Int) -> Int {
    columns.reduce(-gap) { $0 + letters($1, bar: bar) + gap }
  }

  /// The widest words cut in their middle, as far as that makes room: the ends of paths differ.
  private static func cut(_ columns: [Column], bar: Int, to room: Int) -> [Column] {
    let limits = limits(
      columns.map(\.cellLetters), excess: letters(columns, bar: bar) - room,
      least: columns.map {
        $0.scale == nil ? max(leastWords, $0.name.displayWidth) : $0.cellLetters
      })
    return zip(columns, limits).map { column, limit in
      var column = column
      column.cells = column.cells.map { words in
        guard words.displayWidth > limit else { return words }
        let head = words.truncated(toWidth: limit / 2, ellipsis: "")
        return head + words.truncatedAtStart(toWidth: limit - head.displayWidth)
      }
      return column
    }
  }

  /// The longest names above numbers cut at their ends, as far as that makes room.
  private static func cutNames(_ columns: [Column], to room: Int) -> [Column] {
    let limits = limits(
      columns.map(\.name.displayWidth), excess: letters(columns, bar: 0) - room,
      least: columns.map {
        $0.scale == nil ? $0.name.displayWidth : max(leastName, $0.cellLetters)
      })
    return zip(columns, limits).map { column, limit in
      var column = column
      column.name = column.name.truncated(toWidth: limit)
      return column
    }
  }

  /// Widths less an excess, the widest first, none below its least.
  private static func limits(_ widths: [Int], excess: Int, least: [Int]) -> [Int] {
    var (limits, excess) = (widths, excess)
    while excess > 0,
      let widest = limits.indices.filter({ limits[$0] > least[$0] }).max(by: {
        limits[$0] < limits[$1]
      })
    {
      limits[widest] -= 1
      excess -= 1
    }
    return limits
  }

  /// Draws a cell: its words, to the right where they are a number behind a bar.
  private static func draw(_ column: Column, _ row: Int, y: Int, on sheet: inout FigureSheet) {
    let right = column.x + column.width
    let words = column.cells[row]
    guard let scale = column.scale, let number = column.numbers[row] else {
      return sheet.write(words, x: column.x, y: y, upTo: right)
    }
    sheet.write(words, x: right - sheet.width(of: words), y: y, upTo: right)
    let span = scale.upperBound - scale.lowerBound
    guard column.bar > 0, span > 0 else { return }
    func place(_ value: Double) -> Int {
      Int((Double(column.bar) * (value - scale.lowerBound) / span).rounded())
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
