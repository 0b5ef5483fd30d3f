// The table of methods over planted pictures: `planted.json`, and lines for people.

import Foundation

/// Means over the pictures that a model answers rightly: there the answer should rest on the object.
struct PlantedTable: Encodable {
  /// A method that the model has no answer for.
  struct Undefined: Encodable {
    let name: String
    let reason: String
  }

  /// What was measured of one candidate; nil where no picture has it.
  struct Method: Encodable {
    let name: String
    let summary: String
    let share: MeanInterval?
    let points: MeanInterval?
    let gain: MeanInterval?
    let afterObject: MeanInterval?
    let afterEighth: MeanInterval?

    enum CodingKeys: String, CodingKey {
      case name, summary, share, points, gain
      case afterObject = "p_after_24th"
      case afterEighth = "p_after_8th"
    }
  }

  let question: PlantedRecord.Question
  /// Pictures that are answered rightly.
  let right: Int
  /// The answer's probability on those.
  let probability: MeanInterval?
  let methods: [Method]
  let undefined: [Undefined]

  init(_ record: PlantedRecord, _ candidates: [PlantedCandidate], undefined: [Undefined]) {
    let right = record.pictures.filter { $0.answer == $0.label }
    func mean(_ values: [Double]) -> MeanInterval? {
      values.isEmpty ? nil : MeanInterval(values)
    }
    question = record.question
    self.right = right.count
    probability = mean(right.map(\.probability))
    methods = candidates.enumerated().map { index, candidate in
      let all = right.map { $0.measures[index] }
      return Method(
        name: candidate.name, summary: candidate.summary, share: mean(all.compactMap(\.share)),
        points: mean(all.compactMap { $0.points.map { $0 ? 1 : 0 } }),
        gain: mean(all.compactMap(\.gain)), afterObject: mean(all.compactMap(\.afterObject)),
        afterEighth: mean(all.compactMap(\.afterEighth)))
    }
    self.undefined = undefined
  }

  /// What it says, for people.
  var lines: [String] {
    var head =
      "\(question.model): \(right) of \(question.pictures) planted pictures answered rightly"
    if let probability { head += ", p \(Self.number(probability)) of these, which are below" }
    let rows = methods.map { method in
      [
        method.name, Self.percent(method.share), Self.percent(method.points),
        Self.number(method.gain), Self.number(method.afterObject), Self.number(method.afterEighth),
      ]
    }
    return [head, "means ± 95 % intervals"]
      + AlignedTable.lines([Self.titles] + rows)
      + undefined.map { "\($0.name) is not defined: \($0.reason)" }
  }

  private static let titles = [
    "method", "on the object", "points at it", "gain", "p without 1/24", "p without 1/8",
  ]

  private static func percent(_ value: MeanInterval?) -> String {
    guard let value else { return "    -" }
    let mean = String(format: "%5.1f", 100 * value.mean)
    return mean + (value.interval.map { String(format: " ± %.1f", 100 * $0) } ?? "") + " %"
  }

  private static func number(_ value: MeanInterval?) -> String {
    value?.words ?? "-"
  }
}
