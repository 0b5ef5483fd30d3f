// An explorer's files on the disk.

import Foundation
import Inputs
import Perceiver
import Tensors

extension ExplorerFiles {
  /// The files of this machine, inputs read by a reader; how data are read, models are written
  /// and preferences are kept is said by who starts the explorer.
  public static func onDisk(
    reader: InputReader,
    openSample: @escaping @Sendable (_ input: Input) throws -> OpenedWeights,
    openData:
      @escaping @Sendable (
        _ path: String, _ classes: [String]?, _ demand: InputDemand
      ) throws -> TrainingData,
    writeModel:
      @escaping @Sendable (
        _ model: ModelExport, _ path: String, _ existing: ExportRequest.Existing
      ) throws -> Void,
    keep: @escaping @Sendable (_ preference: KeptPreference) throws -> String
  ) -> ExplorerFiles {
    ExplorerFiles(
      openInput: { path, demand, cancellation in
        guard path != InputBytes.standardInput else {
          throw InputFailure(.usage, path, "standard input can only be opened at the start")
        }
        if let text = demand.text {
          return try reader.readTokens(
            .file(HomeFolder.expanded(path)), for: text, window: demand.window)
        }
        return try reader.prepared(
          reader.open(
            HomeFolder.expanded(path), for: demand, cancellation: cancellation),
          for: demand)
      },
      fitInput: { try reader.likeTraining($0, of: $1) },
      openMask: { path, input, tokens in
        let path = HomeFolder.expanded(path)
        return NamedMask(
          try reader.readMask(path, of: input, tokens: tokens), name: path.fileName)
      },
      openWeights: { request, input in
        var request = request
        request.weights = request.weights.map { HomeFolder.expanded($0) }
        let source = try ModelSource(request)
        let (input, description) = try reader.rematched(input, to: source)
        return OpenedWeights(
          weights: try LoadedWeights(
            source, description, name: request.weights?.fileName ?? "untrained",
            options: request.options),
          input: input)
      },
      openSample: openSample,
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
      },
      keep: keep)
  }
}

extension LoadedWeights {
  /// The described model of a source, its parameters read, under the name of their file.
  ///
  /// - Throws: `InputFailure`, `ComputationCancelled`.
  public convenience init(
    _ source: ModelSource, _ description: ModelDescription, name: String, options: [String] = []
  ) throws {
    self.init(
      model: try source.model(description), name: name, facts: description.facts,
      notes: description.notes, sheet: try source.sheet(description),
      warning: try source.smallFileNote(), options: options)
  }
}

extension ModelRequest {
  /// The options that name the same files.
  public var options: [String] {
    [
      ("--weights", weights), ("--state-dict", stateDict), ("--prefix", prefix),
      ("--config", configuration),
    ].flatMap { name, value in value.map { [name, $0] } ?? [] }
  }
}
