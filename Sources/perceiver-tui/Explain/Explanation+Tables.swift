// The tables that one explanation is asked for.

import Perceiver
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
    _ cancellation: Cancellation
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
    return tables
  }

  /// What is said of tables: their meaning, and their rows below it.
  static func report(_ input: String, _ tables: [NamedTable]) -> [String] {
    tables.flatMap { ["\(input): \($0.name.rawValue): \($0.name.meaning)"] + $0.table.lines }
  }
}
