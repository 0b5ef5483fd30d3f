// A training's figures as a file: a row for each step, and one for each validation.

import Foundation
import Perceiver
import Tensors

/// One row of figures.
struct MetricsRow {
  /// What was measured.
  enum Kind: String {
    /// A step, on its batch.
    case training
    /// The model after a step, on the validation data.
    case validation
  }

  let kind: Kind
  /// From 1.
  let epoch: Int
  /// Steps taken so far.
  let step: Int
  let loss: Double
  /// The share of examples classified rightly; nil where there are no classes.
  let accuracy: Double?
  /// nil of a validation.
  var learningRate: Double?
  /// nil of a validation.
  var gradientNorm: Double?
  /// Examples, or positions of a picture, in a second.
  let rate: Double
}

/// A file of rows that grows as a training goes on, as CSV or as JSON lines.
final class MetricsFile {
  /// How rows are written.
  enum Format {
    /// Comma-separated values under a line of names.
    case csv
    /// A JSON object in each line.
    case jsonLines
  }

  private let path: String
  private let format: Format
  private let handle: FileHandle
  private var lastValidation: Int?

  /// Opens the file.
  ///
  /// - Parameters:
  ///   - step: Where a resumed training stands: rows of later steps are taken out. nil for a
  ///     training that begins, whose file is new.
  ///   - existing: What becomes of a file that is there, where a training begins.
  /// - Throws: `CommandFailure`.
  init(
    _ path: String, _ format: Format, resumingAt step: Int?, existing: WholeFile.ExistingFile
  ) throws {
    self.path = path
    self.format = format
    do {
      if let step, FileNames.exists(path) {
        let (kept, lastValidation) = try Self.rows(path, format, upTo: step)
        self.lastValidation = lastValidation
        try WholeFile.write(kept, to: path, existing: .replace)
      } else {
        let header = format == .csv ? Self.names.joined(separator: ",") + "\n" : ""
        try WholeFile.write(Array(header.utf8), to: path, existing: existing)
      }
      let descriptor = open(path.systemPath, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw FileWriteError(path: path, errno: errno) }
      handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      // A pipe has no end to go to.
      _ = try? handle.seekToEnd()
    } catch let error as FileWriteError where error.reason == .exists {
      throw CommandFailure(
        .cannotWrite, path,
        "it exists already; --resume appends to it, --force replaces it")
    } catch  where CommandFailure(error) == nil {
      throw CommandFailure(.cannotWrite, path, error.localizedDescription)
    }
  }

  /// Whether there is a row of the validation after a step, among those of an earlier run.
  func hasValidation(after step: Int) -> Bool { lastValidation == step }

  /// Appends a row.
  ///
  /// - Throws: `CommandFailure`.
  func append(_ row: MetricsRow) throws {
    let line = format == .csv ? Self.csv(row) : Self.json(row)
    do {
      try handle.write(contentsOf: Data((line + "\n").utf8))
    } catch {
      throw CommandFailure(.cannotWrite, path, error.localizedDescription)
    }
  }

  // MARK: - Rows

  private static let names = [
    "kind", "epoch", "step", "loss", "accuracy", "learning_rate", "gradient_norm",
    "samples_per_second",
  ]

  private static func csv(_ row: MetricsRow) -> String {
    let numbers = [row.loss, row.accuracy, row.learningRate, row.gradientNorm, row.rate]
    return
      ([row.kind.rawValue, "\(row.epoch)", "\(row.step)"]
      + numbers.map { $0.map { "\($0)" } ?? "" }).joined(separator: ",")
  }

  private static func json(_ row: MetricsRow) -> String {
    func number(_ value: Double?) -> JSONValue {
      value.flatMap { $0.isFinite ? JSONValue.real($0) : nil } ?? .null
    }
    let values: [JSONValue] = [
      .string(row.kind.rawValue), .integer(row.epoch), .integer(row.step), number(row.loss),
      number(row.accuracy), number(row.learningRate), number(row.gradientNorm), number(row.rate),
    ]
    return JSONValue.object(zip(names, values).map { .init(name: $0, value: $1) }).text
  }

  /// The file's bytes up to the last row of a step, and the step of the last validation in them.
  private static func rows(
    _ path: String, _ format: Format, upTo step: Int
  ) throws -> (kept: [UInt8], lastValidation: Int?) {
    let bytes = try WholeFile.read(path)
    var kept = 0
    var lastValidation: Int?
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // What follows the last line's end is a row that a sudden end cut off.
    lines.removeLast()
    for (index, line) in lines.enumerated() {
      let isHeader = format == .csv && index == 0
      if isHeader {
        guard line.elementsEqual(names.joined(separator: ",").utf8) else {
          throw CommandFailure(
            .badData, path, "line 1: expected \(names.joined(separator: ",")), found other columns")
        }
      } else {
        guard let (kind, number) = kindAndStep(line, format) else {
          throw CommandFailure(
            .badData, path, "line \(index + 1): expected a row of a training, found another line")
        }
        if number > step { break }
        if kind == .validation { lastValidation = number }
      }
      kept += line.count + 1
    }
    if format == .csv, kept == 0 { return (Array((names.joined(separator: ",") + "\n").utf8), nil) }
    return (Array(bytes.prefix(kept)), lastValidation)
  }

  /// What a line is of, and after which step; nil for a line that is no row.
  private static func kindAndStep(
    _ line: ArraySlice<UInt8>, _ format: Format
  ) -> (MetricsRow.Kind, step: Int)? {
    switch format {
    case .csv:
      let cells = String(decoding: line, as: UTF8.self)
        .split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count == names.count, let kind = MetricsRow.Kind(rawValue: String(cells[0])),
        let step = Int(cells[2])
      else { return nil }
      return (kind, step)
    case .jsonLines:
      guard let row = try? JSONValue(parsing: line), case .string(let word)? = row["kind"],
        let kind = MetricsRow.Kind(rawValue: word), case .integer(let step)? = row["step"]
      else { return nil }
      return (kind, step)
    }
  }
}
