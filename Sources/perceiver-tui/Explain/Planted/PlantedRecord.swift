// What was measured on planted pictures, as shards keep it and join it.

import Foundation
import Tensors

/// The measurements of some pictures, or of all.
struct PlantedRecord {
  /// What was asked; shards are joined where they were asked the same.
  struct Question: Codable, Equatable {
    /// The model's file as it was named.
    let model: String
    /// How many parameters it has.
    let parameters: Int
    /// A fingerprint of its weights and hyperparameters; nil in a part that an earlier version wrote.
    let weights: String?
    let seed: UInt64
    /// How many pictures there are in all.
    let pictures: Int
    /// Candidates in the table's order.
    let methods: [String]
    let samples: Int?
    let nodes: Int
    let baseline: Float?
  }

  /// One picture.
  struct Picture: Codable {
    /// Its number, from 0.
    let number: Int
    /// The class it is of, from 0.
    let label: Int
    /// The model's answer.
    let answer: Int
    /// The answer's probability.
    let probability: Double
    /// In the order of `methods`.
    let measures: [PlantedMeasures]
  }

  let question: Question
  var pictures: [Picture]

  /// Joins what was measured on several parts of the pictures; the order of parts does not matter.
  static func joining(_ parts: [PlantedRecord]) -> PlantedRecord? {
    guard let first = parts.first, parts.allSatisfy({ $0.question == first.question })
    else { return nil }
    var all = first
    all.pictures = parts.flatMap(\.pictures).sorted { $0.number < $1.number }
    return all
  }

  /// The files of the whole table.
  static let tableNames = ["planted.json", "planted.csv"]
  /// What stands in the first of them.
  struct Table: Decodable {
    let question: Question
  }
}

extension PlantedRecord: ShardRecord {
  static let command = "explain --planted"

  static func shardName(_ shard: InputList.Shard) -> String {
    "planted-\(shard.index + 1)-of-\(shard.count).json"
  }

  static func isSame(_ one: Question, _ other: Question) -> Bool { one == other }

  func problem(as shard: InputList.Shard, of question: Question) -> String? {
    guard self.question == question else {
      return
        "expected a part of the same measurement, found another model, other weights, another seed, "
        + "count or list of methods"
    }
    let numbers = Array(stride(from: shard.index, to: question.pictures, by: shard.count))
    guard pictures.map(\.number) == numbers,
      pictures.allSatisfy({ $0.measures.count == question.methods.count })
    else {
      return
        "expected every \(shard.count)th picture from number \(shard.index) on, and "
        + "\(question.methods.count) measurements of each, found others"
    }
    return nil
  }
}

extension PlantedRecord {
  /// A row for each picture and candidate.
  var csv: String {
    var text = "picture,class,answer,p,method,share,points,gain,p_after_24th,p_after_8th\n"
    for picture in pictures {
      for (name, measures) in zip(question.methods, picture.measures) {
        func cell(_ number: Double?) -> String { number.map { "\($0)" } ?? "" }
        let points = measures.points.map { $0 ? "1" : "0" } ?? ""
        text +=
          "\(picture.number),\(picture.label),\(picture.answer),\(picture.probability),\(name),"
          + "\(cell(measures.share)),\(points),\(cell(measures.gain)),"
          + "\(cell(measures.afterObject)),\(cell(measures.afterEighth))\n"
      }
    }
    return text
  }
}
