// An explorer's files on the disk.

import Foundation
import Perceiver
import Tensors

extension ExplorerFiles {
  /// The files of this machine; how inputs, masks and data are read and models are written is said by
  /// who starts the explorer.
  public static func onDisk(
    openInput:
      @escaping @Sendable (
        _ path: String, _ demand: InputDemand, _ cancellation: Cancellation
      ) throws -> ExplorerInput,
    prepare:
      @escaping @Sendable (_ input: ExplorerInput, _ demand: InputDemand) throws -> ExplorerInput,
    openMask: @escaping @Sendable (_ path: String, _ axes: [Int]) throws -> NamedMask,
    openData:
      @escaping @Sendable (
        _ path: String, _ classes: [String]?, _ demand: InputDemand
      ) throws -> TrainingData,
    writeModel:
      @escaping @Sendable (
        _ model: ModelExport, _ path: String, _ existing: ExportRequest.Existing
      ) throws -> Void
  ) -> ExplorerFiles {
    ExplorerFiles(
      openInput: { try openInput(HomeFolder.expanded($0), $1, $2) }, prepare: prepare,
      openMask: { try openMask(HomeFolder.expanded($0), $1) },
      openWeights: {
        try LoadedWeights(
          reading: HomeFolder.expanded($0), inputChannels: $1, inputAxes: $2)
      },
      openData: { try openData(HomeFolder.expanded($0), $1, $2) },
      write: { bytes, path, existing in
        try WholeFile.write(
          bytes, to: HomeFolder.expanded(path),
          existing: existing == .replace ? .replace : .refuse)
      },
      writeModel: { try writeModel($0, HomeFolder.expanded($1), $2) },
      exists: { FileNames.exists(HomeFolder.expanded($0)) },
      list: { folder in
        let folder = HomeFolder.expanded(folder)
        return try FileNames.names(in: folder).map { name in
          FolderEntry(name: name, isFolder: FileNames.isFolder(folder + "/" + name))
        }
      },
      makeFolder: { path in
        try FileNames.makeFolders(HomeFolder.expanded(path))
      })
  }
}

/// A file that cannot be used, in one line.
struct FileProblem: Error, CustomStringConvertible {
  let description: String

  /// A sentence about a file.
  init(_ path: String, _ reason: String) { description = "\(path): \(reason)" }

  /// Runs something about a file; what goes wrong names the file once.
  static func about<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let problem as FileProblem {
      throw problem
    } catch let cancelled as ComputationCancelled {
      throw cancelled
    } catch {
      let text = "\(error)"
      throw text.hasPrefix(path) ? FileProblem(text: text) : FileProblem(path, text)
    }
  }

  private init(text: String) { description = text }
}

extension String {
  /// The part of a path after its last folder.
  package var fileName: String { split(separator: "/").last.map(String.init) ?? self }
}

extension LoadedWeights {
  /// Loads a checkpoint whose model reads inputs of so many channels and axes.
  convenience init(reading path: String, inputChannels: Int, inputAxes: Int) throws {
    let (model, description, nonFinite) = try FileProblem.about(path) {
      let checkpoint = try Checkpoint(path: path)
      var given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
      if checkpoint.variant != .languageModel {
        // What the file beside it says of its inputs is the model's, whatever is open.
        if given.values["input_channels"] == nil, given.values["input_axis"] == nil {
          given.values["input_channels"] = .integer(inputChannels)
          given.values["input_axis"] = .integer(inputAxes)
        }
      }
      let description = try checkpoint.describe(given: given)
      return (
        try checkpoint.model(description.configuration), description,
        try checkpoint.nonFiniteNote()
      )
    }
    self.init(
      model: model, name: path.fileName, facts: description.facts,
      notes: description.notes, warning: nonFinite)
  }
}
