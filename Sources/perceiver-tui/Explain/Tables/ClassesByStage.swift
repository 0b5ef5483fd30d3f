// What the classes' probabilities are after each stage: as the input is, and after each change.

import Foundation
import Perceiver
import Pictures
import Screens
import Tensors

/// The likeliest classes after each stage.
struct ClassesByStage {
  /// One run: the input's own, or a changed one.
  private struct Course {
    /// The change as it is said; nil for the run as it is.
    let change: String?
    /// After each stage the logits and the probabilities of all classes.
    let stages: [(id: StageID, logits: [Float], probabilities: [Double])]
  }

  /// Class numbers, the likeliest of the input's own answer first.
  private let classes: [Int]
  private let names: [String]?
  private let courses: [Course]

  /// How many classes of each answer are told.
  private static let most = 5

  /// - Parameters:
  ///   - run: A complete run of a model that scores classes.
  ///   - changes: Complete runs.
  ///   - target: Classes that are told wherever they stand.
  init(_ run: PerceiverRun, _ changes: [ChangeOptions.Change], _ target: ResolvedTarget?) {
    let problem = run.model.configuration.problem
    func course(_ change: String?, _ run: PerceiverRun) -> Course {
      Course(
        change: change,
        stages: run.stages.compactMap { stage in
          run.logits(from: stage.latents).map { logits in
            (
              stage.id, logits.values,
              PerceiverRun.logProbabilities(logits, problem).map { exp($0) }
            )
          }
        })
    }
    courses = [course(nil, run)] + changes.map { course($0.what, $0.run) }
    names = run.model.configuration.classNames
    func ranked(_ course: Course) -> [Int] {
      let logits = course.stages.last?.logits ?? []
      return logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
    }
    let told = Set(
      courses.flatMap { ranked($0).prefix(Self.most) }
        + [target?.index, target?.against].compactMap(\.self))
    classes = ranked(courses[0]).filter(told.contains)
  }

  /// A row for each run, stage and class.
  var table: ReportTable {
    ReportTable(
      ExplainTable.classes.columns,
      courses.flatMap { course in
        course.stages.flatMap { stage in
          classes.map { number in
            [
              .init(course.change), .text(stage.id.name), .count(number), .init(names?[number]),
              .init(Double(stage.logits[number])), .init(stage.probabilities[number]),
            ]
          }
        }
      })
  }

  /// A row for each run and stage, and a column for each of the likeliest classes.
  var wide: ReportTable {
    let shown = classes.prefix(Self.most)
    let titles = shown.map { number in
      let name = names.map { " " + $0[number] } ?? ""
      return "\(number)\(name)".truncated(toWidth: 14, ellipsis: "..")
    }
    let hasChanges = courses.count > 1
    return ReportTable(
      (hasChanges ? ["change"] : []) + ["stage"] + titles,
      courses.flatMap { course in
        course.stages.map { stage in
          (hasChanges ? [ReportTable.Cell.text(course.change ?? "none")] : [])
            + [.text(stage.id.name)] + shown.map { .init(stage.probabilities[$0]) }
        }
      })
  }
}
