// The library's tables as `explain` writes them. Stages have their names; heads and latents count from
// 1, as on screen and in options.

import Perceiver
import Pictures
import Tensors

extension ReportTable {
  /// A row for each part that is switched off.
  init(_ rows: [Sweep.Row], over parts: Sweep.Parts) {
    let isOfClasses = rows.first?.effect.isOfClasses ?? true
    self.init(
      isOfClasses ? parts.table.columns : parts.table.columnsOfOutputs,
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

  /// A row for each latent that the end does not read.
  init(latentsAtEnd effects: [Effect]) {
    let table = ExplainTable.sweepLatentsEnd
    self.init(
      effects.first?.isOfClasses == false ? table.columnsOfOutputs : table.columns,
      effects.enumerated().map { latent, effect in
        [.count(latent + 1)] + effect.numbers.map { Cell($0) }
      })
  }

  /// A row for each part of a logit.
  init(_ direct: DirectLogits) {
    self.init(
      ExplainTable.direct.columns,
      direct.parts.map { part in
        [
          .text(part.source.rawValue), Cell(part.stage?.name), Cell(part.head.map { $0 + 1 }),
          Cell(part.value),
        ]
      })
  }

  /// A row for each latent's part of a logit.
  ///
  /// - Parameter alone: Logits of each latent as if it were the mean, `[latents, classes]`.
  init(latentsOf direct: DirectLogits, alone: Tensor) {
    self.init(
      ExplainTable.directLatents.columns,
      direct.latents.values.enumerated().map { latent, value in
        [
          .count(latent + 1), Cell(Double(value)), Cell(direct.target.value(alone.row(latent))),
        ]
      })
  }

  /// A row for each stage, and one before them.
  init(stages summary: RunSummary) {
    self.init(
      ExplainTable.summaryStages.columns,
      summary.stages.map { stage in
        [
          .text(stage.name), Cell(stage.effectiveRank), Cell(stage.meanCosine),
          Cell(stage.attentionUpdate), Cell(stage.feedForwardUpdate), Cell(stage.contentShare),
        ]
      })
  }

  /// A row for each head.
  init(heads summary: RunSummary) {
    self.init(
      ExplainTable.summaryHeads.columns,
      summary.heads.map { head in
        [.text(head.stage.name), .count(head.head + 1)] + head.numbers.map { Cell($0) }
      })
  }

  /// A row for each latent of each reading.
  init(latents summary: RunSummary) {
    self.init(
      ExplainTable.summaryLatents.columns,
      summary.latents.map { latent in
        [.text(latent.stage.name), .count(latent.latent + 1)] + latent.numbers.map { Cell($0) }
      })
  }

  /// A row and a column for each stage.
  init(alignment summary: RunSummary) {
    let names = summary.stages.map(\.name)
    self.init(
      ["stage"] + names,
      zip(names, summary.alignment).map { name, row in [.text(name)] + row.map { Cell($0) } })
  }

  /// A row for each method and block that is drawn anew.
  init(randomised maps: [(method: String, rows: [RandomisedMaps.Row])]) {
    self.init(
      ExplainTable.randomised.columns,
      maps.flatMap { method, rows in
        rows.map { row in
          [
            .text(method), .text(row.name), .count(row.blocks), Cell(row.spearman),
            Cell(row.cosine), Cell(row.topTenthOverlap), Cell(row.structural),
          ]
        }
      })
  }
}
