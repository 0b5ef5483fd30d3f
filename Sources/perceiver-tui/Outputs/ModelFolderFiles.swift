// A model as a folder that `from_pretrained` opens: its tensors, config.json, and what lay beside them.

import Explorer
import Foundation
import Perceiver
import Pictures
import Tensors

/// The files of a model's folder.
struct ModelFolderFiles {
  /// The folder.
  let path: String
  private static let weights = "model.safetensors"
  private static let configuration = "config.json"
  /// The largest file beside the weights.
  private static let largestCompanion = 1 << 24

  /// Refuses what is there already, or what no folder can take the place of.
  ///
  /// - Throws: `CommandFailure`.
  func check(existing: WholeFile.ExistingFile) throws {
    guard let kind = FileNames.ownKind(of: path) else { return }
    guard kind == S_IFDIR || FileNames.isFolder(path) else {
      throw CommandFailure(.cannotWrite, path, "expected a folder or nothing, found something else")
    }
    let isEmpty = (try? FileNames.names(in: path))?.isEmpty ?? false
    guard isEmpty || existing == .replace else {
      throw CommandFailure(.cannotWrite, path, "it exists already; --force replaces its files")
    }
  }

  /// Writes the folder: all files aside first, then each takes its name; if one cannot be written,
  /// none is.
  ///
  /// - Parameter source: The folder that the model comes from; how inputs are prepared is copied.
  /// - Returns: The names of what was written beside weights and configuration.
  /// - Throws: `CommandFailure`, `ComputationCancelled`.
  func write(
    _ export: FolderExport, beside source: String?, existing: WholeFile.ExistingFile,
    _ cancellation: Cancellation? = nil
  ) throws -> [String] {
    try check(existing: existing)
    let companions = try companions(of: source)
    let isNew = !FileNames.exists(path)
    try writing(path) { try FileNames.makeFolders(path) }
    var staged: [(name: String, file: StagedFile)] = []
    do {
      let location = path + "/" + Self.weights
      let weights = try writing(location) {
        try SafetensorsWriter.stage(
          export.tensors, counters: export.counters, for: location, existing: existing,
          cancellation: cancellation)
      }
      staged.append((Self.weights, weights))
      for (name, bytes) in companions + [(Self.configuration, export.configuration)] {
        let location = path + "/" + name
        let file = try writing(location) {
          try StagedFile(for: location, existing: existing) { append in try append(bytes) }
        }
        staged.append((name, file))
      }
      try cancellation?.check()
      for (name, file) in staged { try writing(path + "/" + name) { try file.commit() } }
    } catch {
      for (_, file) in staged { file.withdraw() }
      if isNew { rmdir(path.systemPath) }
      throw error
    }
    return companions.map(\.name)
  }

  /// Says on standard output what was written.
  func report(_ export: FolderExport, companions: [String]) throws {
    let count = export.tensors.values.reduce(0) { $0 + $1.count }
    let tensors = export.tensors.count + export.counters.count
    try StandardOutput().write(
      lines: [
        "\(path)/\(Self.weights): \(tensors) tensors, \(Figures.bytes(4 * Double(count))), for "
          + "\(export.className) of \(export.package)",
        "\(path)/\(Self.configuration): its configuration",
      ] + companions.map { "\(path)/\($0): as it was" })
  }

  private func companions(of source: String?) throws -> [(name: String, bytes: [UInt8])] {
    guard let source else { return [] }
    return try FolderExport.companions.compactMap { name in
      let location = source + "/" + name
      guard FileNames.isRegular(location) else { return nil }
      return (name, try WholeFile.readRegular(location, limit: Self.largestCompanion))
    }
  }

  private func writing<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as FileWriteError {
      let hint = error.reason == .exists ? "; --force replaces it" : ""
      throw CommandFailure(.cannotWrite, path, error.description + hint)
    }
  }
}
