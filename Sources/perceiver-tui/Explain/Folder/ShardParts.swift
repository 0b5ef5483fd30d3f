// The parts that the shards of one question write into a folder: which of them are there, and whether
// they belong together.

import Foundation
import Tensors

/// What one shard keeps of its work.
protocol ShardRecord: Codable {
  associatedtype Question

  /// What was asked.
  var question: Question { get }

  /// The command that writes it, as people call it.
  static var command: String { get }

  /// The file that holds one shard's part.
  static func shardName(_ shard: InputList.Shard) -> String

  /// Whether two questions are one.
  static func isSame(_ one: Question, _ other: Question) -> Bool

  /// Why it is not the part of a shard of a question: what was expected and found; nil where it is.
  func problem(as shard: InputList.Shard, of question: Question) -> String?
}

/// The parts of the shards beside one of them.
struct ShardParts<Part: ShardRecord> {
  /// What is there of the other shards.
  struct Others {
    /// Their parts, in no order that matters.
    var parts: [Part] = []
    /// How many are not there yet.
    var missing = 0
    /// How many are those of the earlier question that is being replaced.
    var earlier = 0

    /// Whether all are there.
    var areComplete: Bool { missing + earlier == 0 }

    /// What is said while some are not there.
    func sentence(of count: Int) -> String {
      let kinds = [
        (missing, "not there yet"), (earlier, "of the earlier question, which --force replaces"),
      ]
      return kinds.filter { $0.0 > 0 }.map { "\($0.0) of \(count) parts are \($0.1)" }
        .joined(separator: "; ")
    }
  }

  /// The shard that is worked on.
  let shard: InputList.Shard
  private let folder: String
  /// The question of this shard's part that is being replaced; nil where none is. The other parts of
  /// it are on their way out too, and no reason to refuse anything.
  private let former: Part.Question?

  init(of shard: InputList.Shard, in folder: String, existing: TraceFolder.ExistingFiles) {
    (self.shard, self.folder) = (shard, folder)
    let own = folder + "/" + Part.shardName(shard)
    former =
      existing == .replace && FileNames.exists(own)
      ? (try? Self.read(own))?.question : nil
  }

  /// The parts of the other shards.
  ///
  /// - Throws: `CommandFailure` for a part of another question, and for a file that is none.
  func others(of question: Part.Question) throws -> Others {
    var others = Others()
    for index in 0..<shard.count where index != shard.index {
      let other = InputList.Shard(index: index, count: shard.count)
      let name = folder + "/" + Part.shardName(other)
      guard FileNames.exists(name) else {
        others.missing += 1
        continue
      }
      let part = try Self.read(name)
      if let former, Part.isSame(part.question, former), !Part.isSame(former, question) {
        others.earlier += 1
        continue
      }
      if let problem = part.problem(as: other, of: question) {
        throw CommandFailure(
          .badData, name, problem + "; --force with its --shard replaces it")
      }
      others.parts.append(part)
    }
    return others
  }

  private static func read(_ name: String) throws -> Part {
    let bytes = try CommandFailure.about(name) { try WholeFile.read(name, limit: 1 << 30) }
    guard let part = try? JSONDecoder().decode(Part.self, from: Data(bytes)) else {
      throw CommandFailure(
        .badData, name,
        "expected a part of \(Part.command), found another file; --force with its --shard replaces "
          + "it")
    }
    return part
  }
}
