// What was measured on several inputs, as shards keep it and join it.

import Foundation
import Pictures
import Tensors

/// What is kept of one input for the tables over all.
struct InputFigures: Codable, Equatable {
  /// A map, or an order of pixels that it is held against.
  struct Method: Codable, Equatable {
    let name: String
    var gain: Double?
    var afterEighth: Double?
    var contentShare: Double?
    /// The share of the map on the object, and whether its largest value, or an order's first pixel,
    /// lies there.
    var share: Double?
    var points: Bool?
  }

  /// Where it stands among all inputs, from 0.
  var number = 0
  let input: String
  /// The class that it is of; nil without labels.
  let label: Int?
  let labelName: String?
  /// The model's answer; nil where it has no classes.
  let answer: Int?
  let answerName: String?
  /// The answer's probability.
  let probability: Double?
  /// The label's.
  let labelProbability: Double?
  let methods: [Method]

  /// Whether the answer is the label.
  var isRight: Bool? { label.map { $0 == answer } }
}

/// The figures of some inputs, or of all.
struct FolderRecord {
  /// What was asked; shards are joined where they were asked the same.
  struct Question: Codable, Equatable {
    /// The weights as they were named; nil for an untrained model.
    let model: String?
    /// A fingerprint of weights and hyperparameters; nil in a shard without inputs.
    var fingerprint: String?
    /// The methods that are asked for; nil for all.
    let methods: [String]?
    let target: String?
    let against: String?
    let labels: String?
    let objectMask: String?
    let trust: Bool
    let seed: UInt64
    let samples: Int?
    let nodes: Int
    let baseline: Float?
    /// What occlusion counts as lost; nil for the logit.
    let measure: String?
    let latent: Int?
    let after: String?
    /// How many inputs there are in all.
    let inputs: Int
    /// The paths of them all, in order.
    let names: [String]
    /// How they are read, as the command line says it; empty where it says nothing.
    let preparation: String

    enum CodingKeys: String, CodingKey {
      case model, fingerprint, methods, target, against, labels, trust, seed, samples, nodes
      case baseline, measure, latent, after, inputs, names, preparation
      case objectMask = "object_mask"
    }

    /// Whether both ask the same; a shard without inputs does not know the weights.
    func isSame(as other: Question) -> Bool {
      var (mine, theirs) = (self, other)
      if mine.fingerprint == nil || theirs.fingerprint == nil {
        (mine.fingerprint, theirs.fingerprint) = (nil, nil)
      }
      return mine == theirs
    }
  }

  var question: Question
  var inputs: [InputFigures] = []

  /// Joins parts; their order does not matter. Nil where they were asked different things.
  static func joining(_ parts: [FolderRecord]) -> FolderRecord? {
    guard let first = parts.first(where: { $0.question.fingerprint != nil }) ?? parts.first,
      parts.allSatisfy({ $0.question.isSame(as: first.question) })
    else { return nil }
    var all = first
    all.inputs = parts.flatMap(\.inputs).sorted { $0.number < $1.number }
    return all
  }
}

extension FolderRecord: ShardRecord {
  static let command = "explain"

  static func shardName(_ shard: InputList.Shard) -> String {
    "explain-\(shard.index + 1)-of-\(shard.count).json"
  }

  static func isSame(_ one: Question, _ other: Question) -> Bool { one.isSame(as: other) }

  func problem(as shard: InputList.Shard, of question: Question) -> String? {
    let numbers = Array(stride(from: shard.index, to: question.inputs, by: shard.count))
    guard !self.question.isSame(as: question) || inputs.map(\.number) != numbers else { return nil }
    return
      "expected a part of the same question, found another model, other weights, methods, settings "
      + "or inputs"
  }
}

