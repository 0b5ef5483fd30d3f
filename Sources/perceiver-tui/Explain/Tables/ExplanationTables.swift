// The library's tables as `explain` writes them. Stages have their names; heads and latents count from
// 1, as on screen and in options.

import Perceiver

extension ReportTable {
  /// A row for each part that is switched off.
  init(_ rows: [Sweep.Row], over parts: Sweep.Parts) {
    self.init(
      parts.table.columns,
      rows.map { row in
        let part: [Cell] =
          switch parts {
          case .stages: [Cell(row.stage?.name), Cell(row.update)]
          case .heads: [Cell(row.stage?.name), Cell(row.head.map { $0 + 1 })]
          case .latents: [Cell(row.latent.map { $0 + 1 })]
          }
        return part + row.effect.numbers.map { Cell($0) }
      })
  }
}
