// Tables as CSV, and as figures with a bar beside each measure.

import Foundation
import Pictures
import Tensors
import Testing

@Suite struct ReportTableTests {
  @Test("CSV has a line of names, all digits of numbers, and quotes where they are needed")
  func csv() throws {
    let table = ReportTable(
      ["name", "share", "count", "is on"],
      [
        [.text("a, \"b\""), .number(0.1), .count(3), .truth(true)],
        [.text("line\nend"), .init(Double.nan), .init(Int?.none), .truth(false)],
        [.init(String?.none), .init(single: 0.1), .nothing, .nothing],
      ])
    #expect(
      table.csv == """
        name,share,count,is on
        "a, ""b""\",0.1,3,1
        "line
        end",,,0
        ,0.1,,

        """)
    #expect(ReportTable(["a", "b"]).csv == "a,b\n")
  }

  @Test("numbers of single precision have the fewest digits, and read back the same")
  func single() {
    for pattern in stride(from: UInt32(0), to: 0x7F80_0000, by: 2_131_071) {
      let value = Float(bitPattern: pattern)
      let table = ReportTable(["x"], [[.init(single: value)], [.init(single: -value)]])
      let cells = table.csv.split(separator: "\n").dropFirst().map(String.init)
      #expect(cells.map { Float($0) } == [value, -value], "\(value)")
    }
    let others = ReportTable(
      ["x"], [Float.nan, .infinity, -.infinity].map { [.init(single: $0)] })
    #expect(others.csv == "x\nnan\ninf\n-inf\n")
  }

  @Test("its numbers are the columns without words, NaN where nothing is")
  func numbers() {
    let table = ReportTable(
      ["name", "count", "measure", "off", "single", "mixed"],
      [
        [.text("a"), .count(3), .number(0.1), .truth(true), .init(single: .infinity), .count(1)],
        [.text("b"), .nothing, .init(Double.nan), .truth(false), .init(single: 2), .text("none")],
      ])
    let (columns, values) = table.numbers
    #expect(columns == ["count", "measure", "off", "single"])
    #expect(values.shape == [2, 4])
    #expect(values.row(0).values == [3, 0.1, 1, .infinity])
    #expect(values.row(1).values[0].isNaN && values.row(1).values[1].isNaN)
    #expect(values.row(1).values.suffix(2) == [0, 2])
  }

  @Test("the formats that hold tables are rows of the table of formats, and write the same")
  func formats() throws {
    #expect(MapFormat.ofTables.map(\.name) == ["csv"])
    let table = ReportTable(["a"], [[.count(1)]])
    let encode = try #require(MapFormat.ofTables[0].tables)
    #expect(encode(table) == Array("a\n1\n".utf8))
    #expect(MapFormat.all.filter { $0.tables == nil }.count == MapFormat.all.count - 1)
  }
}

@Suite struct TableFigureTests {
  private static let barColour = "#5485bd"

  private func figure(_ numbers: [Double?], scale: ClosedRange<Double>? = nil) -> TableFigure {
    TableFigure(
      title: "a <table>",
      ReportTable(
        ["stage", "head", "Δp"],
        numbers.enumerated().map { [.text("cross \($0 + 1)"), .count($0), .init($1)] }),
      scales: scale.map { ["Δp": $0] } ?? [:], notes: ["what it says"])
  }

  /// The places and widths of bars, from left to right, in the order of rows.
  private func bars(_ svg: String) -> [(x: Int, width: Int)] {
    svg.split(separator: "\n").filter { $0.contains(Self.barColour) }.compactMap { line in
      guard let x = attribute("x", of: line), let width = attribute("width", of: line) else {
        return nil
      }
      return (x, width)
    }
  }

  /// A number of an element.
  private func attribute(_ name: String, of line: Substring) -> Int? {
    line.firstRange(of: " \(name)=\"").flatMap { range in
      Int(line[range.upperBound...].prefix { $0 != "\"" })
    }
  }

  @Test("each measure has a bar as long as it is large, and its number")
  func lengths() throws {
    let svg = try figure([1, 0.5, nil, 0.25], scale: 0...1).svg(width: 800)
    let bars = bars(svg)
    #expect(bars.count == 3)
    #expect(Set(bars.map(\.x)).count == 1)
    #expect(abs(bars[0].width - 2 * bars[1].width) <= 1)
    #expect(abs(bars[1].width - 2 * bars[2].width) <= 1)
    for words in [
      ">a &lt;table&gt;</text>", ">stage</text>", ">Δp</text>", ">cross 4</text>", ">0.25</text>",
      ">what it says</text>",
    ] {
      #expect(svg.contains(words), "\(words)")
    }
    // Counts are no measures.
    #expect(svg.contains(">3</text>"))
  }

