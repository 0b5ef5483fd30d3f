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
      openInput: { source, demand, cancellation in
        guard source != .file(InputBytes.standardInput) else {
          throw InputFailure(
            .usage, InputBytes.standardInput, "standard input can only be opened at the start")
        }
        let reader = demand.reading.map { InputReader($0) } ?? reader
        return try reader.read(
          HomeFolder.expanded(source), for: demand, cancellation: cancellation)
      },
      inputs: {
        try InputFolders.inNaturalOrder([HomeFolder.expanded($0)], cancellation: $1)
      },
      fitInput: { input, demand in
        let reader = demand.reading.map { InputReader($0) } ?? reader
        return try reader.likeTraining(input, of: demand)
      },
      openMask: { path, input, tokens in
        let path = HomeFolder.expanded(path)
        return NamedMask(
          try reader.readMask(path, of: input, tokens: tokens), name: path.fileName, path: path)
      },
      openWeights: { request, input in
        var request = request
        request.weights = request.weights.map { HomeFolder.expanded($0) }
        let source = try ModelSource(request)
        let reader = input.demand.reading.map { InputReader($0) } ?? reader
        let (input, description) = try reader.rematched(input, to: source)
        return OpenedWeights(
          weights: try LoadedWeights(
            source, description, name: request.weights?.fileName ?? "untrained",
            request: request),
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
      isFolder: { FileNames.isFolder(HomeFolder.expanded($0)) },
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
    _ source: ModelSource, _ description: ModelDescription, name: String, request: ModelRequest
  ) throws {
    self.init(
      model: try source.model(description), name: name, facts: description.facts,
      notes: description.notes, sheet: try source.sheet(description),
      warning: try source.smallFileNote(), request: request)
  }
}

extension ModelSettings {
  /// The model that a source is on a prepared input, with the mask and the queries that were read with
  /// it.
  ///
  /// - Parameters:
  ///   - model: What the source was opened by.
  ///   - input: What the input was prepared by.
  /// - Throws: `InputFailure`, `ComputationCancelled`.
  public init(
    _ prepared: PreparedInput, _ source: ModelSource, _ model: ModelRequest, _ input: InputRequest
  ) throws {
    let weights = try source.checkpoint.map {
      try LoadedWeights(
        source, prepared.description, name: (model.weights ?? $0.path).fileName, request: model)
    }
    self.init(
      configuration: prepared.description.configuration,
      source: weights.map { .weights($0) } ?? .seed(source.seed),
      mask: prepared.readMask.map { mask in
        NamedMask(mask, name: input.mask?.fileName ?? "mask", path: input.mask)
      },
      queries: prepared.queries.map { queries in
        NamedQueries(
          tensor: queries, name: input.queries?.fileName ?? "queries", path: input.queries)
      })
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

extension HomeFolder {
  /// A source with the home folder in its path; files that are one together were opened by theirs.
  fileprivate static func expanded(_ source: InputSource) -> InputSource {
    if case .file(let path) = source { .file(expanded(path)) } else { source }
  }
}
