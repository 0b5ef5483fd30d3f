// The tables that one explanation is asked for.

import Perceiver
import Pictures
import Tensors

extension Explanation {
  /// A table and its name.
  struct NamedTable {
    let name: ExplainTable
    let table: ReportTable
    /// The same for a figure, where that has columns for what the table has rows for; nil where the
    /// figure is of the table.
    var wide: ReportTable?
  }

  /// - Parameter changes: The runs that changes make, complete where classes by stage are asked for.
  /// - Throws: `CommandFailure` for what the model cannot be asked, `ConfigurationError`,
  ///   `ComputationCancelled`.
  static func tables(
    _ questions: QuestionOptions, _ inquiry: Inquiry, _ findings: Findings,
    _ stageMaps: [StageMaps], _ changes: [ChangeOptions.Change]
  ) throws -> [NamedTable] {
    var tables: [NamedTable] = []
    let (run, cancellation) = (inquiry.run, inquiry.cancellation)
    if questions.classes {
      let classes = ClassesByStage(run, changes, try run.resolve(inquiry.target))
      tables.append(.init(name: .classes, table: classes.table, wide: classes.wide))
    }
    let sweeps = try questions.sweeps()
    if !sweeps.isEmpty {
      let whatIf = try WhatIf(run, of: inquiry.target, cancellation: cancellation)
      for parts in sweeps {
        inquiry.progress.begin(parts.table.rawValue)
        let rows = try Sweep(over: parts).rows(whatIf, cancellation: cancellation)
        tables.append(.init(name: parts.table, table: ReportTable(rows, over: parts)))
        guard parts == .latents, run.endsWithMeanOfLatents else { continue }
        let effects = try whatIf.latentsAtEnd(cancellation: cancellation)
        tables.append(.init(name: .sweepLatentsEnd, table: ReportTable(latentsAtEnd: effects)))
      }
    }
    if let direct = findings.direct {
      let alone = try run.logitsOfEachLatent(cancellation: cancellation)
      tables += [
        .init(name: .direct, table: ReportTable(direct)),
        .init(name: .directLatents, table: ReportTable(latentsOf: direct, alone: alone)),
      ]
    }
    if questions.summaries {
      inquiry.progress.begin("summaries")
      // Importance is that for the target, where there is one.
      let isAnswered = (try? run.resolve(inquiry.target)) != nil
      let summary = try RunSummary(
        run, of: isAnswered ? inquiry.target : nil, cancellation: cancellation)
      tables += [
        .init(name: .summaryStages, table: ReportTable(stages: summary)),
        .init(name: .summaryHeads, table: ReportTable(heads: summary)),
        .init(name: .summaryLatents, table: ReportTable(latents: summary)),
        .init(name: .summaryAlignment, table: ReportTable(alignment: summary)),
      ]
    }
    if questions.randomise {
      tables.append(
        .init(name: .randomised, table: try randomised(findings.maps.map(\.name), inquiry)))
    }
    if questions.byStage {
      guard !stageMaps.isEmpty else {
        throw CommandFailure(
          .usage, "--by-stage",
          "expected relevance, a rollout or attention times its gradient among the methods, found "
            + (findings.maps.isEmpty
              ? "none" : findings.maps.map(\.name).joined(separator: ", ")))
      }
      tables.append(
        .init(
          name: .byStage,
          table: ReportTable(ExplainTable.byStage.columns, stageMaps.flatMap(\.rows))))
    }
    return tables
  }

  /// The target's logit as a sum of what each part of the model adds.
  ///
  /// - Throws: `ConfigurationError` where it is no such sum, `ComputationCancelled`.
  static func direct(_ inquiry: Inquiry) throws -> DirectLogits {
    inquiry.progress.begin("direct")
    return try DirectLogits(
      inquiry.run, of: inquiry.target, cancellation: inquiry.cancellation)
  }

  private static func randomised(
    _ methods: [String], _ inquiry: Inquiry
  ) throws -> ReportTable {
    guard !methods.isEmpty else {
      throw CommandFailure(.usage, "--randomise", "expected a method with a map, found none")
    }
    let (run, settings) = (inquiry.run, inquiry.settings)
    let maps = try RandomisedMaps(
      of: run.model, seed: settings.seed, cancellation: inquiry.cancellation)
    return ReportTable(
      randomised: try methods.compactMap { name in
        guard let method = ExplanationMethod.named(name) else { return nil }
        inquiry.progress.begin("randomised: \(name)")
        return (
          name,
          try maps.rows(
            run, of: inquiry.target, { method.question($0, settings) },
            cancellation: inquiry.cancellation)
        )
      })
  }
}
