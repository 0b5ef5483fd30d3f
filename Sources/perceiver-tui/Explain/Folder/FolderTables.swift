// The tables over several inputs: written at the end, or by the shard that ends last.

import Foundation
import Perceiver
import Pictures
import Tensors

/// Collects what is measured on several inputs, and writes the tables over them.
struct FolderTables {
  private(set) var record: FolderRecord
  private let path: String
  /// The parts beside this shard's; nil where one run does all.
  private let parts: ShardParts<FolderRecord>?
  private let existing: WholeFile.ExistingFile
  /// How wide figures of the means are; nil for none.
  private let figureWidth: Int?

  /// - Throws: `CommandFailure` where files are in the way or parts are of another question, before
  ///   anything is computed.
  init(
    _ question: FolderRecord.Question, into path: String, shard: InputList.Shard?,
    existing: TraceFolder.ExistingFiles, figureWidth: Int?
  ) throws {
    self.figureWidth = figureWidth
    record = FolderRecord(question: question)
    self.path = path
    parts = shard.map { ShardParts(of: $0, in: path, existing: existing) }
    self.existing = existing == .replace ? .replace : .refuse
    if existing == .keep {
      let own =
        shard.map { [FolderRecord.shardName($0)] }
        ?? Self.names + (figureWidth == nil ? [] : Self.figureNames)
      for name in own where FileNames.exists(file(name)) {
        throw CommandFailure(.cannotWrite, file(name), "is there already; --force replaces it")
      }
    }
    try checkFitsOthers()
  }

  private static let meansName = "means.json"
  private static let figureNames = ["png", "svg"].map { "means-figure." + $0 }
  private static let names = [ExplainTable.inputs.file, ExplainTable.means.file, meansName]

  private func file(_ name: String) -> String { path + "/" + name }

  /// Says which weights answer, once they are read.
  ///
  /// - Throws: `CommandFailure` where other parts are by other weights, before anything is computed.
  mutating func begin(by fingerprint: String) throws {
    record.question.fingerprint = fingerprint
    try checkFitsOthers()
  }

  /// Adds one input.
  mutating func add(_ figures: InputFigures) { record.inputs.append(figures) }

  /// Refuses a shard of another question than that of the parts and the tables in the folder.
  private func checkFitsOthers() throws {
    guard let parts else { return }
    if existing == .refuse { try checkTables() }
    _ = try parts.others(of: record.question)
  }

  /// Writes the tables, or the shard's part, and the tables where all parts are there.
  ///
  /// - Throws: `CommandFailure`.
  func write() throws {
    guard let parts else { return try write(record, existing) }
    // Parts may have come while this one was computed.
    try checkFitsOthers()
    let name = FolderRecord.shardName(parts.shard)
    try write(name, existing, Self.json(record))
    let others = try parts.others(of: record.question)
    guard others.areComplete else {
      return try StandardOutput().write(lines: [
        "\(file(name)): \(record.inputs.count) inputs; \(others.sentence(of: parts.shard.count))"
      ])
    }
    guard let all = FolderRecord.joining(others.parts + [record]) else {
      throw CommandFailure(
        .badData, path, "expected parts by the same weights, found parts by different ones")
    }
    try write(all, .replace)
  }

  private func write(_ record: FolderRecord, _ existing: WholeFile.ExistingFile) throws {
    try write(ExplainTable.inputs.file, existing, Array(record.table.csv.utf8))
    try write(ExplainTable.means.file, existing, Array(record.means.csv.utf8))
    try write(
      Self.meansName, existing, Self.json(Means(question: record.question, means: record.means)))
    if let figureWidth {
      let figure = TableFigure(
        title: "Means over \(record.inputs.count) inputs", record.means, most: Explanation.mostRows,
        notes: [ExplainTable.means.meaning.firstUppercased + "."])
      let files = [
        try CommandFailure.drawn(figure, width: figureWidth).png(),
        Array(try figure.svg(width: figureWidth).utf8),
      ]
      for (name, bytes) in zip(Self.figureNames, files) { try write(name, existing, bytes) }
    }
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