extension FolderRecord {
  /// A row for each input and method; of an input without methods one.
  var table: ReportTable {
    ReportTable(
      ExplainTable.inputs.columns,
      inputs.flatMap { input in
        let own: [ReportTable.Cell] = [
          .text(input.input), .init(input.label), .init(input.labelName), .init(input.answer),
          .init(input.answerName), .init(input.probability), .init(input.labelProbability),
          .init(input.isRight),
        ]
        let methods = input.methods.isEmpty ? [nil] : input.methods.map { Optional($0) }
        return methods.map { method in
          own + [
            .init(method?.name), .init(method?.gain), .init(method?.afterEighth),
            .init(method?.contentShare), .init(method?.share), .init(method?.points),
          ]
        }
      })
  }

  /// Means with 95 % intervals: of all inputs, then of each class that inputs are of.
  var means: ReportTable {
    let classes = Set(inputs.compactMap(\.label)).sorted()
    let groups =
      [(number: Int?.none, name: String?.none, inputs: inputs)]
      + classes.map { label in
        let own = inputs.filter { $0.label == label }
        return (number: label, name: own.first?.labelName, inputs: own)
      }
    return ReportTable(
      ExplainTable.means.columns,
      groups.flatMap { group in
        Self.means(group.inputs).map { mean in
          [
            .init(group.number), .init(group.name), .init(mean.method), .text(mean.measure),
            .count(mean.count), .init(mean.value.mean), .init(mean.value.interval),
          ]
        }
      })
  }

  /// A measure's mean over inputs.
  struct Mean {
    let method: String?
    let measure: String
    let count: Int
    let value: MeanInterval
  }

  /// The means of all measures that some inputs have.
  static func means(_ inputs: [InputFigures]) -> [Mean] {
    func mean(_ method: String?, _ measure: String, _ values: [Double]) -> [Mean] {
      values.isEmpty
        ? []
        : [Mean(method: method, measure: measure, count: values.count, value: MeanInterval(values))]
    }
    var names: [String] = []
    for method in inputs.flatMap(\.methods) where !names.contains(method.name) {
      names.append(method.name)
    }
    let ofInputs =
      mean(nil, "right", inputs.compactMap { $0.isRight.map { $0 ? 1 : 0 } })
      + mean(nil, "p_label", inputs.compactMap(\.labelProbability))
    return names.reduce(ofInputs) { means, name in
      let own = inputs.compactMap { input in input.methods.first { $0.name == name } }
      return means + mean(name, "gain", own.compactMap(\.gain))
        + mean(name, gainOverRandom, overRandom(name, inputs))
        + mean(name, "p_after_8th", own.compactMap(\.afterEighth))
        + mean(name, "content_share", own.compactMap(\.contentShare))
        + mean(name, "share", own.compactMap(\.share))
        + mean(name, "points", own.compactMap { $0.points.map { $0 ? 1 : 0 } })
    }
  }

  /// The measure of how far a gain is above that of a random order of the same input.
  private static let gainOverRandom = "gain_minus_random"

  /// Differences input by input: inputs differ more than orders of one do, so that the interval of a
  /// paired difference is the one that tells a map from a random order.
  private static func overRandom(_ name: String, _ inputs: [InputFigures]) -> [Double] {
    let random = "random"
    guard name != random else { return [] }
    return inputs.compactMap { input in
      func gain(_ name: String) -> Double? { input.methods.first { $0.name == name }?.gain }
      guard let own = gain(name), let other = gain(random) else { return nil }
      return own - other
    }
  }

  /// What is said of all inputs: gains, a line each, and where inputs have labels or objects the means.
  var lines: [String] {
    let all = Self.means(inputs)
    let gains = all.filter { $0.measure == "gain" }.map { mean in
      let above = all.first { $0.measure == Self.gainOverRandom && $0.method == mean.method }
      return "gain of \(mean.method ?? ""): \(mean.value.words) over \(mean.count) "
        + (mean.count == 1 ? "input" : "inputs")
        + (above.map { ", less random's \($0.value.words)" } ?? "")
    }
    guard question.labels != nil || question.objectMask != nil else { return gains }
    return gains + ["means ± 95 % intervals"] + means.lines
  }
}