  @Test("negative numbers have bars to the left of zero; numbers beyond a scale widen it")
  func signs() throws {
    let signed = bars(try figure([0.5, -1]).svg(width: 800))
    #expect(signed.count == 2)
    #expect(abs(signed[1].x + signed[1].width - signed[0].x) <= 1)
    #expect(abs(signed[1].width - 2 * signed[0].width) <= 1)
    let beyond = bars(try figure([2, 1], scale: 0...1).svg(width: 800))
    #expect(abs(beyond[0].width - 2 * beyond[1].width) <= 1)
  }

  @Test(
    "without a measure that is not zero there is no bar",
    arguments: [[], [nil], [0, 0]] as [[Double?]])
  func none(numbers: [Double?]) throws {
    #expect(bars(try figure(numbers).svg()).isEmpty)
  }

  @Test(
    "the picture is as wide as wanted, with bars, letters and white around",
    arguments: [200, 600, 1200])
  func pixels(width: Int) {
    let picture = figure([1, 0.5], scale: 0...1).picture(width: width)
    #expect(picture.width == width)
    #expect(picture[x: 0, y: 0].bytes == (255, 255, 255))
    let bytes = picture.pixels.map { $0.bytes }
    #expect(bytes.contains { $0 == (0, 0, 0) })
    if width >= 600 { #expect(bytes.contains { $0 == (0x54, 0x85, 0xBD) }) }
  }

  @Test(
    "however long words are and however narrow the sheet, every number is there whole",
    arguments: [200, 400, 600, 1200], [5, 40, 100, 1000])
  func crowded(width: Int, letters: Int) throws {
    let path = "a/" + String(repeating: "very/", count: letters / 5) + "far.png"
    let numbers = [-0.123456, 12.3456, 0.906, -1.5e-7]
    let names = ["Δlogit", "Δlog p", "Δp", "KL"]
    let figure = TableFigure(
      title: "what a change of " + path + " does",
      ReportTable(
        ["what"] + names,
        [path, "hide 10,5,8x8"].map { [.text($0)] + numbers.map { .number($0) } }),
      scales: ["Δp": -1...1])
    let svg = try figure.svg(width: width)
    for words in names + numbers.map({ Figures.number($0) }) {
      #expect(svg.components(separatedBy: ">\(words)</text>").count > 1, "\(words): \(svg)")
    }
    // What is cut keeps its beginning and its end, and nothing lies outside the sheet.
    #expect(svg.contains(">a/v") && svg.contains("far.png</text>"))
    #expect(svg.contains(">hide 10,5,8x8</text>"))
    let lines = svg.split(separator: "\n")
    let sheet = try #require(attribute("width", of: lines[0]))
    #expect(sheet >= width && (letters > 40 || width < 600 || sheet == width))
    for line in lines.dropFirst() {
      guard let x = attribute("x", of: line) else { continue }
      let width = attribute("textLength", of: line) ?? attribute("width", of: line) ?? 0
      #expect(x >= 0 && x + width <= sheet, "\(line)")
    }
  }

  @Test("columns of one scale have bars of one length, whatever their names and numbers")
  func alike() throws {
    let figure = TableFigure(
      title: "classes",
      ReportTable(
        ["change", "9 Ankle boot", "5 Sandal"],
        [[.text("none"), .number(0.5), .number(0.5)], [.text("b"), .number(1e-7), .number(1)]]),
      scales: ["9 Ankle boot": 0...1, "5 Sandal": 0...1])
    let widths = bars(try figure.svg(width: 900)).map(\.width)
    #expect(widths.count == 4 && widths[0] == widths[1] && abs(widths[3] - 2 * widths[0]) <= 1)
  }

  @Test("a figure that is too large to be drawn is refused, and is a scalable one still")
  func tooLarge() throws {
    let figure = TableFigure(
      title: "", ReportTable(["a"], (0..<2000).map { [.count($0)] }))
    #expect(throws: MapSizeError.self) { try figure.drawn(width: 8192) }
    #expect(try figure.svg(width: 8192).contains(">1999</text>"))
    #expect(try figure.drawn(width: 200).width == 200)
  }

  @Test("the signs that names of numbers have are drawn, and are no question marks")
  func signsOfNames() {
    func drawn(_ text: String) -> PixelImage {
      TableFigure(title: text, ReportTable(["a"])).picture(width: 200)
    }
    for sign in ["Δ", "×", "·", "−"] { #expect(drawn(sign) != drawn("?"), "\(sign)") }
    #expect(drawn("é") == drawn("?"))
  }
}
