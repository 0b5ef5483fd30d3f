// What an evaluation found, as text with columns and as JSON.

import Explorer
import Foundation
import Perceiver
import Pictures
import Tensors

/// An evaluation as it is printed.
struct EvaluationReport {
  private let evaluation: Evaluation
  /// Where the last cross-attention looks, if it was asked for.
  private let attention: ObjectAttention?
  private let classes: Range<Int>

  init(_ evaluation: Evaluation, attention: ObjectAttention? = nil) {
    self.evaluation = evaluation
    self.attention = attention
    classes = evaluation.classNames.indices
  }

  /// Accuracy, loss, a table of classes, and the confusion matrix where it is readable.
  var lines: [String] {
    var head = [
      "examples  \(evaluation.count)",
      "accuracy  \(EpochFigures.percent(evaluation.accuracy))",
      "loss      \(Figures.number(evaluation.loss, digits: 4))",
    ]
    if let attention {
      head.append(
        "attention \(EpochFigures.percent(attention.attention)) on what pictures show, which is "
          + "\(EpochFigures.percent(attention.area)) of them (the last cross-attention, "
          + "\(attention.count) pictures)")
      if attention.heads.count > 1 {
        let heads = attention.heads.map(EpochFigures.percent).joined(separator: ", ")
        head.append("          by heads: \(heads)")
      }
    }
    let table = AlignedTable.lines(
      [["class", "count", "precision", "recall"]]
        + classes.map { label in
          [
            evaluation.classNames[label], "\(evaluation.count(of: label))",
            Self.share(evaluation.precision(of: label)), Self.share(evaluation.recall(of: label)),
          ]
        })
    return head + [""] + table + [""] + confusion
  }

  /// All figures; shares that are of nothing are null.
  var json: String {
    func number(_ value: Double?) -> JSONValue {
      value.flatMap { $0.isFinite ? JSONValue.real($0) : nil } ?? .null
    }
    let rows = classes.map { label in
      JSONValue.object([
        .init(name: "name", value: .string(evaluation.classNames[label])),
        .init(name: "count", value: .integer(evaluation.count(of: label))),
        .init(name: "precision", value: number(evaluation.precision(of: label))),
        .init(name: "recall", value: number(evaluation.recall(of: label))),
      ])
    }
    let matrix = evaluation.confusion.map { JSONValue.array($0.map { .integer($0) }) }
    var members: [JSONValue.Member] = [
      .init(name: "examples", value: .integer(evaluation.count)),
      .init(name: "accuracy", value: number(evaluation.accuracy)),
      .init(name: "loss", value: number(evaluation.loss)),
      .init(name: "classes", value: .array(rows)),
      .init(name: "confusion", value: .array(matrix)),
    ]
    if let attention {
      members.append(
        .init(
          name: "attention",
          value: .object([
            .init(name: "pictures", value: .integer(attention.count)),
            .init(name: "share", value: number(attention.attention)),
            .init(name: "heads", value: .array(attention.heads.map { number($0) })),
            .init(name: "area", value: number(attention.area)),
          ])))
    }
    return JSONValue.object(members).text + "\n"
  }

  private var confusion: [String] {
    guard classes.count <= Self.mostColumns else { return mistakes }
    let title = "confusion: a row for each class, a column for each class it was taken for"
    let hasNumbers = evaluation.classNames == classes.map(String.init)
    // Names are too wide for columns: those have numbers, which the rows explain.
    let rows = classes.map { label in
      [hasNumbers ? "\(label)" : "\(label) \(evaluation.classNames[label])"]
        + evaluation.confusion[label].map(String.init)
    }
    return [title] + AlignedTable.lines([[""] + classes.map(String.init)] + rows)
  }

  /// The commonest mistakes, where the matrix would be too wide.
  private var mistakes: [String] {
    let all = classes.flatMap { label in
      classes.compactMap { chosen in
        let count = evaluation.confusion[label][chosen]
        return label == chosen || count == 0 ? nil : (label: label, chosen: chosen, count: count)
      }
    }.sorted { ($1.count, $0.label, $0.chosen) < ($0.count, $1.label, $1.chosen) }
    let names = evaluation.classNames
    return ["the commonest mistakes; --json has the whole confusion matrix"]
      + AlignedTable.lines(
        [["class", "taken for", "count"]]
          + all.prefix(20).map { [names[$0.label], names[$0.chosen], "\($0.count)"] })
  }

  private static let mostColumns = 40

  private static func share(_ value: Double?) -> String {
    value.map { String(format: "%.4f", $0) } ?? "-"
  }
}
