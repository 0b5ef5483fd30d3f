// A model as two files: safetensors with its arguments inside, and the arguments as JSON beside.

import Explorer
import Foundation
import Perceiver
import Pictures
import Tensors

/// The two files of a model.
struct ModelFiles {
  /// The tensors.
  let path: String
  /// The configuration: `model.json` for `model.safetensors`.
  var configurationPath: String {
    let suffix = ".safetensors"
    return (path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : path) + ".json"
  }

  /// Refuses what is there already, or what no file can take the place of.
  ///
  /// - Throws: `CommandFailure`.
  func check(existing: WholeFile.ExistingFile) throws {
    let paths = [path, configurationPath]
    if existing == .refuse {
      for path in paths where FileNames.exists(path) {
        throw CommandFailure(.cannotWrite, path, "it exists already; --force replaces it")
      }
    }
    for path in paths { try Self.refuseWhatIsNoFile(path) }
  }

  /// Writes both files, the larger first; if one fails, it is as if nothing had been written.
  ///
  /// - Throws: `CommandFailure`, `ComputationCancelled`.
  func write(
    _ export: ModelExport, existing: WholeFile.ExistingFile, _ cancellation: Cancellation? = nil
  ) throws {
    try check(existing: existing)
    // Both aside first; then two renames. Between them the weights know their own arguments.
    let weights = try Self.writing(path) {
      try SafetensorsWriter.stage(
        export.tensors, aliases: export.aliases, metadata: export.metadata, for: path,
        existing: existing, cancellation: cancellation)
    }
    let arguments = try Self.writing(configurationPath) {
      try StagedFile(for: configurationPath, existing: existing) { append in
        try append(export.configuration)
      }
    }
    try cancellation?.check()
    try Self.writing(path) { try weights.commit() }
    do {
      try Self.writing(configurationPath) { try arguments.commit() }
    } catch {
      weights.withdraw()
      throw error
    }
  }

  /// Says on standard output what was written.
  ///
  /// - Parameter option: The option that writes tensors which layers share once: where the file has
  ///   them several times, this says how large it would be with it. Nil where there is none.
  func report(_ export: ModelExport, smallerBy option: String? = nil) throws {
    let count = export.tensors.values.reduce(0) { $0 + $1.count }
    func size(_ numbers: Int) -> String { Figures.bytes(4 * Double(numbers)) }
    let smaller =
      export.repeatedCount == 0
      ? nil
      : option.map {
        "; layers share weights: \($0) would make it \(size(count - export.repeatedCount))"
      }
    try StandardOutput().write(lines: [
      "\(path): \(export.tensors.count) tensors, \(size(count)), for "
        + "\(UntrainedModels.own.package) \(export.release)\(smaller ?? "")",
      "\(configurationPath): its arguments",
    ])
  }

  /// Refuses folders, pipes, devices and links to nowhere, which no file can take the place of.
  private static func refuseWhatIsNoFile(_ path: String) throws {
    guard let type = FileNames.ownKind(of: path), type != S_IFREG else { return }
    throw CommandFailure(
      .cannotWrite, path, "expected a file or nothing, found \(Self.word(for: type))")
  }

  private static func word(for type: mode_t) -> String {
    switch type {
    case S_IFDIR: "a folder"
    case S_IFLNK: "a link"
    default: "no file"
    }
  }

  private static func writing<Result>(_ path: String, _ body: () throws -> Result) throws -> Result
  {
    do {
      return try body()
    } catch let error as FileWriteError {
      let hint = error.reason == .exists ? "; --force replaces it" : ""
      throw CommandFailure(.cannotWrite, path, error.description + hint)
    }
  }
}
