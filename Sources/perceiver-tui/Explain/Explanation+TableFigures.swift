// What an explanation has besides maps as figures: tables with bars, and the likeness of stages as a
// map.

import Perceiver
import Pictures
import Tensors

extension Explanation {
  /// A figure and what its files are called after.
  struct NamedFigure {
    let name: String
    let figure: any Figure
  }

  /// The name of the figure of changes.
  static let effects = "effects"
  /// The names of all of them.
  static let namesOfTableFigures =
    ExplainTable.allCases.filter { !$0.isOfFolder }.map(\.rawValue) + [effects]

  /// How many rows a figure has room for.
  static let mostRows = 100

  /// - Parameters:
  ///   - name: What the input is called.
  ///   - target: What is explained, in words; nil for nothing.
  static func tableFigures(
    _ findings: Findings, name: String, target: String?
  ) -> [NamedFigure] {
    let notes = target.map { ["Explained: \($0)."] } ?? []
    func title(_ what: String) -> String { "\(name): \(what)" }
    var figures = findings.tables.map { table in
      let meaning = [table.name.meaning.firstUppercased + "."]
      if table.name == .summaryAlignment {
        return NamedFigure(
          name: table.name.rawValue,
          figure: alignment(table.table, title: title(table.name.rawValue), notes: meaning))
      }
      return NamedFigure(
        name: table.name.rawValue,
        figure: TableFigure(
          title: title(table.name.rawValue), table.wide ?? table.table,
          scales: table.wide.map { wide in
            Dictionary(wide.columns.map { ($0, 0...1) }, uniquingKeysWith: { one, _ in one })
          } ?? [:], most: mostRows, notes: meaning + notes))
    }
    if !findings.effects.isEmpty {
      let table = ReportTable(
        ["what"] + ExplainTable.effectColumns(ofClasses: findings.effects[0].output == nil),
        findings.effects.map { effect in
          let output = effect.output.map { [$0.before, $0.after, $0.difference] }
          return [.text(effect.what)] + (output ?? effect.effect ?? []).map { .init($0) }
        })
      figures.append(
        NamedFigure(
          name: effects,
          figure: TableFigure(
            title: title(effects), table, most: mostRows,
            notes: ["What each change does to the answer."] + notes)))
    }
    return figures
  }

  /// How alike stages are, as a map of stages by stages.
  private static func alignment(
    _ table: ReportTable, title: String, notes: [String]
  ) -> MapFigure {
    let values = table.rows.flatMap { row in
      row.dropFirst().map { cell -> Float in
        if case .number(let number) = cell { Float(number) } else { .nan }
      }
    }
    let stages = Array(table.columns.dropFirst())
    return MapFigure.matrix(
      of: Tensor(shape: [table.rows.count, stages.count], values: values), names: stages,
      title: title, colours: .viridis, notes: notes)
  }
}

extension TraceFolder {
  /// Writes a figure, as a picture and as SVG.
  ///
  /// - Throws: `CommandFailure`, `PictureError`.
  func write(_ figure: any Figure, named name: String, width: Int) throws {
    try write(name + "-figure.png") { try $0(CommandFailure.drawn(figure, width: width).png()) }
    try write(name + "-figure.svg") { try $0(Array(figure.svg(width: width).utf8)) }
  }
}

extension CommandFailure {
  /// A figure as a picture.
  ///
  /// - Throws: `CommandFailure` for a width at which it would have too many pixels.
  static func drawn(_ figure: any Figure, width: Int) throws(CommandFailure) -> PixelImage {
    do throws(MapSizeError) {
      return try figure.drawn(width: width)
    } catch {
      throw CommandFailure(.usage, "--width", error.description)
    }
  }
}
