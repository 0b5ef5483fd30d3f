// The tables that one explanation is asked for.

import Perceiver
import Pictures
import Tensors

extension Explanation {
  /// A table and its name.
  struct NamedTable {
    let name: ExplainTable
    let table: ReportTable
  }

  /// - Throws: `CommandFailure` for what the model cannot be asked, `ConfigurationError`,
  ///   `ComputationCancelled`.
  static func tables(
    _ questions: QuestionOptions, of run: PerceiverRun, _ target: ExplanationTarget,
    _ maps: [(name: String, map: ExplanationMap)], _ settings: ExplanationSettings,
    _ stageMaps: [StageMaps], _ cancellation: Cancellation
  ) throws -> [NamedTable] {
    var tables: [NamedTable] = []
    let sweeps = try questions.sweeps()
    if !sweeps.isEmpty {
      let whatIf = try WhatIf(run, of: target, cancellation: cancellation)
      for parts in sweeps {
        let rows = try Sweep(over: parts).rows(whatIf, cancellation: cancellation)
        tables.append(.init(name: parts.table, table: ReportTable(rows, over: parts)))
      }
    }
    if questions.summaries {
      // Importance is that for the target, where there is one.
      let isAnswered = (try? run.resolve(target)) != nil
      let summary = try RunSummary(
        run, of: isAnswered ? target : nil, cancellation: cancellation)
      tables += [
        .init(name: .summaryStages, table: ReportTable(stages: summary)),
        .init(name: .summaryHeads, table: ReportTable(heads: summary)),
        .init(name: .summaryAlignment, table: ReportTable(alignment: summary)),
      ]
    }
    if questions.randomise {
      tables.append(
        .init(
          name: .randomised,
          table: try randomised(maps.map(\.name), of: run, target, settings, cancellation)))
    }
    if questions.byStage {
      guard !stageMaps.isEmpty else {
        throw CommandFailure(
          .usage, "--by-stage",
          "expected relevance or a rollout among the methods, found "
            + (maps.isEmpty ? "none" : maps.map(\.name).joined(separator: ", ")))
      }
      tables.append(
        .init(
          name: .byStage,
          table: ReportTable(ExplainTable.byStage.columns, stageMaps.flatMap(\.rows))))
    }
    return tables
  }

  private static func randomised(
    _ methods: [String], of run: PerceiverRun, _ target: ExplanationTarget,
    _ settings: ExplanationSettings, _ cancellation: Cancellation
  ) throws -> ReportTable {
    guard !methods.isEmpty else {
      throw CommandFailure(.usage, "--randomise", "expected a method with a map, found none")
    }
    // An untrained model of the seed is the one that would be drawn.
    let isDrawn = run.model.origin == .untrained(seed: settings.seed)
    let maps = try RandomisedMaps(
      of: run.model, seed: isDrawn ? settings.seed &+ 1 : settings.seed,
      cancellation: cancellation)
    return ReportTable(
      randomised: try methods.compactMap { name in
        guard let method = ExplanationMethod.named(name) else { return nil }
        return (
          name,
          try maps.rows(
            run, of: target, { method.question($0, settings) }, cancellation: cancellation)
        )
      })
  }

  /// What is said of tables: their meaning, and their rows below it.
  static func report(_ input: String, _ tables: [NamedTable]) -> [String] {
    tables.flatMap { ["\(input): \($0.name.rawValue): \($0.name.meaning)"] + $0.table.lines }
  }
}
