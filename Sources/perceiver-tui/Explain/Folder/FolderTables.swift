// The tables over several inputs: written at the end, or by the shard that ends last.

import Foundation
import Pictures
import Tensors

/// Collects what is measured on several inputs, and writes the tables over them.
struct FolderTables {
  private(set) var record: FolderRecord
  private let path: String
  private let shard: InputList.Shard?
  private let existing: WholeFile.ExistingFile

  /// - Throws: `CommandFailure` where files are in the way, before anything is computed.
  init(
    _ question: FolderRecord.Question, into path: String, shard: InputList.Shard?,
    existing: TraceFolder.ExistingFiles
  ) throws {
    record = FolderRecord(question: question)
    (self.path, self.shard) = (path, shard)
    self.existing = existing == .replace ? .replace : .refuse
    guard existing == .keep else { return }
    let own = shard.map { [FolderRecord.shardName($0)] } ?? Self.names
    for name in own where FileNames.exists(file(name)) {
      throw CommandFailure(.cannotWrite, file(name), "is there already; --force replaces it")
    }
    if shard != nil { try checkTables() }
  }

  private static let meansName = "means.json"
  private static let names = [ExplainTable.inputs.file, ExplainTable.means.file, meansName]

  private func file(_ name: String) -> String { path + "/" + name }

  /// Adds one input.
  mutating func add(_ figures: InputFigures, by fingerprint: @autoclosure () throws -> String)
    rethrows
  {
    if record.question.fingerprint == nil { record.question.fingerprint = try fingerprint() }
    record.inputs.append(figures)
  }

  /// Writes the tables, or the shard's part, and the tables where all parts are there.
  ///
  /// - Throws: `CommandFailure`.
  func write() throws {
    guard let shard else { return try write(record, existing) }
    let name = FolderRecord.shardName(shard)
    try write(name, existing, Self.json(record))
    let parts = try (0..<shard.count).map { index in
      index == shard.index ? record : try part(.init(index: index, count: shard.count))
    }
    let missing = parts.count { $0 == nil }
    guard missing == 0 else {
      return try StandardOutput().write(lines: [
        "\(file(name)): \(record.inputs.count) inputs; \(missing) of \(shard.count) parts are not "
          + "there yet"
      ])
    }
    guard let all = FolderRecord.joining(parts.compactMap(\.self)) else {
      throw CommandFailure(
        .badData, path, "expected parts by the same weights, found parts by different ones")
    }
    // The part is written by now: what was computed stays.
    if existing == .refuse { try checkTables() }
    try write(all, .replace)
  }

  private func write(_ record: FolderRecord, _ existing: WholeFile.ExistingFile) throws {
    try write(ExplainTable.inputs.file, existing, Array(record.table.csv.utf8))
    try write(ExplainTable.means.file, existing, Array(record.means.csv.utf8))
    try write(
      Self.meansName, existing, Self.json(Means(question: record.question, means: record.means)))
    try StandardOutput().write(lines: record.lines)
  }

  private func write(
    _ name: String, _ existing: WholeFile.ExistingFile, _ bytes: [UInt8]
  ) throws {
    // A shard without inputs has not made the folder.
    _ = try TraceFolder.createFolders(path)
    do {
      try WholeFile.write(bytes, to: file(name), existing: existing)
    } catch let error as FileWriteError {
      throw CommandFailure(.cannotWrite, file(name), error.description)
    }
  }

  /// Refuses to join into a folder with the tables of another question.
  private func checkTables() throws {
    let name = file(Self.meansName)
    guard FileNames.exists(name) else { return }
    let bytes = try CommandFailure.about(name) { try WholeFile.read(name, limit: 1 << 30) }
    let former = try? JSONDecoder().decode(Former.self, from: Data(bytes))
    guard former?.question.isSame(as: record.question) == true else {
      throw CommandFailure(
        .cannotWrite, name, "is there already, of another question; --force replaces it")
    }
  }

  /// The part of another shard; nil where it is not there.
  private func part(_ shard: InputList.Shard) throws -> FolderRecord? {
    let name = file(FolderRecord.shardName(shard))
    guard FileNames.exists(name) else { return nil }
    let bytes = try CommandFailure.about(name) { try WholeFile.read(name, limit: 1 << 30) }
    guard let part = try? JSONDecoder().decode(FolderRecord.self, from: Data(bytes)) else {
      throw CommandFailure(.badData, name, "expected a part of explain, found another file")
    }
    let numbers = Array(stride(from: shard.index, to: record.question.inputs, by: shard.count))
    guard part.question.isSame(as: record.question), part.inputs.map(\.number) == numbers else {
      throw CommandFailure(
        .badData, name,
        "expected a part of the same question, found another model, other weights, methods, settings "
          + "or inputs; --force with its --shard replaces it")
    }
    return part
  }

  private struct Means: Encodable {
    let question: FolderRecord.Question
    let means: ReportTable
  }

  private struct Former: Decodable {
    let question: FolderRecord.Question
  }

  private static func json(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
  }
}
